//! The tree of a template.

use super::{
    failed,
    functions::is_function,
    lex::{Token, Word, action},
};
use crate::{builtin::BuiltinError, stack::with_room};

/// How deep blocks and parentheses may nest.
const MAX_NESTING: usize = 100;

#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    Action(Pipe),
    If { pipe: Pipe, then: Vec<Node>, otherwise: Vec<Node> },
    With { pipe: Pipe, then: Vec<Node>, otherwise: Vec<Node> },
    Range { pipe: Pipe, body: Vec<Node>, otherwise: Vec<Node> },
    Break,
    Continue,
}

/// Commands, each of which takes what the one before it gives, and the variables that take the last.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    pub(super) variables: Vec<String>,
    /// True for `:=`, false for `=`
    pub(super) declares: bool,
    pub(super) commands: Vec<Vec<Operand>>,
}

/// A value, and the fields that are taken of it.
#[derive(Debug)]
pub(super) struct Operand {
    pub(super) base: Base,
    pub(super) fields: Vec<String>,
}

#[derive(Debug)]
pub(super) enum Base {
    Dot,
    Variable(String),
    Function(String),
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Nil,
    Pipe(Pipe),
}

pub(super) fn parse(text: &str) -> Result<Vec<Node>, BuiltinError> {
    let mut parser = Parser { rest: text, trim: false, nesting: 0, loops: 0 };
    let (nodes, end) = parser.nodes()?;
    match end {
        End::Text => Ok(nodes),
        _ => Err(failed("unexpected {{end}} or {{else}}")),
    }
}

/// What ended a list of nodes.
enum End {
    Text,
    Closed,
    /// With what follows it in its action
    Else(Vec<Token>),
}

struct Parser<'t> {
    rest: &'t str,
    /// The last action cuts the spaces that follow it
    trim: bool,
    nesting: usize,
    /// Ranges around this place
    loops: usize,
}

const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

impl<'t> Parser<'t> {
    /// The text up to the next action, and the action's words; `None` at the end.
    fn next(&mut self) -> Result<(&'t str, Option<Vec<Token>>), BuiltinError> {
        let (text, after) = match self.rest.split_once("{{") {
            Some((text, after)) => (text, Some(after)),
            None => (self.rest, None),
        };
        let mut text = if self.trim { text.trim_start_matches(SPACES) } else { text };
        let Some(mut after) = after else {
            (self.rest, self.trim) = ("", false);
            return Ok((text, None));
        };
        if let Some(rest) = after.strip_prefix('-').filter(|rest| rest.starts_with(SPACES)) {
            text = text.trim_end_matches(SPACES);
            after = rest;
        }
        if let Some(comment) = after.trim_start_matches(SPACES).strip_prefix("/*") {
            let (_, end) = comment.split_once("*/").ok_or_else(|| failed("unclosed comment"))?;
            let trimmed = end.trim_start_matches(SPACES);
            (self.rest, self.trim) = match (end.strip_prefix("}}"), trimmed.strip_prefix("-}}")) {
                (Some(rest), _) => (rest, false),
                (None, Some(rest)) if trimmed.len() < end.len() => (rest, true),
                _ => return Err(failed("comment ends before closing delimiter")),
            };
            return Ok((text, Some(Vec::new())));
        }
        let (tokens, trim, rest) = action(after)?;
        if tokens.is_empty() {
            return Err(failed("missing value for command"));
        }
        (self.rest, self.trim) = (rest, trim);
        Ok((text, Some(tokens)))
    }

    fn nodes(&mut self) -> Result<(Vec<Node>, End), BuiltinError> {
        let mut nodes = Vec::new();
        loop {
            let (text, tokens) = self.next()?;
            if !text.is_empty() {
                nodes.push(Node::Text(text.to_owned()));
            }
            let Some(tokens) = tokens else { return Ok((nodes, End::Text)) };
            let keyword = match tokens.first().map(|token| &token.word) {
                Some(Word::Name(name)) => name.as_str(),
                Some(_) => "",
                None => continue,
            };
            let rest = tokens.get(1..).unwrap_or(&[]);
            match keyword {
                "end" if rest.is_empty() => return Ok((nodes, End::Closed)),
                "else" => return Ok((nodes, End::Else(rest.to_vec()))),
                "if" | "with" | "range" => nodes.push(self.block(keyword, rest)?),
                "break" | "continue" if self.loops == 0 => {
                    return Err(failed(format!("{{{{{keyword}}}}} outside {{{{range}}}}")));
                }
                "break" if rest.is_empty() => nodes.push(Node::Break),
                "continue" if rest.is_empty() => nodes.push(Node::Continue),
                "define" | "template" | "block" | "call" => {
                    return Err(failed(format!("{{{{{keyword}}}}} is not supported")));
                }
                _ => nodes.push(Node::Action(pipe(&tokens, MAX_NESTING)?)),
            }
        }
    }

