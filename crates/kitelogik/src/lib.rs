//! Governance for AI agents: the Rust facade and only composition root.
//!
//! Here the parts meet: policies from directories, the governor of `kitelogik-core`, the system's clock and
//! randomness, a session store and an audit log. [`open`] joins them; what it does not define comes from the
//! crate that owns it.
#![forbid(unsafe_code)]

mod config;
mod env;
mod open;
mod protected;
mod reload;
mod tools;

pub use config::{Config, ConfigError};
pub use env::SystemEnv;
pub use kitelogik_audit as audit;
pub use kitelogik_core as core;
pub use kitelogik_model as model;
pub use kitelogik_policy as policy;
pub use kitelogik_store as store;
pub use kitelogik_value as value;
pub use open::{OpenError, Opened, open};
pub use reload::{ReloadError, Reloaded};
pub use tools::Tools;
