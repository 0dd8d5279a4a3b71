//! Text to syntax tree: recursive descent with a counted depth, one token ahead. What is wrong with one rule is
//! noted, and reading goes on at the next line that begins with a name.

mod collection;
mod expr;
mod hint;
mod import;
mod logic;
mod rule;
mod template;
mod term;

use super::{
    annotations,
    ast::{Body, Module, Span, Version},
    keywords::Keywords,
    lexer::{Kind, Lexer, Token},
};
use crate::stack::with_room;
use std::collections::HashSet;

/// How deep terms and bodies may nest.
const MAX_NESTING: u32 = 2_000;

/// What is said beyond it; nothing else is tried then.
const TOO_DEEP: &str = "max nesting depth exceeded";

/// After so many errors a source is read no further.
const MAX_ERRORS: usize = 10;

/// Why a source is no Rego; OPA's code for all of them is `rego_parse_error`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong
    pub message: String,
    /// Where
    pub span: Span,
}

type Parsed<T> = Result<T, SyntaxError>;

struct Parser<'s> {
    lexer: Lexer<'s>,
    token: Token,
    /// Where the last token ended
    last_end: usize,
    file: u32,
    version: Version,
    keywords: Keywords,
    /// Where the last expression or rule began: a keyword may be the head of a reference there
    begin: usize,
    nesting: u32,
    /// The most that the tree read so far nests, counted from the top
    deepest: u32,
    /// Brackets where an expression begins that hold no operand of `and` or `or`: each is tried once
    no_operands: HashSet<usize>,
    /// True while braces that hold no body are read as a value, to say so
    explaining: bool,
    errors: Vec<SyntaxError>,
}

/// Parses a module; the error holds at least one thing that is wrong, in order. `file` is the index that its
/// spans carry.
pub fn parse_module(text: &str, file: u32, version: Version) -> Result<Module, Vec<SyntaxError>> {
    let mut parser = Parser::new(text, file, version);
    let mut module = Module {
        package: Vec::new(),
        package_keyword: Span { file, ..Span::default() },
        package_span: Span { file, ..Span::default() },
        imports: Vec::new(),
        rules: Vec::new(),
        annotations: Vec::new(),
        version,
    };
    let read = parser.begin().and_then(|()| parser.package(&mut module));
    if let Err(error) = read {
        return Err(vec![error]);
    }
    while parser.token.kind != Kind::End && parser.errors.len() < MAX_ERRORS {
        let start = parser.token.start;
        if let Err(error) = parser.statement(&mut module) {
            let last = error.is_final();
            parser.errors.push(error);
            if last {
                break;
            }
            parser.skip_from(start);
        }
    }
    module.version = parser.version;
    if parser.errors.is_empty() {
        annotations::attach(&mut module, text, &parser.lexer.comments, &mut parser.errors);
    }
    if parser.errors.is_empty() { Ok(module) } else { Err(parser.errors) }
}

/// Parses a module in the first version that takes it: 1, then 0, then 0 with the keywords that a file of that
/// version would have to import ([`Module::version`] tells which). The error is that of version 1.
pub fn parse_any(text: &str, file: u32) -> Result<Module, Vec<SyntaxError>> {
    let first = match parse_module(text, file, Version::V1) {
        Ok(module) => return Ok(module),
        Err(errors) if errors.iter().any(SyntaxError::is_final) => return Err(errors),
        Err(errors) => errors,
    };
    let others = [Version::V0, Version::V0Lenient];
    others.into_iter().find_map(|version| parse_module(text, file, version).ok()).ok_or(first)
}

/// Parses a query: expressions as they stand in a body.
pub fn parse_body(text: &str, file: u32, version: Version) -> Result<Body, SyntaxError> {
    let mut parser = Parser::new(text, file, version);
    parser.begin()?;
    parser.exprs(&Kind::End)
}

impl SyntaxError {
    /// True if there is no use in reading on, or the same text in another way.
    fn is_final(&self) -> bool {
        self.message == TOO_DEEP
    }
}

/// A place to go back to.
struct Mark {
    at: usize,
    token: Token,
    last_end: usize,
}

impl<'s> Parser<'s> {
    fn new(text: &'s str, file: u32, version: Version) -> Self {
        Self {
            lexer: Lexer::new(text),
            token: Token { kind: Kind::End, start: 0, end: 0, spaced: true, broken: true },
            last_end: 0,
            file,
            version,
            keywords: Keywords::of(version),
            begin: 0,
            nesting: 0,
            deepest: 0,
            no_operands: HashSet::new(),
            explaining: false,
            errors: Vec::new(),
        }
    }

    /// Reads the first token.
    fn begin(&mut self) -> Parsed<()> {
        if let Some((message, at)) = self.lexer.illegal() {
            let at = at as u32;
            return Err(SyntaxError {
                message: message.to_owned(),
                span: Span { file: self.file, start: at, end: at },
            });
        }
        self.advance()?;
        Ok(())
    }

    fn mark(&self) -> Mark {
        Mark { at: self.lexer.at, token: self.token.clone(), last_end: self.last_end }
    }

    fn back_to(&mut self, mark: Mark) {
        (self.lexer.at, self.token, self.last_end) = (mark.at, mark.token, mark.last_end);
    }

    fn advance(&mut self) -> Parsed<Token> {
        let file = self.file;
        let next = self.lexer.next().map_err(|(message, at)| SyntaxError {
            message: message.to_owned(),
            span: Span { file, start: at as u32, end: at as u32 },
        })?;
        self.last_end = self.token.end;
        Ok(std::mem::replace(&mut self.token, next))
    }

