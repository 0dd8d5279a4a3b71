//! What an evaluation may know of the world: the time, randomness and a clock, all given by the caller.

use rand_chacha::{
    ChaCha20Rng,
    rand_core::{RngCore as _, SeedableRng as _},
};
use std::{fmt, time::Duration};

/// The world as an evaluation sees it. Two evaluations with equal contexts and inputs give equal results.
#[derive(Clone, Copy)]
pub struct Context<'c> {
    /// What `time.now_ns` says: nanoseconds since the Unix epoch
    pub now_ns: i64,
    /// All randomness and all ids derive from it; give secret bytes where ids must not be guessed
    pub seed: [u8; 32],
    /// A clock that only moves forward, read every 4,096 steps, and oftener while a long text is searched, when a
    /// deadline is set
    pub clock: Option<&'c dyn Fn() -> Duration>,
}

impl Context<'_> {
    /// A world that stands still: this time, a seed of zeros, no clock. For replay and tests.
    pub const fn at(now_ns: i64) -> Self {
        Self { now_ns, seed: [0; 32], clock: None }
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("now_ns", &self.now_ns).finish_non_exhaustive()
    }
}

/// The stream of random bytes of one evaluation, set up on first use.
#[derive(Default)]
pub(crate) struct Random(Option<Box<ChaCha20Rng>>);

impl Random {
    pub(crate) fn fill(&mut self, seed: &[u8; 32], out: &mut [u8]) {
        self.0.get_or_insert_with(|| Box::new(ChaCha20Rng::from_seed(*seed))).fill_bytes(out);
    }
}
