//! Decisions and verdicts.

use crate::{DecisionId, ReasonCode};
use kitelogik_value::Value;
use std::sync::Arc;

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It may run
    Allow,
    /// A human must say so first
    Escalate,
    /// It may not run
    Deny,
}

impl Effect {
    /// The word in decisions and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Escalate => "escalate",
            Self::Deny => "deny",
        }
    }
}

/// A rule that fired.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// Path relative to the policy root, with `/`
    pub file: Arc<str>,
    /// The rule's name
    pub rule: Arc<str>,
    /// Line, from 1
    pub line: u32,
}

impl Match {
    fn to_value(&self) -> Value {
        Value::object([
            ("file", Value::from(Arc::clone(&self.file))),
            ("rule", Arc::clone(&self.rule).into()),
            ("line", i64::from(self.line).into()),
        ])
    }
}

/// A human's answer to an escalation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes, by this reviewer
    Approved {
        /// Who vouches
        by: Arc<str>,
    },
    /// No, by this reviewer
    Rejected {
        /// Who vouches
        by: Arc<str>,
    },
    /// Nobody could be asked
    Unavailable {
        /// What an operator can do about it
        help: String,
    },
    /// Nobody answered in time
    Expired,
    /// The asker gave up
    Cancelled,
}

/// The answer to one event (design, section 4).
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Its id; the audit record carries the same
    pub id: DecisionId,
    /// What was decided
    pub effect: Effect,
    /// Why, in one word of the closed list
    pub code: ReasonCode,
    /// Every reason, ordered by effect, file and line; never empty unless allowed
    pub reasons: Vec<Arc<str>>,
    /// Who may approve; empty unless escalated
    pub reviewers: Vec<Arc<str>>,
    /// What the enforcement point must do beside (`force_model`, `redact_messages`, `redact_response`)
    pub obligations: Value,
    /// `sha256:` and hex over the loaded files
    pub policy_version: Arc<str>,
    /// Rules that fired
    pub matched: Vec<Match>,
    /// What the operator can write to mend it; never shown to a model, empty where there is nothing to say
    pub help: String,
    /// Who approved it, and how that was authenticated
    pub approved_by: Vec<(Arc<str>, &'static str)>,
}

impl Decision {
    /// True only for effect `allow`.
    pub fn allow(&self) -> bool {
        self.effect == Effect::Allow
    }

    /// The first reason; empty on allow.
    pub fn reason(&self) -> &str {
        if self.allow() { "" } else { self.reasons.first().map(|r| &**r).unwrap_or_else(|| self.code.text()) }
    }

    /// The JSON object of contract section 5: the decision and its `help`.
    pub fn to_value(&self) -> Value {
        Value::object([
            ("decision_id", Value::from(self.id.to_string())),
            ("allow", self.allow().into()),
            ("effect", self.effect.as_str().into()),
            ("reason", self.reason().into()),
            ("reasons", strings(&self.reasons)),
            ("reason_code", self.code.as_str().into()),
            ("escalate", (self.effect == Effect::Escalate).into()),
            ("reviewers", strings(&self.reviewers)),
            ("obligations", self.obligations.clone()),
            ("policy_version", Arc::clone(&self.policy_version).into()),
            ("matched", Value::array(self.matched.iter().map(Match::to_value))),
            ("help", self.help.as_str().into()),
        ])
    }
}

fn strings(items: &[Arc<str>]) -> Value {
    Value::array(items.iter().map(|s| Value::from(Arc::clone(s))))
}
