//! From YAML to values. An alias shares the value of its anchor, and is charged as if it were written out.

use super::{
    failed, has_control_characters,
    scalar::{Scalar, resolve},
    tabs::Tabs,
};
use crate::{
    Limit,
    builtin::{BuiltinCx, BuiltinError},
    builtins::operands::charge_bytes,
    val::Val,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use kitelogik_value::MAX_DEPTH;
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use std::collections::HashMap;

/// A value, and how many nodes it has with its aliases written out.
#[derive(Clone, Copy)]
struct Node<'a> {
    value: Content<'a>,
    size: u64,
    alias: bool,
}

#[derive(Clone, Copy)]
enum Content<'a> {
    /// A value, and its text if it is a key
    Value(Val<'a>, Option<&'a str>),
    /// `<<` as a key, otherwise text
    Merge,
    /// An infinity or no number: a key, but no value
    Odd(&'static str),
}

impl<'a> Node<'a> {
    fn value(self) -> Result<Val<'a>, BuiltinError> {
        match self.value {
            Content::Value(value, _) => Ok(value),
            Content::Merge => Ok(Val::Str("<<")),
            Content::Odd(name) => Err(BuiltinError::failed(format!("json: unsupported value: {name}"))),
        }
    }
}

enum Open<'a> {
    Array { items: Vec<Node<'a>>, anchor: usize },
    Object { nodes: Vec<Node<'a>>, anchor: usize },
}

struct Reader<'a, 'c, 'e> {
    cx: &'c mut BuiltinCx<'a, 'e>,
    anchors: HashMap<usize, Node<'a>>,
    /// Nodes met, and those of them that aliases repeat
    nodes: u64,
    repeated: u64,
}

/// The first document as a value; null where there is none.
pub(super) fn document<'a>(cx: &mut BuiltinCx<'a, '_>, text: &str) -> Result<Val<'a>, BuiltinError> {
    charge_bytes(cx, text.len().saturating_mul(8))?;
    if has_control_characters(text) {
        return Err(failed("control characters are not allowed"));
    }
    if text.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
        return Err(failed("line breaks other than CR and LF are not supported; escape them in quotes"));
    }
    let mut reader = Reader { cx, anchors: HashMap::new(), nodes: 0, repeated: 0 };
    let mut parser = Parser::new_from_str(text);
    let length = text.chars().count();
    let unfinished = text.rsplit(['\n', '\r']).next().is_some_and(|last| !last.trim().is_empty());
    let mut tabs = Tabs::of(text);
    let mut first = None;
    let mut open: Vec<Open<'a>> = Vec::new();
    while let Some(event) = parser.next_event() {
        let (event, span) =
            event.map_err(|error| failed(format!("line {}: {}", error.marker().line(), error.info())))?;
        if let Some(tabs) = &mut tabs {
            tabs.event(&event, span);
        }
        let node = match event {
            Event::Scalar(mut text, style, anchor, tag) => {
                // The parser ends a block with a line break also where the document ends without one.
                if unfinished && span.end.index() >= length && text.ends_with('\n') && is_block(style) {
                    text.to_mut().pop();
                }
                let value = reader.scalar(&text, style, tag.as_deref())?;
                reader.node(value, anchor, 0)?
            }
            Event::Alias(anchor) => reader.alias(anchor)?,
            Event::SequenceStart(anchor, _) => {
                open.push(Open::Array { items: Vec::new(), anchor });
                deep(&open)?;
                continue;
            }
            Event::MappingStart(anchor, _) => {
                open.push(Open::Object { nodes: Vec::new(), anchor });
                deep(&open)?;
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::Array { items, anchor }) => reader.array(&items, anchor)?,
                Some(Open::Object { nodes, anchor }) => reader.object(&nodes, anchor)?,
                None => continue,
            },
            Event::DocumentEnd => {
                reader.anchors.clear();
                continue;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => continue,
        };
        match open.last_mut() {
            Some(Open::Array { items, .. }) => items.push(node),
            Some(Open::Object { nodes, .. }) => nodes.push(node),
            None => {
                let value = node.value()?;
                first.get_or_insert(value);
            }
        }
    }
    if let Some(line) = tabs.and_then(Tabs::first_refused) {
        return Err(failed(format!("line {line}: a tab where a key or an entry could begin")));
    }
    Ok(first.unwrap_or_default())
}

fn is_block(style: ScalarStyle) -> bool {
    matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
}

