//! How far a long reading is: on stderr, where that is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};
use std::{
    io::{self, IsTerminal, Read, Write},
    time::{Duration, Instant},
};

/// What takes less has no progress to show.
const LONG: Duration = Duration::from_secs(1);

/// The bar of one reading.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
    started: Instant,
}

impl Progress {
    /// `length` in bytes, where that is known.
    pub(crate) fn new(length: Option<u64>) -> Self {
        let template = match length {
            Some(_) => "{bar:30} {bytes} of {total_bytes}, {eta} left",
            None => "{spinner} {bytes} read",
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden());
        Self { bar: bar.with_style(style).with_finish(ProgressFinish::AndClear), started: Instant::now() }
    }

    /// The source, counted while it is read.
    pub(crate) fn watch<R: Read>(&self, source: R) -> impl Read + use<R> {
        Watched { source, progress: self.clone(), shown: false }
    }

    /// Says something else on stderr.
    pub(crate) fn beside(&self, say: impl FnOnce()) {
        self.bar.suspend(say);
    }

    /// A writer to stdout before whose first byte the bar goes, if both would stand on one terminal.
    pub(crate) fn before<W: Write>(&self, out: W) -> impl Write + use<W> {
        Output { out, bar: io::stdout().is_terminal().then(|| self.bar.clone()) }
    }
}

struct Watched<R> {
    source: R,
    progress: Progress,
    shown: bool,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        let Progress { bar, started } = &self.progress;
        if !self.shown && started.elapsed() > LONG && !bar.is_finished() {
            self.shown = true;
            // Draws nothing where stderr is no terminal.
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        bar.inc(read as u64);
        Ok(read)
    }
}

struct Output<W> {
    out: W,
    bar: Option<ProgressBar>,
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
