//! Rego policies from a directory: dialects, units, scope, version; and the redaction that they can ask for.
#![forbid(unsafe_code)]

mod answer;
mod ask;
mod constant;
mod data;
mod diagnostic;
mod directory;
mod evaluate;
mod inspect;
mod metadata;
mod opa;
mod package;
mod parsed;
mod policies;
mod reach;
mod redact;
mod tako;
mod tree;
mod unit;
mod version;
mod yaml;

pub use diagnostic::{Diagnostic, LoadError};
pub use directory::{File, Limits, read};
pub use inspect::{FileView, Inspection, RegoView, inspect};
pub use kitelogik_rego::{Dialect, Limits as EvaluationLimits};
pub use package::Package;
pub use policies::{LoadOptions, Policies, TagTest, UnitView};
pub use redact::{MAX_MATCHES, MAX_PATTERN, MAX_PATTERNS, MAX_TEXT, REDACTED, RedactError, redact};
pub use unit::Scope;
pub use version::version;
