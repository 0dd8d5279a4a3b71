//! `numbers.range`, `format_int`, `bits.*` and `rand.intn`.

use super::{
    arithmetic::{charge_reading, from_integer, to_float, to_integer},
    operands::{any, int, number, string},
    types::{NUMBER, STRING, def, def_of_context},
};
use crate::{
    Limit,
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Type},
    val::Val,
};
use num_bigint::BigInt;
use num_traits::{Signed as _, ToPrimitive as _};

const NUMBERS: Type = Type::Array(&NUMBER);

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("numbers.range", &[NUMBER, NUMBER], NUMBERS, |cx, args| range(cx, args, &BigInt::from(1))),
    def("numbers.range_step", &[NUMBER, NUMBER, NUMBER], NUMBERS, range_step),
    def("format_int", &[NUMBER, NUMBER], STRING, format_int),
    def("bits.and", &[NUMBER, NUMBER], NUMBER, |cx, args| bits(cx, args, |x, y| x & y)),
    def("bits.or", &[NUMBER, NUMBER], NUMBER, |cx, args| bits(cx, args, |x, y| x | y)),
    def("bits.xor", &[NUMBER, NUMBER], NUMBER, |cx, args| bits(cx, args, |x, y| x ^ y)),
    def("bits.negate", &[NUMBER], NUMBER, |cx, args| {
        let value = big(cx, args, 1)?;
        from_integer(cx, &!value)
    }),
    def("bits.lsh", &[NUMBER, NUMBER], NUMBER, |cx, args| shift(cx, args, true)),
    def("bits.rsh", &[NUMBER, NUMBER], NUMBER, |cx, args| shift(cx, args, false)),
    def_of_context("rand.intn", &[STRING, NUMBER], NUMBER, rand_intn),
];

fn big(cx: &mut BuiltinCx<'_, '_>, args: &[Val<'_>], position: usize) -> Result<BigInt, BuiltinError> {
    let value = any(args, position);
    if !matches!(value, Val::Int(_) | Val::Num(_)) {
        return Err(BuiltinError::type_of(position, value, &["integer"]));
    }
    charge_reading(cx, value)?;
    to_integer(value).ok_or_else(|| {
        BuiltinError::operand(position, "must be integer number but got floating-point number")
    })
}

fn range<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>], step: &BigInt) -> BuiltinResult<'a> {
    let (from, to) = (big(cx, args, 1)?, big(cx, args, 2)?);
    let count = (&to - &from).abs() / step;
    // Charged before anything is made: a range can be asked for that no memory holds.
    cx.step(count.to_u64().unwrap_or(u64::MAX))?;
    let step = if from <= to { step.clone() } else { -step };
    let count = count.to_usize().ok_or(Limit::Items)?;
    let mut items = Vec::new();
    let mut at = from;
    for _ in 0..=count {
        items.push(from_integer(cx, &at)?.unwrap_or_default());
        at += &step;
    }
    Ok(Some(cx.arena().array(&items)?))
}

fn range_step<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let step = big(cx, args, 3)?;
    if !step.is_positive() {
        return Err(BuiltinError::failed("numbers.range_step: step must be a positive integer"));
    }
    range(cx, args, &step)
}

/// Fractions are cut off. Only what is written as an integer is exact; the rest is rounded to 64 bits.
fn format_int<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let value = number(args, 1)?;
    let radix = match number(args, 2)? {
        Val::Int(radix @ (2 | 8 | 10 | 16)) => radix as u32,
        _ => return Err(BuiltinError::operand(2, "must be one of {2, 8, 10, 16}")),
    };
    charge_reading(cx, value)?;
    let written = match value {
        Val::Num(text) if text.contains(['.', 'e', 'E']) => None,
        value => to_integer(value),
    };
    let whole = match written {
        Some(int) => int,
        None => to_float(value)?.truncate().0,
    };
    Ok(Some(cx.arena().string(&whole.to_str_radix(radix))?))
}

fn bits<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    args: &[Val<'a>],
    f: fn(BigInt, BigInt) -> BigInt,
) -> BuiltinResult<'a> {
    let (x, y) = (big(cx, args, 1)?, big(cx, args, 2)?);
    from_integer(cx, &f(x, y))
}

fn shift<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>], left: bool) -> BuiltinResult<'a> {
    let (value, by) = (big(cx, args, 1)?, big(cx, args, 2)?);
    if by.is_negative() {
        return Err(BuiltinError::operand(
            2,
            "must be an unsigned integer number but got a negative integer",
        ));
    }
    if !left {
        let bits = by.to_u64().unwrap_or(u64::MAX).min(value.bits() + 1);
        return from_integer(cx, &(value >> bits));
    }
    let bits = by.to_u64().filter(|b| *b <= 1 << 20).ok_or(Limit::Memory)?;
    cx.step(bits / 64)?;
    from_integer(cx, &(value << bits))
}

fn rand_intn<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (name, bound) = (string(args, 1)?, int(args, 2)?.unsigned_abs());
    if bound == 0 {
        return Ok(Some(Val::Int(0)));
    }
    let key = format!("{name}-{bound}");
    if let Some(value) = cx.fixed("rand.intn", &key) {
        return Ok(Some(value));
    }
    let mut bytes = [0; 16];
    cx.random(&mut bytes);
    // 128 bits make the bias of the remainder too small to see.
    let drawn = u128::from_le_bytes(bytes) % u128::from(bound);
    let value = Val::Int(i64::try_from(drawn).unwrap_or(0));
    cx.fix("rand.intn", &key, value);
    Ok(Some(value))
}
