//! Rules: heads, bodies, `else`.

use super::{Parsed, Parser};
use crate::syntax::{
    ast::{Body, Else, Head, Rule, Term, TermKind, Version},
    lexer::Kind,
};

impl Parser<'_> {
    /// One rule; version 0 lets several bodies follow one head.
    pub(super) fn rule(&mut self, rules: &mut Vec<Rule>) -> Parsed<()> {
        let start = self.span();
        let default = self.eat_name("default")?;
        let mut head = self.head()?;
        let braces = self.at_sign("{");
        let body = self.rule_body()?;
        let old_set = self.version == Version::V0
            && head.value.is_none()
            && head.member.is_none()
            && head.args.is_none()
            && (!self.keywords || braces)
            && head.path.len() == 2;
        if old_set {
            head.member = head.path.pop();
        }
        let mut otherwise = Vec::new();
        while self.at_name("else") {
            let start = self.span();
            self.advance()?;
            let value = self.assigned()?;
            let body = self.rule_body()?;
            otherwise.push(Else { value, body, span: self.since(start) });
        }
        let more = braces && otherwise.is_empty();
        rules.push(Rule { default, head: head.clone(), body, otherwise, span: self.since(start) });
        while more && self.at_sign("{") {
            let start = self.span();
            let body = self.rule_body()?;
            let head = head.clone();
            rules.push(Rule { default, head, body, otherwise: Vec::new(), span: self.since(start) });
        }
        Ok(())
    }

    fn head(&mut self) -> Parsed<Head> {
        let start = self.span();
        let first = self.name()?;
        let mut path = vec![Term::new(TermKind::Var(first), start)];
        self.ref_steps(&mut path)?;
        let mut args = None;
        if self.at_adjacent("(") {
            self.advance()?;
            args = Some(self.terms_until(")")?);
        }
        let mut member = None;
        if self.keywords && self.eat_name("contains")? {
            member = Some(self.term()?);
        }
        let value = self.assigned()?;
        Ok(Head { path, args, member, value, span: self.since(start) })
    }

    /// `:= value` or `= value`
    fn assigned(&mut self) -> Parsed<Option<Term>> {
        if self.eat_sign(":=")? || self.eat_sign("=")? { Ok(Some(self.term()?)) } else { Ok(None) }
    }

    /// `if …` or a body in braces; nothing is an empty body.
    fn rule_body(&mut self) -> Parsed<Body> {
        if self.keywords && self.eat_name("if")? {
            if self.at_sign("{") {
                let (at, token, last_end) = (self.lexer.at, self.token.clone(), self.last_end);
                let body = self.braced();
                if body.is_ok() {
                    return body;
                }
                // Perhaps an expression that begins with an object or set.
                (self.lexer.at, self.token, self.last_end) = (at, token, last_end);
                return match self.expr() {
                    Ok(expr) => Ok(vec![expr]),
                    Err(_) => body,
                };
            }
            return Ok(vec![self.expr()?]);
        }
        if !self.at_sign("{") {
            return Ok(Vec::new());
        }
        if self.version == Version::V1 {
            return self.error("`if` keyword is required before rule body");
        }
        self.braced()
    }

    /// `{ body }`
    pub(super) fn braced(&mut self) -> Parsed<Body> {
        self.sign("{")?;
        let body = self.exprs(&Kind::Sign("}"))?;
        self.sign("}")?;
        Ok(body)
    }
}
