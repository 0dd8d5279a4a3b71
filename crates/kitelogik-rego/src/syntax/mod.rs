//! Rego sources: from text to a syntax tree.

pub mod ast;
