//! Walks over syntax trees.

use crate::{
    stack::with_room,
    syntax::ast::{Body, Expr, ExprKind, Part, Rule, Term, TermKind},
};

/// What a walk comes by.
pub(super) enum Node<'r> {
    /// Before what is within it
    Expr(&'r Expr),
    /// Before what is within it
    Term(&'r Term),
}

/// Visits the terms of a rule, its `else` chain and all that is within them, outer terms first.
pub(super) fn rule_terms<'r>(rule: &'r Rule, visit: &mut dyn FnMut(&'r Term)) {
    rule_nodes(rule, &mut |node| {
        if let Node::Term(term) = node {
            visit(term);
        }
    });
}

/// Visits the expressions and terms of a rule, its `else` chain and all that is within them.
pub(super) fn rule_nodes<'r>(rule: &'r Rule, visit: &mut dyn FnMut(Node<'r>)) {
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

fn body<'r>(exprs: &'r Body, visit: &mut dyn FnMut(Node<'r>)) {
    exprs.iter().for_each(|expr| within_expr(expr, visit));
}

fn within_expr<'r>(expr: &'r Expr, visit: &mut dyn FnMut(Node<'r>)) {
    visit(Node::Expr(expr));
    for with in &expr.with {
        terms(&with.target, visit);
        terms(&with.value, visit);
    }
    match &expr.kind {
        ExprKind::Term(term) => terms(term, visit),
        ExprKind::Not(exprs) => body(exprs, visit),
        ExprKind::NotWhole(operand) => with_room(|| body(&operand.body, visit)),
        ExprKind::And(operands) | ExprKind::Or(operands) => {
            operands.iter().for_each(|operand| with_room(|| body(&operand.body, visit)));
        }
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

fn terms<'r>(term: &'r Term, visit: &mut dyn FnMut(Node<'r>)) {
    visit(Node::Term(term));
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
                    within_expr(expr, visit);
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

/// Visits the terms of a rule, inner terms first, to change them. The flag is false within an `else`.
pub(super) fn rule_terms_mut(rule: &mut Rule, visit: &mut dyn FnMut(bool, &mut Term)) {
    let head = &mut rule.head;
    let path = head.path.iter_mut().skip(1);
    for term in path.chain(head.args.iter_mut().flatten()).chain(&mut head.member).chain(&mut head.value) {
        terms_mut(term, &mut |term| visit(true, term));
    }
    body_mut(&mut rule.body, &mut |term| visit(true, term));
    for otherwise in &mut rule.otherwise {
        otherwise.value.iter_mut().for_each(|value| terms_mut(value, &mut |term| visit(false, term)));
        body_mut(&mut otherwise.body, &mut |term| visit(false, term));
    }
}

fn body_mut(exprs: &mut Body, visit: &mut dyn FnMut(&mut Term)) {
    exprs.iter_mut().for_each(|expr| expr_mut(expr, visit));
}

fn expr_mut(expr: &mut Expr, visit: &mut dyn FnMut(&mut Term)) {
    for with in &mut expr.with {
        terms_mut(&mut with.target, visit);
        terms_mut(&mut with.value, visit);
    }
    match &mut expr.kind {
        ExprKind::Term(term) => terms_mut(term, visit),
        ExprKind::Not(exprs) => body_mut(exprs, visit),
        ExprKind::NotWhole(operand) => with_room(|| body_mut(&mut operand.body, visit)),
        ExprKind::And(operands) | ExprKind::Or(operands) => {
            operands.iter_mut().for_each(|operand| with_room(|| body_mut(&mut operand.body, visit)));
        }
        ExprKind::Some(_) => {}
        ExprKind::SomeIn { key, value, domain } => {
            key.iter_mut().chain([value, domain]).for_each(|term| terms_mut(term, visit));
        }
        ExprKind::Every { key, value, domain, body: exprs } => {
            key.iter_mut().chain([value, domain]).for_each(|term| terms_mut(term, visit));
            body_mut(exprs, visit);
        }
    }
}

fn terms_mut(term: &mut Term, visit: &mut dyn FnMut(&mut Term)) {
    with_room(|| match &mut term.kind {
        TermKind::Ref(head, items) | TermKind::Call(head, items) => {
            terms_mut(head, visit);
            items.iter_mut().for_each(|item| terms_mut(item, visit));
        }
        TermKind::Array(items) | TermKind::Set(items) => {
            items.iter_mut().for_each(|item| terms_mut(item, visit));
        }
        TermKind::Object(pairs) => {
            for (key, value) in pairs {
                terms_mut(key, visit);
                terms_mut(value, visit);
            }
        }
        TermKind::ArrayOf(head, exprs) | TermKind::SetOf(head, exprs) => {
            terms_mut(head, visit);
            body_mut(exprs, visit);
        }
        TermKind::ObjectOf(head, exprs) => {
            terms_mut(&mut head.0, visit);
            terms_mut(&mut head.1, visit);
            body_mut(exprs, visit);
        }
        TermKind::Template(parts) => {
            for part in parts {
                if let Part::Hole(expr) = part {
                    expr_mut(expr, visit);
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
    visit(term);
}

/// The arguments, if the term calls the function of this name.
pub(super) fn is_call<'t>(term: &'t Term, function: &str) -> Option<&'t [Term]> {
    match &term.kind {
        TermKind::Call(head, args) if matches!(&head.kind, TermKind::Var(name) if **name == *function) => {
            Some(args)
        }
        _ => None,
    }
}
