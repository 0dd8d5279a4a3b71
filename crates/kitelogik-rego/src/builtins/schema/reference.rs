//! `$ref` (draft 7, section 8.3): pointers into the schema (RFC 6901) and identifiers that stand in it.

use super::Draft;
use crate::{
    builtin::{BuiltinCx, BuiltinError},
    stack::with_room,
    val::Val,
};

/// The name of the keyword that identifies a schema.
pub(super) fn id_keyword(schema: Val<'_>, draft: Draft) -> &'static str {
    match draft {
        Draft::Four => "id",
        Draft::Hybrid if schema.get_str("id").is_some() => "id",
        _ => "$id",
    }
}

/// The identifier; references find it by either keyword in every draft.
fn id<'a>(schema: Val<'a>) -> Option<&'a str> {
    schema.get_str(id_keyword(schema, Draft::Hybrid)).and_then(Val::as_str)
}

/// The schema that references within this one start from: itself if it has an identifier that is more than a
/// fragment.
pub(super) fn base<'a>(schema: Val<'a>, outer: Val<'a>) -> Val<'a> {
    if id(schema).is_some_and(|id| !id.starts_with('#')) { schema } else { outer }
}

/// What a reference leads to, and the schema that references within that start from.
pub(super) fn resolve<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    reference: &str,
    base: Val<'a>,
    root: Val<'a>,
) -> Result<(Val<'a>, Val<'a>), BuiltinError> {
    let (document, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let start = if document.is_empty() { Some(base) } else { identified(cx, root, document)? };
    let Some(start) = start else {
        return Err(BuiltinError::failed(format!(
            "reference {reference} leads out of the schema; references are not fetched"
        )));
    };
    let found = if fragment.is_empty() {
        Some(start)
    } else if fragment.starts_with('/') {
        pointed(start, fragment)
    } else {
        identified(cx, start, &format!("#{fragment}"))?
    };
    let found = found.ok_or_else(|| {
        BuiltinError::failed(format!("reference {reference} leads to nothing in the schema"))
    })?;
    match found {
        Val::Bool(_) | Val::Object(_) => Ok((found, start)),
        _ => Err(BuiltinError::failed("Valid Schema must be of type object")),
    }
}

fn pointed<'a>(start: Val<'a>, pointer: &str) -> Option<Val<'a>> {
    pointer.split('/').skip(1).try_fold(start, |at, step| {
        let step = percent_encoding::percent_decode_str(step).decode_utf8().ok()?;
        let step = step.replace("~1", "/").replace("~0", "~");
        match at {
            Val::Array(array) => array.get(step.parse().ok()?),
            _ => at.get_str(&step),
        }
    })
}

/// The first schema in the tree that has this identifier.
fn identified<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    schema: Val<'a>,
    id: &str,
) -> Result<Option<Val<'a>>, BuiltinError> {
    cx.step(1)?;
    match schema {
        Val::Object(object) => {
            if self::id(schema).is_some_and(|own| own == id || own.strip_suffix('#') == Some(id)) {
                return Ok(Some(schema));
            }
            for (key, member) in object.iter() {
                // What stands there is data.
                if matches!(key, Val::Str("const" | "enum")) {
                    continue;
                }
                if let Some(found) = with_room(|| identified(cx, member, id))? {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        }
        Val::Array(array) => {
            for item in array.iter() {
                if let Some(found) = with_room(|| identified(cx, item, id))? {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        }
        _ => Ok(None),
    }
}
