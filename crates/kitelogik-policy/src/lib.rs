//! Rego policies from a directory: dialects, units, scope, version.
#![forbid(unsafe_code)]

mod answer;
mod data;
mod diagnostic;
mod directory;
mod evaluate;
mod inspect;
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
pub use inspect::{FileView, Inspection, RegoView, inspect};
pub use kitelogik_rego::{Dialect, Limits as EvaluationLimits};
pub use policies::{LoadOptions, Policies, TagTest, UnitView};
pub use unit::Scope;
pub use version::version;
