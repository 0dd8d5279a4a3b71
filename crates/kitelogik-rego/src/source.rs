//! Sources and what is wrong with them: text, dialect, places, diagnostics.

use crate::{
    Place,
    syntax::{
        SyntaxError,
        ast::{Module, Span, Version},
        parse_any, parse_module,
    },
};
use std::fmt;

/// A Rego file.
#[derive(Clone, Debug)]
pub struct Source {
    /// How diagnostics and fired rules name it
    pub path: String,
    /// Its text
    pub text: String,
    /// Its dialect
    pub dialect: Dialect,
}

/// The dialect of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Version 1; if it cannot be read so, version 0; else version 0 read leniently
    #[default]
    Auto,
    /// Before OPA 1.0
    V0,
    /// Version 0 with `in`, `every`, `if` and `contains` without import, which OPA refuses
    V0Lenient,
    /// OPA 1.0 and after
    V1,
}

/// What is wrong with a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// OPA's code, such as `rego_parse_error`
    pub code: &'static str,
    /// What is wrong
    pub message: String,
    /// Where
    pub place: Place,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.place, self.code, self.message)
    }
}

impl std::error::Error for Diagnostic {}

/// Everything that is wrong with some sources.
pub type Diagnostics = Vec<Diagnostic>;

/// Reads a source in its dialect.
pub(crate) fn parse(source: &Source, file: u32) -> Result<Module, Vec<SyntaxError>> {
    match source.dialect {
        Dialect::V0 => parse_module(&source.text, file, Version::V0),
        Dialect::V0Lenient => parse_module(&source.text, file, Version::V0Lenient),
        Dialect::V1 => parse_module(&source.text, file, Version::V1),
        Dialect::Auto => parse_any(&source.text, file),
    }
}

/// Bytes of a long line between two marks.
const STRIDE: usize = 1024;

/// A source's path and text, to turn offsets into lines and columns.
#[derive(Clone)]
pub(crate) struct Lines {
    path: String,
    text: String,
    marks: Vec<Mark>,
}

/// Line and column, both from 1, of an offset: of each line's begin, and within long lines every `STRIDE`.
/// Without them a place would cost as much as the text before it is long.
#[derive(Clone, Copy)]
struct Mark {
    at: usize,
    line: u32,
    column: u32,
}

impl Lines {
    pub(crate) fn new(source: &Source) -> Self {
        let (path, text) = (source.path.clone(), source.text.clone());
        let mut mark = Mark { at: 0, line: 1, column: 1 };
        let mut marks = vec![mark];
        let mut column = 1;
        for (at, c) in text.char_indices() {
            if c == '\n' {
                mark = Mark { at: at + 1, line: mark.line.saturating_add(1), column: 1 };
                marks.push(mark);
                column = 1;
                continue;
            }
            if at - mark.at >= STRIDE {
                mark = Mark { at, line: mark.line, column };
                marks.push(mark);
            }
            column = column.saturating_add(1);
        }
        Self { path, text, marks }
    }
}

pub(crate) fn place(files: &[Lines], span: Span) -> Place {
    let Some(file) = files.get(span.file as usize) else { return Place::default() };
    let offset = span.start as usize;
    let marked = file.marks.partition_point(|mark| mark.at <= offset);
    let Some(mark) = marked.checked_sub(1).and_then(|last| file.marks.get(last)) else {
        return Place::default();
    };
    let since = file.text.get(mark.at..offset).unwrap_or_default().chars().count();
    Place { file: file.path.clone(), line: mark.line, column: mark.column.saturating_add(since as u32) }
}

pub(crate) fn located(files: &[Lines], span: Span) -> String {
    let Place { file, line, .. } = place(files, span);
    format!("{file}:{line}")
}

pub(crate) fn diagnostic(files: &[Lines], code: &'static str, message: String, span: Span) -> Diagnostic {
    Diagnostic { code, message, place: place(files, span) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::string_slice)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_what_counting_from_the_begin_gives() {
        let long = "é=".repeat(2000);
        for text in ["", "\n", "a", "a\n\nb é c\n", &long, &format!("x\n{long}\n{long}y")] {
            let source = Source { path: "p".into(), text: text.into(), dialect: Dialect::V1 };
            let files = [Lines::new(&source)];
            for offset in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
                let before = &text[..offset];
                let line = before.matches('\n').count() as u32 + 1;
                let column = before.rsplit('\n').next().unwrap().chars().count() as u32 + 1;
                let span = Span { file: 0, start: offset as u32, end: offset as u32 };
                assert_eq!(place(&files, span), Place { file: "p".into(), line, column });
            }
        }
    }
}
