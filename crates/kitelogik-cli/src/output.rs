//! Data to stdout, talk to stderr.

use anstyle::{AnsiColor, Style};
use std::io::{self, Write};

/// What to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs; stable
    Json,
    /// For spreadsheets; only commands that print a table have it
    #[value(skip)]
    Csv,
}

/// The style of an effect's word.
pub(crate) fn effect_style(effect: &str) -> Style {
    match effect {
        "allow" | "ok" => AnsiColor::Green.on_default(),
        "deny" | "error" => AnsiColor::Red.on_default().bold(),
        _ => AnsiColor::Yellow.on_default(),
    }
}

/// Text that came from elsewhere, on one line, with escapes for what a terminal would obey or not show: control and
/// format characters (its codes, changes of the direction of writing, zero widths), unassigned ones, and spaces that
/// are no plain space.
pub(crate) fn plain(text: &str) -> String {
    const QUOTES: [char; 3] = ['\'', '"', '\\'];
    let mut shown = String::with_capacity(text.len());
    for piece in text.split_inclusive(QUOTES) {
        // What Rust escapes for its own sake stays as it is.
        let body = piece.trim_end_matches(QUOTES);
        shown.extend(body.escape_debug());
        shown.push_str(piece.get(body.len()..).unwrap_or_default());
    }
    shown
}

/// Lines on stderr, coloured where that is wanted.
pub(crate) fn talk_styled(text: &str) {
    // If stderr is gone there is nobody left to tell.
    let _ = anstream::stderr().write_all(text.as_bytes());
}

/// One line on stderr.
pub(crate) fn complain(error: &str) {
    let style = AnsiColor::Red.on_default().bold();
    // If stderr is gone there is nobody left to tell.
    let _ = writeln!(anstream::stderr(), "{style}error{style:#}: {error}");
}

/// Writes to stdout; false if the reader has gone away, which ends a command quietly.
pub(crate) fn print(text: &str) -> io::Result<bool> {
    whole(&mut anstream::stdout().lock(), text.as_bytes())
}

/// The same byte for byte; the writer above takes out control characters where stdout is no terminal.
pub(crate) fn data(text: &str) -> io::Result<bool> {
    data_bytes(text.as_bytes())
}

/// The same for what was read as bytes.
pub(crate) fn data_bytes(bytes: &[u8]) -> io::Result<bool> {
    whole(&mut io::stdout().lock(), bytes)
}

/// False if the reader has gone away.
fn whole(out: &mut impl Write, bytes: &[u8]) -> io::Result<bool> {
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        other => other.map(|()| true),
    }
}

/// Lines on stderr, as they are.
pub(crate) fn talk(text: &str) {
    // If stderr is gone there is nobody left to tell.
    let _ = io::stderr().write_all(text.as_bytes());
}
