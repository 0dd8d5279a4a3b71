//! `array.*`

use super::{
    operands::{any, array, charge_items, int},
    types::{ANY_ARRAY, NUMBER, def},
};
use crate::{
    builtin::{BuiltinCx, BuiltinDef, BuiltinResult},
    val::Val,
};

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("array.concat", &[ANY_ARRAY, ANY_ARRAY], ANY_ARRAY, concat),
    def("array.flatten", &[ANY_ARRAY], ANY_ARRAY, flatten),
    def("array.reverse", &[ANY_ARRAY], ANY_ARRAY, reverse),
    def("array.slice", &[ANY_ARRAY, NUMBER, NUMBER], ANY_ARRAY, slice),
];

fn made<'a>(cx: &mut BuiltinCx<'a, '_>, items: &[Val<'a>]) -> BuiltinResult<'a> {
    charge_items(cx, items.len())?;
    Ok(Some(cx.arena().array(items)?))
}

fn concat<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (x, y) = (array(args, 1)?, array(args, 2)?);
    let items: Vec<Val<'a>> = x.iter().chain(y.iter()).collect();
    made(cx, &items)
}

/// One level only, as OPA has it.
fn flatten<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let mut items = Vec::new();
    for item in array(args, 1)?.iter() {
        match item {
            Val::Array(inner) => items.extend(inner.iter()),
            other => items.push(other),
        }
    }
    made(cx, &items)
}

fn reverse<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let items: Vec<Val<'a>> = array(args, 1)?.iter().rev().collect();
    made(cx, &items)
}

/// Bounds outside the array are moved to its ends.
fn slice<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let source = array(args, 1)?;
    let (start, stop) = (int(args, 2)?, int(args, 3)?);
    let stop = usize::try_from(stop).unwrap_or(0).min(source.len());
    let start = usize::try_from(start).unwrap_or(0).min(stop);
    if stop - start == source.len() {
        return Ok(Some(any(args, 1)));
    }
    let items: Vec<Val<'a>> = source.iter().skip(start).take(stop - start).collect();
    made(cx, &items)
}
