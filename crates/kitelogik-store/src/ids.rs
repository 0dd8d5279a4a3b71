//! Tables by decision id.

use kitelogik_model::DecisionId;
use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// A table by decision id.
pub(crate) type ById<T> = HashMap<DecisionId, T, BuildHasherDefault<IdHasher>>;

/// An id is random bits and a time: folded it is its own hash. The governor makes them, so that nobody can choose
/// ids that collide.
#[derive(Debug, Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u128(&mut self, id: u128) {
        self.0 = (id ^ (id >> 64)) as u64;
    }
}
