//! What the governor needs from the world. Each port has a fake in the testkit and a real implementation
//! in a crate of its own.

use crate::{Document, Findings, Record};
use kitelogik_model::{
    CallEntry, DecisionId, Event, Identity, Outcome, ReasonCode, SessionKey, SessionView, Timestamp, TooLarge,
};
use std::{fmt, sync::Arc};

/// One reading of time and randomness: all that a decision depends on beside its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The time
    pub at: Timestamp,
    /// 128 random bits
    pub entropy: u128,
}

/// Time, randomness, and where the program stands.
pub trait Env: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// 128 random bits.
    fn entropy(&self) -> u128;

    /// The absolute path of the working directory as it is now; `None` if it cannot be told.
    fn directory(&self) -> Option<String>;

    /// The absolute path of the user's home directory, for which `~` stands; `None` if there is none.
    fn home(&self) -> Option<String>;
}

/// The parts of a session that grow with it, and that are built only where they are read: a decision costs the same in
/// an old session as in a new one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// `input.session.tool_calls`
    pub tool_calls: bool,
    /// `input.session.tool_call_count`
    pub tool_call_count: bool,
}

impl Reads {
    /// Everything
    pub const ALL: Self = Self { tool_calls: true, tool_call_count: true };
    /// Nothing of it
    pub const NONE: Self = Self { tool_calls: false, tool_call_count: false };
}

/// Policies, compiled.
pub trait Evaluator: Send + Sync {
    /// What the units that apply to this event say of this input document. A failing unit is a finding;
    /// nothing here panics or waits.
    fn evaluate(&self, event: &Event, input: &Document<'_>, reading: Reading) -> Findings;

    /// `sha256:` and hex over the loaded files (contract, section 5).
    fn version(&self) -> Arc<str>;

    /// What loaded units can read of the session that grows with it; else the store need not build it.
    fn reads(&self) -> Reads;

    /// The distinct tool constants of loaded units that equal `wire` but for case and `.`, `_`, `-`; `wire`
    /// itself among them where a unit spells it so.
    fn spellings(&self, wire: &str) -> Vec<Arc<str>>;
}

/// Sessions: identity, counters, reservations (contract, section 2). All operations are keyed by tenant;
/// a mutation is done once however often it is asked for under one id.
pub trait SessionStore: Send + Sync {
    /// Opens a session, or finds it again under the same identity. A child names its parent. An identity over its
    /// bounds is refused.
    fn open(
        &self,
        id: &str,
        identity: &Identity,
        parent: Option<&SessionKey>,
        at: Timestamp,
    ) -> Result<SessionKey, StoreError>;

    /// The session as it stands, counters of its tree included; what grows with it only if asked for.
    fn view(&self, key: &SessionKey, reads: Reads) -> Result<SessionView, StoreError>;

    /// Writes one decision: the call, the count, the reservation. Fails on a closed or killed session.
    fn commit(&self, commit: &Commit<'_>) -> Result<Committed, StoreError>;

    /// Takes an allowed decision back whose record could not be written: its reservation is returned and
    /// its call stands as denied.
    fn undo(&self, key: &SessionKey, id: DecisionId) -> Result<(), StoreError>;

    /// Settles an allowed decision; `None` for an id that this store never allowed. Twice is once.
    fn settle(&self, id: DecisionId, outcome: &Outcome) -> Result<Option<Settled>, StoreError>;

    /// Closes a session for good.
    fn close(&self, key: &SessionKey) -> Result<(), StoreError>;

    /// Closes a session for good once nothing of it is open: no allowed decision that nobody reported on,
    /// no child.
    fn release(&self, key: &SessionKey) -> Result<(), StoreError>;
}

/// A store that the composition root keeps a hand on.
impl<S: SessionStore + ?Sized> SessionStore for Arc<S> {
    fn open(
        &self,
        id: &str,
        identity: &Identity,
        parent: Option<&SessionKey>,
        at: Timestamp,
    ) -> Result<SessionKey, StoreError> {
        (**self).open(id, identity, parent, at)
    }

    fn view(&self, key: &SessionKey, reads: Reads) -> Result<SessionView, StoreError> {
        (**self).view(key, reads)
    }

    fn commit(&self, commit: &Commit<'_>) -> Result<Committed, StoreError> {
        (**self).commit(commit)
    }

    fn undo(&self, key: &SessionKey, id: DecisionId) -> Result<(), StoreError> {
        (**self).undo(key, id)
    }

    fn settle(&self, id: DecisionId, outcome: &Outcome) -> Result<Option<Settled>, StoreError> {
        (**self).settle(id, outcome)
    }

    fn close(&self, key: &SessionKey) -> Result<(), StoreError> {
        (**self).close(key)
    }

    fn release(&self, key: &SessionKey) -> Result<(), StoreError> {
        (**self).release(key)
    }
}

/// One decision, as the store keeps it.
#[derive(Clone, Debug)]
pub struct Commit<'a> {
    /// The session
    pub key: &'a SessionKey,
    /// The decision, which is also the mutation's id
    pub id: DecisionId,
    /// When it was decided
    pub at: Timestamp,
    /// What goes into `tool_calls`, for a tool call
    pub call: Option<CallEntry>,
    /// Tokens to reserve
    pub reserve: u64,
    /// Allowed: it counts, and `settle` will find it
    pub allowed: bool,
    /// Somebody will report on it, and the session stays open until then. False for a call that was handed
    /// over to code that may never say what became of it.
    pub holds: bool,
    /// Commit only if the tree's version is still this one
    pub version: Option<u64>,
}

/// What became of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It is written
    Done,
    /// The tree has changed since it was read: look and evaluate again
    Stale,
}

/// What became of a settlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The session of the decision
    pub key: SessionKey,
    /// When it was decided; `None` where it was settled before
    pub since: Option<Timestamp>,
}

/// The store refused or did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// No such session in this tenant
    Unknown,
    /// The session is closed
    Closed,
    /// The session, its agent or its tenant was stopped
    Killed,
    /// It exists under another identity
    Identity,
    /// The identity is over its bounds
    Large(TooLarge),
    /// The asked scope is not within the parent's
    Scope,
    /// A bound was reached
    Full(&'static str),
    /// It did not answer
    Unavailable(String),
}

impl StoreError {
    /// The reason code of the denial that follows.
    pub fn code(&self) -> ReasonCode {
        match self {
            Self::Unknown => ReasonCode::NoSession,
            Self::Closed => ReasonCode::SessionClosed,
            Self::Killed => ReasonCode::SessionKilled,
            Self::Scope => ReasonCode::ScopeExceeded,
            Self::Identity | Self::Large(_) | Self::Full(_) | Self::Unavailable(_) => ReasonCode::Unavailable,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("no such session in this tenant"),
            Self::Closed => f.write_str("the session is closed; open a new one"),
            Self::Killed => f.write_str("the session was stopped by an operator"),
            Self::Identity => f.write_str("the session exists under another identity"),
            Self::Large(what) => what.fmt(f),
            Self::Scope => f.write_str("the requested scope is not within the parent's"),
            Self::Full(what) => write!(f, "the store holds too many {what}"),
            Self::Unavailable(why) => write!(f, "the store did not answer: {why}"),
        }
    }
}

impl std::error::Error for StoreError {}

/// The audit log.
pub trait AuditSink: Send + Sync {
    /// Writes one record, whole, before it returns.
    fn append(&self, record: &Record<'_>) -> Result<(), SinkError>;
}

/// A record could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkError(pub String);

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the audit record could not be written: {}", self.0)
    }
}

impl std::error::Error for SinkError {}
