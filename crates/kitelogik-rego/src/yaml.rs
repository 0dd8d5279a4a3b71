//! One YAML document as a value, as far as JSON reaches: no keys but strings, no merge keys, no tags but
//! `!!str`. Scalars are resolved by the core schema of YAML 1.2 (section 10.3).

use kitelogik_value::{Number, Value};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};
use std::collections::HashMap;

/// How deep a document may nest, and how many nodes it may have with its aliases written out.
const MAX_DEPTH: usize = 128;
const MAX_NODES: usize = 100_000;

/// Why a text is no document, and in which of its lines, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) message: String,
    pub(crate) line: usize,
}

/// What is being read: the parts of it that are complete.
enum Open {
    Array(Vec<Value>),
    Object(Vec<(Value, Value)>, Option<Value>),
}

/// How many nodes a value has, and how deep it nests.
#[derive(Clone, Copy)]
struct Size {
    nodes: usize,
    depth: usize,
}

const ONE: Size = Size { nodes: 1, depth: 0 };

struct Reader {
    open: Vec<(Open, usize)>,
    anchors: HashMap<usize, (Value, Size)>,
    nodes: usize,
    done: Option<Value>,
}

/// Reads one document; nothing at all is null.
pub(crate) fn parse(text: &str) -> Result<Value, Error> {
    let mut reader = Reader { open: Vec::new(), anchors: HashMap::new(), nodes: 0, done: None };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|e| error(e.info(), *e.marker()))?;
        reader.event(event, span)?;
    }
    Ok(reader.done.unwrap_or_default())
}

fn error(message: impl Into<String>, at: Marker) -> Error {
    Error { message: message.into(), line: at.line() }
}

impl Reader {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Error> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let text = text.as_ref();
                let string = style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.suffix == "str");
                let value = if string { Value::from(text) } else { resolve(text) };
                self.place(value, ONE, anchor, span)
            }
            Event::Alias(anchor) => {
                let Some((value, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err(error("an alias within its own anchor", span.start));
                };
                self.place(value, size, 0, span)
            }
            Event::SequenceStart(anchor, _) => self.enter(Open::Array(Vec::new()), anchor, span),
            Event::MappingStart(anchor, _) => self.enter(Open::Object(Vec::new(), None), anchor, span),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some((Open::Array(items), anchor)) => self.place(Value::array(items), ONE, anchor, span),
                Some((Open::Object(pairs, _), anchor)) => self.place(Value::object(pairs), ONE, anchor, span),
                None => Ok(()),
            },
            Event::DocumentStart(_) if self.done.is_some() => {
                Err(error("more than one document", span.start))
            }
            _ => Ok(()),
        }
    }

    fn enter(&mut self, open: Open, anchor: usize, span: Span) -> Result<(), Error> {
        if self.open.len() >= MAX_DEPTH {
            return Err(error("nested too deep", span.start));
        }
        self.open.push((open, anchor));
        Ok(())
    }

    /// Puts a complete value where it belongs. `added` is what was not counted while it was read.
    fn place(&mut self, value: Value, added: Size, anchor: usize, span: Span) -> Result<(), Error> {
        self.nodes = self.nodes.saturating_add(added.nodes);
        if self.nodes > MAX_NODES {
            return Err(error("too many nodes", span.start));
        }
        if self.open.len() + added.depth > MAX_DEPTH {
            return Err(error("nested too deep", span.start));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, (value.clone(), size(&value)));
        }
        match self.open.last_mut() {
            None => self.done = Some(value),
            Some((Open::Array(items), _)) => items.push(value),
            Some((Open::Object(pairs, key), _)) => match key.take() {
                Some(key) => pairs.push((key, value)),
                None => {
                    let Some(name) = value.as_str() else {
                        return Err(error("a key that is no string", span.start));
                    };
                    if name == "<<" {
                        return Err(error("merge keys are not supported", span.start));
                    }
                    if pairs.iter().any(|(known, _)| *known == value) {
                        return Err(error(format!("mapping key {name:?} already defined"), span.start));
                    }
                    *key = Some(value);
                }
            },
        }
        Ok(())
    }
}

/// The size of a value, which is at most as deep as documents may be.
fn size(value: &Value) -> Size {
    let inner: Vec<Size> = match value {
        Value::Array(items) => items.iter().map(size).collect(),
        Value::Object(pairs) => pairs.iter().flat_map(|(_, value)| [ONE, size(value)]).collect(),
        _ => return ONE,
    };
    let nodes = inner.iter().map(|inner| inner.nodes).sum::<usize>() + 1;
    Size { nodes, depth: inner.iter().map(|inner| inner.depth).max().unwrap_or_default() + 1 }
}

/// A plain scalar.
fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::from(true),
        "false" | "False" | "FALSE" => Value::from(false),
        _ => number(text).map_or_else(|| Value::from(text), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return Number::parse(&i64::from_str_radix(digits, radix).ok()?.to_string());
        }
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.')) {
        return None;
    }
    Number::parse(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{MAX_NODES, parse};
    use kitelogik_value::json;

    #[test]
    fn documents_as_values() {
        for (text, wanted) in [
            ("", "null"),
            (
                "a: 1\nb: [x, 2.5, true, ~]\nc:\n- d: 'yes'\n",
                r#"{"a":1,"b":["x",2.5,true,null],"c":[{"d":"yes"}]}"#,
            ),
            ("a: &x {b: 1}\nc: *x", r#"{"a":{"b":1},"c":{"b":1}}"#),
            ("a: |\n  one\n  two\n", r#"{"a":"one\ntwo\n"}"#),
            ("a: 0x10\nb: !!str 1\nc: yes\nd: 1.2.3", r#"{"a":16,"b":"1","c":"yes","d":"1.2.3"}"#),
        ] {
            assert_eq!(json::to_string(&parse(text).unwrap()), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_no_document() {
        for (text, line, part) in [
            ("a: [1", 2, "flow sequence"),
            ("a: 1\na: 2", 2, "already defined"),
            ("1: 2", 1, "no string"),
            ("a: 1\n<<: {b: 2}", 2, "merge keys"),
            ("---\na: 1\n---\nb: 2", 3, "more than one"),
            ("a: &x [*x]", 1, "own anchor"),
        ] {
            let wrong = parse(text).unwrap_err();
            assert_eq!(wrong.line, line, "{text}: {wrong:?}");
            assert!(wrong.message.contains(part), "{text}: {wrong:?}");
        }
        assert!(parse(&"[".repeat(200)).is_err());
        let mut chain = "a0: &a0 [x]\n".to_owned();
        (1..200).for_each(|level| chain += &format!("a{level}: &a{level} [*a{}]\n", level - 1));
        assert!(parse(&chain).unwrap_err().message.contains("nested too deep"));
        // Ten aliases of ten aliases …: small to write, large to hold.
        let mut bomb = "a0: &a0 [x]\n".to_owned();
        for level in 1..9 {
            let inner = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb += &format!("a{level}: &a{level} [{inner}]\n");
        }
        assert!(bomb.len() < MAX_NODES);
        assert!(parse(&bomb).unwrap_err().message.contains("too many nodes"));
    }
}
