//! Records as a table, for people.

use super::printer::Printer;
use crate::{audit::row::Row, output::effect_style};
use anstyle::Style;
use kitelogik::value::Value;
use std::io::{self, Write};
use unicode_width::UnicodeWidthChar;

/// The widths are those of so many rows; later ones come as soon as they are found.
const MEASURED: usize = 1_000;
/// The same in bytes.
const MEASURED_BYTES: usize = 1 << 20;
/// Between two columns.
const GAP: usize = 2;
const HEADER: [&str; 6] = ["TIME", "EFFECT", "EVENT", "WHAT", "USER/SESSION", "REASON"];
/// How far a column follows its cells.
const WIDE: [usize; 6] = [32, 16, 16, 48, 48, usize::MAX];
/// How far it gives way where the terminal is too narrow for all.
const NARROW: [usize; 6] = [20, 9, 14, 32, 20, usize::MAX];

/// Prints rows in aligned columns.
pub(super) struct Table<W> {
    out: W,
    /// Columns of the terminal, if it is one: no line is longer
    terminal: Option<usize>,
    waiting: Vec<Cells>,
    bytes: usize,
    widths: Option<[usize; 6]>,
}

type Cells = [String; 6];

impl<W: Write> Table<W> {
    pub(super) fn new(out: W, terminal: Option<usize>) -> Self {
        Self { out, terminal, waiting: Vec::new(), bytes: 0, widths: None }
    }

    /// Prints what was waiting for the widths.
    fn begin(&mut self) -> io::Result<()> {
        let rows = std::mem::take(&mut self.waiting);
        let header = HEADER.map(str::to_owned);
        let mut widths = [0; 6];
        for row in rows.iter().chain([&header]) {
            for ((width, cell), wide) in widths.iter_mut().zip(row).zip(WIDE) {
                *width = width_of(cell).min(wide).max(*width);
            }
        }
        let whole = widths.iter().sum::<usize>() + GAP * (widths.len() - 1);
        if self.terminal.is_some_and(|terminal| whole > terminal) {
            for (width, narrow) in widths.iter_mut().zip(NARROW) {
                *width = narrow.min(*width);
            }
        }
        self.out.write_all(self.line(&header, &widths, true).as_bytes())?;
        for row in &rows {
            self.out.write_all(self.line(row, &widths, false).as_bytes())?;
        }
        self.widths = Some(widths);
        Ok(())
    }

    fn line(&self, cells: &Cells, widths: &[usize; 6], is_header: bool) -> String {
        let mut line = String::new();
        let mut left = self.terminal.unwrap_or(usize::MAX);
        for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
            let is_last = column + 1 == cells.len();
            // Where nothing is cut, a cell that is longer than those measured moves the rest of its line.
            let room = if self.terminal.is_none() || is_last { left } else { left.min(*width) };
            let style = match column {
                _ if is_header => Style::new().bold(),
                1 => effect_style(cell),
                _ => Style::new(),
            };
            let cell = cut(cell, room);
            line.push_str(&format!("{style}{cell}{style:#}"));
            left = left.saturating_sub(width_of(&cell));
            if !is_last {
                let gap = left.min(width.saturating_sub(width_of(&cell)) + GAP);
                line.push_str(&" ".repeat(gap));
                left -= gap;
            }
        }
        line.truncate(line.trim_end().len());
        line + "\n"
    }
}

impl<W: Write> Printer for Table<W> {
    fn record(&mut self, _line: &[u8], record: &Value) -> io::Result<()> {
        let Row { time, effect, event, what, who, why } = Row::of(record);
        let cells = [seconds(time), effect, event, what, who, why];
        if let Some(widths) = &self.widths {
            return self.out.write_all(self.line(&cells, widths, false).as_bytes());
        }
        self.bytes += cells.iter().map(String::len).sum::<usize>();
        self.waiting.push(cells);
        if self.waiting.len() < MEASURED && self.bytes < MEASURED_BYTES { Ok(()) } else { self.begin() }
    }

    fn finish(&mut self) -> io::Result<()> {
        if !self.waiting.is_empty() {
            self.begin()?;
        }
        self.out.flush()
    }
}

/// A time without what is below the second.
fn seconds(time: String) -> String {
    match time.split_once('.') {
        Some((whole, _)) if time.ends_with('Z') => format!("{whole}Z"),
        _ => time,
    }
}

/// The columns that a text takes, counted as terminals do, character by character.
fn width_of(text: &str) -> usize {
    text.chars().filter_map(UnicodeWidthChar::width).sum()
}

/// The text if it fits, else its beginning and an ellipsis.
fn cut(text: &str, room: usize) -> String {
    if width_of(text) <= room {
        return text.to_owned();
    }
    let Some(mut left) = room.checked_sub(1) else { return String::new() };
    let fits = |c: &char| {
        let width = c.width().unwrap_or(0);
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    text.chars().take_while(fits).chain(['…']).collect()
}
