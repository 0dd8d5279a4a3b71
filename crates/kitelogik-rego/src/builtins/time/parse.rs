//! Reading a time by a layout, as leniently as Go does. Zones told by an abbreviation, also `GMT+3`,
//! count as UTC.

use super::layout::{self, Field, Form, MONTHS, OffsetForm, WEEKDAYS, short};
use crate::builtin::BuiltinError;
use jiff::civil::Date;

/// Why a text does not fit its layout.
enum Misfit {
    /// The field cannot be read
    Shape,
    /// The field is read and too great
    Range(&'static str),
}

type Read<T> = Result<T, Misfit>;

/// What was read so far.
#[derive(Default)]
struct Found {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanosecond: i64,
    afternoon: Option<bool>,
    /// Seconds east of Greenwich
    offset: Option<i64>,
    utc: bool,
}

/// Nanoseconds since the epoch.
pub(super) fn parse(layout: &str, text: &str) -> Result<i128, BuiltinError> {
    let refused =
        |what: &str| BuiltinError::failed(format!("parsing time {}{what}", quoted(text.as_bytes())));
    let misfit = |value: &[u8], element: &str| {
        BuiltinError::failed(format!(
            "parsing time {} as {}: cannot parse {} as {}",
            quoted(text.as_bytes()),
            quoted(layout.as_bytes()),
            quoted(value),
            quoted(element.as_bytes())
        ))
    };
    let mut found = Found::default();
    let (mut rest, mut left) = (layout, text.as_bytes());
    loop {
        let next = layout::next(rest);
        left = match skip(left, next.before.as_bytes()) {
            Ok(left) => left,
            Err(left) => return Err(misfit(left, next.before)),
        };
        let Some((field, element)) = next.field else { break };
        rest = next.after;
        left = match read(&mut found, field, rest, left) {
            Ok(left) => left,
            Err(Misfit::Shape) => return Err(misfit(left, element)),
            Err(Misfit::Range(what)) => return Err(refused(&format!(": {what} out of range"))),
        };
    }
    if !left.is_empty() {
        return Err(refused(&format!(": extra text: {}", quoted(left))));
    }
    found.nanoseconds().map_err(|what| refused(&format!(": {what}")))
}

/// As Go shows text in these errors.
pub(super) fn quoted(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
            b' '..=0x7f => out.push(char::from(*byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}

/// Passes over the text between fields; a space stands for any number of spaces. `Err` is what is left.
fn skip<'t>(mut text: &'t [u8], mut between: &[u8]) -> Result<&'t [u8], &'t [u8]> {
    let trimmed = |bytes: &'_ [u8]| bytes.iter().take_while(|b| **b == b' ').count();
    while let Some((wanted, after)) = between.split_first() {
        match (wanted, text.split_first()) {
            (b' ', Some((first, _))) if *first != b' ' => return Err(text),
            (b' ', _) => {
                between = between.get(trimmed(between)..).unwrap_or(&[]);
                text = text.get(trimmed(text)..).unwrap_or(&[]);
            }
            (wanted, Some((first, rest))) if first == wanted => (between, text) = (after, rest),
            _ => return Err(text),
        }
    }
    Ok(text)
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|b| b.is_ascii_digit()).count()
}

fn split(text: &[u8], at: usize) -> Read<(&[u8], &[u8])> {
    text.split_at_checked(at).ok_or(Misfit::Shape)
}

/// Digits, after a sign if there is one.
fn signed(text: &[u8]) -> Read<i64> {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(Misfit::Shape)
}

/// One or two digits, or exactly two.
fn two_digits(text: &[u8], both: bool) -> Read<(i64, &[u8])> {
    let count = digits(text).min(2);
    if count == 0 || both && count < 2 {
        return Err(Misfit::Shape);
    }
    let (number, rest) = split(text, count)?;
    Ok((signed(number)?, rest))
}

/// A number that must be one of a range; a number that cannot be read stays a matter of shape.
fn within<'t>(
    text: &'t [u8],
    form: Form,
    range: std::ops::RangeInclusive<i64>,
    what: &'static str,
) -> Read<(i64, &'t [u8])> {
    let (number, rest) = two_digits(text, form == Form::Zeros)?;
    if range.contains(&number) { Ok((number, rest)) } else { Err(Misfit::Range(what)) }
}

/// The place of the name that the text begins with, in any case.
fn name<'t>(text: &'t [u8], names: &[&str], abbreviated: bool) -> Read<(i64, &'t [u8])> {
    for (name, at) in names.iter().zip(0..) {
        let name = if abbreviated { short(name) } else { name };
        if let Some((head, rest)) = text.split_at_checked(name.len())
            && head.eq_ignore_ascii_case(name.as_bytes())
        {
            return Ok((at, rest));
        }
    }
    Err(Misfit::Shape)
}

