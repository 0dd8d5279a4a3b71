//! Decimal literals taken apart: sign, significant digits, exponent. Nothing is ever rounded.

use std::cmp::Ordering;

/// The largest exponent that a literal may carry, either way. `1e400` is a number; `1e9999999999` is a
/// denial of service.
const MAX_EXPONENT: i64 = 999_999_999;

/// A decimal literal as `0.DIGITS × 10^point`, without leading or trailing zeros; zero has no digits.
pub(crate) struct Decimal<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    point: i64,
}

impl<'a> Decimal<'a> {
    /// Reads a literal of the JSON grammar (RFC 8259, section 6). `None` if it is none, or its exponent
    /// is beyond ±999,999,999.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (rest, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return None,
            Some((whole, fraction)) => (whole.as_bytes(), fraction.as_bytes()),
            None => (mantissa.as_bytes(), &b""[..]),
        };
        let digits = |s: &[u8]| s.iter().all(u8::is_ascii_digit);
        if whole.is_empty()
            || (whole.len() > 1 && whole.first() == Some(&b'0'))
            || !digits(whole)
            || !digits(fraction)
        {
            return None;
        }
        Some(Self::normal(negative, whole, fraction, exponent))
    }

    /// From a literal already known to be one.
    pub(crate) fn of(text: &'a str) -> Self {
        Self::parse(text).unwrap_or(Self { negative: false, whole: b"", fraction: b"", point: 0 })
    }

    fn normal(negative: bool, mut whole: &'a [u8], mut fraction: &'a [u8], exponent: i64) -> Self {
        while let [b'0', rest @ ..] = whole {
            whole = rest;
        }
        let mut point = exponent.saturating_add(whole.len() as i64);
        while let [rest @ .., b'0'] = fraction {
            fraction = rest;
        }
        if whole.is_empty() {
            while let [b'0', rest @ ..] = fraction {
                fraction = rest;
                point -= 1;
            }
        }
        if fraction.is_empty() {
            while let [rest @ .., b'0'] = whole {
                whole = rest;
            }
        }
        let zero = whole.is_empty() && fraction.is_empty();
        Self { negative: negative && !zero, whole, fraction, point: if zero { 0 } else { point } }
    }

    fn digits(&self) -> impl Iterator<Item = u8> + '_ {
        self.whole.iter().chain(self.fraction).copied()
    }

    fn count(&self) -> i64 {
        (self.whole.len() + self.fraction.len()) as i64
    }

    fn signum(&self) -> i8 {
        match (self.count(), self.negative) {
            (0, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        }
    }

    /// True when the value is a whole number.
    pub(crate) fn is_integer(&self) -> bool {
        self.count() <= self.point || self.count() == 0
    }

    /// The value times 10^`scale`, rounded away from zero to a whole number; `None` if it does not fit.
    pub(crate) fn scaled(&self, scale: u32) -> Option<i128> {
        let places = self.point.checked_add(scale.into())?;
        let (mut whole, mut inexact) = (0i128, false);
        for (i, digit) in self.digits().enumerate() {
            if (i as i64) < places {
                whole = whole.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
            } else {
                inexact = true;
            }
        }
        if self.count() > 0 && self.count() < places {
            whole = whole.checked_mul(10i128.checked_pow(u32::try_from(places - self.count()).ok()?)?)?;
        }
        let whole = whole.checked_add(inexact.into())?;
        Some(if self.negative { -whole } else { whole })
    }

    /// Exact numeric order.
    pub(crate) fn cmp(&self, other: &Decimal<'_>) -> Ordering {
        let sign = self.signum();
        if sign != other.signum() {
            return sign.cmp(&other.signum());
        }
        let magnitude = self.point.cmp(&other.point).then_with(|| self.digits().cmp(other.digits()));
        if sign < 0 { magnitude.reverse() } else { magnitude }
    }

    /// Writes the number in the one form that ECMAScript's `Number::toString` (ECMA-262, section 6.1.6.1.20)
    /// gives to these digits, however many they are.
    pub(crate) fn write_canonical(&self, out: &mut Vec<u8>) {
        let (count, point) = (self.count(), self.point);
        if count == 0 {
            out.push(b'0');
            return;
        }
        if self.negative {
            out.push(b'-');
        }
        if (count..=21).contains(&point) {
            out.extend(self.digits());
            out.extend(std::iter::repeat_n(b'0', (point - count) as usize));
        } else if (1..=21).contains(&point) {
            out.extend(self.digits().take(point as usize));
            out.push(b'.');
            out.extend(self.digits().skip(point as usize));
        } else if (-5..=0).contains(&point) {
            out.extend(b"0.");
            out.extend(std::iter::repeat_n(b'0', point.unsigned_abs() as usize));
            out.extend(self.digits());
        } else {
            out.extend(self.digits().take(1));
            if count > 1 {
                out.push(b'.');
                out.extend(self.digits().skip(1));
            }
            out.push(b'e');
            let exponent = point - 1;
            out.push(if exponent < 0 { b'-' } else { b'+' });
            out.extend(itoa::Buffer::new().format(exponent.unsigned_abs()).bytes());
        }
    }
}

