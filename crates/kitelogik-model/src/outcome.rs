//! What became of an action that was allowed.

use crate::MAX_INTEGER;
use kitelogik_value::{Number, Value};

/// How an action ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeKind {
    /// It ran to its end
    Ok,
    /// It failed
    Error,
    /// It was cancelled before its end
    Cancelled,
    /// Nobody reported; written when the process that held it is known to be gone
    Unknown,
}

impl OutcomeKind {
    /// The word in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Ok, Self::Error, Self::Cancelled, Self::Unknown].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What a model call used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// Tokens read
    pub input_tokens: u64,
    /// Tokens written
    pub output_tokens: u64,
    /// What counts against a budget, where the provider says it; else the sum of the two
    pub total_tokens: Option<u64>,
    /// In the operator's currency, never negative
    pub cost: Option<Number>,
}

impl Usage {
    /// Tokens that count against a budget; at most [`MAX_INTEGER`].
    pub fn tokens(&self) -> u64 {
        let sum = || self.input_tokens.saturating_add(self.output_tokens);
        self.total_tokens.unwrap_or_else(sum).min(MAX_INTEGER)
    }

    /// The JSON form.
    pub fn to_value(&self) -> Value {
        let mut pairs = vec![
            ("input_tokens", Value::from(self.input_tokens)),
            ("output_tokens", self.output_tokens.into()),
            ("total_tokens", self.tokens().into()),
        ];
        pairs.extend(self.cost.clone().map(|cost| ("cost", cost.into())));
        Value::object(pairs)
    }
}

/// A report on an action that was allowed.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// How it ended
    pub kind: OutcomeKind,
    /// What a model call used; `None` settles at the reservation
    pub usage: Option<Usage>,
    /// Type and message of the failure
    pub error: Option<(String, String)>,
}
