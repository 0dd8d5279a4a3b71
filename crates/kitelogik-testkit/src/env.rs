//! Time and randomness that count, in a directory that a test names.

use kitelogik_core::Env;
use kitelogik_model::Timestamp;
use std::sync::atomic::{AtomicU64, Ordering};

/// Each reading is one microsecond later and one bit different.
#[derive(Debug)]
pub struct FakeEnv {
    count: AtomicU64,
    directory: Option<String>,
}

impl FakeEnv {
    /// Stands in this directory, or in one that is gone.
    pub fn standing_in(directory: Option<&str>) -> Self {
        Self { directory: directory.map(Into::into), ..Self::default() }
    }
}

impl Default for FakeEnv {
    fn default() -> Self {
        Self { count: AtomicU64::new(1_795_339_800_000_000), directory: Some("/srv/elsewhere".into()) }
    }
}

impl Env for FakeEnv {
    fn now(&self) -> Timestamp {
        Timestamp(self.count.fetch_add(1, Ordering::Relaxed))
    }

    fn entropy(&self) -> u128 {
        self.count.fetch_add(1, Ordering::Relaxed).into()
    }

    fn directory(&self) -> Option<String> {
        self.directory.clone()
    }

    fn home(&self) -> Option<String> {
        Some("/house/ana".into())
    }
}
