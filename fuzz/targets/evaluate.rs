//! Fuzz target: policies on inputs.
#![no_main]

#[path = "../properties/evaluate.rs"]
mod evaluate;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| evaluate::hold(bytes));
