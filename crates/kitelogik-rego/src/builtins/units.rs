//! `units.parse` and `units.parse_bytes`.

use super::{
    arithmetic::from_integer,
    bigfloat::split_literal,
    operands::string,
    types::{NUMBER, STRING, def},
};
use crate::{
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult},
    val::Val,
};
use num_bigint::BigInt;
use num_traits::Zero as _;

pub(super) const FAMILY: &[BuiltinDef] =
    &[def("units.parse", &[STRING], NUMBER, parse), def("units.parse_bytes", &[STRING], NUMBER, parse_bytes)];

/// An exponent of more digits than this is refused.
const MAX_EXPONENT_DIGITS: usize = 6;

/// The number at the start and the unit after it. `None` if the exponent is too long.
fn split(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let is = |at: usize, test: fn(u8) -> bool| bytes.get(at).copied().is_some_and(test);
    let digit = |b: u8| b.is_ascii_digit();
    let sign = |b: u8| matches!(b, b'+' | b'-');
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'0'..=b'9' | b'.' | b'+' | b'-' => at += 1,
            b'e' | b'E' if is(at + 1, digit) || is(at + 1, sign) => {
                at += if is(at + 1, sign) { 2 } else { 1 };
                let digits = bytes.iter().skip(at).take_while(|b| b.is_ascii_digit()).count();
                if digits > MAX_EXPONENT_DIGITS {
                    return None;
                }
            }
            _ => break,
        }
    }
    Some((text.get(..at).unwrap_or(""), text.get(at..).unwrap_or("")))
}

/// The number as digits and a power of ten; Go's readers also take `.5`, `5.` and a plus sign.
fn amount(text: &str) -> Option<(BigInt, i64)> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mantissa = digits.split(['e', 'E']).next().unwrap_or("");
    let plain = mantissa.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && mantissa.bytes().any(|b| b.is_ascii_digit())
        && mantissa.bytes().filter(|b| *b == b'.').count() < 2;
    let (value, exponent) = plain.then(|| split_literal(digits))??;
    Some((if text.starts_with('-') { -value } else { value }, exponent))
}

/// 1000 or 1024 to the power that the letter stands for.
fn factor(letter: char, base: u32) -> Option<BigInt> {
    let power = "kmgtpe".find(letter)? as u32 + 1;
    Some(BigInt::from(base).pow(power))
}

fn read<'t>(name: &str, text: &'t str, no_amount: &str) -> Result<(&'t str, &'t str), BuiltinError> {
    let failed = |what: &str| BuiltinError::failed(format!("{name}: {what}"));
    if text.contains(' ') {
        return Err(failed("spaces not allowed in resource strings"));
    }
    let (number, unit) = split(text).ok_or_else(|| failed("exponent too large"))?;
    if number.is_empty() { Err(failed(no_amount)) } else { Ok((number, unit)) }
}

fn ten(exponent: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(exponent.unsigned_abs()).unwrap_or(u32::MAX))
}

/// `m` is a thousandth and `M` a million; the letters after the first may have either case.
fn parse<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let text = string(args, 1)?.replace('"', "");
    let (number, unit) = read("units.parse", &text, "no amount provided")?;
    let mut letters = unit.chars();
    let unit: String = letters.next().into_iter().chain(letters.as_str().to_lowercase().chars()).collect();
    // A thousandth is the double nearest to it, as OPA has it.
    let milli = 0.001_f64.to_bits() & ((1 << 52) - 1) | (1 << 52);
    let (times, halvings) = match unit.as_str() {
        "m" => (BigInt::from(milli), 62_u32),
        "" => (BigInt::from(1), 0),
        one => {
            let mut chars = one.chars();
            let first = chars.next().unwrap_or(' ');
            let base = match chars.as_str() {
                "" => Some(1_000),
                "i" => Some(1_024),
                _ => None,
            };
            let known = base.and_then(|base| factor(first.to_ascii_lowercase(), base));
            let times = known
                .ok_or_else(|| BuiltinError::failed(format!("units.parse: unit {unit} not recognized")))?;
            (times, 0)
        }
    };
    let (digits, exponent) = amount(number)
        .ok_or_else(|| BuiltinError::failed("units.parse: could not parse amount to a number"))?;
    let (mut top, mut bottom) = (digits * times, BigInt::from(1) << halvings);
    if exponent >= 0 {
        top *= ten(exponent);
    } else {
        bottom *= ten(exponent);
    }
    if (&top % &bottom).is_zero() {
        return from_integer(cx, &(top / bottom));
    }
    Ok(Some(cx.arena().number(&ten_decimals(top, &bottom))?))
}

/// With ten digits after the point, halves away from zero.
fn ten_decimals(top: BigInt, bottom: &BigInt) -> String {
    let negative = top.sign() == num_bigint::Sign::Minus;
    let size = BigInt::from(top.magnitude().clone());
    let scaled: BigInt = (size * ten(10) * 2 + bottom) / (bottom * 2);
    let digits = format!("{scaled:0>11}");
    let (whole, fraction) = digits.split_at_checked(digits.len().saturating_sub(10)).unwrap_or(("0", ""));
    format!("{}{whole}.{fraction}", if negative { "-" } else { "" })
}

/// Case does not matter; what is less than a byte is cut off.
fn parse_bytes<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let text = string(args, 1)?.to_lowercase().replace('"', "");
    let (number, unit) = read("units.parse_bytes", &text, "no byte amount provided")?;
    let mut letters = unit.chars();
    let first = letters.next();
    let times = match (first, letters.as_str()) {
        (None, _) => Some(BigInt::from(1)),
        (Some(letter), "" | "b") => factor(letter, 1_000),
        (Some(letter), "i" | "ib") => factor(letter, 1_024),
        _ => None,
    };
    let times = times
        .ok_or_else(|| BuiltinError::failed(format!("units.parse_bytes: byte unit {unit} not recognized")))?;
    let (digits, exponent) = amount(number)
        .ok_or_else(|| BuiltinError::failed("units.parse_bytes: could not parse byte amount to a number"))?;
    let whole = if exponent >= 0 { digits * times * ten(exponent) } else { digits * times / ten(exponent) };
    from_integer(cx, &whole)
}
