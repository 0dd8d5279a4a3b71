//! Expressions of bodies.

use super::{Parsed, Parser};
use crate::syntax::{
    ast::{Body, Expr, ExprKind, Span, Term, TermKind, With},
    lexer::Kind,
};

impl Parser<'_> {
    /// Expressions up to a token, which is left in place.
    pub(super) fn exprs(&mut self, end: &Kind) -> Parsed<Body> {
        let mut body = Vec::new();
        loop {
            while self.eat_sign(";")? {}
            if self.token.kind == *end {
                return if body.is_empty() { self.error("found empty body") } else { Ok(body) };
            }
            body.push(self.nested(Self::expr)?);
        }
    }

    pub(super) fn expr(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let kind = if self.at_name("not") {
            self.advance()?;
            ExprKind::Not(vec![self.plain(start)?])
        } else if self.at_name("some") {
            self.advance()?;
            self.some()?
        } else if self.keywords && self.at_name("every") {
            self.advance()?;
            self.every()?
        } else {
            return self.plain_with(start);
        };
        self.finish(kind, start)
    }

    fn plain(&mut self, start: Span) -> Parsed<Expr> {
        let kind = self.operation()?;
        Ok(Expr { kind, with: Vec::new(), span: self.since(start) })
    }

    fn plain_with(&mut self, start: Span) -> Parsed<Expr> {
        let kind = self.operation()?;
        self.finish(kind, start)
    }

    fn finish(&mut self, kind: ExprKind, start: Span) -> Parsed<Expr> {
        let mut with = Vec::new();
        while self.at_name("with") {
            let start = self.span();
            self.advance()?;
            let target = self.primary()?;
            self.name_is("as")?;
            let value = self.term()?;
            with.push(With { target, value, span: self.since(start) });
        }
        Ok(Expr { kind, with, span: self.since(start) })
    }

    /// A term, `a := b`, `a = b` or `k, v in xs`.
    fn operation(&mut self) -> Parsed<ExprKind> {
        let start = self.span();
        let left = self.term()?;
        if self.at_sign(",") {
            return Ok(ExprKind::Term(self.keyed_membership(left, start)?));
        }
        for (sign, name) in [(":=", "assign"), ("=", "eq")] {
            if self.eat_sign(sign)? {
                let right = self.term()?;
                return Ok(ExprKind::Term(call(name, vec![left, right], self.since(start))));
            }
        }
        Ok(ExprKind::Term(left))
    }

    /// The rest of `k, v in xs`, at the comma.
    pub(super) fn keyed_membership(&mut self, key: Term, start: Span) -> Parsed<Term> {
        self.sign(",")?;
        let value = self.relation(true)?;
        self.name_is("in")?;
        let domain = self.relation(true)?;
        Ok(call("internal.member_3", vec![key, value, domain], self.since(start)))
    }

    fn some(&mut self) -> Parsed<ExprKind> {
        let first = self.relation(true)?;
        let mut terms = vec![first];
        while self.eat_sign(",")? {
            terms.push(self.relation(true)?);
        }
        if self.eat_name("in")? {
            let domain = self.term()?;
            let value = terms.pop();
            let key = terms.pop();
            let (Some(value), true) = (value, terms.is_empty()) else {
                return self.error("expected `some value in collection` or `some key, value in collection`");
            };
            return Ok(ExprKind::SomeIn { key, value, domain });
        }
        let mut names = Vec::new();
        for term in terms {
            let TermKind::Var(name) = term.kind else { return self.error("expected a variable") };
            names.push((name, term.span));
        }
        Ok(ExprKind::Some(names))
    }

    fn every(&mut self) -> Parsed<ExprKind> {
        let mut value = self.relation(true)?;
        let mut key = None;
        if self.eat_sign(",")? {
            key = Some(std::mem::replace(&mut value, self.relation(true)?));
        }
        self.name_is("in")?;
        let domain = self.term()?;
        let body = self.braced()?;
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
