//! The Rego language: parser, compiler and evaluator. Knows nothing of agents.
#![doc = ""]
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod arena;
pub mod builtin;
pub mod builtins;
mod compile;
mod context;
mod eval;
mod evaluator;
mod failure;
mod limits;
mod lower;
mod ops;
mod pattern;
mod program;
mod source;
mod stack;
pub mod syntax;
pub mod val;
mod yaml;

pub use arena::Arena;
pub use context::Context;
pub use evaluator::{Entry, Evaluator, Fired, Input, InputRoots, Outcome, Run};
pub use failure::{Failure, Limit, Place};
pub use limits::Limits;
pub use pattern::{Pattern, PatternError};
pub use program::{Annotated, Options, Program};
pub use source::{Diagnostic, Diagnostics, Dialect, Source};
pub use val::Val;