    /// Goes to the next name after `start` that begins a line, or to the end.
    fn skip_from(&mut self, start: usize) {
        (self.nesting, self.deepest) = (0, 0);
        loop {
            let begins = |at: usize| at == 0 || self.lexer.text.as_bytes().get(at - 1) == Some(&b'\n');
            match self.token.kind {
                Kind::End => return,
                Kind::Name(_) if self.token.start > start && begins(self.token.start) => return,
                _ => {}
            }
            // What cannot be read is skipped: the place moves on in any case.
            while self.advance().is_err() {}
        }
    }

    fn span(&self) -> Span {
        Span { file: self.file, start: self.token.start as u32, end: self.token.end as u32 }
    }

    /// From a start to the end of the last token.
    fn since(&self, start: Span) -> Span {
        Span { end: self.last_end as u32, ..start }
    }

    fn error<T>(&self, message: impl Into<String>) -> Parsed<T> {
        self.error_at(self.span(), message)
    }

    fn error_at<T>(&self, span: Span, message: impl Into<String>) -> Parsed<T> {
        Err(SyntaxError { message: message.into(), span })
    }

    /// `unexpected } token: note`, of the token that is next.
    fn unexpected<T>(&self, note: &str) -> Parsed<T> {
        let (name, kind) = match &self.token.kind {
            Kind::Name(name) if self.keywords.is(name) => (&**name, "keyword"),
            Kind::Name(_) => ("identifier", "token"),
            Kind::Number(_) => ("number", "token"),
            Kind::String(_) => ("string", "token"),
            Kind::Template(_) => ("template-string-part", "token"),
            Kind::Sign(sign) => (sign_name(sign), "token"),
            Kind::End => ("eof", "token"),
        };
        let colon = if note.is_empty() { "" } else { ": " };
        self.error(format!("unexpected {name} {kind}{colon}{note}"))
    }

    fn at_sign(&self, sign: &str) -> bool {
        matches!(self.token.kind, Kind::Sign(s) if s == sign)
    }

    /// At a sign that follows the last token directly.
    fn at_adjacent(&self, sign: &str) -> bool {
        !self.token.spaced && self.at_sign(sign)
    }

    /// At a keyword that is in force; before `.` or `[` it is a variable, the head of a reference.
    fn at_keyword(&self, name: &str) -> bool {
        matches!(&self.token.kind, Kind::Name(n) if **n == *name)
            && self.keywords.is(name)
            && !self.heads_reference()
    }

    fn heads_reference(&self) -> bool {
        matches!(self.lexer.text.as_bytes().get(self.token.end), Some(b'.' | b'['))
    }

    fn eat_sign(&mut self, sign: &str) -> Parsed<bool> {
        let there = self.at_sign(sign);
        if there {
            self.advance()?;
        }
        Ok(there)
    }

    fn eat_keyword(&mut self, name: &str) -> Parsed<bool> {
        let there = self.at_keyword(name);
        if there {
            self.advance()?;
        }
        Ok(there)
    }

    fn sign(&mut self, sign: &str, note: &str) -> Parsed<()> {
        if self.eat_sign(sign)? { Ok(()) } else { self.unexpected(note) }
    }

    /// Any name, keywords too.
    fn name(&mut self) -> Parsed<Box<str>> {
        match self.token.kind.clone() {
            Kind::Name(name) => {
                self.advance()?;
                Ok(name)
            }
            _ => self.unexpected("expected identifier"),
        }
    }

    /// The name after a dot, which follows it directly.
    fn name_after_dot(&mut self) -> Parsed<Box<str>> {
        if self.token.spaced && self.token.kind != Kind::End {
            let end = self.token.start as u32;
            let span = Span { file: self.file, start: end.saturating_sub(1), end };
            let message = "unexpected whitespace token: expected identifier".to_owned();
            return Err(SyntaxError { message, span });
        }
        self.name()
    }

    /// Runs one level deeper.
    fn nested<T>(&mut self, run: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.nesting += 1;
        self.deepest = self.deepest.max(self.nesting);
        let result = match self.check_depth() {
            Ok(()) => with_room(|| run(self)),
            Err(error) => Err(error),
        };
        self.nesting -= 1;
        result
    }

    fn check_depth(&self) -> Parsed<()> {
        if self.deepest > MAX_NESTING { self.error(TOO_DEEP) } else { Ok(()) }
    }

    /// Runs what reads a chain, such as `a + b + c`: [`Parser::grow`] counts that what was read of it becomes
    /// the operand of what follows.
    fn chain<T>(&mut self, run: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let outside = std::mem::replace(&mut self.deepest, self.nesting);
        let result = run(self);
        self.deepest = self.deepest.max(outside);
        result
    }

    fn grow(&mut self) -> Parsed<()> {
        self.deepest += 1;
        self.check_depth()
    }
}

/// How OPA calls a sign.
fn sign_name(sign: &'static str) -> &'static str {
    match sign {
        "=" => "eq",
        ":=" => "assign",
        "==" => "equal",
        "!=" => "neq",
        "<" => "lt",
        "<=" => "lte",
        ">" => "gt",
        ">=" => "gte",
        "+" => "plus",
        "-" => "minus",
        "*" => "mul",
        "/" => "div",
        "%" => "rem",
        "&" => "and",
        "|" => "or",
        sign => sign,
    }
}
