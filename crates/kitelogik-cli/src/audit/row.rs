//! One record as one line for people.

use crate::output::{effect_style, plain};
use kitelogik::value::Value;
use std::fmt::Write;

/// The line of a record: time, effect, event, what, why. Text from the log is escaped, so that a tool name
/// cannot drive a terminal.
pub(crate) fn row(record: &Value) -> String {
    let text = |path: &[&str]| record.at(path).and_then(Value::as_str).unwrap_or_default();
    let effect = match text(&["decision", "effect"]) {
        "" => text(&["outcome"]),
        effect => effect,
    };
    let what = [text(&["tool"]), text(&["model"]), text(&["decision_id"])];
    let what = what.into_iter().find(|s| !s.is_empty()).unwrap_or_default();
    let why =
        [text(&["decision", "reason"]), text(&["decision", "reason_code"]), text(&["error", "message"])];
    let why = why.into_iter().find(|s| !s.is_empty()).unwrap_or_default();
    let style = effect_style(effect);
    let mut line = format!(
        "{:27}  {style}{:9}{style:#} {:14} ",
        plain(text(&["timestamp"])),
        plain(effect),
        plain(text(&["event"]))
    );
    // Writing to a `String` cannot fail.
    let _ = writeln!(line, "{:24} {}", plain(what), plain(why));
    line
}
