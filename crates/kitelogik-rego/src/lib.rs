//! The Rego language: parser, compiler and evaluator. Knows nothing of agents.
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
mod program;
mod stack;
pub mod syntax;
pub mod val;

pub use arena::Arena;
pub use context::Context;
pub use evaluator::{Entry, Evaluator, Fired, Input, InputRoots, Outcome};
pub use failure::{Failure, Limit, Place};
pub use limits::Limits;
pub use program::{Diagnostic, Diagnostics, Dialect, Options, Program, Source};
pub use val::Val;
