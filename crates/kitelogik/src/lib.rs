//! Governance for AI agents: the Rust facade and only composition root.
//!
//! Here the parts meet: the governor of `kitelogik-core`, the system's clock and randomness, a session store
//! and an audit log. Everything public below comes from the crate that owns it.
//!
//! ```
//! use kitelogik::{SystemEnv, core::Env};
//!
//! let env = SystemEnv;
//! assert_ne!(env.entropy(), env.entropy());
//! ```
#![forbid(unsafe_code)]

mod env;

pub use env::SystemEnv;
pub use kitelogik_audit as audit;
pub use kitelogik_core as core;
pub use kitelogik_model as model;
pub use kitelogik_store as store;
pub use kitelogik_value as value;
