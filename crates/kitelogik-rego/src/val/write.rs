//! Values as text: as JSON, and as Rego writes them (sets as `{1, 2}`, the empty one as `set()`), which is
//! what `sprintf`, template strings and error messages show.

use super::{Val, quote::push_quoted};
use crate::stack::with_room;
use std::fmt;

impl Val<'_> {
    /// Appends the value as OPA prints a term: `{"a": [1, "b"], "s": {1, 2}}`.
    pub fn write_rego(self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(b) => out.push_str(if b { "true" } else { "false" }),
            Self::Int(int) => out.push_str(itoa::Buffer::new().format(int)),
            Self::Num(text) => out.push_str(text),
            Self::Str(s) => push_quoted(s, '"', false, out),
            Self::Set(set) if set.is_empty() => out.push_str("set()"),
            _ => with_room(|| self.write_members(out)),
        }
    }

    fn write_members(self, out: &mut String) {
        match self {
            Self::Array(array) => {
                out.push('[');
                for (at, item) in array.iter().enumerate() {
                    separate(at, out);
                    item.write_rego(out);
                }
                out.push(']');
            }
            Self::Set(set) => {
                out.push('{');
                for (at, member) in set.iter().enumerate() {
                    separate(at, out);
                    member.write_rego(out);
                }
                out.push('}');
            }
            Self::Object(object) => {
                out.push('{');
                for (at, (key, value)) in object.iter().enumerate() {
                    separate(at, out);
                    key.write_rego(out);
                    out.push_str(": ");
                    value.write_rego(out);
                }
                out.push('}');
            }
            scalar => scalar.write_rego(out),
        }
    }

    /// The value as OPA prints a term.
    pub fn to_rego(self) -> String {
        let mut out = String::new();
        self.write_rego(&mut out);
        out
    }
}

fn separate(at: usize, out: &mut String) {
    if at > 0 {
        out.push_str(", ");
    }
}

impl fmt::Debug for Val<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rego())
    }
}
