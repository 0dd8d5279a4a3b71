//! The order in which OPA evaluates the members of a set or an object that is written with variables and calls: that
//! of its terms, not that of the source. It tells which comes first of an error and of what has no value.

use crate::{
    stack::with_room,
    syntax::ast::{Term, TermKind},
};
use std::cmp::Ordering;

/// Puts the members of a literal in OPA's order; equal keys stay in the order of the source.
pub(super) fn in_order(term: &mut Term) {
    match &mut term.kind {
        TermKind::Set(items) => items.sort_by(compare),
        TermKind::Object(pairs) => pairs.sort_by(|a, b| compare(&a.0, &b.0)),
        _ => {}
    }
}

fn compare(a: &Term, b: &Term) -> Ordering {
    with_room(|| rank(a).cmp(&rank(b)).then_with(|| within(a, b)))
}

/// OPA's order of the kinds of terms.
fn rank(term: &Term) -> u8 {
    match &term.kind {
        TermKind::Null => 0,
        TermKind::Bool(_) => 1,
        TermKind::Number(_) => 2,
        TermKind::String(_) => 3,
        TermKind::Template(_) => 4,
        TermKind::Local(_) => 5,
        TermKind::Var(_) | TermKind::Ref(..) => 6,
        TermKind::Array(_) => 7,
        TermKind::Object(_) => 8,
        TermKind::Set(_) => 9,
        TermKind::ArrayOf(..) => 10,
        TermKind::ObjectOf(..) => 11,
        TermKind::SetOf(..) => 12,
        TermKind::Call(..) => 13,
    }
}

fn within(a: &Term, b: &Term) -> Ordering {
    match (&a.kind, &b.kind) {
        (TermKind::Local(a), TermKind::Local(b)) => a.cmp(b),
        (TermKind::Var(a), TermKind::Var(b)) => a.cmp(b),
        (TermKind::Array(a), TermKind::Array(b)) => all(a, b),
        (TermKind::Call(f, a), TermKind::Call(g, b)) => compare(f, g).then_with(|| all(a, b)),
        (TermKind::Var(_) | TermKind::Ref(..), TermKind::Var(_) | TermKind::Ref(..)) => {
            let ((a, x), (b, y)) = (path(a), path(b));
            compare(a, b).then_with(|| all(x, y))
        }
        // Of other kinds only constants are told apart.
        _ => match (super::term::constant(a), super::term::constant(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => Ordering::Equal,
        },
    }
}

fn path(term: &Term) -> (&Term, &[Term]) {
    match &term.kind {
        TermKind::Ref(head, steps) => (head, steps),
        _ => (term, &[]),
    }
}

fn all(a: &[Term], b: &[Term]) -> Ordering {
    let differing = a.iter().zip(b).map(|(a, b)| compare(a, b)).find(|order| order.is_ne());
    differing.unwrap_or_else(|| a.len().cmp(&b.len()))
}
