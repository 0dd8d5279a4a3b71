//! What a function takes: of a parameter that is a name, what all those want that use it. OPA lets the first use
//! decide, and which one that is hangs on the order of the body, so nothing is known where they differ.

use super::{
    Known,
    rule::{Checker, scalar},
};
use crate::{
    lower::dotted,
    stack::with_room,
    syntax::ast::{Body, Expr, ExprKind, Term, TermKind},
};

/// What the uses of a name want, so far.
enum Wanted {
    Nothing,
    This(Known),
    /// They differ, or one takes anything
    Anything,
}

impl Wanted {
    fn by(&mut self, known: Known) {
        *self = match (std::mem::replace(self, Self::Anything), known) {
            (_, Known::Any) => Self::Anything,
            (Self::Nothing, known) => Self::This(known),
            (Self::This(before), known) if before == known => Self::This(known),
            _ => Self::Anything,
        };
    }
}

impl<'r> Checker<'_, 'r> {
    /// The types of parameters, whose function has this body and this value.
    pub(super) fn parameters(
        &mut self,
        args: &'r [Term],
        body: &'r Body,
        value: Option<&'r Term>,
    ) -> Vec<Known> {
        args.iter().map(|arg| self.parameter(arg, body, value)).collect()
    }

    fn parameter(&mut self, arg: &'r Term, body: &'r Body, value: Option<&'r Term>) -> Known {
        self.deeper(|checker| checker.parameter_within(arg, body, value))
    }

    fn parameter_within(&mut self, arg: &'r Term, body: &'r Body, value: Option<&'r Term>) -> Known {
        match &arg.kind {
            TermKind::Local(local) => {
                let mut wanted = Wanted::Nothing;
                body.iter().for_each(|expr| self.uses(*local, expr, &mut wanted));
                value.iter().for_each(|value| self.uses_in_value(*local, value, &mut wanted));
                if let Wanted::This(known) = wanted { known } else { Known::Any }
            }
            TermKind::Array(items) => Known::Tuple(self.parameters(items, body, value)),
            TermKind::Object(pairs) => {
                let member =
                    |(key, part): &'r (Term, Term)| Some((scalar(key)?, self.parameter(part, body, value)));
                let members: Option<Vec<_>> = pairs.iter().map(member).collect();
                members.map_or(Known::Any, |members| Known::Object(members, None))
            }
            _ => self.known(arg),
        }
    }

    fn uses(&mut self, local: u32, expr: &'r Expr, wanted: &mut Wanted) {
        if !expr.with.is_empty() {
            // What it replaces may be anything.
            return wanted.by(Known::Any);
        }
        match &expr.kind {
            ExprKind::Term(term) => self.uses_in_statement(local, term, wanted),
            ExprKind::Not(body) => body.iter().for_each(|expr| self.uses(local, expr, wanted)),
            ExprKind::SomeIn { key, value, domain } => {
                self.uses_in(local, domain, wanted);
                key.iter().chain([value]).for_each(|pattern| self.part(local, pattern, wanted));
            }
            ExprKind::Every { domain, .. } => self.uses_in(local, domain, wanted),
            // What these say within says nothing around them.
            ExprKind::NotWhole(_) | ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Some(_) => {}
        }
    }

    fn uses_in_statement(&mut self, local: u32, term: &'r Term, wanted: &mut Wanted) {
        let TermKind::Call(function, args) = &term.kind else { return self.uses_in(local, term, wanted) };
        let equation = dotted(function).is_some_and(|name| matches!(name.as_str(), "eq" | "equal"));
        let (true, [left, right]) = (equation, args.as_slice()) else {
            return self.uses_in(local, term, wanted);
        };
        for (side, other) in [(left, right), (right, left)] {
            if is_local(side, local) {
                let known = self.known(other);
                wanted.by(known);
            } else {
                self.uses_in(local, side, wanted);
            }
        }
    }

    /// The uses within a term, closures apart.
    fn uses_in(&mut self, local: u32, term: &'r Term, wanted: &mut Wanted) {
        with_room(|| match &term.kind {
            TermKind::Call(function, args) => {
                let types = self.wanted(function).map(|(_, types)| types).unwrap_or_default();
                for (at, arg) in args.iter().enumerate() {
                    match is_local(arg, local) {
                        true => wanted.by(types.get(at).cloned().unwrap_or(Known::Any)),
                        false => self.uses_in(local, arg, wanted),
                    }
                }
            }
            TermKind::Ref(head, steps) => {
                self.uses_in(local, head, wanted);
                steps.iter().for_each(|step| self.part(local, step, wanted));
            }
            TermKind::Array(items) | TermKind::Set(items) => {
                items.iter().for_each(|item| self.part(local, item, wanted));
            }
            TermKind::Object(pairs) => {
                for (key, value) in pairs {
                    self.part(local, key, wanted);
                    self.part(local, value, wanted);
                }
            }
            _ => {}
        });
    }

    /// The uses in what the function gives: calls are made before, and the rest wants nothing.
    fn uses_in_value(&mut self, local: u32, term: &'r Term, wanted: &mut Wanted) {
        with_room(|| match &term.kind {
            TermKind::Call(..) | TermKind::Ref(..) => self.uses_in(local, term, wanted),
            TermKind::Array(items) | TermKind::Set(items) => {
                items.iter().for_each(|item| self.uses_in_value(local, item, wanted));
            }
            TermKind::Object(pairs) => {
                for (key, value) in pairs {
                    self.uses_in_value(local, key, wanted);
                    self.uses_in_value(local, value, wanted);
                }
            }
            _ => {}
        });
    }

    /// A part of a term, which can be anything.
    fn part(&mut self, local: u32, term: &'r Term, wanted: &mut Wanted) {
        if is_local(term, local) { wanted.by(Known::Any) } else { self.uses_in(local, term, wanted) }
    }
}

fn is_local(term: &Term, local: u32) -> bool {
    matches!(term.kind, TermKind::Local(at) if at == local)
}
