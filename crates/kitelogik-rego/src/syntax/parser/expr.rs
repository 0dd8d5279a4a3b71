//! Expressions of bodies.

use super::{Parsed, Parser};
use crate::syntax::{
    ast::{Body, Expr, ExprKind, Span, Term, TermKind, With},
    lexer::Kind,
};

/// What is said of braces without a body.
pub(super) const EMPTY_BODY: &str = "found empty body";

/// How many levels the body of an `every` counts for. Bodies within bodies are walked without a term between them, at
/// which the stack could grow.
const EVERY: u32 = 40;

impl Parser<'_> {
    /// Expressions up to a token, which is left in place; a line break or `;` between two.
    pub(super) fn exprs(&mut self, end: &Kind) -> Parsed<Body> {
        let mut body = Vec::new();
        if self.token.kind == *end {
            return self.error(EMPTY_BODY);
        }
        loop {
            body.push(self.nested(Self::expr)?);
            if self.eat_sign(";")? {
                // A query may end so, a body not.
                if *end == Kind::End && self.token.kind == *end {
                    return Ok(body);
                }
                continue;
            }
            if self.token.kind == *end {
                return Ok(body);
            }
            if !self.token.broken {
                let close = if let Kind::Sign(sign) = end { sign } else { "eof" };
                let hint = self.hint_behind(body.last());
                return self.unexpected(&format!("expected \\n or ; or {close}{hint}"));
            }
        }
    }

    pub(super) fn expr(&mut self) -> Parsed<Expr> {
        let start = self.span();
        self.begin = self.token.start;
        if let Some(operand) = self.first_operand()? {
            return self.whole(operand, start);
        }
        let negated = self.eat_keyword("not")?;
        if self.at_keyword("some") || self.at_keyword("every") {
            if let (true, Kind::Name(name)) = (negated, &self.token.kind) {
                return self.unexpected(&format!("illegal negation of '{name}'"));
            }
            let some = self.at_keyword("some");
            self.advance()?;
            let kind = if some { self.some()? } else { self.every()? };
            let with = self.with()?;
            return Ok(Expr { kind, with, span: self.since(start) });
        }
        let kind = if negated { self.negation(start)? } else { self.operation()? };
        let (with_at, with) = (self.span(), self.with()?);
        let expr = Expr { kind, with, span: self.since(start) };
        if self.at_operator().is_none() { Ok(expr) } else { self.operand_before(expr, with_at, negated) }
    }

    /// What stands behind a `not` that stands at `start`.
    pub(super) fn negation(&mut self, start: Span) -> Parsed<ExprKind> {
        if self.keywords.not_body {
            return Ok(ExprKind::NotWhole(self.negated_operand()?));
        }
        let kind = self.operation()?;
        Ok(ExprKind::Not(vec![Expr { kind, with: Vec::new(), span: self.since(start) }]))
    }

    /// `with target as value`, as often as it comes.
    pub(super) fn with(&mut self) -> Parsed<Vec<With>> {
        let mut with = Vec::new();
        while self.at_keyword("with") {
            let start = self.span();
            self.advance()?;
            if !self.at_variable() {
                return self.unexpected("expected ident");
            }
            let target = self.primary()?;
            if !matches!(target.kind, TermKind::Var(_) | TermKind::Ref(..)) {
                return self.unexpected("expected with target path");
            }
            if !self.eat_keyword("as")? {
                return self.unexpected("expected as keyword");
            }
            let value = self.term()?;
            with.push(With { target, value, span: self.since(start) });
        }
        Ok(with)
    }

    /// A term, `a := b` or `a = b`.
    pub(super) fn operation(&mut self) -> Parsed<ExprKind> {
        let start = self.span();
        let left = self.term()?;
        for (sign, name) in [(":=", "assign"), ("=", "eq")] {
            if self.eat_sign(sign)? {
                let right = self.term()?;
                return Ok(ExprKind::Term(call(name, vec![left, right], self.since(start))));
            }
        }
        Ok(ExprKind::Term(left))
    }

    /// Behind `some`: `x, y`, `value in domain` or `key, value in domain`.
    fn some(&mut self) -> Parsed<ExprKind> {
        let mut places = vec![self.span()];
        let mut terms = vec![self.operand()?];
        while self.eat_sign(",")? {
            places.push(self.span());
            terms.push(self.operand()?);
        }
        if self.eat_keyword("in")? {
            let domain = self.term()?;
            let value = terms.pop();
            let key = terms.pop();
            let (Some(value), true) = (value, terms.is_empty()) else {
                return self.unexpected("expected `x in xs` or `x, y in xs` expression");
            };
            return Ok(ExprKind::SomeIn { key, value, domain });
        }
        let mut names = Vec::new();
        for (term, place) in terms.into_iter().zip(places) {
            let span = term.span;
            let TermKind::Var(name) = term.into_kind() else {
                return self.error_at(place, "expected `x in xs` or `x, y in xs` expression");
            };
            names.push((name, span));
        }
        Ok(ExprKind::Some(names))
    }

    fn every(&mut self) -> Parsed<ExprKind> {
        let mut value = self.operand()?;
        let mut key = None;
        if self.eat_sign(",")? {
            key = Some(std::mem::replace(&mut value, self.operand()?));
        }
        if !self.eat_keyword("in")? {
            return self.unexpected("expected `x[, y] in xs { ... }` expression");
        }
        let domain = self.term()?;
        let is_var =
            |term: &Term| matches!(&term.kind, TermKind::Var(name) if !matches!(&**name, "input" | "data"));
        if key.as_ref().is_some_and(|key| !is_var(key)) {
            return self.unexpected("expected key to be a variable");
        }
        if !is_var(&value) {
            return self.unexpected("expected value to be a variable");
        }
        self.nesting += EVERY;
        let body = self.braced("missing body");
        self.nesting -= EVERY;
        let body = body?.into();
        Ok(ExprKind::Every { key, value, domain, body })
    }
}

pub(super) fn call(name: &str, args: Vec<Term>, span: Span) -> Term {
    let mut parts = name.split('.');
    let head = Term::new(TermKind::Var(parts.next().unwrap_or_default().into()), span);
    let steps: Vec<Term> = parts.map(|part| Term::new(TermKind::String(part.into()), span)).collect();
    let function =
        if steps.is_empty() { head } else { Term::new(TermKind::Ref(Box::new(head), steps), span) };
    Term::new(TermKind::Call(Box::new(function), args), span)
}
