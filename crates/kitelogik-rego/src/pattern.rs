//! Regular expressions in RE2's syntax, as Go reads it, over the `regex` crate.

use crate::{builtin::BuiltinError, builtins::translate, failure::Limit};
use regex::{Regex, RegexBuilder};
use std::{fmt, ops::Range};

/// The bytes that a compiled pattern may take: `(a{1000}){1000}` is refused.
const MAX_PROGRAM: usize = 4 << 20;

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
    builder(&translated, max_bytes, max_bytes).build().map_err(|error| refusal(pattern, &error))
}

fn builder(expression: &str, program: usize, table: usize) -> RegexBuilder {
    let mut builder = RegexBuilder::new(expression);
    builder.size_limit(program).dfa_size_limit(table);
    builder
}

fn refusal(pattern: &str, error: &regex::Error) -> String {
    let reason = error.to_string();
    let reason = reason.lines().last().unwrap_or("").trim_start_matches("error: ");
    format!("{reason}: `{pattern}`")
}

/// The bytes that a pattern may have: compiling takes a tenth of a millisecond a byte at worst.
const MAX_PATTERN: usize = 64 << 10;

/// What a program of at most so many bytes costs.
struct Size {
    program: usize,
    /// The bytes of each table of states that a search fills
    table: usize,
    /// Steps to compile it; one for each microsecond or so
    steps: u64,
    /// The bytes that it holds while it is kept: two directions, their tables and what belongs to a search
    kept: usize,
    /// How many times as long as in the smallest a search may take
    search: u64,
}

/// What a program needs is known once it is compiled, so the smallest size is tried first.
const SIZES: [Size; 4] = [
    Size { program: 16 << 10, table: 128 << 10, steps: 250, kept: 64 << 10, search: 1 },
    Size { program: 128 << 10, table: 256 << 10, steps: 2_500, kept: 512 << 10, search: 2 },
    Size { program: 1 << 20, table: 512 << 10, steps: 20_000, kept: 3 << 20, search: 8 },
    Size { program: MAX_PROGRAM, table: 1 << 20, steps: 80_000, kept: 9 << 20, search: 32 },
];

/// A compiled pattern of a policy, with what it cost.
pub(crate) struct Compiled {
    pub(crate) regex: Regex,
    /// The steps that were charged for it
    pub(crate) steps: u64,
    /// The bytes that it holds while it is kept
    pub(crate) bytes: usize,
    /// Steps for each 64 bytes of a text that is searched
    pub(crate) search: u64,
}

impl Compiled {
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// An error for a pattern that is too long to be looked at.
pub(crate) fn check_length(pattern: &str) -> Result<(), BuiltinError> {
    if pattern.len() > MAX_PATTERN {
        let message = format!("pattern has {} bytes, more than {MAX_PATTERN}", pattern.len());
        return Err(BuiltinError::failed(message));
    }
    Ok(())
}

/// Compiles a pattern of a policy; `charge` is asked before each piece of work.
pub(crate) fn compile(
    pattern: &str,
    charge: impl FnMut(u64) -> Result<(), Limit>,
) -> Result<Compiled, BuiltinError> {
    check_length(pattern)?;
    let failed = |reason| BuiltinError::failed(format!("error parsing regexp: {reason}"));
    let translated = translate(pattern).map_err(failed)?;
    // To fold the case of a class takes as long as ten of its like.
    let rate = if folds_case(pattern) { 32 } else { 3 };
    let steps = rate * pattern.len() as u64;
    compile_expression(&translated, MAX_PROGRAM, steps, |_| (), charge)?
        .map_err(|error| failed(refusal(pattern, &error)))
}

/// Compiles what the `regex` crate reads, to a program of at most one of [`SIZES`]: each try takes `steps` and those of its size. The outer error is the
/// meter's, the inner one the crate's.
pub(crate) fn compile_expression(
    expression: &str,
    most: usize,
    steps: u64,
    configure: impl Fn(&mut RegexBuilder),
    mut charge: impl FnMut(u64) -> Result<(), Limit>,
) -> Result<Result<Compiled, regex::Error>, BuiltinError> {
    let mut charged = 0;
    let mut refused = regex::Error::CompiledTooBig(most);
    // As a rule a program has more bytes than its text.
    let likely = |size: &&Size| size.program >= expression.len().min(most) && size.program <= most;
    for size in SIZES.iter().filter(likely) {
        let cost = size.steps + steps;
        charge(cost)?;
        charged += cost;
        let mut builder = builder(expression, size.program, size.table);
        configure(&mut builder);
        match builder.build() {
            Ok(regex) => {
                let (steps, bytes, search) = (charged, size.kept, size.search);
                return Ok(Ok(Compiled { regex, steps, bytes, search }));
            }
            Err(error @ regex::Error::CompiledTooBig(_)) => refused = error,
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Err(refused))
}

/// True where a group may set the flag `i`.
fn folds_case(pattern: &str) -> bool {
    pattern
        .split("(?")
        .skip(1)
        .any(|after| after.bytes().take_while(|b| b.is_ascii_alphabetic() || *b == b'-').any(|b| b == b'i'))
}
