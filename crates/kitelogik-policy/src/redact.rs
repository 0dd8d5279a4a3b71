//! Redaction: what the patterns of `redact_messages` and `redact_response` find is replaced. Strings in, strings
//! out: which strings of a document are text is for the enforcement point to say.

use kitelogik_rego::{Pattern, PatternError};
use std::{
    borrow::Cow,
    cell::RefCell,
    collections::HashMap,
    fmt,
    ops::Range,
    rc::Rc,
    time::{Duration, Instant},
};

/// What stands in the place of a match.
pub const REDACTED: &str = "[REDACTED]";
/// Patterns that are taken at once.
pub const MAX_PATTERNS: usize = 32;
/// Bytes of one pattern.
pub const MAX_PATTERN: usize = 4 << 10;
/// Bytes of all texts of one call.
pub const MAX_TEXT: usize = 4 << 20;
/// Matches in all texts of one call.
pub const MAX_MATCHES: usize = 100_000;

/// Bytes that one compiled pattern may take.
const MAX_PROGRAM: usize = 1 << 20;
/// Compiled patterns that a thread keeps.
const MAX_KEPT: usize = 4 * MAX_PATTERNS;
/// One search is linear in its text, many of them need not be.
const DEADLINE: Duration = Duration::from_secs(5);

thread_local! {
    static KEPT: RefCell<HashMap<Box<str>, Rc<Pattern>>> = RefCell::default();
}

/// Why nothing was redacted: then nothing may be sent or shown either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedactError {
    /// More patterns than [`MAX_PATTERNS`]
    TooManyPatterns(usize),
    /// A pattern longer than [`MAX_PATTERN`]
    LongPattern(usize),
    /// A pattern that RE2 would not take, or that is too large once compiled
    Pattern(PatternError),
    /// A pattern that matches where there is nothing: it would leave what it was written for
    MatchesNothing(String),
    /// More text than [`MAX_TEXT`]
    TooMuchText(usize),
    /// More matches than [`MAX_MATCHES`]
    TooManyMatches,
    /// It took more than five seconds
    TooSlow,
}

impl fmt::Display for RedactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyPatterns(count) => write!(f, "{count} patterns; {MAX_PATTERNS} are taken at most"),
            Self::LongPattern(bytes) => {
                write!(f, "a pattern of {bytes} bytes; {MAX_PATTERN} are taken at most")
            }
            Self::Pattern(error) => write!(f, "no pattern: {error}"),
            Self::MatchesNothing(pattern) => {
                write!(f, "the pattern `{pattern}` matches where there is nothing; write `+` for `*`")
            }
            Self::TooMuchText(bytes) => write!(f, "{bytes} bytes of text; {MAX_TEXT} are taken at most"),
            Self::TooManyMatches => write!(f, "more than {MAX_MATCHES} matches"),
            Self::TooSlow => write!(f, "the patterns took more than {} seconds", DEADLINE.as_secs()),
        }
    }
}

impl std::error::Error for RedactError {}

/// Says whether [`redact`] takes these patterns.
pub(crate) fn check<P: AsRef<str>>(patterns: &[P]) -> Result<(), RedactError> {
    compiled(patterns).map(drop)
}

/// The texts, with [`REDACTED`] for what any of the patterns finds in them; matches that overlap are replaced as
/// one. Patterns are of RE2's syntax. Their order changes nothing.
///
/// ```
/// use kitelogik_policy::{RedactError, redact};
///
/// let texts = ["card 4111 1111, or 42", "none"];
/// assert_eq!(redact(&[r"\d{4}( \d{4})*"], &texts)?, ["card [REDACTED], or 42", "none"]);
/// # Ok::<(), RedactError>(())
/// ```
pub fn redact<'t, P, T>(patterns: &[P], texts: &'t [T]) -> Result<Vec<Cow<'t, str>>, RedactError>
where
    P: AsRef<str>,
    T: AsRef<str>,
{
    within(DEADLINE, patterns, texts)
}

