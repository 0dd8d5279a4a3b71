//! What OPA evaluates before a negation: of `not f(g(x), input.a)` only the outer call is negated. Calls within it
//! and references among its operands come first, so that one of them without a value leaves the whole body
//! without a solution, and `not input.a < 1` does not hold where there is no `input.a`. Of `not input.a == 1`
//! the reference stays inside, as equality needs no call.

use super::{
    body::Lowering,
    flat::{equation, is_composite},
};
use crate::{
    ops::Op,
    stack::with_room,
    syntax::ast::{Expr, ExprKind, Term, TermKind},
};

impl Lowering<'_, '_> {
    /// Takes the calls within a negated expression out of it. This comes before variables are checked: what such a
    /// call enumerates becomes safe.
    pub(super) fn calls_before_not(&mut self, negated: &mut [Expr], out: &mut Vec<Expr>) {
        if let [Expr { kind: ExprKind::Term(term), .. }] = negated {
            match &mut term.kind {
                TermKind::Call(_, args) => args.iter_mut().for_each(|arg| self.take_calls(arg, out)),
                _ => self.take_calls(term, out),
            }
        }
    }

    fn take_calls(&mut self, term: &mut Term, out: &mut Vec<Expr>) {
        super::literal::in_order(term);
        with_room(|| for_parts(term, &mut |part| self.take_calls(part, out)));
        if let TermKind::Ref(head, _) = &mut term.kind
            && is_composite(head)
        {
            self.take(head, out);
        }
        if matches!(term.kind, TermKind::Call(..)) {
            let kept = Term::new(TermKind::Local(self.fresh()), term.span);
            let call = std::mem::replace(term, kept.clone());
            let span = call.span;
            self.flatten(equation(kept, call, span), out);
        }
    }

    /// Computes the references among the operands of a negated expression, which are bound by now.
    pub(super) fn references_before_not(&mut self, negated: &mut [Expr], ops: &mut Vec<Op>) {
        let [Expr { kind: ExprKind::Term(term), .. }] = negated else { return };
        match &mut term.kind {
            TermKind::Call(function, args) => {
                let equality = matches!(&function.kind, TermKind::Var(n) if matches!(&**n, "eq" | "equal"));
                for arg in args {
                    match &mut arg.kind {
                        TermKind::Ref(_, steps) if equality => {
                            steps.iter_mut().for_each(|step| self.take_references(step, ops));
                        }
                        // A whole document is a reference, too.
                        TermKind::Var(_) if equality => {}
                        _ => self.take_references(arg, ops),
                    }
                }
            }
            TermKind::Ref(_, steps) => steps.iter_mut().for_each(|step| self.take_references(step, ops)),
            TermKind::Var(_) => {}
            _ => self.take_references(term, ops),
        }
    }

    fn take_references(&mut self, term: &mut Term, ops: &mut Vec<Op>) {
        let is_document = matches!(&term.kind, TermKind::Var(name) if matches!(&**name, "input" | "data"));
        if matches!(term.kind, TermKind::Ref(..)) || is_document {
            let value = self.term(term);
            let local = self.fresh();
            self.bind(local);
            ops.push(Op::Bind(local, value));
            term.kind = TermKind::Local(local);
        } else {
            with_room(|| for_parts(term, &mut |part| self.take_references(part, ops)));
        }
    }
}

/// The parts of a term that are evaluated where it is; comprehensions and templates are closed.
fn for_parts(term: &mut Term, each: &mut dyn FnMut(&mut Term)) {
    match &mut term.kind {
        TermKind::Ref(head, steps) => {
            each(head);
            steps.iter_mut().for_each(each);
        }
        TermKind::Call(_, parts) | TermKind::Array(parts) | TermKind::Set(parts) => {
            parts.iter_mut().for_each(each);
        }
        TermKind::Object(pairs) => {
            for (key, value) in pairs {
                each(key);
                each(value);
            }
        }
        _ => {}
    }
}
