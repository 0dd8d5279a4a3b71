//! What goes into the audit log, as data; its text is the log's business.

use kitelogik_model::{Decision, DecisionId, Event, Outcome, SessionView, Timestamp};
use kitelogik_value::Value;
use std::sync::Arc;

/// One audit record.
#[derive(Clone, Debug)]
pub enum Record<'a> {
    /// A decision, final
    Decision(DecisionRecord<'a>),
    /// What became of an allowed action
    Outcome(OutcomeRecord<'a>),
    /// Other policies decide from now on
    Reload(ReloadRecord<'a>),
}

/// A decision and what it was about.
#[derive(Clone, Debug)]
pub struct DecisionRecord<'a> {
    /// When it was decided
    pub at: Timestamp,
    /// `None`: the document was no event
    pub event: Option<&'a Event>,
    /// The tool's policy name as it was resolved
    pub tool: Option<&'a str>,
    /// The tool's tags, the operator's among them
    pub tool_tags: &'a [Arc<str>],
    /// Names of arguments that are no part of the event
    pub args_hidden: &'a [Arc<str>],
    /// Hash of the arguments
    pub args_hash: Option<&'a str>,
    /// Hash of the messages
    pub messages_hash: Option<&'a str>,
    /// `None`: there was none, or the store did not say
    pub session: Option<&'a SessionView>,
    /// The session that spawns, for `agent_spawn`
    pub parent: Option<&'a Value>,
    /// The decision
    pub decision: &'a Decision,
    /// Hash over names, tags, scopes, strictness and engine
    pub config_hash: &'a str,
    /// The enforcement point
    pub adapter: &'a str,
    /// From the reading of time to this record, in microseconds
    pub duration_us: u64,
}

/// Other policies decide from now on.
#[derive(Clone, Debug)]
pub struct ReloadRecord<'a> {
    /// When they were swapped in
    pub at: Timestamp,
    /// The version that decides now
    pub policy_version: &'a str,
    /// The version that decided before
    pub previous: &'a str,
    /// Units that are new
    pub added: &'a [Arc<str>],
    /// Units that are gone: what they denied is denied no more
    pub removed: &'a [Arc<str>],
}

/// What became of an allowed action.
#[derive(Clone, Debug)]
pub struct OutcomeRecord<'a> {
    /// When it was reported
    pub at: Timestamp,
    /// The decision
    pub id: DecisionId,
    /// What was reported
    pub outcome: &'a Outcome,
    /// From decision to report, in microseconds, where known
    pub duration_us: Option<u64>,
}
