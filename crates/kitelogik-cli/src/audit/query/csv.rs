//! Records as CSV (RFC 4180), for spreadsheets.

use super::printer::Printer;
use crate::output::plain;
use kitelogik::value::{Value, json};
use std::{
    borrow::Cow,
    io::{self, Write},
};

/// The columns, and where in a record each stands. What is an object there is written as JSON.
const COLUMNS: &[(&str, &[&str])] = &[
    ("timestamp", &["timestamp"]),
    ("event", &["event"]),
    ("decision_id", &["decision_id"]),
    ("effect", &["decision", "effect"]),
    ("reason_code", &["decision", "reason_code"]),
    ("reason", &["decision", "reason"]),
    ("tool", &["tool"]),
    ("wire_tool", &["wire_tool"]),
    ("args", &["args"]),
    ("model", &["model"]),
    ("outcome", &["outcome"]),
    ("error", &["error", "message"]),
    ("user", &["session", "user"]),
    ("tenant", &["session", "tenant"]),
    ("session", &["session", "id"]),
    ("agent_id", &["session", "agent_id"]),
    ("agent_role", &["session", "agent_role"]),
    ("policy_version", &["policy_version"]),
];
/// What a spreadsheet takes for the beginning of a formula, full width included.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Writes records as rows under a header.
pub(super) struct Csv<W: Write>(csv::Writer<W>);

impl<W: Write> Csv<W> {
    pub(super) fn new(out: W) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(COLUMNS.iter().map(|(name, _)| name)).map_err(io_error)?;
        Ok(Self(writer))
    }
}

impl<W: Write> Printer for Csv<W> {
    fn record(&mut self, _line: &[u8], record: &Value) -> io::Result<()> {
        self.0.write_record(COLUMNS.iter().map(|(_, place)| cell(record.at(place)))).map_err(io_error)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The library's own conversion forgets what kind of error it was.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A cell that a spreadsheet takes as text: a record may hold what an attacker wrote.
fn cell(value: Option<&Value>) -> String {
    let text = match value {
        None => Cow::default(),
        Some(value) => value.as_str().map_or_else(|| json::to_string(value).into(), Cow::from),
    };
    let text = plain(&text);
    if text.starts_with(FORMULA) { format!("'{text}") } else { text }
}
