//! Records as they are asked for.

use super::{csv::Csv, table::Table};
use crate::{output::Format, progress::Progress};
use kitelogik::value::Value;
use std::io::{self, BufWriter, Write};

/// Prints records in one form.
pub(super) trait Printer {
    /// Prints a record, given as its line too.
    fn record(&mut self, line: &[u8], record: &Value) -> io::Result<()>;
    /// Prints what is left.
    fn finish(&mut self) -> io::Result<()>;
}

/// What prints to stdout.
pub(super) fn printer(format: Format, progress: &Progress) -> io::Result<Box<dyn Printer>> {
    let out = || BufWriter::new(progress.before(io::stdout().lock()));
    Ok(match format {
        Format::Json => Box::new(Lines(out())),
        Format::Csv => Box::new(Csv::new(out())?),
        Format::Text => {
            let out = BufWriter::new(progress.before(anstream::stdout().lock()));
            let width = terminal_size::terminal_size_of(io::stdout());
            Box::new(Table::new(out, width.map(|(width, _)| width.0.into())))
        }
    })
}

/// The lines as they are.
struct Lines<W>(W);

impl<W: Write> Printer for Lines<W> {
    fn record(&mut self, line: &[u8], _record: &Value) -> io::Result<()> {
        self.0.write_all(line)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
