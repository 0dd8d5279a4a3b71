//! `json.patch`: RFC 6902, where sets can be patched too (a member is its own key), leading slashes of a path
//! do not count, and an `add` or `replace` whose path is empty takes the place of the whole document.

use super::{
    json::path_steps,
    operands::{any, array, charge_items},
    types::{ANY, STRING, def},
};
use crate::{
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Type},
    stack::with_room,
    val::{Object, Val},
};

const OPERATION: Type = Type::Object(&[("op", STRING), ("path", ANY)], Some((&Type::Any, &Type::Any)));

pub(super) const FAMILY: &[BuiltinDef] =
    &[def("json.patch", &[ANY, Type::Array(&OPERATION)], ANY, json_patch)];

fn json_patch<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    // `None` is a document that was removed as a whole.
    let mut document = Some(any(args, 1));
    for operation in array(args, 2)?.iter() {
        let operation = operation.as_object().ok_or_else(|| {
            BuiltinError::failed(
                "must be an array of JSON-Patch objects, but at least one element is not an object",
            )
        })?;
        document = applied(cx, document, operation)?;
    }
    // OPA hands on a document that is no longer there and fails on its first use.
    document.map(Some).ok_or_else(|| BuiltinError::failed("the patch removes the whole document"))
}

/// A member that the operation must have.
fn required<'a>(operation: Object<'a>, name: &str) -> Result<Val<'a>, BuiltinError> {
    operation
        .get(Val::Str(name))
        .ok_or_else(|| BuiltinError::failed(format!("missing required attribute '{name}'")))
}

fn applied<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    document: Option<Val<'a>>,
    operation: Object<'a>,
) -> Result<Option<Val<'a>>, BuiltinError> {
    required(operation, "path")?;
    let name = match required(operation, "op")? {
        Val::Str(name) => name,
        got => {
            let got = got.kind().name();
            return Err(BuiltinError::failed(format!("attribute 'op' must be a string but found: {got}")));
        }
    };
    let path = path_steps(cx, required(operation, "path")?)?;
    match name {
        "add" => insert(cx, document, &path, required(operation, "value")?).map(Some),
        "remove" => delete(cx, document, &path),
        "replace" => {
            let rest = delete(cx, document, &path)?;
            insert(cx, rest, &path, required(operation, "value")?).map(Some)
        }
        "move" | "copy" => {
            let from = path_steps(cx, required(operation, "from")?)?;
            let found = at(cx, document, &from)?;
            let rest = if name == "move" { delete(cx, document, &from)? } else { document };
            insert(cx, rest, &path, found).map(Some)
        }
        "test" => {
            let found = at(cx, document, &path)?;
            let wanted = required(operation, "value")?;
            if found == wanted {
                return Ok(document);
            }
            let (wanted, found) = (wanted.to_rego(), found.to_rego());
            Err(BuiltinError::failed(format!(
                "value from EditTree != patch value.\n\nExpected: {wanted}\n\nFound: {found}"
            )))
        }
        other => Err(BuiltinError::failed(format!("unrecognized op: '{other}'"))),
    }
}

fn gone() -> BuiltinError {
    BuiltinError::failed("nil value encountered where composite value was expected")
}

fn no_composite(value: Val<'_>) -> BuiltinError {
    BuiltinError::failed(format!("expected composite type, found value: {}", value.to_rego()))
}

fn missing(step: Val<'_>, whole: Val<'_>) -> BuiltinError {
    let (step, kind, whole) = (step.to_rego(), whole.kind().name(), whole.to_rego());
    BuiltinError::failed(format!("path {step} does not exist in {kind} term {whole}"))
}

/// An array's place: a number, its digits, or `-` for the end.
fn index(length: usize, step: Val<'_>) -> Result<Option<usize>, BuiltinError> {
    let at = match step {
        Val::Int(_) | Val::Num(_) => {
            step.as_i64().ok_or_else(|| BuiltinError::failed("invalid number type for indexing"))?
        }
        Val::Str("-") => return Ok(Some(length)),
        Val::Str(text) => {
            let at = text.parse().map_err(|_| BuiltinError::failed("invalid string for indexing"))?;
            if text != "0" && text.starts_with('0') {
                return Err(BuiltinError::failed("leading zeros are not allowed in JSON paths"));
            }
            at
        }
        _ => return Err(BuiltinError::failed("invalid type for indexing")),
    };
    Ok(usize::try_from(at).ok().filter(|at| *at <= length))
}

/// The member that a step leads to.
fn member<'a>(whole: Val<'a>, step: Val<'_>) -> Result<Val<'a>, BuiltinError> {
    let found = match whole {
        Val::Array(array) => index(array.len(), step)?.and_then(|at| array.get(at)),
        Val::Object(object) => object.get(step),
        Val::Set(set) => set.find(step),
        scalar => return Err(no_composite(scalar)),
    };
    found.ok_or_else(|| missing(step, whole))
}

