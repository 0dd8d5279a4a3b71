//! Layouts as Go writes them: the time `Mon Jan 2 15:04:05 MST 2006` in the form that is wanted.

use super::zone::Moment;
use jiff::civil::Weekday;

pub(super) const RFC3339: &str = "2006-01-02T15:04:05Z07:00";
pub(super) const RFC3339_NANO: &str = "2006-01-02T15:04:05.999999999Z07:00";

/// The layout that has this name, else the text itself.
pub(super) fn of_name(name: &str) -> &str {
    match name {
        "ANSIC" => "Mon Jan _2 15:04:05 2006",
        "UnixDate" => "Mon Jan _2 15:04:05 MST 2006",
        "RubyDate" => "Mon Jan 02 15:04:05 -0700 2006",
        "RFC822" => "02 Jan 06 15:04 MST",
        "RFC822Z" => "02 Jan 06 15:04 -0700",
        "RFC850" => "Monday, 02-Jan-06 15:04:05 MST",
        "RFC1123" => "Mon, 02 Jan 2006 15:04:05 MST",
        "RFC1123Z" => "Mon, 02 Jan 2006 15:04:05 -0700",
        "RFC3339" => RFC3339,
        "RFC3339Nano" => RFC3339_NANO,
        other => other,
    }
}

/// A field of a layout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Field {
    Month(Form),
    MonthName,
    MonthShort,
    WeekdayName,
    WeekdayShort,
    Day(Form),
    DayOfYear(Form),
    Hour,
    Hour12(Form),
    Minute(Form),
    Second(Form),
    LongYear,
    ShortYear,
    /// `PM` or `pm`
    HalfDay {
        upper: bool,
    },
    Abbreviation,
    Offset(OffsetForm),
    /// `.000`, or `.999` without the zeros at the end
    Fraction {
        digits: usize,
        trimmed: bool,
        separator: char,
    },
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Form {
    Plain,
    /// With zeros in front
    Zeros,
    /// With spaces in front
    Spaces,
}

/// How an offset is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct OffsetForm {
    /// `Z` stands for no offset
    pub(super) zulu: bool,
    pub(super) colon: bool,
    /// 1: hours, 2: and minutes, 3: and seconds
    pub(super) parts: usize,
}

const fn offset(zulu: bool, colon: bool, parts: usize) -> Field {
    Field::Offset(OffsetForm { zulu, colon, parts })
}

/// What is looked for at each place, in this order.
const FIELDS: &[(&str, Field)] = &[
    ("January", Field::MonthName),
    ("Jan", Field::MonthShort),
    ("Monday", Field::WeekdayName),
    ("Mon", Field::WeekdayShort),
    ("MST", Field::Abbreviation),
    ("01", Field::Month(Form::Zeros)),
    ("02", Field::Day(Form::Zeros)),
    ("03", Field::Hour12(Form::Zeros)),
    ("04", Field::Minute(Form::Zeros)),
    ("05", Field::Second(Form::Zeros)),
    ("06", Field::ShortYear),
    ("002", Field::DayOfYear(Form::Zeros)),
    ("15", Field::Hour),
    ("1", Field::Month(Form::Plain)),
    ("2006", Field::LongYear),
    ("2", Field::Day(Form::Plain)),
    ("_2", Field::Day(Form::Spaces)),
    ("__2", Field::DayOfYear(Form::Spaces)),
    ("3", Field::Hour12(Form::Plain)),
    ("4", Field::Minute(Form::Plain)),
    ("5", Field::Second(Form::Plain)),
    ("PM", Field::HalfDay { upper: true }),
    ("pm", Field::HalfDay { upper: false }),
    ("-070000", offset(false, false, 3)),
    ("-07:00:00", offset(false, true, 3)),
    ("-0700", offset(false, false, 2)),
    ("-07:00", offset(false, true, 2)),
    ("-07", offset(false, false, 1)),
    ("Z070000", offset(true, false, 3)),
    ("Z07:00:00", offset(true, true, 3)),
    ("Z0700", offset(true, false, 2)),
    ("Z07:00", offset(true, true, 2)),
    ("Z07", offset(true, false, 1)),
];

/// The next field: what stands before it, the field and its text, what comes after it.
pub(super) struct Next<'l> {
    pub(super) before: &'l str,
    pub(super) field: Option<(Field, &'l str)>,
    pub(super) after: &'l str,
}

/// Finds the next field.
pub(super) fn next(layout: &str) -> Next<'_> {
    for (at, _) in layout.char_indices() {
        let Some((before, rest)) = layout.split_at_checked(at) else { continue };
        if let Some((field, text, after)) = field_at(rest) {
            return Next { before, field: Some((field, text)), after };
        }
    }
    Next { before: layout, field: None, after: "" }
}

