//! Time and randomness that count.

use kitelogik_core::Env;
use kitelogik_model::Timestamp;
use std::sync::atomic::{AtomicU64, Ordering};

/// Each reading is one microsecond later and one bit different.
#[derive(Debug)]
pub struct FakeEnv(AtomicU64);

impl Default for FakeEnv {
    fn default() -> Self {
        Self(AtomicU64::new(1_795_339_800_000_000))
    }
}

impl Env for FakeEnv {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn entropy(&self) -> u128 {
        self.0.fetch_add(1, Ordering::Relaxed).into()
    }
}
