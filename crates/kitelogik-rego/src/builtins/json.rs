//! `json.unmarshal`, `json.is_valid`, `json.filter` and `json.remove`.

use super::{
    operands::{any, charge_bytes, charge_items, collection, object, string},
    types::{ANY, ANY_OBJECT, BOOLEAN, STRING, def},
};
use crate::{
    Limit,
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Type},
    stack::with_room,
    val::Val,
};
use kitelogik_value::{
    Value,
    json::{self, Duplicates},
};
use std::collections::BTreeMap;

const PATH: Type = Type::Union(&[STRING, Type::Array(&Type::Any)]);
const PATHS: Type = Type::Union(&[Type::Array(&PATH), Type::Set(&PATH)]);

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("json.unmarshal", &[STRING], ANY, unmarshal),
    def("json.is_valid", &[STRING], BOOLEAN, |cx, args| match any(args, 1) {
        Val::Str(text) => {
            charge_bytes(cx, text.len())?;
            Ok(Some(Val::Bool(read(text).is_ok())))
        }
        _ => Ok(Some(Val::Bool(false))),
    }),
    def("json.filter", &[ANY_OBJECT, PATHS], ANY_OBJECT, filter),
    def("json.remove", &[ANY_OBJECT, PATHS], ANY_OBJECT, remove),
];

pub(super) fn read(text: &str) -> Result<Value, json::Error> {
    json::parse_with(text.as_bytes(), &json::Limits::DATA, Duplicates::LastWins)
}

/// A value of the caller's, copied into the arena.
pub(super) fn into_arena<'a>(cx: &mut BuiltinCx<'a, '_>, value: Val<'_>) -> Result<Val<'a>, BuiltinError> {
    cx.step(1)?;
    Ok(match value {
        Val::Null => Val::Null,
        Val::Bool(b) => Val::Bool(b),
        Val::Int(int) => Val::Int(int),
        Val::Num(text) => cx.arena().number(text)?,
        Val::Str(text) => cx.arena().string(text)?,
        Val::Array(array) => {
            let items: Result<Vec<_>, _> =
                array.iter().map(|item| with_room(|| into_arena(cx, item))).collect();
            cx.arena().array(&items?)?
        }
        Val::Set(set) => {
            let items: Result<Vec<_>, _> =
                set.iter().map(|item| with_room(|| into_arena(cx, item))).collect();
            cx.arena().set_sorted(&items?)?
        }
        Val::Object(object) => {
            let mut pairs = Vec::with_capacity(object.len());
            for (key, member) in object.iter() {
                let key = with_room(|| into_arena(cx, key))?;
                pairs.push((key, with_room(|| into_arena(cx, member))?));
            }
            cx.arena().object_sorted(&pairs)?
        }
    })
}

/// True where OPA refuses a number with an exponent: its size is 2^100000 or more, or below 2^-100001.
fn is_too_big(literal: &str) -> bool {
    let Some((number, exponent)) = literal.split_once(['e', 'E']) else { return false };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{}{fraction}", whole.trim_start_matches('-'));
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return false;
    }
    // `0.significant` times 10^`power`; each is exact enough for a limit of five digits.
    let power = significant.len() as f64 - fraction.len() as f64 + exponent.parse().unwrap_or(f64::INFINITY);
    let part: f64 = format!("0.{significant}").parse().unwrap_or(1.0);
    let log2 = (power + part.log10()) * std::f64::consts::LOG2_10;
    !(-100_001.0..100_000.0).contains(&log2)
}

fn holds_too_big(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_text().is_some_and(is_too_big),
        Value::Array(items) | Value::Set(items) => items.iter().any(|item| with_room(|| holds_too_big(item))),
        Value::Object(pairs) => pairs.iter().any(|(_, member)| with_room(|| holds_too_big(member))),
        _ => false,
    }
}

fn unmarshal<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let text = string(args, 1)?;
    charge_bytes(cx, text.len())?;
    let value = read(text).map_err(BuiltinError::failed)?;
    if holds_too_big(&value) {
        return Err(BuiltinError::failed("invalid number: number too big"));
    }
    into_arena(cx, Val::from_value(&value)).map(Some)
}

/// Paths as a tree; an end takes everything below it.
#[derive(Default)]
struct Paths<'a> {
    end: bool,
    below: BTreeMap<Val<'a>, Paths<'a>>,
}

