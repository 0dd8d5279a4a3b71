//! The values of a template: those of the data and the template's own.

use crate::{builtins::sprintf::general, stack::with_room, val::Val};

/// What a missing value is written as, before OPA puts another word for it.
pub(super) const NO_VALUE: &str = "<no value>";

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Item<'a> {
    /// No value at all, such as that of a key that is not there
    Missing,
    /// Of the data
    Data(Val<'a>),
    /// Numbers and text of the template
    Int(i64),
    Float(f64),
    Text(String),
    Bool(bool),
}

/// What can be compared with its like. Numbers of the data are text.
#[derive(Debug, PartialEq)]
pub(super) enum Basic {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

impl<'a> Item<'a> {
    /// True for what is there and neither false, zero nor empty.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Missing | Self::Data(Val::Null) => false,
            Self::Int(int) => *int != 0,
            Self::Float(float) => *float != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Bool(b) | Self::Data(Val::Bool(b)) => *b,
            Self::Data(Val::Str(text)) => !text.is_empty(),
            Self::Data(Val::Array(array)) => !array.is_empty(),
            Self::Data(Val::Object(object)) => !object.is_empty(),
            Self::Data(_) => true,
        }
    }

    /// Its basic value; `None` for collections and for nothing.
    pub(super) fn basic(&self) -> Option<Basic> {
        Some(match self {
            Self::Int(int) => Basic::Int(*int),
            Self::Float(float) => Basic::Float(*float),
            Self::Bool(b) | Self::Data(Val::Bool(b)) => Basic::Bool(*b),
            _ => Basic::Text(self.as_text()?),
        })
    }

    /// The text, also that of a number of the data.
    pub(super) fn as_text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Data(Val::Str(text)) => Some((*text).to_owned()),
            Self::Data(number @ (Val::Int(_) | Val::Num(_))) => Some(number.to_rego()),
            _ => None,
        }
    }

    /// Bytes that looking at it costs.
    pub(super) fn text_length(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Data(Val::Str(text) | Val::Num(text)) => text.len(),
            _ => 0,
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Missing | Self::Data(Val::Null))
    }

    /// As an action writes it.
    pub(super) fn shown(&self) -> String {
        if self.is_nothing() { NO_VALUE.to_owned() } else { self.printed() }
    }

    /// As Go's `fmt` prints it.
    pub(super) fn printed(&self) -> String {
        match self {
            Self::Missing => "<nil>".to_owned(),
            Self::Int(int) => int.to_string(),
            Self::Float(float) => general(*float, None),
            Self::Text(text) => text.clone(),
            Self::Bool(b) => b.to_string(),
            Self::Data(value) => {
                let mut out = String::new();
                print(*value, &mut out);
                out
            }
        }
    }
}

fn print(value: Val<'_>, out: &mut String) {
    match value {
        Val::Null => out.push_str("<nil>"),
        Val::Str(text) => out.push_str(text),
        Val::Array(array) => {
            out.push('[');
            for (at, item) in array.iter().enumerate() {
                if at > 0 {
                    out.push(' ');
                }
                with_room(|| print(item, out));
            }
            out.push(']');
        }
        Val::Object(object) => {
            out.push_str("map[");
            for (at, (key, member)) in object.iter().enumerate() {
                if at > 0 {
                    out.push(' ');
                }
                print(key, out);
                out.push(':');
                with_room(|| print(member, out));
            }
            out.push(']');
        }
        other => out.push_str(&other.to_rego()),
    }
}
