//! The lines of a log, one at a time in bounded memory, also while the log is written.

use std::io::{self, BufRead, BufReader, Read};

/// A longer line is no record: what stands in one is bounded below this.
pub const MAX_LINE_BYTES: usize = 16 << 20;
/// Bytes asked for at once.
const BLOCK: usize = 64 << 10;

/// Reads lines. What a line may hold in memory is bounded by [`MAX_LINE_BYTES`].
#[derive(Debug)]
pub struct Lines<R> {
    source: BufReader<R>,
    line: Vec<u8>,
    /// `line` was handed out, and goes when the next one is asked for.
    given: bool,
    /// The line under way is too long already.
    skipping: bool,
}

/// What stands between two line feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// All of the line, its `\n` included
    Whole(&'a [u8]),
    /// More than [`MAX_LINE_BYTES`], skipped
    TooLong,
}

impl<R: Read> Lines<R> {
    /// Reads from where the source stands.
    pub fn new(source: R) -> Self {
        let source = BufReader::with_capacity(BLOCK, source);
        Self { source, line: Vec::new(), given: false, skipping: false }
    }

    /// The next line that has its end. `None` where the source has no further one now; a source that grows may
    /// be asked again.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        if self.given {
            self.line.clear();
            self.given = false;
        }
        loop {
            // A byte more than allowed tells a line that is too long.
            let room = (MAX_LINE_BYTES + 1).saturating_sub(self.line.len());
            self.source.by_ref().take(room as u64).read_until(b'\n', &mut self.line)?;
            let full = self.line.len() > MAX_LINE_BYTES;
            if self.line.ends_with(b"\n") {
                self.given = true;
                let too_long = std::mem::take(&mut self.skipping) || full;
                return Ok(Some(if too_long { Line::TooLong } else { Line::Whole(&self.line) }));
            }
            if !full {
                return Ok(None);
            }
            self.skipping = true;
            self.line.clear();
        }
    }

    /// Whether bytes stand behind the last line feed: a line that is being written, or that a crash tore.
    pub fn is_unfinished(&self) -> bool {
        self.skipping || !(self.given || self.line.is_empty())
    }

    /// What is read from.
    pub fn source(&self) -> &R {
        self.source.get_ref()
    }
}