/// The longest path: the tree of paths is walked and dropped recursively.
const MAX_PATH: usize = 200;

/// `a/b` or `["a", "b"]`, at most [`MAX_PATH`] steps.
pub(super) fn path_steps<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    path: Val<'a>,
) -> Result<Vec<Val<'a>>, BuiltinError> {
    let steps: Vec<Val<'a>> = match path {
        Val::Str("") => Vec::new(),
        Val::Str(text) => {
            let unescape = |part: &str| cx.arena().string(&part.replace("~1", "/").replace("~0", "~"));
            text.trim_start_matches('/').split('/').map(unescape).collect::<Result<_, _>>()?
        }
        Val::Array(array) => array.iter().collect(),
        got => {
            return Err(BuiltinError::operand(
                2,
                format!(
                    "must be one of {{set, array}} containing string paths or array of path segments but got {}",
                    got.kind().name()
                ),
            ));
        }
    };
    charge_items(cx, steps.len())?;
    if steps.len() > MAX_PATH { Err(Limit::Depth.into()) } else { Ok(steps) }
}

fn paths<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> Result<Paths<'a>, BuiltinError> {
    let mut root = Paths::default();
    for path in collection(args, 2, &["set", "array"])? {
        let steps = path_steps(cx, path)?;
        if steps.is_empty() {
            continue;
        }
        let end = steps.into_iter().fold(&mut root, |tree, step| tree.below.entry(step).or_default());
        end.end = true;
    }
    Ok(root)
}

/// What the paths lead to; scalars before the end of a path stay.
fn keep<'a>(cx: &mut BuiltinCx<'a, '_>, value: Val<'a>, paths: &Paths<'_>) -> Result<Val<'a>, BuiltinError> {
    cx.step(1)?;
    if paths.end {
        return Ok(value);
    }
    match value {
        Val::Object(object) => {
            let mut pairs = Vec::new();
            for (key, member) in object.iter() {
                if let Some(below) = paths.below.get(&key) {
                    pairs.push((key, keep(cx, member, below)?));
                }
            }
            Ok(cx.arena().object_sorted(&pairs)?)
        }
        Val::Array(_) | Val::Set(_) => {
            let mut kept = Vec::new();
            for (at, item) in collection(&[value], 1, &[])?.into_iter().enumerate() {
                let index = at.to_string();
                let key = if value.as_set().is_some() { item } else { Val::Str(&index) };
                if let Some(below) = at_key(paths, key) {
                    kept.push(keep(cx, item, below)?);
                }
            }
            Ok(if value.as_set().is_some() { cx.arena().set(kept)? } else { cx.arena().array(&kept)? })
        }
        scalar => Ok(scalar),
    }
}

/// Looks a key up that does not live as long as the tree, which is then seen as one that lives as short.
fn at_key<'t, 'k>(paths: &'t Paths<'k>, key: Val<'k>) -> Option<&'t Paths<'k>> {
    paths.below.get(&key)
}

fn filter<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let source = Val::Object(object(args, 1)?);
    let paths = paths(cx, args)?;
    keep(cx, source, &paths).map(Some)
}

/// What no path leads to; `None` if a path ends here.
fn cut<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    value: Val<'a>,
    paths: Option<&Paths<'_>>,
) -> Result<Option<Val<'a>>, BuiltinError> {
    cx.step(1)?;
    let Some(paths) = paths else { return Ok(Some(value)) };
    if paths.end {
        return Ok(None);
    }
    Ok(Some(match value {
        Val::Object(object) => {
            let mut pairs = Vec::new();
            for (key, member) in object.iter() {
                if let Some(left) = cut(cx, member, paths.below.get(&key))? {
                    pairs.push((key, left));
                }
            }
            cx.arena().object_sorted(&pairs)?
        }
        Val::Array(_) | Val::Set(_) => {
            let mut kept = Vec::new();
            for (at, item) in collection(&[value], 1, &[])?.into_iter().enumerate() {
                let index = at.to_string();
                let key = if value.as_set().is_some() { item } else { Val::Str(&index) };
                kept.extend(cut(cx, item, at_key(paths, key))?);
            }
            if value.as_set().is_some() { cx.arena().set(kept)? } else { cx.arena().array(&kept)? }
        }
        scalar => scalar,
    }))
}

fn remove<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let source = Val::Object(object(args, 1)?);
    let paths = paths(cx, args)?;
    cut(cx, source, Some(&paths))
}
