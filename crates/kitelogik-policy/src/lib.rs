//! Rego policies from a directory: dialects, units, scope, version.
#![forbid(unsafe_code)]

mod answer;
mod diagnostic;
mod directory;
mod policies;
mod unit;
mod version;

pub use diagnostic::{Diagnostic, LoadError};
pub use directory::{File, Limits, read};
pub use policies::{Policies, UnitView};
pub use version::version;
