//! A line as a record.

use kitelogik::{
    audit::{Line, MAX_LINE_BYTES},
    value::{Value, json},
};

/// What a line may be; deeper than any record is.
const LIMITS: json::Limits = json::Limits { max_bytes: MAX_LINE_BYTES, ..json::Limits::DATA };

/// The bytes of a line and the record in them, or why it is none.
pub(super) fn record(line: Line<'_>) -> Result<(&[u8], Value), String> {
    let Line::Whole(bytes) = line else { return Err(format!("has more than {MAX_LINE_BYTES} bytes")) };
    match json::parse(bytes, &LIMITS) {
        Ok(record) if record.as_object().is_some() => Ok((bytes, record)),
        Ok(_) => Err("is no JSON object".to_owned()),
        Err(error) => Err(format!("is no JSON: {} in column {}", error.kind, error.column)),
    }
}
