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

/// A source's path and text, to turn offsets into lines and columns.
#[derive(Clone)]
pub(crate) struct Lines {
    path: String,
    text: String,
}

impl Lines {
    pub(crate) fn new(source: &Source) -> Self {
        Self { path: source.path.clone(), text: source.text.clone() }
    }
}

pub(crate) fn place(files: &[Lines], span: Span) -> Place {
    let Some(file) = files.get(span.file as usize) else { return Place::default() };
    let before = file.text.get(..span.start as usize).unwrap_or_default();
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Place { file: file.path.clone(), line: line as u32, column: column as u32 }
}

pub(crate) fn located(files: &[Lines], span: Span) -> String {
    let Place { file, line, .. } = place(files, span);
    format!("{file}:{line}")
}

pub(crate) fn diagnostic(files: &[Lines], code: &'static str, message: String, span: Span) -> Diagnostic {
    Diagnostic { code, message, place: place(files, span) }
}
