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
}

/// The style of an effect's word.
pub(crate) fn effect_style(effect: &str) -> Style {
    match effect {
        "allow" | "ok" => AnsiColor::Green.on_default(),
        "deny" | "error" => AnsiColor::Red.on_default().bold(),
        _ => AnsiColor::Yellow.on_default(),
    }
}

/// Control characters as escapes.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect()
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

/// Writes to stdout; a reader that has gone away ends the command quietly.
pub(crate) fn print(text: &str) -> io::Result<bool> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        other => other.map(|()| true),
    }
}

/// Writes to stdout byte for byte; the writer above takes out control characters where stdout is no terminal.
pub(crate) fn data(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Lines on stderr, as they are.
pub(crate) fn talk(text: &str) {
    // If stderr is gone there is nobody left to tell.
    let _ = io::stderr().write_all(text.as_bytes());
}
