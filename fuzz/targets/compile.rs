//! Fuzz target: Rego sources to programs.
#![no_main]

#[path = "../properties/compile.rs"]
mod compile;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| compile::hold(bytes));
