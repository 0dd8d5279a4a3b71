//! Why a document is no event.

use crate::ReasonCode;
use std::fmt;

/// A document is no valid event; the decision is `deny` with `invalid_event`, or `invalid_args` where only
/// the arguments are at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidEvent {
    /// The document is no JSON object
    NotAnObject,
    /// `event` is missing or no known kind
    Kind,
    /// A key that no event has
    UnknownKey(String),
    /// A key that the caller may not set: identity, session state, ids and hashes come from the store
    Reserved(String),
    /// A key with a value of another type
    Type {
        /// The key
        key: &'static str,
        /// What it takes
        expected: &'static str,
    },
    /// A key that this kind of event needs
    Missing(&'static str),
}

impl InvalidEvent {
    /// The reason code of the denial that follows: `invalid_args` where only the arguments are at fault.
    pub fn code(&self) -> ReasonCode {
        match self {
            Self::Type { key: "args", .. } | Self::Missing("args") => ReasonCode::InvalidArgs,
            _ => ReasonCode::InvalidEvent,
        }
    }
}

impl fmt::Display for InvalidEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => f.write_str("an event is a JSON object"),
            Self::Kind => f.write_str("`event` must name a known kind of event, such as `tool_call`"),
            Self::UnknownKey(key) => write!(f, "no event has the key `{}`", key.escape_debug()),
            Self::Reserved(key) => {
                write!(
                    f,
                    "`{}` comes from the session and the store, not from the caller",
                    key.escape_debug()
                )
            }
            Self::Type { key, expected } => write!(f, "`{key}` must be {expected}"),
            Self::Missing(key) => write!(f, "this kind of event needs `{key}`"),
        }
    }
}

impl std::error::Error for InvalidEvent {}
