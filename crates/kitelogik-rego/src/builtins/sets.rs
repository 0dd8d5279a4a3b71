//! Sets: `&`, `|`, difference, and union and intersection of many.

use super::{
    operands::{charge_items, set},
    types::{ANY_SET, def},
};
use crate::{
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Type},
    val::{Set, Val},
};

const SET_OF_SETS: Type = Type::Set(&ANY_SET);

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("and", &[ANY_SET, ANY_SET], ANY_SET, and),
    def("or", &[ANY_SET, ANY_SET], ANY_SET, or),
    def("union", &[SET_OF_SETS], ANY_SET, union),
    def("intersection", &[SET_OF_SETS], ANY_SET, intersection),
];

/// The members that both have, as the smaller one writes them (`1.0` and `1` are equal).
fn common<'a>(x: Set<'a>, y: Set<'a>) -> Vec<Val<'a>> {
    let (few, many) = if y.len() < x.len() { (y, x) } else { (x, y) };
    few.iter().filter(|member| many.contains(*member)).collect()
}

fn and<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (x, y) = (set(args, 1)?, set(args, 2)?);
    charge_items(cx, x.len())?;
    Ok(Some(cx.arena().set_sorted(&common(x, y))?))
}

fn or<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (x, y) = (set(args, 1)?, set(args, 2)?);
    charge_items(cx, x.len().saturating_add(y.len()))?;
    Ok(Some(cx.arena().set(x.iter().chain(y.iter()).collect())?))
}

/// What the first has and the second has not.
pub(super) fn difference<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (x, y) = (set(args, 1)?, set(args, 2)?);
    charge_items(cx, x.len())?;
    let rest: Vec<Val<'a>> = x.iter().filter(|member| !y.contains(*member)).collect();
    Ok(Some(cx.arena().set_sorted(&rest)?))
}

fn members<'a>(args: &[Val<'a>]) -> Result<Vec<Set<'a>>, BuiltinError> {
    set(args, 1)?.iter().map(|m| m.as_set().ok_or_else(|| BuiltinError::type_of(1, m, &["set"]))).collect()
}

fn union<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let sets = members(args)?;
    charge_items(cx, sets.iter().map(|s| s.len()).sum())?;
    Ok(Some(cx.arena().set(sets.iter().flat_map(|s| s.iter()).collect())?))
}

fn intersection<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let sets = members(args)?;
    charge_items(cx, sets.iter().map(|s| s.len()).sum())?;
    let Some((first, others)) = sets.split_first() else {
        return Ok(Some(Val::EMPTY_SET));
    };
    let kept: Vec<Val<'a>> = first.iter().filter(|m| others.iter().all(|o| o.contains(*m))).collect();
    Ok(Some(cx.arena().set_sorted(&kept)?))
}
