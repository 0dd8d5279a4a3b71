//! JSON (RFC 8259), strict and bounded: no duplicate keys unless asked for, no lone surrogates, no NaN, no
//! bytes after the value; size and depth limited; nothing recurses on the input's depth.

mod error;
mod parse;
mod plain;
mod reader;
mod size;
mod write;

pub use error::{Error, ErrorKind};
pub use parse::{Duplicates, parse, parse_with};
pub use reader::{Reader, Token};
pub use size::{string_len, written_len};
pub use write::{to_ascii, to_string, write, write_ascii, write_string, write_string_ascii, write_whole};

/// Bounds of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole text
    pub max_bytes: usize,
    /// Arrays and objects within each other; never more than [`MAX_DEPTH`](crate::MAX_DEPTH)
    pub max_depth: usize,
}

impl Limits {
    /// An event: 1 MiB, 64 levels.
    pub const EVENT: Self = Self { max_bytes: 1 << 20, max_depth: 64 };
    /// A data document that an operator wrote: 256 MiB, 2,000 levels.
    pub const DATA: Self = Self { max_bytes: 256 << 20, max_depth: crate::MAX_DEPTH };
}