    fn block(&mut self, keyword: &str, rest: &[Token]) -> Result<Node, BuiltinError> {
        if rest.is_empty() {
            return Err(failed(format!("missing value for {keyword}")));
        }
        if self.nesting >= MAX_NESTING {
            return Err(failed("blocks nest too deep"));
        }
        self.nesting += 1;
        let range = keyword == "range";
        let pipe = pipe(rest, MAX_NESTING)?;
        if pipe.variables.len() > 1 && !range {
            return Err(failed(format!("too many declarations in {keyword}")));
        }
        self.loops += usize::from(range);
        let (then, end) = with_room(|| self.nodes())?;
        self.loops -= usize::from(range);
        let otherwise = match end {
            End::Closed => Vec::new(),
            End::Text => return Err(failed("unexpected EOF")),
            End::Else(rest) => match rest.first().map(|token| &token.word) {
                None => match with_room(|| self.nodes())? {
                    (nodes, End::Closed) => nodes,
                    (_, End::Else(_)) => return Err(failed("expected end; found {{else}}")),
                    (_, End::Text) => return Err(failed("unexpected EOF")),
                },
                // `{{else if}}` ends with the same `{{end}}`.
                Some(Word::Name(name)) if name == keyword && !range => {
                    let rest = rest.get(1..).unwrap_or(&[]);
                    vec![with_room(|| self.block(keyword, rest))?]
                }
                Some(_) => return Err(failed("unexpected word in {{else}}")),
            },
        };
        self.nesting -= 1;
        Ok(match keyword {
            "range" => Node::Range { pipe, body: then, otherwise },
            "with" => Node::With { pipe, then, otherwise },
            _ => Node::If { pipe, then, otherwise },
        })
    }
}

fn sign(token: Option<&Token>) -> Option<&'static str> {
    match token.map(|token| &token.word) {
        Some(Word::Sign(sign)) => Some(sign),
        _ => None,
    }
}

/// `$k, $v := commands`, where the variables may be left out.
fn pipe(tokens: &[Token], room: usize) -> Result<Pipe, BuiltinError> {
    let mut pipe = Pipe::default();
    let mut rest = tokens;
    let declared = match tokens {
        [Token { word: Word::Variable(one), .. }, after, ..]
            if matches!(sign(Some(after)), Some(":=" | "=")) =>
        {
            Some((vec![one.clone()], 1))
        }
        [
            Token { word: Word::Variable(one), .. },
            comma,
            Token { word: Word::Variable(two), .. },
            after,
            ..,
        ] if sign(Some(comma)) == Some(",") && matches!(sign(Some(after)), Some(":=" | "=")) => {
            Some((vec![one.clone(), two.clone()], 3))
        }
        _ => None,
    };
    if let Some((variables, at)) = declared {
        pipe.variables = variables;
        pipe.declares = sign(tokens.get(at)) == Some(":=");
        rest = tokens.get(at + 1..).unwrap_or(&[]);
    }
    loop {
        let (command, after) = command(rest, room)?;
        pipe.commands.push(command);
        match after.split_first() {
            None => return Ok(pipe),
            Some((token, after)) if token.word == Word::Sign("|") => rest = after,
            Some(_) => return Err(failed("unexpected word in command")),
        }
    }
}

/// Operands up to a `|` or the end.
fn command(tokens: &[Token], room: usize) -> Result<(Vec<Operand>, &[Token]), BuiltinError> {
    let mut operands: Vec<Operand> = Vec::new();
    let mut rest = tokens;
    while let Some((token, after)) = rest.split_first() {
        if token.word == Word::Sign("|") {
            break;
        }
        if !operands.is_empty() && !token.spaced && !matches!(token.word, Word::Sign(_)) {
            return Err(failed("operands must be separated by spaces"));
        }
        let (base, mut after) = base(token, after, room)?;
        let mut fields = Vec::new();
        if let (Base::Dot, Word::Field(name)) = (&base, &token.word) {
            fields.push(name.clone());
        }
        let takes_fields = !matches!(
            base,
            Base::Text(_) | Base::Int(_) | Base::Float(_) | Base::Bool(_) | Base::Nil | Base::Function(_)
        );
        while let Some((Token { word: Word::Field(name), spaced: false }, next)) = after.split_first() {
            if !takes_fields {
                return Err(failed(format!("unexpected . after term {:?}", token.word)));
            }
            fields.push(name.clone());
            after = next;
        }
        operands.push(Operand { base, fields });
        rest = after;
    }
    match operands.split_first() {
        None => Err(failed("missing value for command")),
        Some((first, args)) if !args.is_empty() && !matches!(first.base, Base::Function(_)) => {
            Err(failed("can't give argument to non-function"))
        }
        Some(_) => Ok((operands, rest)),
    }
}

fn base<'t>(token: &Token, after: &'t [Token], room: usize) -> Result<(Base, &'t [Token]), BuiltinError> {
    let base = match &token.word {
        Word::Dot | Word::Field(_) => Base::Dot,
        Word::Variable(name) => Base::Variable(name.clone()),
        Word::Int(int) => Base::Int(*int),
        Word::Float(float) => Base::Float(*float),
        Word::Text(text) => Base::Text(text.clone()),
        Word::Name(name) => match name.as_str() {
            "true" => Base::Bool(true),
            "false" => Base::Bool(false),
            "nil" => Base::Nil,
            name if is_function(name) => Base::Function(name.to_owned()),
            name => return Err(failed(format!("function {name:?} not defined"))),
        },
        Word::Sign("(") => {
            let room = room.checked_sub(1).ok_or_else(|| failed("parentheses nest too deep"))?;
            let mut depth = 1_usize;
            let end = after.iter().position(|token| {
                match token.word {
                    Word::Sign("(") => depth += 1,
                    Word::Sign(")") => depth -= 1,
                    _ => {}
                }
                depth == 0
            });
            let inside = end.and_then(|end| after.split_at_checked(end));
            let (inside, rest) = inside.ok_or_else(|| failed("unclosed left paren"))?;
            let inner = with_room(|| pipe(inside, room))?;
            if !inner.variables.is_empty() {
                return Err(failed("a variable cannot be declared in parentheses"));
            }
            return Ok((Base::Pipe(inner), rest.get(1..).unwrap_or(&[])));
        }
        Word::Sign(sign) => return Err(failed(format!("unexpected {sign:?} in command"))),
    };
    Ok((base, after))
}
