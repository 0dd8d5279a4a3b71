//! Text to syntax tree: recursive descent with a counted depth, one token ahead.

mod expr;
mod rule;
mod term;

use super::{
    ast::{Body, Import, Module, Span, Version},
    lexer::{Kind, Lexer, Token},
};
use crate::stack::with_room;

/// How deep terms and bodies may nest.
const MAX_NESTING: u32 = 2_000;

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
    /// True where `if`, `contains` and `every` are keywords
    keywords: bool,
    nesting: u32,
}

/// Parses a module. `file` is the index that its spans carry.
pub fn parse_module(text: &str, file: u32, version: Version) -> Result<Module, SyntaxError> {
    let mut parser = Parser::new(text, file, version)?;
    parser.name_is("package")?;
    let package_span = parser.span();
    let package = parser.path()?;
    let mut module = Module { package, package_span, imports: Vec::new(), rules: Vec::new(), version };
    while parser.token.kind != Kind::End {
        if parser.eat_sign(";")? {
            continue;
        }
        if parser.at_name("import") {
            let import = parser.import()?;
            let root = import.path.first().map(|root| &**root);
            parser.keywords |= matches!(root, Some("future" | "rego"));
            if root == Some("rego") {
                parser.version = Version::V1;
                module.version = Version::V1;
            }
            module.imports.push(import);
        } else {
            parser.rule(&mut module.rules)?;
        }
    }
    Ok(module)
}

/// Parses a query: expressions as they stand in a body.
pub fn parse_body(text: &str, file: u32, version: Version) -> Result<Body, SyntaxError> {
    let mut parser = Parser::new(text, file, version)?;
    let body = parser.exprs(&Kind::End)?;
    Ok(body)
}

impl<'s> Parser<'s> {
    fn new(text: &'s str, file: u32, version: Version) -> Parsed<Self> {
        let token = Token { kind: Kind::End, start: 0, end: 0, spaced: true };
        let keywords = version == Version::V1;
        let lexer = Lexer { text, at: 0 };
        let mut parser = Self { lexer, token, last_end: 0, file, version, keywords, nesting: 0 };
        parser.advance()?;
        Ok(parser)
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

    fn span(&self) -> Span {
        Span { file: self.file, start: self.token.start as u32, end: self.token.end as u32 }
    }

    /// From a start to the end of the last token.
    fn since(&self, start: Span) -> Span {
        Span { end: self.last_end as u32, ..start }
    }

    fn error<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(SyntaxError { message: message.into(), span: self.span() })
    }

    fn at_sign(&self, sign: &str) -> bool {
        matches!(self.token.kind, Kind::Sign(s) if s == sign)
    }

    /// At a sign that follows the last token directly.
    fn at_adjacent(&self, sign: &str) -> bool {
        !self.token.spaced && self.at_sign(sign)
    }

    /// At a keyword; before `.` or `[` it is a variable, the head of a reference.
    fn at_name(&self, name: &str) -> bool {
        matches!(&self.token.kind, Kind::Name(n) if **n == *name) && !self.heads_reference()
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

    fn eat_name(&mut self, name: &str) -> Parsed<bool> {
        let there = self.at_name(name);
        if there {
            self.advance()?;
        }
        Ok(there)
    }

    fn sign(&mut self, sign: &str) -> Parsed<()> {
        if self.eat_sign(sign)? { Ok(()) } else { self.error(format!("expected {sign}")) }
    }

    fn name_is(&mut self, name: &str) -> Parsed<()> {
        if self.eat_name(name)? { Ok(()) } else { self.error(format!("expected {name}")) }
    }

    fn name(&mut self) -> Parsed<Box<str>> {
        match self.token.kind.clone() {
            Kind::Name(name) => {
                self.advance()?;
                Ok(name)
            }
            _ => self.error("expected a name"),
        }
    }

    /// `a.b["c"]`
    fn path(&mut self) -> Parsed<Vec<Box<str>>> {
        let mut path = vec![self.name()?];
        loop {
            if self.at_adjacent(".") {
                self.advance()?;
                path.push(self.name()?);
            } else if self.at_adjacent("[") {
                self.advance()?;
                let Kind::String(name) = self.token.kind.clone() else {
                    return self.error("expected a string");
                };
                self.advance()?;
                self.sign("]")?;
                path.push(name);
            } else {
                return Ok(path);
            }
        }
    }

    fn import(&mut self) -> Parsed<Import> {
        let start = self.span();
        self.advance()?;
        let path = self.path()?;
        let alias = if self.eat_name("as")? { Some(self.name()?) } else { None };
        Ok(Import { path, alias, span: self.since(start) })
    }

    /// Runs one level deeper.
    fn nested<T>(&mut self, run: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting >= MAX_NESTING {
            return self.error("max nesting depth exceeded");
        }
        self.nesting += 1;
        let result = with_room(|| run(self));
        self.nesting -= 1;
        result
    }
}
