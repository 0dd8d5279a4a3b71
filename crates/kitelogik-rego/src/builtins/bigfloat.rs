//! Binary floating point with a mantissa of a chosen width, rounded to nearest, ties to even: the arithmetic
//! that OPA does on numbers that are no integers (64 bits wide), and its shortest decimal text.

use crate::Limit;
use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{One as _, Signed as _, ToPrimitive as _, Zero as _};

/// `mantissa * 2^exponent`; the mantissa has at most `precision` bits.
#[derive(Clone, Debug)]
pub(super) struct BigFloat {
    mantissa: BigInt,
    exponent: i64,
    precision: u64,
}

/// Decimal exponents beyond this are refused: exact arithmetic on them would take megabytes.
pub(super) const MAX_DECIMAL_EXPONENT: i64 = 10_000;

/// Binary exponents beyond this are refused after each operation: twice what two literals multiplied can have in
/// any sane case, and no more than kilobytes to add to another number.
const MAX_EXPONENT: u64 = 1 << 17;

/// A literal split into its digits and the power of ten that they are to be multiplied with.
pub(super) fn split_literal(text: &str) -> Option<(BigInt, i64)> {
    let (number, exponent) = match text.find(['e', 'E']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let size = i64::try_from(digits.len()).ok()?;
    if exponent.abs() > MAX_DECIMAL_EXPONENT || size > MAX_DECIMAL_EXPONENT {
        return None;
    }
    Some((digits.parse().ok()?, exponent))
}

fn pow(base: u32, exponent: u64) -> BigInt {
    BigInt::from(base).pow(u32::try_from(exponent).unwrap_or(u32::MAX))
}

/// The exact integer that a literal amounts to. `None` if it is none, or too large to work with.
pub(super) fn integer(text: &str) -> Option<BigInt> {
    let (digits, exponent) = split_literal(text)?;
    if exponent >= 0 {
        return Some(digits * pow(10, exponent.unsigned_abs()));
    }
    let scale = pow(10, exponent.unsigned_abs());
    (&digits % &scale).is_zero().then(|| digits / scale)
}

impl BigFloat {
    /// The nearest value of 64 bits. `None` if the number is too large or too small to work with.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (digits, exponent) = split_literal(text)?;
        let scale = pow(10, exponent.unsigned_abs());
        Some(if exponent >= 0 {
            Self::round(digits * scale, 0, 64)
        } else {
            Self::quotient(&digits, 0, &scale, 0, 64)
        })
    }

    /// One, 53 bits wide: where OPA starts a product.
    pub(super) fn one_of_53_bits() -> Self {
        Self { mantissa: BigInt::one(), exponent: 0, precision: 53 }
    }

    /// Zero, 64 bits wide.
    pub(super) fn zero() -> Self {
        Self { mantissa: BigInt::zero(), exponent: 0, precision: 64 }
    }

    fn round(mantissa: BigInt, exponent: i64, precision: u64) -> Self {
        let bits = mantissa.bits();
        if bits == 0 {
            // Nothing depends on it, and a product of zeros would let it grow.
            return Self { mantissa, exponent: 0, precision };
        }
        let Some(drop) = bits.checked_sub(precision).filter(|d| *d > 0) else {
            return Self { mantissa, exponent, precision };
        };
        let (sign, size) = mantissa.into_parts();
        let half = BigUint::one() << (drop - 1);
        let rest = &size & ((BigUint::one() << drop) - 1u32);
        let mut kept = size >> drop;
        if rest > half || (rest == half && kept.bit(0)) {
            kept += 1u32;
        }
        Self { mantissa: BigInt::from_biguint(sign, kept), exponent: exponent + drop as i64, precision }
    }

    fn quotient(x: &BigInt, x_exponent: i64, y: &BigInt, y_exponent: i64, precision: u64) -> Self {
        let shift = (precision + 2 + y.bits()).saturating_sub(x.bits());
        let (up, divisor) = ((x.abs() << shift), y.abs());
        let (quotient, rest) = (&up / &divisor, &up % &divisor);
        // One more bit tells that the quotient is not exact.
        let sticky = (quotient << 1u32) + i32::from(!rest.is_zero());
        let signed = if x.is_negative() == y.is_negative() { sticky } else { -sticky };
        Self::round(signed, x_exponent - y_exponent - shift as i64 - 1, precision)
    }

    /// How far the binary point is from the mantissa: what it takes to line it up with another, or to write it.
    pub(super) fn scale(&self) -> u64 {
        self.exponent.unsigned_abs()
    }

    /// A chain of products can double the exponent until no memory holds the digits that it stands for.
    pub(super) fn within_bounds(&self) -> Result<(), Limit> {
        if self.scale() > MAX_EXPONENT { Err(Limit::Memory) } else { Ok(()) }
    }

    pub(super) fn add(&self, other: &Self) -> Self {
        let low = self.exponent.min(other.exponent);
        let sum = (&self.mantissa << (self.exponent - low) as u64)
            + (&other.mantissa << (other.exponent - low) as u64);
        Self::round(sum, low, self.precision.max(other.precision))
    }

    pub(super) fn neg(&self) -> Self {
        Self { mantissa: -&self.mantissa, ..self.clone() }
    }

    pub(super) fn abs(&self) -> Self {
        Self { mantissa: self.mantissa.abs(), ..self.clone() }
    }

    /// The product, as wide as `self`.
    pub(super) fn mul(&self, other: &Self) -> Self {
        Self::round(&self.mantissa * &other.mantissa, self.exponent + other.exponent, self.precision)
    }

    /// The quotient; the divisor must not be zero.
    pub(super) fn div(&self, other: &Self) -> Self {
        Self::quotient(&self.mantissa, self.exponent, &other.mantissa, other.exponent, self.precision)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.mantissa.is_zero()
    }

    /// The integer part, towards zero, and whether anything was cut off.
    pub(super) fn truncate(&self) -> (BigInt, bool) {
        if self.exponent >= 0 {
            return (&self.mantissa << self.exponent as u64, false);
        }
        let shift = self.exponent.unsigned_abs();
        let (sign, size) = (self.mantissa.sign(), self.mantissa.magnitude());
        let whole = size >> shift;
        let exact = (&whole << shift) == *size;
        (BigInt::from_biguint(sign, whole), !exact)
    }

    /// Rounded to the nearest integer, halves away from zero, as `round` has it.
    pub(super) fn nearest(&self) -> BigInt {
        let half = Self { mantissa: BigInt::one(), exponent: -1, precision: 53 };
        let half = if self.mantissa.is_negative() { half.neg() } else { half };
        self.add(&half).truncate().0
    }

    pub(super) fn ceil(&self) -> BigInt {
        let (whole, cut) = self.truncate();
        if cut && !self.mantissa.is_negative() { whole + 1 } else { whole }
    }

    pub(super) fn floor(&self) -> BigInt {
        let (whole, cut) = self.truncate();
        if cut && self.mantissa.is_negative() { whole - 1 } else { whole }
    }

    /// The shortest literal that reads back as this value: plain for integers, else with an exponent below
    /// 1e-4 and from 1e6 on.
    pub(super) fn to_literal(&self) -> String {
        if self.is_zero() {
            return "0".to_owned();
        }
        let sign = if self.mantissa.sign() == Sign::Minus { "-" } else { "" };
        let (digits, point) = self.shortest();
        let size = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        let body = if !self.truncate().1 || (-4..6).contains(&(point - 1)) {
            plain(&digits, point, size)
        } else {
            let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
            let dot = if rest.is_empty() { "" } else { "." };
            let exponent = point - 1;
            let mark = if exponent < 0 { '-' } else { '+' };
            format!("{first}{dot}{rest}e{mark}{:02}", exponent.abs())
        };
        format!("{sign}{body}")
    }

    /// The digits and where the decimal point stands: `0.d1d2… * 10^point`.
    fn shortest(&self) -> (String, i64) {
        let size = self.mantissa.magnitude();
        let widen = (self.precision + 1).saturating_sub(size.bits());
        let wide = size << widen;
        let exponent = self.exponent - widen as i64;
        let (digits, point) = decimal(&wide, exponent);
        let (low, _) = decimal(&(&wide - 1u32), exponent);
        let (high, _) = decimal(&(&wide + 1u32), exponent);
        let inclusive = !wide.bit(1);
        let at = |text: &[u8], i: usize| text.get(i).copied().unwrap_or(b'0');
        for (i, &digit) in digits.iter().enumerate() {
            let (below, above) = (at(&low, i), at(&high, i));
            let down = below != digit || (inclusive && i + 1 == low.len());
            let up = digit != above && (inclusive || digit + 1 < above || i + 1 < high.len());
            let up = match (down, up) {
                (false, false) => continue,
                (true, true) => rounds_up(&digits, i + 1),
                (_, up) => up,
            };
            return keep(&digits, i + 1, up, point);
        }
        keep(&digits, digits.len(), false, point)
    }
}

