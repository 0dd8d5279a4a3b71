//! Fakes for the ports of `kitelogik-core`, and the specification's snippets. For tests only: a fake says what
//! it is told to say.
#![forbid(unsafe_code)]

mod env;
mod evaluator;
mod sink;
pub mod spec;
mod store;

pub use env::FakeEnv;
pub use evaluator::{Script, finding, findings};
pub use sink::{Entry, MemorySink};
pub use store::BrokenStore;
