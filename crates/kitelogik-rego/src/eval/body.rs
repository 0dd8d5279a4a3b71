//! Bodies: lists of operations, with a continuation for every solution.

use super::{Machine, Next, R};
use crate::{
    builtin::{BuiltinError, Call},
    failure::Failure,
    ops::{Callee, From, Op, Pattern, PlaceId, Step, Term, Walk},
    val::Val,
};

impl<'a> Machine<'a, '_> {
    /// Runs a body and goes on at `next` for each solution. `Ok(false)` means that `next` had enough.
    pub(super) fn body(&mut self, ops: &'a [Op], next: Next<'_, 'a>) -> R<bool> {
        let mut rest = ops;
        while let Some((op, after)) = rest.split_first() {
            rest = after;
            self.step()?;
            let holds = match op {
                Op::Test(Term::Compare(comparison, operands)) => {
                    self.compares(*comparison, operands)? == Some(true)
                }
                Op::Test(term) => self.term(term)?.is_some_and(Val::is_truthy),
                Op::Bind(slot, term) => match self.term(term)? {
                    Some(value) => self.set_slot(*slot, value),
                    None => false,
                },
                Op::Equal(a, b) => match self.term(a)? {
                    Some(a) => self.term(b)? == Some(a),
                    None => false,
                },
                Op::Match(pattern, term) => match self.term(term)? {
                    Some(value) => self.matches(pattern, value)?,
                    None => false,
                },
                Op::Not(body) => {
                    let mut found = false;
                    self.deeper(|m| {
                        m.body(body, &mut |_| {
                            found = true;
                            Ok(false)
                        })
                    })?;
                    !found
                }
                Op::Every { key, value, domain, body } => self.every(key, value, domain, body)?,
                Op::Walk(walk, pattern) => {
                    return self.deeper(|m| m.go_on_at_each(walk, pattern, rest, next));
                }
                Op::Relation(callee, args, pattern, at) => {
                    return self.deeper(|m| m.relation(callee, args, pattern, *at, rest, next));
                }
                Op::With(changes, body) => {
                    let Some(inner) = self.change(changes)? else { return Ok(true) };
                    let outer = self.world;
                    return self.deeper(|m| {
                        m.world = inner;
                        let result = m.body(body, &mut |m| {
                            m.world = outer;
                            let result = m.body(rest, next);
                            m.world = inner;
                            result
                        });
                        m.world = outer;
                        m.forget(&inner);
                        result
                    });
                }
            };
            if !holds {
                return Ok(true);
            }
        }
        next(self)
    }

    /// Goes on with a body for each place that a reference leads to.
    fn go_on_at_each(
        &mut self,
        walk: &'a Walk,
        pattern: &'a Pattern,
        rest: &'a [Op],
        next: Next<'_, 'a>,
    ) -> R<bool> {
        let From::Term(term) = &walk.from else {
            return self.walk(walk, &mut |m, value| m.go_on_with(pattern, value, rest, next));
        };
        match (self.term(term)?, &*walk.steps) {
            (None, _) => Ok(true),
            // As most are, and without a call of a closure for each item.
            (Some(Val::Array(items)), [Step::Each(key)]) => {
                for (at, item) in items.iter().enumerate() {
                    self.step()?;
                    let found = self.matches(key, Val::Int(at as i64))?;
                    if found && !self.go_on_with(pattern, item, rest, next)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Some(value), steps) => {
                self.steps(value, false, steps, &mut |m, value| m.go_on_with(pattern, value, rest, next))
            }
        }
    }

    /// Goes on with a body if a value has this shape.
    #[inline]
    fn go_on_with(
        &mut self,
        pattern: &'a Pattern,
        value: Val<'a>,
        rest: &'a [Op],
        next: Next<'_, 'a>,
    ) -> R<bool> {
        if self.matches(pattern, value)? { self.body(rest, next) } else { Ok(true) }
    }

    /// True if the body has a solution.
    pub(super) fn holds(&mut self, body: &'a [Op]) -> R<bool> {
        let mut found = false;
        self.deeper(|m| {
            m.body(body, &mut |_| {
                found = true;
                Ok(false)
            })
        })?;
        Ok(found)
    }

    fn every(&mut self, key: &'a Pattern, value: &'a Pattern, domain: &'a Term, body: &'a [Op]) -> R<bool> {
        let Some(domain) = self.term(domain)? else { return Ok(false) };
        if !matches!(domain, Val::Array(_) | Val::Object(_) | Val::Set(_)) {
            return Ok(false);
        }
        let mut all = true;
        self.members(domain, &mut |m, k, v| {
            all = m.matches(key, k)? && m.matches(value, v)? && m.holds(body)?;
            Ok(all)
        })?;
        Ok(all)
    }

    fn relation(
        &mut self,
        callee: &'a Callee,
        args: &'a [Term],
        pattern: &'a Pattern,
        at: PlaceId,
        rest: &'a [Op],
        next: Next<'_, 'a>,
    ) -> R<bool> {
        let Some(values) = self.terms(args)? else { return Ok(true) };
        let results = match callee {
            Callee::Builtin(def) if self.mock(callee).is_none() => match def.call {
                Call::Relation(f) => match f(&mut self.builtin_cx(), &values) {
                    Ok(results) => results,
                    Err(error) => {
                        self.builtin_failed(def.name, error, at)?;
                        return Ok(true);
                    }
                },
                Call::Function(_) | Call::Absent => self.call(callee, &values, at)?.into_iter().collect(),
            },
            _ => self.call(callee, &values, at)?.into_iter().collect(),
        };
        for value in results {
            self.step()?;
            if self.matches(pattern, value)? && !self.body(rest, next)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// An error of a builtin: the end, or undefined where errors are not strict.
    pub(super) fn builtin_failed(&mut self, name: &str, error: BuiltinError, at: PlaceId) -> R<()> {
        match error {
            BuiltinError::Limit(limit) => Err(limit.into()),
            _ if !self.strict => Ok(()),
            error => Err(Box::new(Failure::from_builtin(name, error, self.place(at)))),
        }
    }

    /// True if the value has the shape; binds what the shape names.
    #[inline]
    pub(super) fn matches(&mut self, pattern: &'a Pattern, value: Val<'a>) -> R<bool> {
        match pattern {
            Pattern::Any => Ok(true),
            Pattern::Bind(slot) => Ok(self.set_slot(*slot, value)),
            shape => self.has_shape(shape, value),
        }
    }

    fn has_shape(&mut self, pattern: &'a Pattern, value: Val<'a>) -> R<bool> {
        match pattern {
            Pattern::Any | Pattern::Bind(_) => self.matches(pattern, value),
            Pattern::Is(term) => Ok(self.term(term)? == Some(value)),
            Pattern::Array(parts) => {
                let Val::Array(items) = value else { return Ok(false) };
                if items.len() != parts.len() {
                    return Ok(false);
                }
                for (part, item) in parts.iter().zip(items.iter()) {
                    if !self.matches(part, item)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Pattern::Object(parts) => {
                let Val::Object(object) = value else { return Ok(false) };
                if object.len() != parts.len() {
                    return Ok(false);
                }
                for (key, part) in parts {
                    let Some(key) = self.term(key)? else { return Ok(false) };
                    match object.get(key) {
                        Some(member) if self.matches(part, member)? => {}
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            }
        }
    }
}