fn at<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    document: Option<Val<'a>>,
    path: &[Val<'a>],
) -> Result<Val<'a>, BuiltinError> {
    charge_items(cx, path.len())?;
    path.iter().try_fold(document.ok_or_else(gone)?, |whole, step| member(whole, *step))
}

/// Goes down to the last step and comes back up with copies of what changed.
fn change<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    whole: Val<'a>,
    path: &[Val<'a>],
    last: &dyn Fn(&mut BuiltinCx<'a, '_>, Val<'a>, Val<'a>) -> Result<Val<'a>, BuiltinError>,
) -> Result<Val<'a>, BuiltinError> {
    match path {
        [] => Ok(whole),
        [step] => last(cx, whole, *step),
        [step, rest @ ..] => {
            let old = member(whole, *step)?;
            let new = with_room(|| change(cx, old, rest, last))?;
            replaced(cx, whole, *step, new)
        }
    }
}

/// The collection with another member in the place of one that is there.
fn replaced<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    whole: Val<'a>,
    step: Val<'a>,
    new: Val<'a>,
) -> Result<Val<'a>, BuiltinError> {
    match whole {
        Val::Array(array) => {
            charge_items(cx, array.len())?;
            let place = index(array.len(), step)?;
            let items: Vec<_> =
                array.iter().enumerate().map(|(at, old)| if Some(at) == place { new } else { old }).collect();
            Ok(cx.arena().array(&items)?)
        }
        Val::Object(object) => {
            charge_items(cx, object.len())?;
            let pairs = object.iter().map(|(key, old)| (key, if key == step { new } else { old })).collect();
            Ok(cx.arena().object(pairs)?)
        }
        Val::Set(set) => {
            charge_items(cx, set.len())?;
            let members = set.iter().map(|old| if old == step { new } else { old }).collect();
            Ok(cx.arena().set(members)?)
        }
        scalar => Err(no_composite(scalar)),
    }
}

fn insert<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    document: Option<Val<'a>>,
    path: &[Val<'a>],
    value: Val<'a>,
) -> Result<Val<'a>, BuiltinError> {
    if path.is_empty() {
        return Ok(value);
    }
    change(cx, document.ok_or_else(gone)?, path, &|cx, whole, step| match whole {
        Val::Array(array) => {
            charge_items(cx, array.len())?;
            let mut items: Vec<_> = array.iter().collect();
            let place = index(items.len(), step)?
                .ok_or_else(|| BuiltinError::failed("index for array insertion out of bounds"))?;
            items.insert(place, value);
            Ok(cx.arena().array(&items)?)
        }
        Val::Object(object) => {
            charge_items(cx, object.len())?;
            Ok(cx.arena().object(object.iter().chain([(step, value)]).collect())?)
        }
        Val::Set(set) if step == value => {
            charge_items(cx, set.len())?;
            Ok(cx.arena().set(set.iter().chain([value]).collect())?)
        }
        Val::Set(_) => {
            let (step, value) = (step.to_rego(), value.to_rego());
            Err(BuiltinError::failed(format!("set key {step} does not equal value to be inserted {value}")))
        }
        scalar => Err(no_composite(scalar)),
    })
}

fn delete<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    document: Option<Val<'a>>,
    path: &[Val<'a>],
) -> Result<Option<Val<'a>>, BuiltinError> {
    let Some(document) = document else {
        return Err(BuiltinError::failed("deleted node encountered during delete operation"));
    };
    if path.is_empty() {
        return Ok(None);
    }
    let left = change(cx, document, path, &|cx, whole, step| {
        if let Val::Array(array) = whole {
            let place = index(array.len(), step)?.filter(|at| *at < array.len());
            if place.is_none() {
                return Err(BuiltinError::failed("index for array delete out of bounds"));
            }
            charge_items(cx, array.len())?;
            let kept = array.iter().enumerate().filter(|(at, _)| Some(*at) != place);
            let kept: Vec<_> = kept.map(|(_, item)| item).collect();
            return Ok(cx.arena().array(&kept)?);
        }
        member(whole, step).map_err(|error| match whole {
            Val::Object(_) | Val::Set(_) => {
                let step = step.to_rego();
                BuiltinError::failed(format!("cannot delete child key {step} that does not exist"))
            }
            _ => error,
        })?;
        match whole {
            Val::Object(object) => {
                charge_items(cx, object.len())?;
                let kept: Vec<_> = object.iter().filter(|(key, _)| *key != step).collect();
                Ok(cx.arena().object_sorted(&kept)?)
            }
            Val::Set(set) => {
                charge_items(cx, set.len())?;
                let kept: Vec<_> = set.iter().filter(|m| *m != step).collect();
                Ok(cx.arena().set_sorted(&kept)?)
            }
            other => Err(no_composite(other)),
        }
    })?;
    Ok(Some(left))
}
