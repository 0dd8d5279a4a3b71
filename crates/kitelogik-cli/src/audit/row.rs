//! One record as cells for people.

use crate::output::{effect_style, plain};
use kitelogik::value::Value;

/// The cells of a record. Text from the log is escaped, so that a tool name cannot drive a terminal.
pub(super) struct Row {
    pub(super) time: String,
    /// The effect of a decision, or what became of it
    pub(super) effect: String,
    pub(super) event: String,
    /// The tool, the model, or what else the record is about
    pub(super) what: String,
    /// The user, else the session
    pub(super) who: String,
    pub(super) why: String,
}

impl Row {
    pub(super) fn of(record: &Value) -> Self {
        let first = |paths: &[&[&str]]| {
            let texts = paths.iter().filter_map(|path| record.at(path)?.as_str());
            plain(texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default())
        };
        Self {
            time: first(&[&["timestamp"]]),
            effect: first(&[&["decision", "effect"], &["outcome"]]),
            event: first(&[&["event"]]),
            what: first(&[&["tool"], &["wire_tool"], &["model"], &["decision_id"], &["policy_version"]]),
            who: first(&[&["session", "user"], &["session", "id"]]),
            why: first(&[&["decision", "reason"], &["decision", "reason_code"], &["error", "message"]]),
        }
    }

    /// All but the user on one line, in columns that hold whatever comes.
    pub(super) fn line(&self) -> String {
        let Self { time, effect, event, what, why, .. } = self;
        let style = effect_style(effect);
        format!("{time:27}  {style}{effect:9}{style:#} {event:14} {what:24} {why}\n")
    }
}