/// A point or comma and digits, of which nine count.
fn fraction(text: &[u8]) -> Read<i64> {
    let Some((b'.' | b',', decimals)) = text.split_first() else { return Err(Misfit::Shape) };
    let kept = decimals.get(..9).unwrap_or(decimals);
    let value = signed(kept)?;
    if value < 0 {
        return Err(Misfit::Range("fractional second"));
    }
    Ok((kept.len()..9).fold(value, |value, _| value * 10))
}

/// A fraction with as many digits as there are; `None` where there is none.
fn free_fraction(text: &[u8]) -> Read<Option<(i64, &[u8])>> {
    match text {
        [b'.' | b',', decimals @ ..] if digits(decimals) > 0 => {
            let (fraction_text, rest) = split(text, 1 + digits(decimals))?;
            Ok(Some((fraction(fraction_text)?, rest)))
        }
        _ => Ok(None),
    }
}

fn spaces(text: &[u8], most: usize) -> &[u8] {
    let count = text.iter().take(most).take_while(|b| **b == b' ').count();
    text.get(count..).unwrap_or(&[])
}

/// Reads one field; `rest` is the layout after it.
fn read<'t>(found: &mut Found, field: Field, rest: &str, text: &'t [u8]) -> Read<&'t [u8]> {
    let (value, left) = match field {
        Field::ShortYear => {
            let (year, left) = split(text, 2)?;
            let year = signed(year)?;
            found.year = year + if year >= 69 { 1_900 } else { 2_000 };
            return Ok(left);
        }
        Field::LongYear => {
            let (year, left) = split(text, 4)?;
            if digits(year) == 0 {
                return Err(Misfit::Shape);
            }
            found.year = signed(year)?;
            return Ok(left);
        }
        Field::Month(form) => within(text, form, 1..=12, "month")?,
        Field::MonthName => name(text, &MONTHS, false).map(|(at, left)| (at + 1, left))?,
        Field::MonthShort => name(text, &MONTHS, true).map(|(at, left)| (at + 1, left))?,
        Field::WeekdayName => name(text, &WEEKDAYS, false)?,
        Field::WeekdayShort => name(text, &WEEKDAYS, true)?,
        Field::Day(form) => two_digits(spaces(text, usize::from(form == Form::Spaces)), form == Form::Zeros)?,
        Field::DayOfYear(form) => {
            let text = spaces(text, if form == Form::Spaces { 2 } else { 0 });
            let count = digits(text).min(3);
            if count == 0 || form == Form::Zeros && count < 3 {
                return Err(Misfit::Shape);
            }
            let (number, left) = split(text, count)?;
            (signed(number)?, left)
        }
        Field::Hour => within(text, Form::Plain, 0..=23, "hour")?,
        Field::Hour12(form) => within(text, form, 0..=12, "hour")?,
        Field::Minute(form) => within(text, form, 0..=59, "minute")?,
        Field::Second(form) => {
            let (second, left) = within(text, form, 0..=59, "second")?;
            found.second = second;
            // A fraction may follow also where the layout has none.
            if !matches!(layout::next(rest).field, Some((Field::Fraction { .. }, _)))
                && let Some((nanosecond, left)) = free_fraction(left)?
            {
                found.nanosecond = nanosecond;
                return Ok(left);
            }
            return Ok(left);
        }
        Field::HalfDay { upper } => {
            let (half, left) = split(text, 2)?;
            found.afternoon = match (half, upper) {
                (b"PM", true) | (b"pm", false) => Some(true),
                (b"AM", true) | (b"am", false) => Some(false),
                _ => return Err(Misfit::Shape),
            };
            return Ok(left);
        }
        Field::Abbreviation => return abbreviation(found, text),
        Field::Offset(form) => return offset(found, form, text),
        Field::Fraction { trimmed: true, .. } => {
            let Some((nanosecond, left)) = free_fraction(text)? else { return Ok(text) };
            (nanosecond, left)
        }
        Field::Fraction { digits, .. } => {
            let (decimals, left) = split(text, 1 + digits)?;
            (fraction(decimals)?, left)
        }
    };
    match field {
        Field::Month(_) | Field::MonthName | Field::MonthShort => found.month = Some(value),
        Field::Day(_) => found.day = Some(value),
        Field::DayOfYear(_) => found.day_of_year = Some(value),
        Field::Hour | Field::Hour12(_) => found.hour = value,
        Field::Minute(_) => found.minute = value,
        Field::Fraction { .. } => found.nanosecond = value,
        _ => {}
    }
    Ok(left)
}

