//! Tests of the harness itself: it must not find agreement where there is none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod generate;
mod kept;
mod suite;
mod tagged;
