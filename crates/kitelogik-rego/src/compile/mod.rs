//! Checks over whole programs, and what is rewritten before names are resolved. Codes and wording are OPA's.

pub(crate) mod metadata;
pub(crate) mod negation;
pub(crate) mod recursion;
pub(crate) mod rules;
pub(crate) mod strict;
pub(crate) mod types;
pub(crate) mod unused;
mod visit;
