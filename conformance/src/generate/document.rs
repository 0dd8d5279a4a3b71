//! Documents: the input and the data that generated policies look at.

use super::{
    dice::Dice,
    ty::{Field, Ty},
};
use kitelogik_value::{Number, Value};

/// Strings that often meet each other.
pub(crate) const STRINGS: &[&str] = &[
    "",
    "a",
    "b",
    "x",
    "admin",
    "dev",
    "fs.write",
    "fs.read",
    "/tmp/a",
    "/tmp/../etc/passwd",
    "/etc/passwd",
    "mcp",
    "alice",
    "free",
    "acme",
    "finance.write",
    "https://example.com/a?b=c",
    "foo bar",
    "Ünïcode ß",
    "a,b,,c",
    "12",
    "%v",
    "日本",
    "line\nbreak",
    "\"quoted\"",
    "🙂",
    "billing",
    "a@b",
    "abc",
    "AbC",
    "  x ",
    "İﬀςΣ",
    "e\u{301}",
    "\u{0}",
    "tab\there",
    "\u{200b}",
    "a\\b",
    "1e3",
    "-0",
    "true",
];

/// Numbers in the forms that documents have, from small to more than a float holds.
pub(crate) const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "-1",
    "10",
    "7",
    "100",
    "1000",
    "1001",
    "0.5",
    "1.0",
    "1.50",
    "-2.5",
    "0.1",
    "0.2",
    "3.14159",
    "1e3",
    "1E2",
    "2.5e-3",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "123456789012345678901234567890",
    "1e100",
    "0.30000000000000004",
    "1e-7",
    "99.95",
    "5e20",
    // Not `-0`: it is 0 here, and OPA keeps the spelling in texts.
    "-0.0",
    "0.0",
    "1.10",
    "12345678901234567890.5",
    "1e-400",
    "18446744073709551616",
    "4.35",
    "-0.5",
    "2.5",
];

/// A value of a type.
pub(crate) fn value(dice: &mut Dice, ty: &Ty, depth: usize) -> Value {
    match ty {
        Ty::Null => Value::Null,
        Ty::Bool => Value::Bool(dice.chance(50)),
        Ty::Num => number(dice),
        Ty::Str => Value::from(dice.word(STRINGS)),
        Ty::Arr(item) | Ty::Set(item) => {
            let many = dice.below(4);
            Value::array((0..many).map(|_| value(dice, item, depth.saturating_sub(1))))
        }
        Ty::Obj(item) => {
            let many = dice.below(4);
            let key =
                |dice: &mut Dice| dice.word(&["a", "b", "x", "type", "name", "admin", "fs.write", "odd key"]);
            Value::object((0..many).map(|_| (key(dice), value(dice, item, depth.saturating_sub(1)))))
        }
        Ty::Any => {
            let ty = any(dice, depth);
            value(dice, &ty, depth)
        }
    }
}

/// Some type that is not `Any`; a scalar when there is no depth left.
pub(crate) fn any(dice: &mut Dice, depth: usize) -> Ty {
    match dice.below(if depth == 0 { 6 } else { 9 }) {
        0 => Ty::Null,
        1 => Ty::Bool,
        2 | 3 => Ty::Num,
        4 | 5 => Ty::Str,
        6 => Ty::arr(Ty::Any),
        _ => Ty::obj(Ty::Any),
    }
}

fn number(dice: &mut Dice) -> Value {
    // Mostly small, so that comparisons go both ways.
    let text = if dice.chance(60) { dice.below(12).to_string() } else { dice.word(NUMBERS).to_owned() };
    Number::parse(&text).map_or(Value::Null, Value::Number)
}

/// The document under a root (`input` or `data`): every field, less some that are missing and some that have
/// another type than policies expect.
pub(crate) fn document(dice: &mut Dice, root: &str, fields: &[Field]) -> Value {
    let mut tree = Tree::default();
    for field in fields {
        let Some(path) = field.path.strip_prefix(root).and_then(|p| p.strip_prefix('.')) else { continue };
        if path.contains('[') || dice.chance(10) {
            continue;
        }
        let off = dice.chance(3);
        let value = value(dice, if off { &Ty::Any } else { &field.ty }, 2);
        tree.put(path, value);
    }
    if dice.chance(50) {
        tree.put("odd key", value(dice, &Ty::Any, 2));
    }
    tree.into_value()
}

#[derive(Default)]
struct Tree {
    leaves: Vec<(String, Value)>,
    branches: Vec<(String, Tree)>,
}

impl Tree {
    fn put(&mut self, path: &str, value: Value) {
        let Some((head, rest)) = path.split_once('.') else {
            return self.leaves.push((path.to_owned(), value));
        };
        let at = self.branches.iter().position(|(k, _)| k == head).unwrap_or_else(|| {
            self.branches.push((head.to_owned(), Tree::default()));
            self.branches.len() - 1
        });
        if let Some((_, branch)) = self.branches.get_mut(at) {
            branch.put(rest, value);
        }
    }

    fn into_value(self) -> Value {
        let branches = self.branches.into_iter().map(|(k, t)| (k, t.into_value()));
        Value::object(self.leaves.into_iter().chain(branches))
    }
}