/// What the order of two numbers nearly always hangs on, read without a look at every digit: a literal can be long,
/// and compared many times.
pub(crate) struct Sketch<'a> {
    sign: i8,
    point: i64,
    /// From the first digit that is no zero to the exponent, with the point in it.
    digits: &'a [u8],
}

/// The bytes at the end of a literal in which its exponent is looked for.
const TAIL: usize = 64;

impl<'a> Sketch<'a> {
    /// Of a literal already known to be one. `None` if it takes more than a look at its ends.
    pub(crate) fn of(text: &'a str) -> Option<Self> {
        let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        if rest == "0" {
            return Some(Self { sign: 0, point: 0, digits: b"" });
        }
        let start = rest.len().saturating_sub(TAIL);
        let tail = rest.as_bytes().get(start..)?;
        let (mantissa, exponent) = match tail.iter().position(|b| matches!(b, b'e' | b'E')) {
            Some(at) => (rest.get(..start + at)?, parse_exponent(rest.get(start + at + 1..)?)?),
            None => {
                // Further ahead an exponent can only begin if zeros fill it up to its nine digits.
                let filled = tail.get(..tail.len().saturating_sub(9))?;
                if start > 0 && filled.iter().all(|b| matches!(b, b'0' | b'+' | b'-')) {
                    return None;
                }
                (rest, 0)
            }
        };
        let (point, digits) = match mantissa.strip_prefix("0.") {
            Some(fraction) => {
                let zeros = fraction.bytes().take(TAIL).position(|b| b != b'0')?;
                (-i64::try_from(zeros).ok()?, fraction.get(zeros..)?)
            }
            None if mantissa.starts_with('0') => return None,
            None => (i64::try_from(mantissa.find('.').unwrap_or(mantissa.len())).ok()?, mantissa),
        };
        Some(Self { sign, point: exponent.saturating_add(point), digits: digits.as_bytes() })
    }

    /// Exact numeric order.
    pub(crate) fn cmp(&self, other: &Sketch<'_>) -> Ordering {
        if self.sign != other.sign {
            return self.sign.cmp(&other.sign);
        }
        let magnitude = self.point.cmp(&other.point).then_with(|| {
            let mut a = self.digits.iter().filter(|b| **b != b'.');
            let mut b = other.digits.iter().filter(|b| **b != b'.');
            loop {
                match (a.next(), b.next()) {
                    (None, None) => return Ordering::Equal,
                    (a, b) => match a.unwrap_or(&b'0').cmp(b.unwrap_or(&b'0')) {
                        Ordering::Equal => {}
                        order => return order,
                    },
                }
            }
        });
        if self.sign < 0 { magnitude.reverse() } else { magnitude }
    }
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let magnitude = digits.parse::<i64>().ok().filter(|e| *e <= MAX_EXPONENT)?;
    Some(if text.starts_with('-') { -magnitude } else { magnitude })
}
