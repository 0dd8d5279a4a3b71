//! `count`, `sum`, `product`, `max`, `min`, `sort`, `all`, `any` and membership.

use super::{
    arithmetic::{charge_reading, from_float, from_integer, to_float, to_integer},
    bigfloat::BigFloat,
    operands::{any, charge_items, collection, element_error},
    types::{ANY, ANY_ARRAY, ANY_OBJECT, ANY_SET, ARRAY_OR_SET, BOOLEAN, NUMBER, STRING, def},
};
use crate::{
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Type},
    val::Val,
};
use num_bigint::BigInt;

const NUMBERS: Type = Type::Union(&[Type::Array(&NUMBER), Type::Set(&NUMBER)]);

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("count", &[Type::Union(&[STRING, ANY_ARRAY, ANY_OBJECT, ANY_SET])], NUMBER, count),
    def("sum", &[NUMBERS], NUMBER, sum),
    def("product", &[NUMBERS], NUMBER, product),
    def("max", &[ARRAY_OR_SET], ANY, max),
    def("min", &[ARRAY_OR_SET], ANY, min),
    def("sort", &[ARRAY_OR_SET], ANY_ARRAY, sort),
    def("all", &[ARRAY_OR_SET], BOOLEAN, all),
    def("any", &[ARRAY_OR_SET], BOOLEAN, some),
    def("internal.member_2", &[ANY, ANY], BOOLEAN, member),
    def("internal.member_3", &[ANY, ANY, ANY], BOOLEAN, member_with_key),
];

fn length<'a>(count: usize) -> BuiltinResult<'a> {
    Ok(Some(Val::Int(i64::try_from(count).unwrap_or(i64::MAX))))
}

fn count<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    match any(args, 1) {
        Val::Array(array) => length(array.len()),
        Val::Object(object) => length(object.len()),
        Val::Set(set) => length(set.len()),
        Val::Str(text) => {
            super::operands::charge_bytes(cx, text.len())?;
            length(text.chars().count())
        }
        got => Err(BuiltinError::type_of(1, got, &["array", "object", "set", "string"])),
    }
}

fn members<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> Result<Vec<Val<'a>>, BuiltinError> {
    let items = collection(args, 1, &["set", "array"])?;
    charge_items(cx, items.len())?;
    Ok(items)
}

fn fold<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    args: &[Val<'a>],
    start: (BigInt, BigFloat),
    exact: fn(BigInt, BigInt) -> BigInt,
    float: fn(&BigFloat, &BigFloat) -> BigFloat,
) -> BuiltinResult<'a> {
    let items = members(cx, args)?;
    let mut whole = Some(start.0);
    for item in &items {
        charge_reading(cx, *item)?;
        whole = match (whole, to_integer(*item)) {
            (Some(total), Some(next)) => {
                // The work grows with the digits that a product gathers.
                cx.step(total.bits() / 64 + (total.bits() / 1_024).saturating_mul(next.bits() / 1_024))?;
                Some(exact(total, next))
            }
            _ => None,
        };
        if whole.is_none() {
            break;
        }
    }
    if let Some(total) = whole {
        return from_integer(cx, &total);
    }
    let mut total = start.1;
    for item in items {
        if !matches!(item, Val::Int(_) | Val::Num(_)) {
            return Err(element_error(1, any(args, 1), item, "number"));
        }
        charge_reading(cx, item)?;
        let next = to_float(item)?;
        // Lining two numbers up takes their exponents' worth of zeros.
        cx.step((total.scale() + next.scale()) / 4_096)?;
        total = float(&total, &next);
        total.within_bounds()?;
    }
    from_float(cx, &total)
}

fn sum<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    fold(cx, args, (BigInt::from(0), BigFloat::zero()), |x, y| x + y, BigFloat::add)
}

fn product<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    fold(cx, args, (BigInt::from(1), BigFloat::one_of_53_bits()), |x, y| x * y, BigFloat::mul)
}

/// Of equal ones the last, here and in `min`.
fn max<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    Ok(members(cx, args)?.into_iter().max())
}

fn min<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    Ok(members(cx, args)?.into_iter().rev().min())
}

fn sort<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let mut items = members(cx, args)?;
    items.sort();
    Ok(Some(cx.arena().array(&items)?))
}

fn all<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let items = collection(args, 1, &["array", "set"])?;
    charge_items(cx, items.len())?;
    Ok(Some(Val::Bool(items.into_iter().all(|item| item == Val::Bool(true)))))
}

fn some<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let items = collection(args, 1, &["array", "set"])?;
    charge_items(cx, items.len())?;
    Ok(Some(Val::Bool(items.into_iter().any(|item| item == Val::Bool(true)))))
}

fn member<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let wanted = any(args, 1);
    Ok(Some(Val::Bool(match any(args, 2) {
        Val::Set(set) => set.contains(wanted),
        Val::Array(array) => {
            charge_items(cx, array.len())?;
            array.iter().any(|item| item == wanted)
        }
        Val::Object(object) => {
            charge_items(cx, object.len())?;
            object.iter().any(|(_, value)| value == wanted)
        }
        _ => false,
    })))
}

fn member_with_key<'a>(_: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (key, value, within) = (any(args, 1), any(args, 2), any(args, 3));
    Ok(Some(Val::Bool(match within {
        Val::Set(set) => key == value && set.contains(key),
        other => other.get(key).is_some_and(|found| found == value),
    })))
}
