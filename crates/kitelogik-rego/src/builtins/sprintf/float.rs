//! Floats.

use super::format::Spec;

const MANTISSA_BITS: u32 = 52;
const LEAST_EXPONENT: i32 = -1074;

/// The text for a verb; `None` where Go has none for floats.
pub(super) fn shown(float: f64, verb: char, spec: &Spec) -> Option<String> {
    let size = float.abs();
    let digits = match verb {
        'f' | 'F' => format!("{size:.*}", spec.precision.unwrap_or(6)),
        'e' | 'E' => exponent(size, Some(spec.precision.unwrap_or(6))),
        'g' | 'G' | 'v' => general(size, spec.precision),
        'b' => in_base_two(size),
        'x' | 'X' => hexadecimal(size, spec.precision),
        _ => return None,
    };
    let digits = match spec.sharp && verb != 'b' {
        true => with_point(&digits, verb, spec.precision),
        false => digits,
    };
    let digits = if matches!(verb, 'E' | 'G' | 'X') { digits.to_uppercase() } else { digits };
    let sign = spec.sign(float.is_sign_negative());
    Some(match spec.zero {
        true => format!("{sign}{}{digits}", "0".repeat(spec.missing(sign.len() + digits.len()))),
        false => spec.pad(&format!("{sign}{digits}")),
    })
}

/// `1.5e+06`; without a precision as many digits as it takes to read the same number back.
fn exponent(float: f64, precision: Option<usize>) -> String {
    let text = match precision {
        Some(precision) => format!("{float:.precision$e}"),
        None => format!("{float:e}"),
    };
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
    format!("{digits}e{sign}{power:0>2}")
}

/// Plain unless the exponent is below -4 or reaches the precision (without one, 6).
pub(in crate::builtins) fn general(float: f64, precision: Option<usize>) -> String {
    let sign = if float.is_sign_negative() { "-" } else { "" };
    let size = float.abs();
    let count = precision.map(|p| p.max(1));
    let scientific = exponent(size, count.map(|count| count - 1));
    let power: i32 = scientific.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0);
    let limit = count.map_or(6, |count| i32::try_from(count).unwrap_or(i32::MAX));
    if size != 0.0 && (power < -4 || power >= limit) {
        let (digits, power) = scientific.split_once('e').unwrap_or((&scientific, "+00"));
        return format!("{sign}{}e{power}", without_zeros(digits));
    }
    match count {
        Some(_) => {
            let places = usize::try_from(limit - 1 - power).unwrap_or(0);
            format!("{sign}{}", without_zeros(&format!("{size:.places$}")))
        }
        None => format!("{sign}{size}"),
    }
}

fn without_zeros(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

/// An integer and the power of two that it is multiplied with.
fn parts(size: f64) -> (u64, i32) {
    let bits = size.to_bits();
    let mantissa = bits & ((1 << MANTISSA_BITS) - 1);
    match (bits >> MANTISSA_BITS) as i32 & 0x7ff {
        0 => (mantissa, LEAST_EXPONENT),
        power => (mantissa | 1 << MANTISSA_BITS, LEAST_EXPONENT + power - 1),
    }
}

fn in_base_two(size: f64) -> String {
    let (mantissa, power) = parts(size);
    format!("{mantissa}p{power:+}")
}

/// `0x1.8p+01`, the first digit 1 but for zero; without a precision no digit more than it takes.
fn hexadecimal(size: f64, precision: Option<usize>) -> String {
    let (mut mantissa, mut power) = parts(size);
    if mantissa == 0 {
        power = 0;
    } else {
        let shift = mantissa.leading_zeros() - (63 - MANTISSA_BITS);
        mantissa <<= shift;
        power += MANTISSA_BITS as i32 - shift as i32;
    }
    if let Some(precision) = precision.filter(|precision| *precision < 13) {
        // Half goes to the even neighbour.
        let cut = MANTISSA_BITS - 4 * precision as u32;
        let (kept, lost, half) = (mantissa >> cut, mantissa & ((1 << cut) - 1), 1 << (cut - 1));
        let up = lost > half || (lost == half && kept & 1 == 1);
        mantissa = (kept + u64::from(up)) << cut;
        if mantissa >> MANTISSA_BITS > 1 {
            mantissa >>= 1;
            power += 1;
        }
    }
    let (first, digits) = (mantissa >> MANTISSA_BITS, mantissa & ((1 << MANTISSA_BITS) - 1));
    let all = format!("{digits:013x}");
    let digits = match precision {
        Some(precision) => format!("{all:0<precision$}").chars().take(precision).collect(),
        None => all.trim_end_matches('0').to_owned(),
    };
    let point = if digits.is_empty() { "" } else { "." };
    let sign = if power < 0 { '-' } else { '+' };
    format!("0x{first}{point}{digits}p{sign}{:02}", power.unsigned_abs())
}

/// What `#` asks for: a point always, and for `%g` and `%x` zeros up to the precision.
fn with_point(text: &str, verb: char, precision: Option<usize>) -> String {
    let marks: &[char] = if matches!(verb, 'x' | 'X') { &['p'] } else { &['e'] };
    let (mut digits, tail) = match text.find(marks) {
        Some(at) => (text.get(..at).unwrap_or(text).to_owned(), text.get(at..).unwrap_or("")),
        None => (text.to_owned(), ""),
    };
    // Go counts what it has from the first digit that is no zero, the `x` of a prefix too.
    let mut has = digits.trim_start_matches(['0', '.']).chars().filter(|c| *c != '.').count();
    if !digits.contains('.') {
        has += usize::from(digits == "0");
        digits.push('.');
    }
    if matches!(verb, 'g' | 'G' | 'v' | 'x') {
        digits.push_str(&"0".repeat(precision.unwrap_or(6).saturating_sub(has)));
    }
    format!("{digits}{tail}")
}
