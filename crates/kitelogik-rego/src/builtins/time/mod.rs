//! `time.*` but `time.now_ns`: nanoseconds since the Unix epoch, in time zones of the IANA database that is part
//! of this crate, so that a decision does not depend on the machine. For the same reason the zone `Local` is UTC.

mod duration;
mod layout;
mod parse;
mod zone;

use super::{
    operands::{any, charge_bytes, int, string},
    types::{NUMBER, STRING, def},
};
use crate::{
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Type},
    val::Val,
};
use jiff::civil::Date;
use zone::{Moment, Zone};

/// Nanoseconds, or those with a zone.
const MOMENT: Type = Type::Union(&[NUMBER, Type::Tuple(&[NUMBER, STRING])]);
const MOMENT_AND_LAYOUT: Type =
    Type::Union(&[NUMBER, Type::Tuple(&[NUMBER, STRING]), Type::Tuple(&[NUMBER, STRING, STRING])]);
const THREE: Type = Type::Tuple(&[NUMBER, NUMBER, NUMBER]);
const SIX: Type = Type::Tuple(&[NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER]);

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("time.parse_ns", &[STRING, STRING], NUMBER, |cx, args| {
        let (layout, text) = (string(args, 1)?, string(args, 2)?);
        charge_bytes(cx, layout.len().saturating_add(text.len()).saturating_mul(8))?;
        number(parse::parse(layout::of_name(layout), text)?)
    }),
    def("time.parse_rfc3339_ns", &[STRING], NUMBER, |cx, args| {
        let text = string(args, 1)?;
        charge_bytes(cx, text.len())?;
        number(parse::parse(layout::RFC3339, text)?)
    }),
    def("time.parse_duration_ns", &[STRING], NUMBER, |cx, args| {
        let text = string(args, 1)?;
        charge_bytes(cx, text.len().saturating_mul(4))?;
        Ok(Some(Val::Int(duration::parse(text).map_err(BuiltinError::failed)?)))
    }),
    def("time.format", &[MOMENT_AND_LAYOUT], STRING, |cx, args| {
        let (moment, asked) = moment(cx, any(args, 1))?;
        let layout = if asked.is_empty() { layout::RFC3339_NANO } else { layout::of_name(asked) };
        charge_bytes(cx, layout.len().saturating_mul(8))?;
        Ok(Some(cx.arena().string(&layout::format(&moment, layout))?))
    }),
    def("time.date", &[MOMENT], THREE, |cx, args| {
        let date = moment(cx, any(args, 1))?.0.date;
        numbers(cx, &[date.year().into(), date.month().into(), date.day().into()])
    }),
    def("time.clock", &[MOMENT], THREE, |cx, args| {
        let clock = moment(cx, any(args, 1))?.0.clock();
        numbers(cx, &clock)
    }),
    def("time.weekday", &[MOMENT], STRING, |cx, args| {
        Ok(Some(Val::Str(layout::weekday_name(moment(cx, any(args, 1))?.0.date.weekday()))))
    }),
    def("time.add_date", &[NUMBER, NUMBER, NUMBER, NUMBER], NUMBER, add_date),
    def("time.diff", &[MOMENT, MOMENT], SIX, diff),
];

/// True if the text fits the layout.
#[cfg(any(feature = "jsonschema", feature = "yaml"))]
pub(super) fn reads(layout: &str, text: &str) -> bool {
    parse::parse(layout, text).is_ok()
}

fn out_of_range() -> BuiltinError {
    BuiltinError::failed("time outside of valid range")
}

/// Nanoseconds as a number, if 64 bits hold them.
fn number<'a>(nanoseconds: i128) -> BuiltinResult<'a> {
    i64::try_from(nanoseconds).map(|ns| Some(Val::Int(ns))).map_err(|_| out_of_range())
}

fn numbers<'a>(cx: &mut BuiltinCx<'a, '_>, parts: &[i64]) -> BuiltinResult<'a> {
    let items: Vec<Val<'a>> = parts.iter().map(|part| Val::Int(*part)).collect();
    Ok(Some(cx.arena().array(&items)?))
}

/// The moment of `ns` or `[ns, zone, layout]`, and the layout.
fn moment<'a>(cx: &mut BuiltinCx<'a, '_>, value: Val<'a>) -> Result<(Moment, &'a str), BuiltinError> {
    let refused = || BuiltinError::type_of(1, value, &["either number (ns) or [number (ns), string (tz)]"]);
    let (number, zone, layout) = match value {
        Val::Int(_) | Val::Num(_) => (value, "", ""),
        Val::Array(array) => {
            let number = array.get(0).ok_or_else(refused)?;
            let text = |at: usize| match array.get(at) {
                None => Ok(""),
                Some(Val::Str(text)) => Ok(text),
                Some(got) => Err(BuiltinError::type_of(1, got, &["string"])),
            };
            if !matches!(number, Val::Int(_) | Val::Num(_)) {
                return Err(BuiltinError::type_of(1, number, &["number"]));
            }
            (number, text(1)?, text(2)?)
        }
        _ => return Err(refused()),
    };
    let zone = zone::named(cx, zone)?;
    let ns = number.as_i64().ok_or_else(|| BuiltinError::failed("timestamp too big"))?;
    Ok((Moment::at(ns, zone)?, layout))
}

/// Years, months and days are added to the date and what overflows is carried on, the clock of the zone stays.
fn add_date<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let moment = moment(cx, any(args, 1))?.0;
    let (years, months, days) = (int(args, 2)?, int(args, 3)?, int(args, 4)?);
    let date = added(moment.date, years, months, days).ok_or_else(out_of_range)?;
    number(moment.zone.nanoseconds(date, moment.second, moment.nanosecond).ok_or_else(out_of_range)?)
}

fn added(date: Date, years: i64, months: i64, days: i64) -> Option<Date> {
    let months = i64::from(date.month()).checked_sub(1)?.checked_add(months)?;
    let year = i64::from(date.year()).checked_add(years)?.checked_add(months.div_euclid(12))?;
    let month = i8::try_from(months.rem_euclid(12)).ok()?.checked_add(1)?;
    let first = Date::new(i16::try_from(year).ok()?, month, 1).ok()?;
    let days = i64::from(date.day()).checked_sub(1)?.checked_add(days)?;
    first.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

/// Years, months, days, hours, minutes and seconds between two moments, by the calendar of the first one's zone.
fn diff<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let first = moment(cx, any(args, 1))?.0;
    let second = moment(cx, any(args, 2))?.0;
    let second = Moment::at(second.ns, Zone::clone(&first.zone))?;
    let (from, to) = if first.ns > second.ns { (second, first) } else { (first, second) };
    let ([hour, minute, second], [to_hour, to_minute, to_second]) = (from.clock(), to.clock());
    let mut seconds = to_second - second;
    let mut minutes = to_minute - minute;
    let mut hours = to_hour - hour;
    let mut days = i64::from(to.date.day()) - i64::from(from.date.day());
    let mut months = i64::from(to.date.month()) - i64::from(from.date.month());
    let mut years = i64::from(to.date.year()) - i64::from(from.date.year());
    if seconds < 0 {
        (seconds, minutes) = (seconds + 60, minutes - 1);
    }
    if minutes < 0 {
        (minutes, hours) = (minutes + 60, hours - 1);
    }
    if hours < 0 {
        (hours, days) = (hours + 24, days - 1);
    }
    if days < 0 {
        (days, months) = (days + i64::from(from.date.days_in_month()), months - 1);
    }
    if months < 0 {
        (months, years) = (months + 12, years - 1);
    }
    numbers(cx, &[years, months, days, hours, minutes, seconds])
}