fn offset<'t>(found: &mut Found, form: OffsetForm, text: &'t [u8]) -> Read<&'t [u8]> {
    if form.zulu
        && let Some((b'Z', left)) = text.split_first()
    {
        found.utc = true;
        return Ok(left);
    }
    let gap = usize::from(form.colon);
    let (whole, left) = split(text, 1 + 2 * form.parts + gap * (form.parts - 1))?;
    let (sign, mut whole) = split(whole, 1)?;
    let mut parts = [0_i64; 3];
    let mut misfit = None;
    for (at, part) in parts.iter_mut().take(form.parts).enumerate() {
        if at > 0 && form.colon {
            whole = whole.strip_prefix(b":").ok_or(Misfit::Shape)?;
        }
        let (number, after) = split(whole, 2)?;
        match two_digits(number, true) {
            Ok((number, _)) => *part = number,
            Err(error) => {
                misfit = Some(error);
                break;
            }
        }
        whole = after;
    }
    let [hours, minutes, seconds] = parts;
    // Some write 24 hours or 60 minutes.
    for (part, most, what) in [
        (hours, 24, "time zone offset hour"),
        (minutes, 60, "time zone offset minute"),
        (seconds, 60, "time zone offset second"),
    ] {
        if part > most {
            return Err(Misfit::Range(what));
        }
    }
    if let Some(misfit) = misfit {
        return Err(misfit);
    }
    let offset = (hours * 60 + minutes) * 60 + seconds;
    found.offset = Some(match sign {
        b"+" => offset,
        b"-" => -offset,
        _ => return Err(Misfit::Shape),
    });
    Ok(left)
}

/// `+7` or `-11`: how long it is, 0 if it is none.
fn hours_length(text: &[u8]) -> usize {
    let [b'+' | b'-', after @ ..] = text else { return 0 };
    let (number, _) = after.split_at(digits(after));
    if signed(number).is_ok_and(|hours| hours <= 23) { 1 + number.len() } else { 0 }
}

fn abbreviation<'t>(found: &mut Found, text: &'t [u8]) -> Read<&'t [u8]> {
    if let Some(left) = text.strip_prefix(b"UTC") {
        found.utc = true;
        return Ok(left);
    }
    if text.len() < 3 {
        return Err(Misfit::Shape);
    }
    let length = if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        4
    } else if let Some(after) = text.strip_prefix(b"GMT") {
        3 + hours_length(after)
    } else if matches!(text.first(), Some(b'+' | b'-')) {
        hours_length(text)
    } else {
        let upper = text.iter().take(6).take_while(|b| b.is_ascii_uppercase()).count();
        match (upper, text) {
            (5, [_, _, _, _, b'T', ..]) => 5,
            (4, [_, _, _, b'T', ..] | [b'W', b'I', b'T', b'A', ..]) => 4,
            (3, _) => 3,
            _ => 0,
        }
    };
    if length == 0 { Err(Misfit::Shape) } else { Ok(split(text, length)?.1) }
}

impl Found {
    fn nanoseconds(self) -> Result<i128, &'static str> {
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let date = self.date()?;
        let epoch = Date::constant(1970, 1, 1);
        let days = epoch.until(date).map(|span| span.get_days()).map_err(|_| "day out of range")?;
        // An offset of one second to the west counts as none, as in Go.
        let offset = match self.offset {
            _ if self.utc => 0,
            Some(offset) if offset != -1 => offset,
            _ => 0,
        };
        let seconds = i128::from(days) * 86_400 + i128::from((hour * 60 + self.minute) * 60 + self.second)
            - i128::from(offset);
        Ok(seconds * 1_000_000_000 + i128::from(self.nanosecond))
    }

    fn date(&self) -> Result<Date, &'static str> {
        let year = i16::try_from(self.year).map_err(|_| "day out of range")?;
        let date = |month: i64, day: i64| {
            let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
            Date::new(year, month, day).ok()
        };
        let Some(day_of_year) = self.day_of_year else {
            return date(self.month.unwrap_or(1), self.day.unwrap_or(1)).ok_or("day out of range");
        };
        let found = date(1, 1)
            .and_then(|first| first.with().day_of_year(i16::try_from(day_of_year).ok()?).build().ok())
            .ok_or("day-of-year out of range")?;
        if self.month.is_some_and(|month| month != i64::from(found.month())) {
            return Err("day-of-year does not match month");
        }
        if self.day.is_some_and(|day| day != i64::from(found.day())) {
            return Err("day-of-year does not match day");
        }
        Ok(found)
    }
}
