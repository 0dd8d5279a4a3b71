//! Fuzz target: Rego text to syntax trees.
#![no_main]

#[path = "../properties/parse.rs"]
mod parse;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| parse::hold(bytes));
