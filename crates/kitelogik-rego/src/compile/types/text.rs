//! References as messages name them.

use crate::{
    stack::with_room,
    syntax::ast::{Part, Term, TermKind},
};
use kitelogik_value::{Value, json};

/// A term whose names are resolved; `names` are what its locals are called.
pub(super) fn text(term: &Term, names: &[Box<str>]) -> String {
    with_room(|| {
        let list = |terms: &[Term]| terms.iter().map(|term| text(term, names)).collect::<Vec<_>>().join(", ");
        match &term.kind {
            TermKind::Null => "null".to_owned(),
            TermKind::Bool(flag) => flag.to_string(),
            TermKind::Number(number) => number.to_string(),
            TermKind::String(string) => quoted(string),
            TermKind::Var(name) => name.to_string(),
            TermKind::Local(at) => name_of(*at, names),
            TermKind::Ref(head, steps) => reference(head, steps, names),
            TermKind::Call(function, args) => format!("{}({})", text(function, names), list(args)),
            TermKind::Array(items) => format!("[{}]", list(items)),
            TermKind::Set(items) if items.is_empty() => "set()".to_owned(),
            TermKind::Set(items) => format!("{{{}}}", list(items)),
            TermKind::Object(pairs) => {
                let pair =
                    |(key, value): &(Term, Term)| format!("{}: {}", text(key, names), text(value, names));
                format!("{{{}}}", pairs.iter().map(pair).collect::<Vec<_>>().join(", "))
            }
            TermKind::ArrayOf(head, _) => format!("[{} | ...]", text(head, names)),
            TermKind::SetOf(head, _) => format!("{{{} | ...}}", text(head, names)),
            TermKind::ObjectOf(pair, _) => {
                format!("{{{}: {} | ...}}", text(&pair.0, names), text(&pair.1, names))
            }
            TermKind::Template(parts) => {
                let part = |part: &Part| match part {
                    Part::Text(text) => text.to_string(),
                    Part::Hole(_) => "{...}".to_owned(),
                };
                format!("$\"{}\"", parts.iter().map(part).collect::<String>())
            }
        }
    })
}

/// `head.a["b c"][0]`
pub(super) fn reference(head: &Term, steps: &[Term], names: &[Box<str>]) -> String {
    let mut out = text(head, names);
    for step in steps {
        match &step.kind {
            TermKind::String(name) if is_plain(name) => {
                out.push('.');
                out.push_str(name);
            }
            _ => out.push_str(&format!("[{}]", text(step, names))),
        }
    }
    out
}

fn name_of(local: u32, names: &[Box<str>]) -> String {
    names.get(local as usize).filter(|name| !name.is_empty()).map_or("_", |name| name).to_owned()
}

fn is_plain(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn quoted(string: &str) -> String {
    json::to_string(&Value::from(string))
}
