//! What can end an evaluation without an answer.

use std::fmt;

/// A place in a source: file name as given at compile time, line and column from 1. Line 0 means unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The source's path, as the caller named it
    pub file: String,
    /// Line, from 1
    pub line: u32,
    /// Column in characters, from 1
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// The bound that an evaluation ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// More steps than `Limits::steps`
    Steps,
    /// More arena bytes than `Limits::memory`
    Memory,
    /// A collection of more members than `Limits::items`
    Items,
    /// Calls or values nested deeper than `Limits::depth`
    Depth,
    /// Longer than `Limits::deadline`
    Deadline,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Steps => {
                "evaluation took more steps than allowed; raise the step limit or simplify the policy"
            }
            Self::Memory => "evaluation needed more memory than allowed",
            Self::Items => "a collection has more members than allowed",
            Self::Depth => "evaluation nested deeper than allowed",
            Self::Deadline => "evaluation took longer than allowed",
        })
    }
}

/// Why an evaluation has no answer. Undefined is an answer and is not here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// A bound was reached
    Limit(Limit),
    /// Two values where there may be one: complete rules, functions, object keys
    Conflict {
        /// OPA's wording
        message: String,
        /// The rule or expression
        at: Place,
    },
    /// A builtin function refused its arguments or failed, and such errors are strict
    Builtin {
        /// The function's name
        name: String,
        /// What it said, OPA's wording where OPA has one
        message: String,
        /// True where an operand had the wrong type (`eval_type_error`), else `eval_builtin_error`
        operand: bool,
        /// The call
        at: Place,
    },
    /// Another error of evaluation, with OPA's code
    Other {
        /// OPA's code, such as `eval_with_merge_error`
        code: &'static str,
        /// OPA's wording
        message: String,
        /// The expression
        at: Place,
    },
    /// The input is no JSON document
    Input(kitelogik_value::json::Error),
}

impl Failure {
    /// True for what a rule did wrong, false for a bound that was reached and for input that cannot be read.
    pub(crate) fn is_of_a_rule(&self) -> bool {
        matches!(self, Self::Conflict { .. } | Self::Builtin { .. } | Self::Other { .. })
    }

    /// OPA's error code, or `eval_cancel_error` for a bound that was reached.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Limit(_) => "eval_cancel_error",
            Self::Conflict { .. } => "eval_conflict_error",
            Self::Builtin { operand: true, .. } => "eval_type_error",
            Self::Builtin { .. } => "eval_builtin_error",
            Self::Other { code, .. } => code,
            Self::Input(_) => "invalid_input",
        }
    }

    /// The message without place and code.
    pub fn message(&self) -> String {
        match self {
            Self::Limit(limit) => limit.to_string(),
            Self::Conflict { message, .. } | Self::Other { message, .. } => message.clone(),
            Self::Builtin { name, message, .. } => format!("{name}: {message}"),
            Self::Input(error) => format!("input: {error}"),
        }
    }

    /// Where it happened, if it is known.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Conflict { at, .. } | Self::Builtin { at, .. } | Self::Other { at, .. } if at.line > 0 => {
                Some(at)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = self.place() {
            write!(f, "{at}: ")?;
        }
        write!(f, "{}: {}", self.code(), self.message())
    }
}

impl std::error::Error for Failure {}

impl From<Limit> for Failure {
    fn from(limit: Limit) -> Self {
        Self::Limit(limit)
    }
}
