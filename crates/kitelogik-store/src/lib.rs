//! Session stores behind one contract suite.
//!
//! [`MemoryStore`] lives and dies with its process. The suite in `tests/it` is written against the port, so
//! that a further backend is a further line in it.
#![forbid(unsafe_code)]

mod ids;
mod memory;
mod session;

pub use memory::MemoryStore;
