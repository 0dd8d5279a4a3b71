//! What cannot hold by its types alone: constants and results of builtins where a builtin is declared to take
//! something else, and equations between two such (`rego_type_error`). Variables and references may be anything.

use super::visit::{Node, rule_nodes};
use crate::{
    builtin::Type,
    lower::{Builtins, Error, dotted, error},
    stack::with_room,
    syntax::ast::{Body, Expr, ExprKind, Rule, Span, Term, TermKind},
};
use std::fmt;

/// Functions that are operations of their own, and hold for anything.
const COMPARISONS: [&str; 7] = ["eq", "equal", "neq", "lt", "lte", "gt", "gte"];

/// What is known of a value before it is there.
#[derive(Clone, Debug, PartialEq)]
enum Known {
    Any,
    Null,
    Boolean,
    Number,
    String,
    /// Exactly these items
    Tuple(Vec<Known>),
    /// Items of one type
    Array(Box<Known>),
    /// Members of one type; none in an empty set
    Set(Option<Box<Known>>),
    /// These members by their key's text, and others whose values are of a type
    Object(Vec<(String, Known)>, Option<Box<Known>>),
    Union(Vec<Known>),
}

/// The errors of a rule whose names are resolved.
pub(crate) fn check(rule: &Rule, builtins: Builtins<'_>) -> Vec<Error> {
    let mut errors = Vec::new();
    let mut regions = Vec::new();
    rule_nodes(rule, &mut |node| match node {
        Node::Expr(expr) => {
            note_body(expr, &mut regions);
            if unchecked(expr.span, &regions) {
                return;
            }
            if let ExprKind::Term(Term { kind: TermKind::Call(function, args), span }) = &expr.kind {
                statement(
                    function,
                    args,
                    &mut |message| {
                        errors.push(error("rego_type_error", message, *span));
                    },
                    builtins,
                );
            }
        }
        Node::Term(term) => {
            if let TermKind::ArrayOf(..) | TermKind::SetOf(..) | TermKind::ObjectOf(..) = &term.kind {
                regions.push((term.span, true));
            }
            if let (TermKind::Call(function, args), false) = (&term.kind, unchecked(term.span, &regions)) {
                let wrong = call(function, args, builtins);
                errors.extend(wrong.map(|message| error("rego_type_error", message, term.span)));
            }
        }
    });
    errors
}

/// Notes where the body of an `every` or an operand stands: OPA looks at comprehensions in it, at nothing else.
fn note_body(expr: &Expr, regions: &mut Vec<(Span, bool)>) {
    let bodies: Vec<&Body> = match &expr.kind {
        ExprKind::Every { body, .. } => vec![body],
        ExprKind::NotWhole(operand) => vec![&operand.body],
        ExprKind::And(operands) | ExprKind::Or(operands) => {
            operands.iter().map(|operand| &operand.body).collect()
        }
        _ => return,
    };
    for body in bodies {
        if let (Some(first), Some(last)) = (body.first(), body.last()) {
            regions.push((Span { end: last.span.end, ..first.span }, false));
        }
    }
}

/// True within the body of an `every`, if no comprehension stands between. Regions come outer ones first.
fn unchecked(span: Span, regions: &[(Span, bool)]) -> bool {
    let around = |region: &Span| region.start <= span.start && span.end <= region.end;
    regions.iter().rfind(|(region, _)| around(region)).is_some_and(|(_, checked)| !checked)
}

/// A call that is a whole expression: an equation, or one with its result as the last argument.
fn statement(function: &Term, args: &[Term], wrong: &mut dyn FnMut(String), builtins: Builtins<'_>) {
    let Some(name) = dotted(function) else { return };
    if let ("eq" | "equal", [left, right]) = (name.as_str(), args) {
        let (left, right) = (known(left, builtins), known(right, builtins));
        if !left.meets(&right) {
            wrong(format!("match error: left is {left}, right is {right}"));
        }
    }
}

/// What is wrong with the arguments of a builtin.
fn call(function: &Term, args: &[Term], builtins: Builtins<'_>) -> Option<String> {
    let name = dotted(function).filter(|name| !COMPARISONS.contains(&name.as_str()))?;
    let def = builtins(&name)?;
    let have: Vec<Known> = args.iter().map(|arg| known(arg, builtins)).collect();
    let want: Vec<Known> = def.args.iter().chain([&def.result]).map(Known::from).collect();
    let wrong = have.iter().zip(&want).any(|(have, want)| !have.meets(want));
    let text = |types: &[Known]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    wrong.then(|| {
        let want = want.get(..have.len()).unwrap_or_default();
        format!("{name}: invalid argument(s): have ({}), want ({})", text(&have), text(want))
    })
}

