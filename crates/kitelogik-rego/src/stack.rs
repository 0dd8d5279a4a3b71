//! Room to recurse: sources and values nest up to 2,000 levels, and threads may have small stacks.

/// Stack that must be left before nesting, and how much is added where it is not.
const RED_ZONE: usize = 128 << 10;
const PIECE: usize = 1 << 20;

/// Runs with enough stack for one more level.
pub(crate) fn with_room<T>(run: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RED_ZONE, PIECE, run)
}
