//! Walks over syntax trees.

use crate::{
    stack::with_room,
    syntax::ast::{Body, Expr, ExprKind, Part, Rule, Term, TermKind},
};

/// Visits the terms of a rule, its `else` chain and all that is within them, outer terms first.
pub(super) fn rule_terms<'r>(rule: &'r Rule, visit: &mut dyn FnMut(&'r Term)) {
    let head = &rule.head;
    let path = head.path.iter().skip(1);
    for term in path.chain(head.args.iter().flatten()).chain(&head.member).chain(&head.value) {
        terms(term, visit);
    }
    body(&rule.body, visit);
    for otherwise in &rule.otherwise {
        otherwise.value.iter().for_each(|value| terms(value, visit));
        body(&otherwise.body, visit);
    }
}

fn body<'r>(exprs: &'r Body, visit: &mut dyn FnMut(&'r Term)) {
    exprs.iter().for_each(|one| expr(one, visit));
}

fn expr<'r>(expr: &'r Expr, visit: &mut dyn FnMut(&'r Term)) {
    for with in &expr.with {
        terms(&with.target, visit);
        terms(&with.value, visit);
    }
    match &expr.kind {
        ExprKind::Term(term) => terms(term, visit),
        ExprKind::Not(exprs) => body(exprs, visit),
        ExprKind::Some(_) => {}
        ExprKind::SomeIn { key, value, domain } => {
            key.iter().chain([value, domain]).for_each(|term| terms(term, visit));
        }
        ExprKind::Every { key, value, domain, body: exprs } => {
            key.iter().chain([value, domain]).for_each(|term| terms(term, visit));
            body(exprs, visit);
        }
    }
}

fn terms<'r>(term: &'r Term, visit: &mut dyn FnMut(&'r Term)) {
    visit(term);
    with_room(|| match &term.kind {
        TermKind::Ref(head, items) | TermKind::Call(head, items) => {
            // The root of a reference is not visited as a document of its own.
            if !matches!(head.kind, TermKind::Var(_)) {
                terms(head, visit);
            }
            items.iter().for_each(|item| terms(item, visit));
        }
        TermKind::Array(items) | TermKind::Set(items) => items.iter().for_each(|item| terms(item, visit)),
        TermKind::Object(pairs) => {
            for (key, value) in pairs {
                terms(key, visit);
                terms(value, visit);
            }
        }
        TermKind::ArrayOf(head, exprs) | TermKind::SetOf(head, exprs) => {
            terms(head, visit);
            body(exprs, visit);
        }
        TermKind::ObjectOf(head, exprs) => {
            terms(&head.0, visit);
            terms(&head.1, visit);
            body(exprs, visit);
        }
        TermKind::Template(parts) => {
            for part in parts {
                if let Part::Hole(expr) = part {
                    self::expr(expr, visit);
                }
            }
        }
        TermKind::Null
        | TermKind::Bool(_)
        | TermKind::Number(_)
        | TermKind::String(_)
        | TermKind::Var(_)
        | TermKind::Local(_) => {}
    });
}
