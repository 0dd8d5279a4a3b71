//! The columns of a log of profile `kitelogik`: what a query engine must be told before it reads the first line.
//!
//! A key that first stands in the last line of a long log is unknown to a reader that guesses types from the
//! first ones. The table says each key and its one type; tests hold it to the lines that are rendered.

use Shape::{Flag, Number, Object, Objects, Open, Text, Texts, Time, Whole};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A string
    Text,
    /// A string in the form `2026-11-22T09:30:00.123456Z` (RFC 3339, UTC)
    Time,
    /// A boolean
    Flag,
    /// A whole number from 0
    Whole,
    /// A number
    Number,
    /// An object whose keys are the caller's own, such as the arguments of a tool
    Open,
    /// A list of strings
    Texts,
    /// An object of these keys
    Object(&'static [Column]),
    /// A list of objects of these keys
    Objects(&'static [Column]),
}

/// Where a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// In every line of its kind, or every object of its place
    Always,
    /// In every line of a `tool_call`; elsewhere it may stand
    InToolCalls,
    /// Where there is something to say
    Sometimes,
}

/// One key of a line or of an object in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The key
    pub name: &'static str,
    /// What stands there
    pub shape: Shape,
    /// Where it stands
    pub stands: Stands,
}

/// The keys of one kind of line, in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineKind {
    /// What such a line tells
    pub about: &'static str,
    /// The words of `event` that such a line carries; empty for the decisions, which carry every other word
    pub events: &'static [&'static str],
    /// Its keys
    pub columns: &'static [Column],
}

const fn always(name: &'static str, shape: Shape) -> Column {
    Column { name, shape, stands: Stands::Always }
}

const fn in_tool_calls(name: &'static str, shape: Shape) -> Column {
    Column { name, shape, stands: Stands::InToolCalls }
}

const fn sometimes(name: &'static str, shape: Shape) -> Column {
    Column { name, shape, stands: Stands::Sometimes }
}

const SESSION: &[Column] = &[
    always("id", Text),
    always("seq", Whole),
    sometimes("agent_id", Text),
    sometimes("agent_role", Text),
    sometimes("user", Text),
    always("tenant", Text),
    always("roles", Texts),
    sometimes("scope", Texts),
    always("depth", Whole),
    always("tokens_spent", Whole),
    always("cost_spent", Number),
];

const DECIDED: &[Column] = &[
    always("allow", Flag),
    always("effect", Text),
    always("reason", Text),
    always("reasons", Texts),
    always("reason_code", Text),
    always("escalate", Flag),
    always("reviewers", Texts),
    always("obligations", Open),
    always("help", Text),
    always("approved_by", Objects(&[always("user", Text), always("auth", Text)])),
];

const DECISION: &[Column] = &[
    always("schema", Whole),
    always("timestamp", Time),
    always("event", Text),
    always("decision_id", Text),
    in_tool_calls("tool", Text),
    sometimes("wire_tool", Text),
    in_tool_calls("tool_tags", Texts),
    sometimes("transport", Text),
    in_tool_calls("phase", Text),
    sometimes("server", Open),
    sometimes("args", Open),
    sometimes("args_omitted", Object(&[always("bytes", Whole)])),
    sometimes("args_hash", Text),
    sometimes("args_hidden", Texts),
    sometimes("model", Text),
    sometimes("messages_hash", Text),
    sometimes("reserve", Object(&[always("tokens", Whole)])),
    sometimes("requested_scope", Texts),
    sometimes("plan", Open),
    sometimes("parent", Object(&[always("depth", Whole), always("id", Text)])),
    sometimes("session", Object(SESSION)),
    always("decision", Object(DECIDED)),
    always("matched", Objects(&[always("file", Text), always("rule", Text), always("line", Whole)])),
    always("policy_version", Text),
    always("config_hash", Text),
    always("adapter", Text),
    always("duration_us", Whole),
];

const OUTCOME: &[Column] = &[
    always("schema", Whole),
    always("timestamp", Time),
    always("event", Text),
    always("decision_id", Text),
    always("outcome", Text),
    sometimes(
        "usage",
        Object(&[
            sometimes("cost", Number),
            always("input_tokens", Whole),
            always("output_tokens", Whole),
            always("total_tokens", Whole),
        ]),
    ),
    sometimes("duration_us", Whole),
    sometimes("error", Object(&[always("type", Text), always("message", Text)])),
];

const RELOAD: &[Column] = &[
    always("schema", Whole),
    always("timestamp", Time),
    always("event", Text),
    always("policy_version", Text),
    always("previous", Text),
    always("added", Texts),
    always("removed", Texts),
];

/// Every kind of line, the decisions first.
pub const LINES: &[LineKind] = &[
    LineKind { about: "an event was decided", events: &[], columns: DECISION },
    LineKind { about: "what was allowed has ended", events: &["outcome"], columns: OUTCOME },
    LineKind { about: "other policies decide from now on", events: &["reload"], columns: RELOAD },
];

/// Every top-level key once, those of decisions first.
pub fn columns() -> Vec<Column> {
    let mut all: Vec<Column> = Vec::new();
    for column in LINES.iter().flat_map(|line| line.columns) {
        if !all.iter().any(|seen| seen.name == column.name) {
            all.push(*column);
        }
    }
    all
}
