//! Values, exact numbers, their order, and a bounded JSON reader and writer.
//!
//! The bottom layer: policy data, events, arguments and results are all [`Value`]s. A clone costs one
//! reference count; comparison follows the order that OPA defines across types; numbers keep every digit
//! that they were written with.
//!
//! ```
//! use kitelogik_value::{canonical, json, Value};
//!
//! let args = json::parse(br#"{"path": "/tmp/a", "n": 1e2}"#, &json::Limits::EVENT)?;
//! assert_eq!(args.get("path").and_then(Value::as_str), Some("/tmp/a"));
//! assert_eq!(canonical::to_string(&args), r#"{"n":100,"path":"/tmp/a"}"#);
//! # Ok::<(), json::Error>(())
//! ```
#![forbid(unsafe_code)]

pub mod canonical;
mod decimal;
pub mod json;
mod name;
mod number;
mod order;
mod value;

pub use number::Number;
pub use value::{Kind, Value};

/// How deep a [`Value`] may nest. The JSON reader refuses more whatever its limits say, so that walking a
/// value by recursion is safe on any thread's stack.
pub const MAX_DEPTH: usize = 2_000;
