//! What can be wrong with a JSON text, and where.

use std::fmt;

/// A JSON text was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What was wrong
    pub kind: ErrorKind,
    /// Byte offset, from 0
    pub offset: usize,
    /// Line, from 1
    pub line: usize,
    /// Column in characters, from 1
    pub column: usize,
}

/// What was wrong with a JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// More bytes than [`Limits::max_bytes`](super::Limits)
    TooLarge {
        /// The bound, in bytes
        limit: usize,
    },
    /// More levels than [`Limits::max_depth`](super::Limits)
    TooDeep {
        /// The bound, in levels
        limit: usize,
    },
    /// The bytes are not UTF-8
    NotUtf8,
    /// A `\uD800`–`\uDFFF` escape without its other half
    LoneSurrogate,
    /// The same key twice in one object
    DuplicateKey(String),
    /// No number of the JSON grammar, or an exponent beyond ±999,999,999
    BadNumber,
    /// A control character, an unknown escape or no end
    BadString(&'static str),
    /// Something else than the grammar wants here
    Expected(&'static str),
}

impl Error {
    pub(super) fn at(kind: ErrorKind, input: &[u8], offset: usize) -> Self {
        let before = input.get(..offset).unwrap_or(input);
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        let in_line = before.get(line_start..).unwrap_or_default();
        let column = in_line.iter().filter(|b| (**b & 0xC0) != 0x80).count() + 1;
        Self { kind, offset, line, column }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { limit } => write!(f, "more than {limit} bytes"),
            Self::TooDeep { limit } => write!(f, "nested deeper than {limit} levels"),
            Self::NotUtf8 => f.write_str("not UTF-8"),
            Self::LoneSurrogate => f.write_str("a surrogate escape without its other half"),
            Self::DuplicateKey(key) => write!(f, "key `{}` occurs twice in one object", key.escape_debug()),
            Self::BadNumber => f.write_str("not a JSON number, or out of range"),
            Self::BadString(what) => write!(f, "string with {what}"),
            Self::Expected(what) => write!(f, "expected {what}"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at line {} column {}", self.kind, self.line, self.column)
    }
}

impl std::error::Error for Error {}
