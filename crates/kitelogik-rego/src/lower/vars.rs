//! Which locals occur in a term or expression, and where.

use crate::{
    stack::with_room,
    syntax::ast::{Body, Expr, ExprKind, Operand, Part, Term, TermKind},
};
use std::collections::BTreeSet;

pub(super) type Locals = BTreeSet<u32>;

/// Visits every local; the flag tells whether it stands inside of a closure (a comprehension, the body of
/// `every`, an operand in braces, a template's hole), which can bind it by itself.
pub(super) fn in_term(term: &Term, closed: bool, visit: &mut dyn FnMut(u32, bool)) {
    with_room(|| within(term, closed, visit));
}

fn within(term: &Term, closed: bool, visit: &mut dyn FnMut(u32, bool)) {
    match &term.kind {
        TermKind::Local(local) => visit(*local, closed),
        TermKind::Ref(head, steps) => {
            in_term(head, closed, visit);
            steps.iter().for_each(|step| in_term(step, closed, visit));
        }
        TermKind::Call(function, args) => {
            in_term(function, closed, visit);
            args.iter().for_each(|arg| in_term(arg, closed, visit));
        }
        TermKind::Array(items) | TermKind::Set(items) => {
            items.iter().for_each(|item| in_term(item, closed, visit));
        }
        TermKind::Object(pairs) => {
            for (key, value) in pairs {
                in_term(key, closed, visit);
                in_term(value, closed, visit);
            }
        }
        TermKind::ArrayOf(head, body) | TermKind::SetOf(head, body) => {
            in_term(head, true, visit);
            in_body(body, true, visit);
        }
        TermKind::ObjectOf(head, body) => {
            in_term(&head.0, true, visit);
            in_term(&head.1, true, visit);
            in_body(body, true, visit);
        }
        TermKind::Template(parts) => {
            for part in parts {
                if let Part::Hole(expr) = part {
                    in_expr(expr, true, visit);
                }
            }
        }
        TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) | TermKind::Var(_) => {
        }
    }
}

pub(super) fn in_body(body: &Body, closed: bool, visit: &mut dyn FnMut(u32, bool)) {
    body.iter().for_each(|expr| in_expr(expr, closed, visit));
}

pub(super) fn in_expr(expr: &Expr, closed: bool, visit: &mut dyn FnMut(u32, bool)) {
    for with in &expr.with {
        in_term(&with.value, closed, visit);
    }
    match &expr.kind {
        ExprKind::Term(term) => in_term(term, closed, visit),
        ExprKind::Not(body) => in_body(body, closed, visit),
        ExprKind::NotWhole(operand) => in_operand(operand, closed, visit),
        ExprKind::And(operands) | ExprKind::Or(operands) => {
            operands.iter().for_each(|operand| in_operand(operand, closed, visit));
        }
        ExprKind::Some(_) => {}
        ExprKind::SomeIn { key, value, domain } => {
            in_term(domain, closed, visit);
            key.iter().chain([value]).for_each(|term| in_term(term, closed, visit));
        }
        ExprKind::Every { key, value, domain, body } => {
            in_term(domain, closed, visit);
            key.iter().chain([value]).for_each(|term| in_term(term, true, visit));
            in_body(body, true, visit);
        }
    }
}

pub(super) fn in_operand(operand: &Operand, closed: bool, visit: &mut dyn FnMut(u32, bool)) {
    with_room(|| in_body(&operand.body, closed || operand.braced, visit));
}

/// The locals of a body that stand outside of closures.
pub(super) fn open_locals(body: &[Expr]) -> Locals {
    let mut locals = Locals::new();
    for expr in body {
        in_expr(expr, false, &mut |local, closed| {
            if !closed {
                locals.insert(local);
            }
        });
    }
    locals
}

/// The locals of a term that stand outside of closures.
pub(super) fn open_in_term(term: &Term) -> Locals {
    let mut locals = Locals::new();
    in_term(term, false, &mut |local, closed| {
        if !closed {
            locals.insert(local);
        }
    });
    locals
}
