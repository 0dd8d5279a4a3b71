//! Arithmetic as OPA does it: exact on integers of any size, else floating point with 64 bits of mantissa.

use super::{
    bigfloat::{BigFloat, MAX_DECIMAL_EXPONENT, integer},
    operands::{any, number},
    types::{ANY_SET, NUMBER, NUMBER_OR_SET, def},
};
use crate::{
    Limit,
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Type},
    val::Val,
};
use num_bigint::BigInt;
use num_traits::Zero as _;

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("plus", &[NUMBER, NUMBER], NUMBER, plus),
    def("minus", &[NUMBER_OR_SET, NUMBER_OR_SET], NUMBER_OR_SET, minus),
    def("mul", &[NUMBER, NUMBER], NUMBER, mul),
    def("div", &[NUMBER, NUMBER], NUMBER, div),
    def("rem", &[NUMBER, NUMBER], NUMBER, rem),
    def("abs", &[NUMBER], NUMBER, abs),
    def("round", &[NUMBER], NUMBER, |cx, args| whole(cx, args, BigFloat::nearest)),
    def("ceil", &[NUMBER], NUMBER, |cx, args| whole(cx, args, BigFloat::ceil)),
    def("floor", &[NUMBER], NUMBER, |cx, args| whole(cx, args, BigFloat::floor)),
    def("set_diff", &[ANY_SET, ANY_SET], Type::Set(&Type::Any), super::sets::difference),
];

/// What reading or writing so many decimal digits costs: it grows with their square.
fn cost_of_digits(count: u64) -> u64 {
    let lots = count / 512;
    (count / 64).saturating_add(lots.saturating_mul(lots))
}

/// Charges for reading a number: for its digits and for the zeros that its exponent stands for.
pub(super) fn charge_reading(cx: &mut BuiltinCx<'_, '_>, value: Val<'_>) -> Result<(), BuiltinError> {
    let Val::Num(text) = value else { return Ok(()) };
    let zeros = text.split_once(['e', 'E']).and_then(|(_, exponent)| exponent.parse::<i64>().ok());
    // What has more is refused before anything is made of it.
    let zeros = zeros.map_or(0, i64::unsigned_abs).min(MAX_DECIMAL_EXPONENT.unsigned_abs());
    Ok(cx.step(cost_of_digits(zeros + text.len() as u64))?)
}

/// The exact integer that a number amounts to, if it is whole.
pub(super) fn to_integer(value: Val<'_>) -> Option<BigInt> {
    match value {
        Val::Int(int) => Some(int.into()),
        Val::Num(text) => integer(text),
        _ => None,
    }
}

/// The number as floating point. A number too large to work with ends the evaluation.
pub(super) fn to_float(value: Val<'_>) -> Result<BigFloat, BuiltinError> {
    let parsed = match value {
        Val::Int(int) => BigFloat::parse(itoa::Buffer::new().format(int)),
        Val::Num(text) => BigFloat::parse(text),
        _ => None,
    };
    parsed.ok_or(BuiltinError::Limit(Limit::Memory))
}

pub(super) fn from_integer<'a>(cx: &mut BuiltinCx<'a, '_>, int: &BigInt) -> BuiltinResult<'a> {
    if int.bits() > 1 << 20 {
        return Err(Limit::Memory.into());
    }
    // Three bits and a bit make a digit.
    cx.step(cost_of_digits(int.bits() / 3))?;
    Ok(Some(cx.arena().number(&int.to_string())?))
}

/// Floating point as a number. One that is too large or too small ends the evaluation.
pub(super) fn from_float<'a>(cx: &mut BuiltinCx<'a, '_>, float: &BigFloat) -> BuiltinResult<'a> {
    float.within_bounds()?;
    // Three texts are compared to find the shortest; each binary place below the point makes 0.7 digits.
    cx.step(cost_of_digits(float.scale() / 4 * 3).saturating_mul(3))?;
    Ok(Some(cx.arena().number(&float.to_literal())?))
}

