//! The Rego language: parser, compiler and evaluator. Knows nothing of agents.
#![forbid(unsafe_code)]

mod arena;
#[allow(dead_code, reason = "partly reached by the evaluator only")]
pub mod builtin;
mod context;
#[expect(dead_code, reason = "reached once syntax is lowered to operations")]
mod eval;
mod failure;
mod limits;
#[expect(dead_code, reason = "reached once syntax is lowered to operations")]
mod ops;
#[allow(dead_code, reason = "partly reached by the evaluator only")]
pub mod val;

pub use arena::Arena;
pub use context::Context;
pub use failure::{Failure, Limit, Place};
pub use limits::Limits;
pub use val::Val;
