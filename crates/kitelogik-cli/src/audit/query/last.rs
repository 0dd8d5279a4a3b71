//! The last lines of many.

use kitelogik::audit::Line;
use std::{collections::VecDeque, num::NonZeroUsize};

/// What may be kept, in bytes.
const MAX_BYTES: usize = 64 << 20;

/// Keeps the last so many lines.
pub(super) struct Last {
    most: NonZeroUsize,
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
}

impl Last {
    pub(super) fn new(most: NonZeroUsize) -> Self {
        Self { most, lines: VecDeque::new(), bytes: 0 }
    }

    pub(super) fn push(&mut self, line: &[u8]) -> Result<(), String> {
        if self.lines.len() == self.most.get() {
            self.bytes -= self.lines.pop_front().map_or(0, |line| line.len());
        }
        self.bytes += line.len();
        self.lines.push_back(line.to_vec());
        if self.bytes > MAX_BYTES {
            let (most, mib) = (self.most, MAX_BYTES >> 20);
            return Err(format!("the last {most} records have more than {mib} MiB; give a smaller --limit"));
        }
        Ok(())
    }

    /// The lines that were kept, in their order.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.lines.iter().map(|line| Line::Whole(line))
    }
}
