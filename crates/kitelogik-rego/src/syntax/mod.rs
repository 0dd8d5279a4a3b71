//! Rego sources: from text to a syntax tree.

pub mod annotations;
pub mod ast;
mod keywords;
mod lexer;
mod parser;
mod shared;

pub use parser::{SyntaxError, parse_any, parse_body, parse_module};
pub use shared::Shared;
