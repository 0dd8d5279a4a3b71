//! `semver.compare` and `semver.is_valid` (Semantic Versioning 2.0.0, sections 2, 9 and 11).

use super::{
    operands::{any, string},
    types::{ANY, BOOLEAN, NUMBER, STRING, def},
};
use crate::{
    builtin::{BuiltinDef, BuiltinError, BuiltinResult},
    val::Val,
};
use std::cmp::Ordering;

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("semver.compare", &[STRING, STRING], NUMBER, |_, args| compare(args)),
    def("semver.is_valid", &[ANY], BOOLEAN, |_, args| {
        Ok(Some(Val::Bool(any(args, 1).as_str().is_some_and(|text| parse(text).is_some()))))
    }),
];

struct Version<'s> {
    numbers: [i64; 3],
    before_release: &'s str,
}

/// A leading `v` is no part of a version, but OPA takes it.
fn parse(text: &str) -> Option<Version<'_>> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (rest, build) = text.split_once('+').map_or((text, None), |(rest, build)| (rest, Some(build)));
    let (numbers, before) = rest.split_once('-').map_or((rest, None), |(n, before)| (n, Some(before)));
    let named = |part: &str| {
        part.split('.').all(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
    };
    let padded = |id: &str| id.len() > 1 && id.starts_with('0') && id.bytes().all(|b| b.is_ascii_digit());
    let before_release = |part: &str| named(part) && !part.split('.').any(padded);
    if !before.is_none_or(before_release) || !build.is_none_or(named) {
        return None;
    }
    let mut parts = numbers.split('.').map(number);
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(Version { numbers, before_release: before.unwrap_or("") })
}

/// A number of a version; as OPA has it, one of 64 bits with a sign.
fn number(text: &str) -> Option<i64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    plain.then(|| text.parse().ok())?
}

/// A version before its release comes before it; numeric identifiers compare as numbers and before words.
fn order_before_release(x: &str, y: &str) -> Ordering {
    match (x.is_empty(), y.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let (mut x, mut y) = (x.split('.'), y.split('.'));
    loop {
        let order = match (x.next(), y.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                _ => a.cmp(b),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn compare<'a>(args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (x, y) = (string(args, 1)?, string(args, 2)?);
    let read = |position: usize, text: &'a str| {
        parse(text).ok_or_else(|| {
            BuiltinError::failed(format!("operand {position}: string {text:?} is not a valid SemVer"))
        })
    };
    let (x, y) = (read(1, x)?, read(2, y)?);
    let order =
        x.numbers.cmp(&y.numbers).then_with(|| order_before_release(x.before_release, y.before_release));
    Ok(Some(Val::Int(order as i64)))
}