fn rounds_up(digits: &[u8], keep: usize) -> bool {
    match digits.get(keep) {
        None => false,
        Some(b'5') if keep + 1 == digits.len() => {
            keep.checked_sub(1).and_then(|at| digits.get(at)).is_some_and(|d| d % 2 == 1)
        }
        Some(next) => *next >= b'5',
    }
}

/// The first digits, the last one raised if asked, without zeros at the end.
fn keep(digits: &[u8], count: usize, up: bool, point: i64) -> (String, i64) {
    let mut kept: Vec<u8> = digits.iter().take(count).copied().collect();
    let mut point = point;
    if up {
        while kept.last() == Some(&b'9') {
            kept.pop();
        }
        match kept.last_mut() {
            Some(last) => *last += 1,
            None => {
                kept.push(b'1');
                point += 1;
            }
        }
    }
    while kept.last() == Some(&b'0') {
        kept.pop();
    }
    (kept.into_iter().map(char::from).collect(), point)
}

/// The exact decimal digits of `mantissa * 2^exponent`, without zeros at the end, and the point.
fn decimal(mantissa: &BigUint, exponent: i64) -> (Vec<u8>, i64) {
    let shift = exponent.unsigned_abs();
    let scaled = if exponent >= 0 {
        mantissa << shift
    } else {
        mantissa * BigUint::from(5u32).pow(shift.to_u32().unwrap_or(u32::MAX))
    };
    let mut digits = scaled.to_string().into_bytes();
    let point = i64::try_from(digits.len()).unwrap_or(i64::MAX) + exponent.min(0);
    while digits.last() == Some(&b'0') && digits.len() > 1 {
        digits.pop();
    }
    (digits, point)
}

fn plain(digits: &str, point: i64, size: i64) -> String {
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
    if point <= 0 {
        format!("0.{}{digits}", zeros(-point))
    } else if point >= size {
        format!("{digits}{}", zeros(point - size))
    } else {
        let (whole, fraction) =
            digits.split_at_checked(usize::try_from(point).unwrap_or(0)).unwrap_or((digits, ""));
        format!("{whole}.{fraction}")
    }
}
