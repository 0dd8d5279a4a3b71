//! The governor: one pipeline from event to decision. No clock, file, socket, thread or runtime.
//!
//! [`Governor::decide`] takes an event and gives a decision or a [`Pending`] escalation;
//! [`Governor::resolve`] ends an escalation; [`Governor::report`] settles what an allowed action did. What
//! they need from the world stands behind four ports: [`Env`], [`Evaluator`], [`SessionStore`], [`AuditSink`].
#![forbid(unsafe_code)]

mod combine;
mod finding;
mod governor;
mod hash;
mod input;
mod names;
mod paths;
mod pep;
mod permits;
mod ports;
mod record;

pub use combine::{Combined, MAX_REASON_BYTES, MAX_REASONS, Requirement, combine, cut, two_values};
pub use finding::{Answer, Finding, Findings, Reason, UnitFailure};
pub use governor::{Done, Governor, GovernorOptions, Pending, Request, Unknown};
pub use hash::hash;
pub use input::Document;
pub use names::ToolNames;
pub use paths::canonical_twin;
pub use pep::{Capabilities, Handling, Pep};
pub use permits::{MAX_PERMITS, PERMIT_US};
pub use ports::{
    AuditSink, Commit, Committed, Env, Evaluator, Reading, Reads, SessionStore, Settled, SinkError,
    StoreError,
};
pub use record::{DecisionRecord, OutcomeRecord, Record, ReloadRecord};
