//! JSON documents whose keys keep their order, laid out as `opa` does: indented, `<`, `>` and `&` escaped.

use kitelogik_value::{
    Value,
    json::{to_string, write_string},
};

/// A JSON document.
pub(super) enum Document {
    /// A value; the keys of its objects are sorted, its sets are arrays
    Value(Value),
    List(Vec<Document>),
    Object(Vec<(&'static str, Document)>),
}

impl<T: Into<Value>> From<T> for Document {
    fn from(value: T) -> Self {
        Self::Value(value.into())
    }
}

impl Document {
    /// The member of an object.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(pairs) => pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The items of a list that is a member; none if there is none.
    pub(super) fn list(&self, name: &str) -> &[Self] {
        match self.get(name) {
            Some(Self::List(items)) => items,
            _ => &[],
        }
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Value(value) => value.as_str(),
            _ => None,
        }
    }

    /// The document over several lines, without an end of line.
    pub(super) fn indented(&self) -> String {
        let mut out = String::new();
        self.write(0, &mut out);
        escaped(&out)
    }

    fn write(&self, indent: usize, out: &mut String) {
        match self {
            Self::Value(value) => write_value(value, indent, out),
            Self::List(items) => {
                block(['[', ']'], items, indent, out, |item, out| item.write(indent + 1, out));
            }
            Self::Object(pairs) => block(['{', '}'], pairs, indent, out, |(key, value), out| {
                out.push_str(&text(key));
                out.push_str(": ");
                value.write(indent + 1, out);
            }),
        }
    }
}

/// A value on one line.
pub(super) fn compact(value: &Value) -> String {
    escaped(&to_string(value))
}

fn write_value(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Array(items) | Value::Set(items) => {
            block(['[', ']'], items, indent, out, |item, out| write_value(item, indent + 1, out));
        }
        Value::Object(pairs) => block(['{', '}'], pairs, indent, out, |(key, value), out| {
            match key.as_str() {
                Some(key) => out.push_str(&text(key)),
                None => out.push_str(&text(&to_string(key))),
            }
            out.push_str(": ");
            write_value(value, indent + 1, out);
        }),
        scalar => out.push_str(&to_string(scalar)),
    }
}

fn block<T>(
    [open, close]: [char; 2],
    items: &[T],
    indent: usize,
    out: &mut String,
    mut each: impl FnMut(&T, &mut String),
) {
    out.push(open);
    for (at, item) in items.iter().enumerate() {
        out.push_str(if at > 0 { ",\n" } else { "\n" });
        out.push_str(&"  ".repeat(indent + 1));
        each(item, out);
    }
    if !items.is_empty() {
        out.push('\n');
        out.push_str(&"  ".repeat(indent));
    }
    out.push(close);
}

fn text(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len() + 2);
    write_string(text, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// JSON text with the escapes of Go's encoder: these characters stand in strings only.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}
