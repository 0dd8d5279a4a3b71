//! Regular expressions in RE2's syntax, as Go reads it, over the `regex` crate.

use crate::builtins::translate;
use regex::{Regex, RegexBuilder};
use std::{fmt, ops::Range};

/// The bytes that a compiled pattern may take: `(a{1000}){1000}` is refused.
pub(crate) const MAX_PROGRAM: usize = 4 << 20;

/// A regular expression as Rego's `regex.*` read it. One search takes time linear in the text.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

/// What is wrong with a pattern, in Go's words where Go has any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError(pub String);

impl Pattern {
    /// Compiles a pattern that takes at most so many bytes.
    pub fn new(pattern: &str, max_bytes: usize) -> Result<Self, PatternError> {
        build(pattern, max_bytes).map(Self).map_err(PatternError)
    }

    /// Where the pattern is found, from the left, without overlaps; in bytes.
    pub fn find_iter(&self, text: &str) -> impl Iterator<Item = Range<usize>> {
        self.0.find_iter(text).map(|found| found.range())
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PatternError {}

pub(crate) fn build(pattern: &str, max_bytes: usize) -> Result<Regex, String> {
    let translated = translate(pattern)?;
    RegexBuilder::new(&translated).size_limit(max_bytes).dfa_size_limit(max_bytes).build().map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or("").trim_start_matches("error: ");
        format!("{reason}: `{pattern}`")
    })
}
