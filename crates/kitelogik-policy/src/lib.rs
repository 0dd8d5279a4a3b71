//! Rego policies from a directory: dialects, units, scope, version.
#![forbid(unsafe_code)]

mod answer;
mod data;
mod diagnostic;
mod directory;
mod evaluate;
mod metadata;
mod opa;
mod parsed;
mod policies;
mod reach;
mod tree;
mod unit;
mod version;
mod yaml;

pub use diagnostic::{Diagnostic, LoadError};
pub use directory::{File, Limits, read};
pub use policies::{LoadOptions, Policies, UnitView};
pub use unit::Scope;
pub use version::version;
