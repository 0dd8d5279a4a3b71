//! Fuzz target: bytes to JSON values.
#![no_main]

#[path = "../properties/json.rs"]
mod json;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| json::hold(bytes));