fn field_at(rest: &str) -> Option<(Field, &str, &str)> {
    if rest.starts_with("_2006") {
        // An underscore before a year.
        return None;
    }
    for (text, field) in FIELDS {
        let Some(after) = rest.strip_prefix(text) else { continue };
        let name = matches!(field, Field::MonthShort | Field::WeekdayShort);
        if !(name && after.starts_with(|c: char| c.is_ascii_lowercase())) {
            return Some((*field, text, after));
        }
    }
    let separator = rest.chars().next().filter(|c| matches!(c, '.' | ','))?;
    let decimals = rest.strip_prefix(separator)?;
    let digit = decimals.chars().next().filter(|c| matches!(c, '0' | '9'))?;
    let after = decimals.trim_start_matches(digit);
    if after.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let digits = decimals.len() - after.len();
    let text = rest.get(..rest.len() - after.len())?;
    Some((Field::Fraction { digits, trimmed: digit == '9', separator }, text, after))
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The first three letters.
pub(super) fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

pub(super) fn weekday_name(day: Weekday) -> &'static str {
    let at = usize::try_from(day.to_sunday_zero_offset()).unwrap_or_default();
    WEEKDAYS.get(at).copied().unwrap_or_default()
}

fn month_name(month: i8) -> &'static str {
    let at = usize::try_from(month).unwrap_or_default().saturating_sub(1);
    MONTHS.get(at).copied().unwrap_or_default()
}

/// A moment in the form of a layout.
pub(super) fn format(moment: &Moment, layout: &str) -> String {
    let mut out = String::new();
    let mut rest = layout;
    while !rest.is_empty() {
        let next = next(rest);
        out.push_str(next.before);
        if let Some((field, _)) = next.field {
            write(moment, field, &mut out);
        }
        rest = next.after;
    }
    out
}

fn number(value: i64, width: usize, form: Form, out: &mut String) {
    out.push_str(&match form {
        Form::Plain => value.to_string(),
        Form::Zeros => format!("{value:0width$}"),
        Form::Spaces => format!("{value:width$}"),
    });
}

fn write(moment: &Moment, field: Field, out: &mut String) {
    let date = moment.date;
    let [hour, minute, second] = moment.clock();
    match field {
        Field::Month(form) => number(date.month().into(), 2, form, out),
        Field::MonthName => out.push_str(month_name(date.month())),
        Field::MonthShort => out.push_str(short(month_name(date.month()))),
        Field::WeekdayName => out.push_str(weekday_name(date.weekday())),
        Field::WeekdayShort => out.push_str(short(weekday_name(date.weekday()))),
        Field::Day(form) => number(date.day().into(), 2, form, out),
        Field::DayOfYear(form) => number(date.day_of_year().into(), 3, form, out),
        Field::Hour => number(hour, 2, Form::Zeros, out),
        Field::Hour12(form) => number((hour + 11) % 12 + 1, 2, form, out),
        Field::Minute(form) => number(minute, 2, form, out),
        Field::Second(form) => number(second, 2, form, out),
        Field::LongYear => number(date.year().into(), 4, Form::Zeros, out),
        Field::ShortYear => number(i64::from(date.year()) % 100, 2, Form::Zeros, out),
        Field::HalfDay { upper } => out.push_str(match (hour >= 12, upper) {
            (true, true) => "PM",
            (true, false) => "pm",
            (false, true) => "AM",
            (false, false) => "am",
        }),
        Field::Abbreviation => out.push_str(&moment.abbreviation),
        Field::Offset(form) => write_offset(moment.offset, form, out),
        Field::Fraction { digits, trimmed, separator } => {
            let text = format!("{:09}", moment.nanosecond);
            let kept = text.get(..digits).unwrap_or(&text);
            let kept = if trimmed { kept.trim_end_matches('0') } else { kept };
            if !kept.is_empty() {
                out.push(separator);
                out.push_str(kept);
            }
        }
    }
}

fn write_offset(offset: i64, form: OffsetForm, out: &mut String) {
    if form.zulu && offset == 0 {
        out.push('Z');
        return;
    }
    // Less than a minute to the west is written with a plus.
    out.push(if offset <= -60 { '-' } else { '+' });
    let offset = offset.abs();
    let parts = [offset / 3_600, offset / 60 % 60, offset % 60];
    for (at, part) in parts.into_iter().take(form.parts).enumerate() {
        if at > 0 && form.colon {
            out.push(':');
        }
        number(part, 2, Form::Zeros, out);
    }
}
