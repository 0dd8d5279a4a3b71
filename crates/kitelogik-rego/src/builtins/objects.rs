//! `object.*`

use super::{
    operands::{any, array, charge_items, element_error, object},
    types::{ANY, ANY_ARRAY, ANY_OBJECT, ANY_SET, BOOLEAN, def},
};
use crate::{
    Limit,
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Type},
    stack::with_room,
    val::{Array, Object, Set, Val},
};

const KEYS: Type = Type::Union(&[ANY_ARRAY, ANY_OBJECT, ANY_SET]);

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("object.get", &[ANY_OBJECT, ANY, ANY], ANY, get),
    def("object.keys", &[ANY_OBJECT], ANY_SET, keys),
    def("object.filter", &[ANY_OBJECT, KEYS], ANY_OBJECT, |cx, args| pick(cx, args, true)),
    def("object.remove", &[ANY_OBJECT, KEYS], ANY_OBJECT, |cx, args| pick(cx, args, false)),
    def("object.union", &[ANY_OBJECT, ANY_OBJECT], ANY_OBJECT, union),
    def("object.union_n", &[Type::Array(&ANY_OBJECT)], ANY_OBJECT, union_n),
    def("object.subset", &[KEYS, KEYS], BOOLEAN, subset),
];

/// An array as key is a path; a missing step gives the default.
fn get<'a>(_: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let found = match any(args, 2) {
        Val::Array(path) => {
            let start = Val::Object(object(args, 1)?);
            path.iter().try_fold(start, |value, key| value.get(key))
        }
        key => object(args, 1)?.get(key),
    };
    Ok(Some(found.unwrap_or_else(|| any(args, 3))))
}

fn keys<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let keys: Vec<Val<'a>> = object(args, 1)?.iter().map(|(key, _)| key).collect();
    charge_items(cx, keys.len())?;
    Ok(Some(cx.arena().set_sorted(&keys)?))
}

/// The pairs whose keys are listed, or those whose keys are not.
fn pick<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>], listed: bool) -> BuiltinResult<'a> {
    let source = object(args, 1)?;
    let mut names: Vec<Val<'a>> = match any(args, 2) {
        Val::Array(array) => array.iter().collect(),
        Val::Set(set) => set.iter().collect(),
        Val::Object(object) => object.iter().map(|(key, _)| key).collect(),
        got => return Err(BuiltinError::type_of(2, got, &["object", "set", "array"])),
    };
    names.sort();
    charge_items(cx, source.len().saturating_add(names.len()))?;
    let kept: Vec<_> = source.iter().filter(|(key, _)| names.binary_search(key).is_ok() == listed).collect();
    Ok(Some(cx.arena().object_sorted(&kept)?))
}

/// Objects under one key are merged, anything else is replaced by the later value.
fn merge<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    first: Object<'a>,
    later: Object<'a>,
) -> Result<Val<'a>, BuiltinError> {
    charge_items(cx, first.len().saturating_add(later.len()))?;
    let mut pairs: Vec<(Val<'a>, Val<'a>)> = first.iter().collect();
    for (key, value) in later.iter() {
        let merged = match (first.get(key), value) {
            (Some(Val::Object(old)), Val::Object(new)) => with_room(|| merge(cx, old, new))?,
            _ => value,
        };
        pairs.push((key, merged));
    }
    Ok(cx.arena().object(pairs)?)
}

fn union<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (first, later) = (object(args, 1)?, object(args, 2)?);
    merge(cx, first, later).map(Some)
}

fn union_n<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let objects = array(args, 1)?;
    if let Some(item) = objects.iter().find(|item| item.as_object().is_none()) {
        return Err(element_error(1, any(args, 1), item, "object"));
    }
    let mut merged = Val::EMPTY_OBJECT;
    for next in objects.iter().filter_map(Val::as_object) {
        merged = match merged.as_object() {
            Some(so_far) => merge(cx, so_far, next)?,
            None => return Err(Limit::Items.into()),
        };
    }
    Ok(Some(merged))
}

fn subset<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let within = match (any(args, 1), any(args, 2)) {
        (Val::Object(whole), Val::Object(part)) => has_object(cx, whole, part)?,
        (Val::Set(whole), Val::Set(part)) => has_set(cx, whole, part)?,
        (Val::Array(whole), Val::Array(part)) => has_run(cx, whole, part)?,
        (Val::Array(whole), Val::Set(part)) => {
            charge_items(cx, whole.len())?;
            // OPA never finds the empty set in an empty array, and counts repeated items.
            let mut missing = part.len();
            whole.iter().any(|item| {
                if part.contains(item) {
                    missing = missing.saturating_sub(1);
                }
                missing == 0
            })
        }
        _ => {
            return Err(BuiltinError::Operand(
                "both arguments object.subset must be of the same type or array and set".to_owned(),
            ));
        }
    };
    Ok(Some(Val::Bool(within)))
}

fn has_object<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    whole: Object<'a>,
    part: Object<'a>,
) -> Result<bool, BuiltinError> {
    charge_items(cx, part.len())?;
    for (key, wanted) in part.iter() {
        let Some(found) = whole.get(key) else { return Ok(false) };
        let holds = found == wanted
            || match (found, wanted) {
                (Val::Object(whole), Val::Object(part)) => with_room(|| has_object(cx, whole, part))?,
                (Val::Set(whole), Val::Set(part)) => has_set(cx, whole, part)?,
                (Val::Array(whole), Val::Array(part)) => has_run(cx, whole, part)?,
                _ => false,
            };
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

fn has_set<'a>(cx: &mut BuiltinCx<'a, '_>, whole: Set<'a>, part: Set<'a>) -> Result<bool, BuiltinError> {
    charge_items(cx, part.len())?;
    Ok(part.iter().all(|member| whole.contains(member)))
}

/// True where the part stands in the whole, item after item.
fn has_run<'a>(cx: &mut BuiltinCx<'a, '_>, whole: Array<'a>, part: Array<'a>) -> Result<bool, BuiltinError> {
    let Some(last) = whole.len().checked_sub(part.len()) else { return Ok(false) };
    for start in 0..=last {
        cx.step(1)?;
        let mut same = 0;
        while same < part.len() && whole.get(start + same) == part.get(same) {
            cx.step(1)?;
            same += 1;
        }
        if same == part.len() {
            return Ok(true);
        }
    }
    Ok(false)
}