type Pair<'a> = (Val<'a>, Val<'a>);

fn pair<'a>(args: &[Val<'a>]) -> Result<Pair<'a>, BuiltinError> {
    Ok((number(args, 1)?, number(args, 2)?))
}

fn combine<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    (x, y): Pair<'_>,
    fast: fn(i64, i64) -> Option<i64>,
    exact: fn(BigInt, BigInt) -> BigInt,
    float: fn(&BigFloat, &BigFloat) -> BigFloat,
) -> BuiltinResult<'a> {
    if let (Val::Int(x), Val::Int(y)) = (x, y)
        && let Some(int) = fast(x, y)
    {
        return Ok(Some(Val::Int(int)));
    }
    charge_reading(cx, x)?;
    charge_reading(cx, y)?;
    match (to_integer(x), to_integer(y)) {
        (Some(x), Some(y)) => {
            // A product of two large numbers takes more than their digits do.
            cx.step((x.bits() / 1_024).saturating_mul(y.bits() / 1_024))?;
            from_integer(cx, &exact(x, y))
        }
        _ => from_float(cx, &float(&to_float(x)?, &to_float(y)?)),
    }
}

fn plus<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    combine(cx, pair(args)?, i64::checked_add, |x, y| x + y, BigFloat::add)
}

fn minus<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (x, y) = (any(args, 1), any(args, 2));
    let number = |v| matches!(v, Val::Int(_) | Val::Num(_));
    match (x, y) {
        (Val::Set(_), Val::Set(_)) => super::sets::difference(cx, args),
        _ if number(x) && number(y) => {
            combine(cx, (x, y), i64::checked_sub, |x, y| x - y, |x, y| x.add(&y.neg()))
        }
        _ if !number(x) && x.as_set().is_none() => Err(BuiltinError::type_of(1, x, &["number", "set"])),
        _ if number(y) => Err(BuiltinError::type_of(2, y, &["set"])),
        _ => Err(BuiltinError::type_of(2, y, &["number"])),
    }
}

fn mul<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    combine(cx, pair(args)?, i64::checked_mul, |x, y| x * y, BigFloat::mul)
}

fn div<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (x, y) = pair(args)?;
    if let (Val::Int(x), Val::Int(y)) = (x, y)
        && let (Some(quotient), Some(0)) = (x.checked_div(y), x.checked_rem(y))
    {
        return Ok(Some(Val::Int(quotient)));
    }
    charge_reading(cx, x)?;
    charge_reading(cx, y)?;
    let divisor = to_float(y)?;
    if divisor.is_zero() {
        return Err(BuiltinError::failed("divide by zero"));
    }
    from_float(cx, &to_float(x)?.div(&divisor))
}

fn rem<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (x, y) = pair(args)?;
    if let (Val::Int(x), Val::Int(y)) = (x, y)
        && y != 0
    {
        return Ok(Some(Val::Int(x.checked_rem(y).unwrap_or(0))));
    }
    charge_reading(cx, x)?;
    charge_reading(cx, y)?;
    match (to_integer(x), to_integer(y)) {
        (Some(_), Some(y)) if y.is_zero() => Err(BuiltinError::failed("modulo by zero")),
        (Some(x), Some(y)) => from_integer(cx, &(x % y)),
        _ => Err(BuiltinError::failed("modulo on floating-point number")),
    }
}

fn abs<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    match number(args, 1)? {
        Val::Int(int) if int != i64::MIN => Ok(Some(Val::Int(int.abs()))),
        other => {
            charge_reading(cx, other)?;
            from_float(cx, &to_float(other)?.abs())
        }
    }
}

fn whole<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    args: &[Val<'a>],
    round: fn(&BigFloat) -> BigInt,
) -> BuiltinResult<'a> {
    match number(args, 1)? {
        int @ Val::Int(_) => Ok(Some(int)),
        other => {
            charge_reading(cx, other)?;
            from_integer(cx, &round(&to_float(other)?))
        }
    }
}
