//! A line as a record.

use kitelogik::{
    audit::{Line, MAX_LINE_BYTES},
    model::SCHEMA,
    value::{Value, json},
};

/// What a line may be; deeper than any record is.
const LIMITS: json::Limits = json::Limits { max_bytes: MAX_LINE_BYTES, ..json::Limits::DATA };

/// The bytes of a line and the record in them, or why it is none.
pub(super) fn record(line: Line<'_>) -> Result<(&[u8], Value), String> {
    let Line::Whole(bytes) = line else { return Err(format!("has more than {MAX_LINE_BYTES} bytes")) };
    let record = json::parse(bytes, &LIMITS)
        .map_err(|error| format!("is no JSON: {} in column {}", error.kind, error.column))?;
    match lacks(&record) {
        None => Ok((bytes, record)),
        Some(what) => Err(what.to_owned()),
    }
}

/// What every record has and this one has not: an object that only looks like one must not be counted among them.
fn lacks(record: &Value) -> Option<&'static str> {
    let text = |key| record.get(key).and_then(Value::as_str).is_some();
    if record.as_object().is_none() {
        Some("is no JSON object")
    } else if record.get("schema").and_then(Value::as_i64) != Some(SCHEMA) {
        Some("is no record: its `schema` is not 1")
    } else if !text("event") {
        Some("is no record: it has no `event`")
    } else if !text("timestamp") {
        Some("is no record: it has no `timestamp`")
    } else {
        None
    }
}
