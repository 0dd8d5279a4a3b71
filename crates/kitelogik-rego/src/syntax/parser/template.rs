//! Template strings.

use super::{Parsed, Parser};
use crate::syntax::ast::{Expr, ExprKind, Part, TermKind};

impl Parser<'_> {
    /// `$"text{term}text"`, at the opening quote.
    pub(super) fn template(&mut self, raw: bool) -> Parsed<TermKind> {
        let quote = if raw { '`' } else { '"' };
        self.lexer.at = self.token.end;
        let mut parts = Vec::new();
        let mut text = String::new();
        loop {
            let Some(next) = self.lexer.text.get(self.lexer.at..).and_then(|rest| rest.chars().next()) else {
                return self.error("non-terminated string");
            };
            match next {
                '\\' if self.lexer.text.get(self.lexer.at..).is_some_and(|rest| rest.starts_with("\\{")) => {
                    self.lexer.at += 2;
                    text.push('{');
                }
                '\\' if !raw => match self.lexer.escape() {
                    Ok(c) => text.push(c),
                    Err((message, _)) => return self.error(message),
                },
                '\n' if !raw => return self.error("non-terminated string"),
                '{' => {
                    if !text.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut text).into()));
                    }
                    self.lexer.at += 1;
                    self.advance()?;
                    let start = self.span();
                    let kind = ExprKind::Term(self.term()?);
                    let with = self.with()?;
                    parts.push(Part::Hole(Expr { kind, with, span: self.since(start) }.into()));
                    if !self.at_sign("}") {
                        return self.error("expected } to end template string expression");
                    }
                    self.lexer.at = self.token.end;
                }
                _ => {
                    self.lexer.at += next.len_utf8();
                    if next == quote {
                        break;
                    }
                    text.push(next);
                }
            }
        }
        if !text.is_empty() {
            parts.push(Part::Text(text.into()));
        }
        self.token.end = self.lexer.at;
        self.advance()?;
        Ok(TermKind::Template(parts))
    }
}
