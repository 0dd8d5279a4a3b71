//! `json.marshal` and `json.marshal_with_options`: JSON as Go's `encoding/json` writes it, so with `<`, `>` and
//! `&` escaped; sets are arrays, keys that are no strings are their Rego text.

use super::{
    operands::{any, charge_bytes, collection, object},
    strings::MAX_TEXT,
    types::{ANY, BOOLEAN, STRING, def},
};
use crate::{
    Limit,
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, Type},
    stack::with_room,
    val::{Object, Val},
};
use kitelogik_value::json;
use std::borrow::Cow;

const OPTIONS: Type =
    Type::Object(&[("indent", STRING), ("prefix", STRING), ("pretty", BOOLEAN)], Some((&STRING, &ANY)));

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("json.marshal", &[ANY], STRING, |cx, args| {
        let text = to_text(cx, any(args, 1))?;
        Ok(Some(cx.arena().string(&text)?))
    }),
    def("json.marshal_with_options", &[ANY, OPTIONS], STRING, |cx, args| {
        let layout = layout(object(args, 2)?)?;
        let text = marshalled(cx, any(args, 1), layout.as_ref())?;
        let prefix = layout.map_or("", |layout| layout.prefix);
        Ok(Some(cx.arena().string(&format!("{prefix}{text}"))?))
    }),
];

/// What stands before each line, and what it is indented by.
struct Layout<'a> {
    prefix: &'a str,
    indent: &'a str,
}

/// `None` where all goes on one line.
fn layout<'a>(options: Object<'a>) -> Result<Option<Layout<'a>>, BuiltinError> {
    let mut layout = Layout { prefix: "", indent: "\t" };
    let (mut asked, mut implied) = (None, false);
    for (at, (key, value)) in options.iter().enumerate() {
        let got = value.kind().name();
        let text = |name: &str| {
            value.as_str().ok_or_else(|| {
                BuiltinError::operand(
                    2,
                    format!("key {name} failed cast to string: operand {at} must be string but got {got}"),
                )
            })
        };
        match key.as_str() {
            Some("prefix") => (layout.prefix, implied) = (text("prefix")?, true),
            Some("indent") => (layout.indent, implied) = (text("indent")?, true),
            Some("pretty") => {
                let pretty = value.as_bool();
                asked =
                    Some(pretty.ok_or_else(|| BuiltinError::operand(2, "key pretty failed cast to bool"))?);
            }
            Some(other) => {
                return Err(BuiltinError::operand(2, format!("object contained unknown key {other:?}")));
            }
            None => {
                let (shown, got) = (key.to_rego(), key.kind().name());
                return Err(BuiltinError::operand(
                    2,
                    format!(
                        "failed to stringify key {shown} at index {at}: operand {at} must be string but got {got}"
                    ),
                ));
            }
        }
    }
    Ok(asked.unwrap_or(implied).then_some(layout))
}

/// What `json.marshal` gives.
pub(super) fn to_text(cx: &mut BuiltinCx<'_, '_>, value: Val<'_>) -> Result<String, BuiltinError> {
    marshalled(cx, value, None)
}

/// The document as text.
fn marshalled(
    cx: &mut BuiltinCx<'_, '_>,
    value: Val<'_>,
    layout: Option<&Layout<'_>>,
) -> Result<String, BuiltinError> {
    let mut out = Vec::new();
    write(cx, value, layout, 1, &mut out)?;
    charge_bytes(cx, out.len())?;
    String::from_utf8(out).map_err(|_| BuiltinError::failed("marshalled bytes are not UTF-8"))
}

fn new_line(layout: Option<&Layout<'_>>, depth: usize, out: &mut Vec<u8>) -> Result<(), BuiltinError> {
    if let Some(layout) = layout {
        if out.len().saturating_add(layout.indent.len().saturating_mul(depth)) > MAX_TEXT {
            return Err(Limit::Memory.into());
        }
        out.push(b'\n');
        out.extend_from_slice(layout.prefix.as_bytes());
        out.extend_from_slice(layout.indent.repeat(depth).as_bytes());
    }
    Ok(())
}

fn string(text: &str, out: &mut Vec<u8>) {
    let mut plain = Vec::with_capacity(text.len() + 2);
    json::write_string(text, &mut plain);
    for c in String::from_utf8_lossy(&plain).chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes());
            }
            _ => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// The members by name, in the order of the names; of two with one name the later one stays. The name of a key that is
/// no string is its JSON text.
pub(super) fn named<'a>(
    cx: &mut BuiltinCx<'_, '_>,
    object: Object<'a>,
) -> Result<Vec<(Cow<'a, str>, Val<'a>)>, BuiltinError> {
    let mut members = Vec::with_capacity(object.len());
    for (key, value) in object.iter() {
        let name = match key {
            Val::Str(name) => Cow::Borrowed(name),
            key => {
                let mut text = Vec::new();
                write(cx, key, None, 1, &mut text)?;
                Cow::Owned(String::from_utf8_lossy(&text).into_owned())
            }
        };
        members.push((name, value));
    }
    if members.iter().any(|(name, _)| matches!(name, Cow::Owned(_))) {
        members.sort_by(|a, b| a.0.cmp(&b.0));
        members.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1 = later.1;
            }
            same
        });
    }
    Ok(members)
}

/// Writes the value; the lines of its members are indented `depth` times.
fn write(
    cx: &mut BuiltinCx<'_, '_>,
    value: Val<'_>,
    layout: Option<&Layout<'_>>,
    depth: usize,
    out: &mut Vec<u8>,
) -> Result<(), BuiltinError> {
    cx.step(1)?;
    if out.len() > MAX_TEXT {
        return Err(Limit::Memory.into());
    }
    let member = |at: usize, out: &mut Vec<u8>| {
        if at > 0 {
            out.push(b',');
        }
        new_line(layout, depth, out)
    };
    match value {
        Val::Str(text) => string(text, out),
        Val::Array(_) | Val::Set(_) => {
            let items = collection(&[value], 1, &[])?;
            let filled = !items.is_empty();
            out.push(b'[');
            for (at, item) in items.into_iter().enumerate() {
                member(at, out)?;
                with_room(|| write(cx, item, layout, depth + 1, out))?;
            }
            if filled {
                new_line(layout, depth - 1, out)?;
            }
            out.push(b']');
        }
        Val::Object(object) => {
            out.push(b'{');
            for (at, (name, value)) in named(cx, object)?.into_iter().enumerate() {
                member(at, out)?;
                string(&name, out);
                out.extend_from_slice(if layout.is_some() { b": " } else { b":" });
                with_room(|| write(cx, value, layout, depth + 1, out))?;
            }
            if !object.is_empty() {
                new_line(layout, depth - 1, out)?;
            }
            out.push(b'}');
        }
        scalar => out.extend_from_slice(scalar.to_rego().as_bytes()),
    }
    Ok(())
}
