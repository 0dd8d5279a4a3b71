//! The audit log: one record, one line of JSON, one write.
//!
//! A line is ASCII, ends in `\n` and has a fixed order of keys (contract, section 5, profile `kitelogik`).
//! Several threads, processes and forks may append to one file: each line goes out in a single `write(2)` to
//! a file opened for appending, so that lines never mix.
#![forbid(unsafe_code)]

mod columns;
mod file;
mod line;
mod object;
mod reader;

pub use columns::{Column, LINES, LineKind, Shape, Stands, columns};
pub use file::{JsonlLog, OpenError};
pub use line::{MAX_ARGS_BYTES, MAX_ERROR_BYTES, render};
pub use reader::{Line, Lines, MAX_LINE_BYTES};
