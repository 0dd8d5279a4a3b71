//! Numbers: an `i64` inline, anything else as the literal that was written.

use crate::decimal::{Decimal, Sketch};
use std::{cmp::Ordering, fmt, sync::Arc};

/// A JSON number. `1`, `1.0` and `1e0` are equal; each prints as it was written.
#[derive(Clone)]
pub struct Number(Repr);

#[derive(Clone)]
enum Repr {
    Int(i64),
    Text(Arc<str>),
}

impl Number {
    /// Reads a literal of the JSON grammar (RFC 8259, section 6). `None` if it is none, or its exponent is
    /// beyond ±999,999,999.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = digits.len() < 20 && digits.bytes().all(|b| b.is_ascii_digit());
        if plain
            && (digits.len() == 1 || !digits.starts_with('0'))
            && let Ok(int) = text.parse::<i64>()
        {
            return Some(int.into());
        }
        Decimal::parse(text).map(|_| Self(Repr::Text(text.into())))
    }

    /// The shortest literal that reads back as this double, `1.0` for a whole one. `None` for NaN and
    /// the infinities, which JSON cannot say.
    pub fn from_f64(float: f64) -> Option<Self> {
        float.is_finite().then(|| Self(Repr::Text(format!("{float:?}").into())))
    }

    /// The integer, if it was written as one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Int(int) => Some(*int),
            Repr::Text(_) => None,
        }
    }

    /// The literal, unless the number is an `i64`.
    pub fn as_text(&self) -> Option<&str> {
        match &self.0 {
            Repr::Int(_) => None,
            Repr::Text(text) => Some(text),
        }
    }

    /// The nearest double; too large a number is an infinity.
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            Repr::Int(int) => *int as f64,
            Repr::Text(text) => text.parse().unwrap_or(f64::NAN),
        }
    }

    /// The value times 10^`scale`, rounded away from zero to a whole number; `None` if it does not fit.
    /// Sums of money are kept so: a double would lose cents, and rounding down would give budget away.
    pub fn to_scaled(&self, scale: u32) -> Option<i128> {
        self.with_text(|text| Decimal::of(text).scaled(scale))
    }

    /// The number that is `units` times 10^-`scale`, without trailing zeros.
    pub fn from_scaled(units: i128, scale: u32) -> Self {
        let text = format!("{units}e-{scale}");
        let mut plain = Vec::with_capacity(40);
        Decimal::of(&text).write_canonical(&mut plain);
        let plain = String::from_utf8(plain).unwrap_or_default();
        Self::parse(&plain).unwrap_or_else(|| 0i64.into())
    }

    /// True when the value is whole, however it is written: `2`, `2.0`, `20e-1`.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Repr::Int(_) => true,
            Repr::Text(text) => Decimal::of(text).is_integer(),
        }
    }

    /// Exact numeric order of two literals of the JSON grammar, neither of which need be a [`Number`].
    pub fn cmp_text(a: &str, b: &str) -> Ordering {
        if a == b {
            return Ordering::Equal;
        }
        match (Sketch::of(a), Sketch::of(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => Decimal::of(a).cmp(&Decimal::of(b)),
        }
    }

    pub(crate) fn write_canonical(&self, out: &mut Vec<u8>) {
        self.with_text(|text| Decimal::of(text).write_canonical(out));
    }

    pub(crate) fn with_text<T>(&self, f: impl FnOnce(&str) -> T) -> T {
        match &self.0 {
            Repr::Int(int) => f(itoa::Buffer::new().format(*int)),
            Repr::Text(text) => f(text),
        }
    }
}

impl From<i64> for Number {
    fn from(int: i64) -> Self {
        Self(Repr::Int(int))
    }
}

impl From<u64> for Number {
    fn from(int: u64) -> Self {
        match i64::try_from(int) {
            Ok(int) => int.into(),
            Err(_) => Self(Repr::Text(int.to_string().into())),
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Int(a), Repr::Int(b)) => a.cmp(b),
            _ => self.with_text(|a| other.with_text(|b| Self::cmp_text(a, b))),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.write_str(text))
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