fn known(term: &Term, builtins: Builtins<'_>) -> Known {
    with_room(|| match &term.kind {
        TermKind::Null => Known::Null,
        TermKind::Bool(_) => Known::Boolean,
        TermKind::Number(_) => Known::Number,
        TermKind::String(_) | TermKind::Template(_) => Known::String,
        TermKind::Array(items) => Known::Tuple(items.iter().map(|item| known(item, builtins)).collect()),
        TermKind::Set(items) => {
            Known::Set(one_of(items.iter().map(|item| known(item, builtins)).collect()).map(Box::new))
        }
        TermKind::Object(pairs) => {
            let (mut members, mut others) = (Vec::new(), None);
            for (key, value) in pairs {
                let value = known(value, builtins);
                match constant_key(key) {
                    Some(key) => members.push((key, value)),
                    None => others = Some(Box::new(Known::Any)),
                }
            }
            Known::Object(members, others)
        }
        TermKind::ArrayOf(head, _) => Known::Array(Box::new(known(head, builtins))),
        TermKind::SetOf(head, _) => Known::Set(Some(Box::new(known(head, builtins)))),
        TermKind::ObjectOf(head, _) => Known::Object(Vec::new(), Some(Box::new(known(&head.1, builtins)))),
        TermKind::Call(function, args) => result(function, args.len(), builtins),
        TermKind::Var(_) | TermKind::Local(_) | TermKind::Ref(..) => Known::Any,
    })
}

fn result(function: &Term, args: usize, builtins: Builtins<'_>) -> Known {
    match dotted(function) {
        Some(name) if COMPARISONS.contains(&name.as_str()) => Known::Boolean,
        Some(name) => match builtins(&name) {
            Some(def) if def.args.len() == args => Known::from(&def.result),
            _ => Known::Any,
        },
        None => Known::Any,
    }
}

/// Tells one constant key from another.
fn constant_key(key: &Term) -> Option<String> {
    match &key.kind {
        TermKind::String(text) => Some(format!("{text:?}")),
        TermKind::Number(text) => Some(text.to_string()),
        TermKind::Bool(flag) => Some(flag.to_string()),
        TermKind::Null => Some("null".to_owned()),
        _ => None,
    }
}

fn one_of(mut types: Vec<Known>) -> Option<Known> {
    types.dedup();
    if types.len() > 1 { Some(Known::Union(types)) } else { types.pop() }
}

impl From<&Type> for Known {
    fn from(declared: &Type) -> Self {
        let boxed = |inner: &Type| Box::new(Self::from(inner));
        match declared {
            Type::Any => Self::Any,
            Type::Null => Self::Null,
            Type::Boolean => Self::Boolean,
            Type::Number => Self::Number,
            Type::String => Self::String,
            Type::Array(item) => Self::Array(boxed(item)),
            Type::Tuple(items) => Self::Tuple(items.iter().map(Self::from).collect()),
            Type::Set(member) => Self::Set(Some(boxed(member))),
            Type::Object(members, others) => Self::Object(
                members.iter().map(|(name, inner)| (format!("{name:?}"), Self::from(inner))).collect(),
                others.map(|(_, value)| boxed(value)),
            ),
            Type::Union(types) => Self::Union(types.iter().map(Self::from).collect()),
        }
    }
}

impl Known {
    /// True if a value can be of both.
    fn meets(&self, other: &Self) -> bool {
        with_room(|| match (self, other) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::Union(types), other) | (other, Self::Union(types)) => {
                types.iter().any(|one| one.meets(other))
            }
            (Self::Tuple(a), Self::Tuple(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.meets(b))
            }
            (Self::Tuple(items), Self::Array(item)) | (Self::Array(item), Self::Tuple(items)) => {
                items.iter().all(|one| one.meets(item))
            }
            (Self::Array(a), Self::Array(b)) => a.meets(b),
            (Self::Set(a), Self::Set(b)) => match (a, b) {
                (Some(a), Some(b)) => a.meets(b),
                _ => true,
            },
            (Self::Object(a, a_others), Self::Object(b, b_others)) => {
                let open = a_others.is_some() || b_others.is_some();
                let within = |a: &[(String, Self)], b: &[(String, Self)], others: &Option<Box<Self>>| {
                    a.iter().all(|(key, value)| match b.iter().find(|(known, _)| known == key) {
                        Some((_, other)) => value.meets(other),
                        None => others.as_ref().map_or(open, |others| value.meets(others)),
                    })
                };
                let others = match (a_others, b_others) {
                    (Some(a), Some(b)) => a.meets(b),
                    _ => true,
                };
                others && within(a, b, b_others) && within(b, a, a_others)
            }
            (a, b) => a == b,
        })
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, types: &[Self]| -> fmt::Result {
            types.iter().enumerate().try_for_each(|(at, one)| {
                f.write_str(if at > 0 { ", " } else { "" })?;
                write!(f, "{one}")
            })
        };
        with_room(|| match self {
            Self::Any => f.write_str("any"),
            Self::Null => f.write_str("null"),
            Self::Boolean => f.write_str("boolean"),
            Self::Number => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::Tuple(items) => {
                f.write_str("array<")?;
                list(f, items)?;
                f.write_str(">")
            }
            Self::Array(item) => write!(f, "array[{item}]"),
            Self::Set(None) => f.write_str("set[]"),
            Self::Set(Some(member)) => write!(f, "set[{member}]"),
            Self::Object(members, others) => {
                f.write_str("object")?;
                if !members.is_empty() {
                    let members: Vec<String> =
                        members.iter().map(|(key, value)| format!("{key}: {value}")).collect();
                    write!(f, "<{}>", members.join(", "))?;
                }
                others.as_ref().map_or(Ok(()), |others| write!(f, "[any: {others}]"))
            }
            Self::Union(types) => {
                f.write_str("any<")?;
                list(f, types)?;
                f.write_str(">")
            }
        })
    }
}
