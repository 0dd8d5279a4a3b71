//! Fuzz target: documents to events.
#![no_main]

#[path = "../properties/event.rs"]
mod event;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| event::hold(bytes));
