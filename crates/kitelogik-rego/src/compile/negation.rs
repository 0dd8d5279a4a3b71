//! The lenient reading of one negation that OPA refuses: `not xs[_] == "a"` means that there is none such.
//!
//! It is read as `not { xs[_] == "a" }`. Nothing else that is unsafe becomes safe by it.

use super::visit::rule_terms_mut;
use crate::{
    stack::with_room,
    syntax::ast::{Body, Expr, ExprKind, Module, Operand, Span, Term, TermKind},
};

/// Rewrites these negations in bodies, `else`, `every` and comprehensions, and gives their places.
pub(crate) fn accept_none_such(module: &mut Module) -> Vec<Span> {
    let mut places = Vec::new();
    for rule in &mut module.rules {
        rule_terms_mut(rule, &mut |_, term| match &mut term.kind {
            TermKind::ArrayOf(_, body) | TermKind::SetOf(_, body) | TermKind::ObjectOf(_, body) => {
                rewrite(body, &mut places);
            }
            _ => {}
        });
        rewrite(&mut rule.body, &mut places);
        rule.otherwise.iter_mut().for_each(|otherwise| rewrite(&mut otherwise.body, &mut places));
    }
    places
}

fn rewrite(body: &mut Body, places: &mut Vec<Span>) {
    for expr in body {
        let span = expr.span;
        match &mut expr.kind {
            ExprKind::Every { body, .. } => rewrite(body, places),
            ExprKind::And(operands) | ExprKind::Or(operands) => {
                operands.iter_mut().for_each(|operand| with_room(|| rewrite(&mut operand.body, places)));
            }
            ExprKind::NotWhole(operand) => {
                if !operand.braced && is_none_such(&operand.body) {
                    operand.braced = true;
                    places.push(span);
                }
                with_room(|| rewrite(&mut operand.body, places));
            }
            ExprKind::Not(negated) => {
                if is_none_such(negated) {
                    let body = std::mem::take(negated).into();
                    expr.kind = ExprKind::NotWhole(Operand { body, braced: true });
                    places.push(span);
                }
            }
            ExprKind::Term(_) | ExprKind::Some(_) | ExprKind::SomeIn { .. } => {}
        }
    }
}

/// `<ref>[_] == <ground term>`
fn is_none_such(negated: &Body) -> bool {
    let [Expr { kind: ExprKind::Term(term), with, .. }] = negated.as_slice() else { return false };
    let TermKind::Call(function, args) = &term.kind else { return false };
    let equal = matches!(&function.kind, TermKind::Var(name) if &**name == "equal");
    let [left, right] = args.as_slice() else { return false };
    let TermKind::Ref(head, steps) = &left.kind else { return false };
    let Some((last, before)) = steps.split_last() else { return false };
    let anonymous = |term: &Term| matches!(&term.kind, TermKind::Var(name) if &**name == "_");
    let named = matches!(head.kind, TermKind::Var(_)) && !anonymous(head);
    equal && with.is_empty() && named && before.iter().all(is_scalar) && anonymous(last) && is_ground(right)
}

fn is_scalar(term: &Term) -> bool {
    matches!(term.kind, TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_))
}

/// A scalar, a name, or a path of constants from one. A name that is bound nowhere stays unsafe: `==` binds nothing.
fn is_ground(term: &Term) -> bool {
    let name = |term: &Term| matches!(&term.kind, TermKind::Var(name) if &**name != "_");
    match &term.kind {
        TermKind::Ref(head, steps) => name(head) && steps.iter().all(is_scalar),
        _ => name(term) || is_scalar(term),
    }
}
