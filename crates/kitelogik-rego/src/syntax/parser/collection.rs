//! Arrays, sets, objects, and comprehensions of each.

use super::{Parsed, Parser};
use crate::syntax::{
    ast::{Body, Term, TermKind},
    lexer::Kind,
};

impl Parser<'_> {
    /// Terms with commas between them, and the closing sign.
    pub(super) fn terms_until(&mut self, close: &'static str) -> Parsed<Vec<Term>> {
        let mut terms = Vec::new();
        while !self.eat_sign(close)? {
            terms.push(self.item()?);
            if !self.at_sign(close) {
                self.sign(",", &format!("expected \",\" or \"{close}\""))?;
            }
        }
        Ok(terms)
    }

    /// `| body` and the closing sign, behind a first term without operators.
    fn body_until(&mut self, close: &'static str) -> Parsed<Option<Body>> {
        if !self.eat_sign("|")? {
            return Ok(None);
        }
        let body = self.exprs(&Kind::Sign(close))?;
        self.sign(close, "")?;
        Ok(Some(body))
    }

    /// The rest of a list whose first term is read.
    fn terms_after(&mut self, first: Term, close: &'static str) -> Parsed<Vec<Term>> {
        let mut items = vec![first];
        if !self.at_sign(close) {
            self.sign(",", &format!("expected \",\" or \"{close}\""))?;
        }
        items.append(&mut self.terms_until(close)?);
        Ok(items)
    }

    pub(super) fn array(&mut self) -> Parsed<TermKind> {
        self.advance()?;
        if self.eat_sign("]")? {
            return Ok(TermKind::Array(Vec::new()));
        }
        // A comma may come first; then it is no comprehension.
        let comma = self.eat_sign(",")?;
        let first = self.nested(Self::primary)?;
        if let (false, Some(body)) = (comma, self.body_until("]")?) {
            return Ok(TermKind::ArrayOf(first.into(), body.into()));
        }
        let first = self.item_from(first)?;
        Ok(TermKind::Array(self.terms_after(first, "]")?))
    }

    /// A set, an object or a comprehension of either.
    pub(super) fn braces(&mut self) -> Parsed<TermKind> {
        self.advance()?;
        if self.eat_sign("}")? {
            return Ok(TermKind::Object(Vec::new()));
        }
        let comma = self.eat_sign(",")?;
        let first = self.nested(Self::primary)?;
        if let (false, Some(body)) = (comma, self.body_until("}")?) {
            return Ok(TermKind::SetOf(first.into(), body.into()));
        }
        let first = self.item_from(first)?;
        if self.eat_sign(":")? {
            return self.object(first, comma);
        }
        if !self.at_sign("}") && !self.at_sign(",") {
            return self.unexpected("non-terminated set");
        }
        Ok(TermKind::Set(self.terms_after(first, "}")?))
    }

    fn object(&mut self, first: Term, comma: bool) -> Parsed<TermKind> {
        let value = self.nested(Self::primary)?;
        if let (false, Some(body)) = (comma, self.body_until("}")?) {
            return Ok(TermKind::ObjectOf((first, value).into(), body.into()));
        }
        let value = self.item_from(value)?;
        let mut pairs = vec![(first, value)];
        loop {
            if self.eat_sign("}")? {
                return Ok(TermKind::Object(pairs));
            }
            self.sign(",", "non-terminated object")?;
            if self.eat_sign("}")? {
                return Ok(TermKind::Object(pairs));
            }
            let key = self.item()?;
            self.sign(":", "expected \":\"")?;
            pairs.push((key, self.item()?));
        }
    }
}
