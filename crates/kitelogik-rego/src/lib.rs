//! The Rego language: parser, compiler and evaluator. Knows nothing of agents.
#![forbid(unsafe_code)]

mod arena;
pub mod builtin;
mod context;
mod eval;
mod failure;
mod limits;
mod ops;
pub mod val;

pub use arena::Arena;
pub use context::Context;
pub use failure::{Failure, Limit, Place};
pub use limits::Limits;
pub use val::Val;