fn within<'t, P, T>(
    deadline: Duration,
    patterns: &[P],
    texts: &'t [T],
) -> Result<Vec<Cow<'t, str>>, RedactError>
where
    P: AsRef<str>,
    T: AsRef<str>,
{
    let patterns = compiled(patterns)?;
    let bytes = texts.iter().map(|text| text.as_ref().len()).sum();
    if bytes > MAX_TEXT {
        return Err(RedactError::TooMuchText(bytes));
    }
    let started = Instant::now();
    let in_time = || if started.elapsed() < deadline { Ok(()) } else { Err(RedactError::TooSlow) };
    let mut matches_left = MAX_MATCHES;
    let one = |text: &'t T| {
        let text = text.as_ref();
        let mut found = Vec::new();
        for (pattern, compiled) in &patterns {
            for range in compiled.find_iter(text) {
                if range.is_empty() {
                    return Err(RedactError::MatchesNothing((*pattern).to_owned()));
                }
                matches_left = matches_left.checked_sub(1).ok_or(RedactError::TooManyMatches)?;
                found.push(range);
                in_time()?;
            }
            in_time()?;
        }
        Ok(replaced(text, found))
    };
    texts.iter().map(one).collect()
}

fn replaced(text: &str, mut found: Vec<Range<usize>>) -> Cow<'_, str> {
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    found.sort_unstable_by_key(|range| (range.start, range.end));
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for range in found {
        if range.start >= end {
            out.push_str(text.get(end..range.start).unwrap_or_default());
            out.push_str(REDACTED);
        }
        end = end.max(range.end);
    }
    out.push_str(text.get(end..).unwrap_or_default());
    Cow::Owned(out)
}

/// Each pattern, compiled once a thread as long as it is kept.
fn compiled<P: AsRef<str>>(patterns: &[P]) -> Result<Vec<(&str, Rc<Pattern>)>, RedactError> {
    if patterns.len() > MAX_PATTERNS {
        return Err(RedactError::TooManyPatterns(patterns.len()));
    }
    let kept = |pattern: &str| KEPT.with_borrow(|kept| kept.get(pattern).map(Rc::clone));
    let texts = patterns.iter().map(AsRef::as_ref);
    texts.map(|pattern| Ok((pattern, kept(pattern).map_or_else(|| compile(pattern), Ok)?))).collect()
}

fn compile(pattern: &str) -> Result<Rc<Pattern>, RedactError> {
    if pattern.len() > MAX_PATTERN {
        return Err(RedactError::LongPattern(pattern.len()));
    }
    let compiled = Rc::new(Pattern::new(pattern, MAX_PROGRAM).map_err(RedactError::Pattern)?);
    if compiled.find_iter("").next().is_some() {
        return Err(RedactError::MatchesNothing(pattern.to_owned()));
    }
    KEPT.with_borrow_mut(|kept| {
        // All at once: who keeps asking for more has no use for any of them.
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(pattern.into(), Rc::clone(&compiled));
    });
    Ok(compiled)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_deadline_ends_it() {
        assert_eq!(within(Duration::ZERO, &["a"], &["b"]), Err(RedactError::TooSlow));
        assert_eq!(within(Duration::ZERO, &["a"], &["a"]), Err(RedactError::TooSlow));
        assert_eq!(within(DEADLINE, &["a"], &["a"]).unwrap(), [REDACTED]);
    }

    #[test]
    fn a_thread_keeps_so_many_patterns_and_no_more() {
        let pattern = |n: usize| [format!("a{n}")];
        let kept = || KEPT.with_borrow(HashMap::len);
        for n in 0..MAX_KEPT {
            check(&pattern(n)).unwrap();
            check(&pattern(n)).unwrap();
            assert_eq!(kept(), n + 1);
        }
        check(&pattern(MAX_KEPT)).unwrap();
        assert_eq!(kept(), 1);
        assert!(check(&["("]).is_err() && check(&["a*"]).is_err());
        assert_eq!(kept(), 1, "what cannot redact is not kept");
    }
}
