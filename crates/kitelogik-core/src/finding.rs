//! What the units say about one event.

use kitelogik_model::{Match, ReasonCode};
use kitelogik_value::Value;
use std::sync::Arc;

/// One unit's answer, before combination.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The unit
    pub unit: Arc<str>,
    /// What it said, or how it failed
    pub answer: Result<Answer, UnitFailure>,
    /// What the enforcement point must do if the event is allowed; an object
    pub obligations: Value,
    /// Rules that fired
    pub matched: Vec<Match>,
    /// True if a session counter was read, so that the commit must be conditional
    pub read_counters: bool,
}

/// What a unit said.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Nothing: it can only deny or escalate, and does neither
    Abstain,
    /// It may run
    Allow {
        /// True if a rule that is no `default` says so; false where that is not sure
        by_rule: bool,
    },
    /// It may not, for these reasons
    Deny(Vec<Reason>),
    /// A human must say so first
    Escalate {
        /// Who may; empty means the group `reviewer`
        reviewers: Vec<Arc<str>>,
        /// Why; may be empty
        reasons: Vec<Reason>,
        /// How many must approve, at least 1
        quorum: u32,
    },
}

/// A reason and where its rule stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// Path relative to the policy root
    pub file: Arc<str>,
    /// Line, from 1
    pub line: u32,
    /// The policy's words; a model may read them
    pub text: Arc<str>,
}

/// A unit that gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitFailure {
    /// `policy_error`, `policy_undefined` or `unavailable`
    pub code: ReasonCode,
    /// For the operator: may name operands, files and lines
    pub detail: String,
}

/// What all units that apply say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// The units that apply
    pub applied: Vec<Finding>,
    /// Units that their inferred scope excludes
    pub skipped: Vec<Arc<str>>,
}
