//! Flattening: calls within terms, and references that may enumerate, leave the terms around them and become
//! expressions of their own, `local = call`, just before. So calls come before the references beside them, as in
//! OPA: of `f(input.a, g(1))` an error in `g` is told even where there is no `input.a`.

use super::{body::Lowering, term::constant};
use crate::{
    stack::with_room,
    syntax::ast::{Expr, ExprKind, Span, Term, TermKind},
};

impl Lowering<'_, '_> {
    /// The expression with what had to be put before it.
    pub(super) fn flatten(&mut self, mut expr: Expr, out: &mut Vec<Expr>) {
        if !expr.with.is_empty() {
            // What is taken out of it must be evaluated in the changed world too: see `Lowering::with`.
            let mut values = std::mem::take(&mut expr.with);
            for with in &mut values {
                self.inner(&mut with.value, out);
            }
            expr.with = values;
            out.push(expr);
            return;
        }
        match &mut expr.kind {
            ExprKind::Term(term) => self.whole(term, out),
            ExprKind::SomeIn { domain, .. } | ExprKind::Every { domain, .. } => self.inner(domain, out),
            ExprKind::Not(body) => self.calls_before_not(body, out),
            ExprKind::NotWhole(_) | ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Some(_) => {}
        }
        out.push(expr);
    }

    /// A term that is a whole expression: a reference or call may stay what it is.
    fn whole(&mut self, term: &mut Term, out: &mut Vec<Expr>) {
        self.output_argument(term);
        match &mut term.kind {
            TermKind::Call(function, args) if is_name(function, "eq") => {
                if let [left, right] = args.as_mut_slice() {
                    self.sides(left, right, out);
                }
            }
            _ => self.steps(term, out),
        }
    }

    /// The sides of an equation, of which one may stay a reference or call.
    fn sides(&mut self, left: &mut Term, right: &mut Term, out: &mut Vec<Expr>) {
        self.steps(left, out);
        let is_call = |term: &Term| matches!(term.kind, TermKind::Call(..));
        let is_plain = |term: &Term| matches!(term.kind, TermKind::Local(_)) || constant(term).is_some();
        if is_call(left) && !is_plain(right) {
            self.take(left, out);
        }
        self.steps(right, out);
        if self.may_have_many(left) && self.may_have_many(right) {
            self.take(left, out);
        }
        if is_call(right) && !is_plain(left) {
            self.take(right, out);
        }
    }

    /// `f(x, y)` with one argument more than `f` takes means `y = f(x)`.
    fn output_argument(&mut self, term: &mut Term) {
        let TermKind::Call(function, args) = &mut term.kind else { return };
        if is_name(function, "eq") || self.arity(function).is_none_or(|arity| args.len() != arity + 1) {
            return;
        }
        if let Some(result) = args.pop() {
            let span = term.span;
            let call = Term::new(TermKind::Call(function.clone(), std::mem::take(args)), span);
            let eq = Term::new(TermKind::Var("eq".into()), span);
            term.kind = TermKind::Call(Box::new(eq), vec![result, call]);
        }
    }

    /// Flattens what is inside a term and leaves its outermost reference or relation in place.
    fn steps(&mut self, term: &mut Term, out: &mut Vec<Expr>) {
        let span = term.span;
        match &mut term.kind {
            TermKind::Ref(head, steps) => {
                self.inner(head, out);
                steps.iter_mut().for_each(|step| self.inner(step, out));
                if is_composite(head) {
                    self.take(head, out);
                }
            }
            TermKind::Call(function, args) => {
                // Named before anything is said of variables that only it would bind.
                if !is_name(function, "eq") {
                    match self.arity(function) {
                        None => self.undefined_function(function),
                        Some(arity) if arity != args.len() => {
                            self.wrong_arity(function, arity, args.len(), span);
                        }
                        Some(_) => {}
                    }
                }
                args.iter_mut().for_each(|arg| self.inner(arg, out));
            }
            _ => self.inner(term, out),
        }
    }

    /// Flattens a term within another: what may have many values is taken out.
    pub(super) fn inner(&mut self, term: &mut Term, out: &mut Vec<Expr>) {
        with_room(|| self.flatten_term(term, out));
    }

    fn flatten_term(&mut self, term: &mut Term, out: &mut Vec<Expr>) {
        super::literal::in_order(term);
        match &mut term.kind {
            TermKind::Array(items) | TermKind::Set(items) => {
                items.iter_mut().for_each(|item| self.inner(item, out));
            }
            TermKind::Object(pairs) => {
                for (key, value) in pairs {
                    self.inner(key, out);
                    self.inner(value, out);
                }
            }
            TermKind::Ref(..) | TermKind::Call(..) => {
                self.steps(term, out);
                if matches!(term.kind, TermKind::Call(..)) || self.may_have_many(term) {
                    self.take(term, out);
                }
            }
            _ => {}
        }
    }

    /// Takes a term out of what is around it.
    pub(super) fn take(&mut self, term: &mut Term, out: &mut Vec<Expr>) {
        let kept = Term::new(TermKind::Local(self.fresh()), term.span);
        let taken = std::mem::replace(term, kept.clone());
        let span = taken.span;
        out.push(equation(kept, taken, span));
    }

    fn may_have_many(&self, term: &Term) -> bool {
        match &term.kind {
            TermKind::Ref(_, steps) => steps.iter().any(has_local),
            TermKind::Call(function, _) => self.is_relation(function),
            _ => false,
        }
    }
}

fn has_local(term: &Term) -> bool {
    let mut found = false;
    super::vars::in_term(term, false, &mut |_, closed| found |= !closed);
    found
}

/// True for a collection that is written out and is more than a constant.
pub(super) fn is_composite(term: &Term) -> bool {
    let kind = matches!(
        term.kind,
        TermKind::Array(_)
            | TermKind::Object(_)
            | TermKind::Set(_)
            | TermKind::ArrayOf(..)
            | TermKind::ObjectOf(..)
            | TermKind::SetOf(..)
    );
    kind && constant(term).is_none()
}

/// `left = right`
pub(super) fn equation(left: Term, right: Term, span: Span) -> Expr {
    let eq = Term::new(TermKind::Var("eq".into()), span);
    let term = Term::new(TermKind::Call(Box::new(eq), vec![left, right]), span);
    Expr { kind: ExprKind::Term(term), with: Vec::new(), span }
}

pub(super) fn is_name(function: &Term, name: &str) -> bool {
    matches!(&function.kind, TermKind::Var(n) if &**n == name)
}
