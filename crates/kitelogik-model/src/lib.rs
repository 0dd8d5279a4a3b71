//! Events, decisions, principals, sessions and reason codes: the versioned JSON contract.
//!
//! Pure data and its JSON form. What an event may say is checked here ([`Event::from_value`]); what follows
//! from it is decided elsewhere.
#![forbid(unsafe_code)]

mod decision;
mod event;
mod id;
mod invalid;
mod outcome;
mod reason;
mod session;
mod timestamp;

pub use decision::{Decision, Effect, Match, Verdict};
pub use event::{Event, EventKind, MAX_INTEGER, Phase, Transport};
pub use id::{DecisionId, hex};
pub use invalid::InvalidEvent;
pub use outcome::{Outcome, OutcomeKind, Usage};
pub use reason::ReasonCode;
pub use session::{
    CallEntry, Counters, Identity, MAX_NAME_BYTES, MAX_NAMES, MAX_NAMES_BYTES, SessionKey, SessionView,
    TooLarge,
};
pub use timestamp::Timestamp;

/// The version of the JSON contract: `schema` in input documents and audit records.
pub const SCHEMA: i64 = 1;