fn deep(open: &[Open<'_>]) -> Result<(), BuiltinError> {
    if open.len() > MAX_DEPTH { Err(Limit::Depth.into()) } else { Ok(()) }
}

impl<'a> Reader<'a, '_, '_> {
    fn node(&mut self, value: Content<'a>, anchor: usize, below: u64) -> Result<Node<'a>, BuiltinError> {
        self.cx.step(1)?;
        self.nodes += 1;
        let node = Node { value, size: below.saturating_add(1), alias: false };
        if anchor > 0 {
            self.anchors.insert(anchor, node);
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize) -> Result<Node<'a>, BuiltinError> {
        let Some(node) = self.anchors.get(&anchor).copied() else {
            return Err(failed("an anchor's value contains itself"));
        };
        self.cx.step(node.size)?;
        self.nodes = self.nodes.saturating_add(node.size);
        self.repeated = self.repeated.saturating_add(node.size);
        // As go-yaml does: most of a document may be repetition, almost all of it may not.
        let share = self.repeated as f64 / self.nodes as f64;
        if self.repeated > 100 && self.nodes > 1_000 && share > 0.99 {
            return Err(failed("document contains excessive aliasing"));
        }
        Ok(Node { alias: true, ..node })
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
    ) -> Result<Content<'a>, BuiltinError> {
        let tag = tag.map(|tag| format!("{}{}", tag.handle, tag.suffix));
        let core = tag.as_deref().and_then(|tag| tag.strip_prefix("tag:yaml.org,2002:"));
        let as_text = |reader: &Self| -> Result<Content<'a>, BuiltinError> {
            let text = reader.cx.arena().str(text)?;
            Ok(Content::Value(Val::Str(text), Some(text)))
        };
        let resolved = match (&tag, core) {
            (None, _) if style == ScalarStyle::Plain => resolve(text),
            // Without a name the tag says nothing, as in go-yaml.
            (Some(tag), _) if tag == "!" && style == ScalarStyle::Plain => resolve(text),
            (_, Some("bool" | "int" | "float" | "null" | "timestamp")) => resolve(text),
            (_, Some("merge")) => return Ok(Content::Merge),
            (_, Some("binary")) => {
                let bytes = BASE64_STANDARD
                    .decode(text)
                    .map_err(|_| failed("!!binary value contains invalid base64 data"))?;
                let text = String::from_utf8(bytes).map_err(|_| failed("!!binary value is not UTF-8"))?;
                let text = self.cx.arena().str(&text)?;
                return Ok(Content::Value(Val::Str(text), Some(text)));
            }
            _ => return as_text(self),
        };
        let resolved = match (core, resolved) {
            (Some("timestamp"), Scalar::Timestamp) => {
                return Err(failed("a timestamp with a tag is not supported; leave the tag out"));
            }
            (Some("float"), Scalar::Int(int)) if i64::try_from(int).is_ok() => Scalar::Float(int as f64),
            (Some(tag), found) if tag != found.tag() => {
                return Err(failed(format!("cannot decode !!{} `{text}` as a !!{tag}", found.tag())));
            }
            (_, found) => found,
        };
        let arena = self.cx.arena();
        Ok(match resolved {
            Scalar::Null => Content::Value(Val::Null, None),
            Scalar::Bool(b) => Content::Value(Val::Bool(b), Some(if b { "true" } else { "false" })),
            Scalar::Int(int) => {
                let literal = arena.str(&int.to_string())?;
                Content::Value(arena.number(literal)?, Some(literal))
            }
            Scalar::Float(float) if float.is_nan() => Content::Odd(".nan"),
            Scalar::Float(f64::INFINITY) => Content::Odd(".inf"),
            Scalar::Float(f64::NEG_INFINITY) => Content::Odd("-.inf"),
            Scalar::Float(float) => {
                let name = arena.str(&key(float))?;
                Content::Value(arena.number(&json_literal(float))?, Some(name))
            }
            Scalar::Merge => Content::Merge,
            Scalar::Timestamp | Scalar::Text => return as_text(self),
        })
    }

    fn array(&mut self, items: &[Node<'a>], anchor: usize) -> Result<Node<'a>, BuiltinError> {
        let values: Result<Vec<Val<'a>>, _> = items.iter().map(|item| item.value()).collect();
        let value = Content::Value(self.cx.arena().array(&values?)?, None);
        self.node(value, anchor, size(items))
    }

    fn object(&mut self, nodes: &[Node<'a>], anchor: usize) -> Result<Node<'a>, BuiltinError> {
        let mut pairs: Vec<(Val<'a>, Val<'a>)> = Vec::new();
        let mut merged: Vec<Val<'a>> = Vec::new();
        let merges = nodes.iter().step_by(2).filter(|key| matches!(key.value, Content::Merge)).count();
        for pair in nodes.chunks_exact(2) {
            let [key, node] = pair else { continue };
            let value = node.value()?;
            match key.value {
                Content::Merge => match value {
                    object @ Val::Object(_) => merged.push(object),
                    Val::Array(array) if !node.alias || merges > 1 => merged.extend(array.iter()),
                    _ => return Err(failed("map merge requires map or sequence of maps as the value")),
                },
                Content::Value(_, Some(name)) | Content::Odd(name) => pairs.push((Val::Str(name), value)),
                Content::Value(key, None) => {
                    return Err(failed(format!("invalid map key: {}", key.to_rego())));
                }
            }
        }
        // What stands first counts: own members, then those of each merged map.
        for source in merged {
            let Val::Object(source) = source else {
                return Err(failed("map merge requires map or sequence of maps as the value"));
            };
            self.cx.step(source.len() as u64)?;
            pairs.splice(0..0, source.iter());
        }
        let value = Content::Value(self.cx.arena().object(pairs)?, None);
        self.node(value, anchor, size(nodes))
    }
}

fn size(nodes: &[Node<'_>]) -> u64 {
    nodes.iter().fold(0, |sum, node| sum.saturating_add(node.size))
}

/// A float as a key: to the precision of 32 bits, in which 1e6 takes an exponent.
fn key(float: f64) -> String {
    let float = float as f32;
    let scientific = format!("{float:e}");
    let (digits, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match power.parse::<i32>() {
        Ok(power) if !(-4..6).contains(&power) && float != 0.0 => {
            format!("{digits}e{}{:02}", if power < 0 { '-' } else { '+' }, power.abs())
        }
        _ => format!("{float}"),
    }
}

/// A float as `encoding/json` writes it.
fn json_literal(float: f64) -> String {
    let size = float.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return format!("{float}");
    }
    let text = format!("{float:e}");
    if text.contains("e-") { text } else { text.replace('e', "e+") }
}
