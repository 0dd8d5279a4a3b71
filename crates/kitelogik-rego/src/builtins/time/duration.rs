//! Durations such as `1h30m` or `-1.5d`: a sign, then numbers with a unit each.

use super::parse::quoted;

const NANOSECONDS_OF_HOUR: u64 = 3_600_000_000_000;

/// Nanoseconds of a unit.
fn unit(name: &str) -> Option<u64> {
    Some(match name {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => NANOSECONDS_OF_HOUR,
        _ => return None,
    })
}

/// Hours of a unit that is longer.
fn hours(name: &str) -> Option<f64> {
    Some(match name {
        "d" => 24.0,
        "w" => 168.0,
        "y" => 8_760.0,
        _ => return None,
    })
}

/// Nanoseconds.
pub(super) fn parse(text: &str) -> Result<i64, String> {
    if !text.contains(['d', 'w', 'y']) {
        return nanoseconds(text).map_err(|what| format!("time: {what} {}", quoted(text.as_bytes())));
    }
    let in_hours = in_hours(text).ok_or_else(|| format!("time: invalid duration {text:?}"))?;
    nanoseconds(&in_hours).map_err(|what| format!("time: {what} {text:?}"))
}

/// The same with days, weeks and years as hours. Each unit is one letter here, or one of four short ones.
fn in_hours(text: &str) -> Option<String> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut out = text.get(..text.len() - unsigned.len())?.to_owned();
    let mut rest = unsigned;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let (number, after) = rest.split_at_checked(digits).filter(|(number, _)| !number.is_empty())?;
        let short = ["ms", "us", "µs", "ns"].into_iter().find(|unit| after.starts_with(unit));
        let length = match short {
            Some(unit) => unit.len(),
            None if after.starts_with(|c: char| c.is_ascii_lowercase()) => 1,
            None => return None,
        };
        let (name, after) = after.split_at_checked(length)?;
        match hours(name) {
            Some(factor) => {
                let number = number.parse::<f64>().ok().filter(|number| number.is_finite())?;
                out.push_str(&format!("{}h", number * factor));
            }
            None => out.push_str(&format!("{number}{name}")),
        }
        rest = after;
    }
    Some(out).filter(|_| !unsigned.is_empty())
}

/// The digits in front; `None` past 2^63.
fn integer(text: &str) -> Option<(u64, &str)> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.get(..text.len() - rest.len())?;
    if digits.is_empty() {
        return Some((0, rest));
    }
    digits.parse().ok().filter(|value| *value <= 1 << 63).map(|value| (value, rest))
}

/// The digits after a point as a number and its scale; digits that would overflow do not count.
fn fraction(text: &str) -> (u64, f64, &str) {
    let (mut value, mut scale, mut full) = (0_u64, 1.0, false);
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    for digit in text.bytes().map_while(|b| char::from(b).to_digit(10)) {
        match value.checked_mul(10).map(|value| value + u64::from(digit)).filter(|next| *next <= 1 << 63) {
            Some(next) if !full && value <= ((1 << 63) - 1) / 10 => {
                value = next;
                scale *= 10.0;
            }
            _ => full = true,
        }
    }
    (value, scale, rest)
}

fn nanoseconds(text: &str) -> Result<i64, String> {
    let invalid = || "invalid duration".to_owned();
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (whole, after) = integer(rest).ok_or_else(invalid)?;
        let mut digits = after.len() < rest.len();
        let (mut part, mut scale, mut after) = (0, 1.0, after);
        if let Some(decimals) = after.strip_prefix('.') {
            (part, scale, after) = fraction(decimals);
            digits |= after.len() < decimals.len();
        }
        if !digits {
            return Err(invalid());
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (name, next) = after.split_at_checked(end).ok_or_else(invalid)?;
        if name.is_empty() {
            return Err("missing unit in duration".to_owned());
        }
        let unit =
            unit(name).ok_or_else(|| format!("unknown unit {} in duration", quoted(name.as_bytes())))?;
        let fits = |value: &u64| *value <= 1 << 63;
        let whole = whole.checked_mul(unit).filter(fits).ok_or_else(invalid)?;
        let part = (part as f64 * (unit as f64 / scale)) as u64;
        total = whole
            .checked_add(part)
            .filter(fits)
            .and_then(|value| total.checked_add(value))
            .filter(fits)
            .ok_or_else(invalid)?;
        rest = next;
    }
    if negative {
        Ok(0_i64.wrapping_sub_unsigned(total))
    } else {
        i64::try_from(total).map_err(|_| invalid())
    }
}
