//! The Rego language: parser, compiler and evaluator. Knows nothing of agents.
#![forbid(unsafe_code)]

mod arena;
#[allow(dead_code, reason = "partly reached by the evaluator only")]
pub mod builtin;
mod context;
mod eval;
#[cfg_attr(not(test), expect(dead_code, reason = "reached once syntax is lowered to operations"))]
mod evaluator;
mod failure;
mod limits;
#[allow(dead_code, reason = "reached once sources are parsed")]
mod lower;
#[allow(dead_code, reason = "reached once syntax is lowered to operations")]
mod ops;
mod stack;
pub mod syntax;
#[allow(dead_code, reason = "partly reached by the evaluator only")]
pub mod val;

pub use arena::Arena;
pub use context::Context;
pub use evaluator::{Entry, Evaluator, Fired, Input, InputRoots, Outcome};
pub use failure::{Failure, Limit, Place};
pub use limits::Limits;
pub use val::Val;
