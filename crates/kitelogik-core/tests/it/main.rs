//! Laws of combination and the pipeline's failures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bridged;
mod combination;
mod fail_closed;
mod hosted;
mod pipeline;
mod twin;
