//! What went wrong, in the two forms in which `opa` says it: JSON and lines for people.

use super::document::Document;
use kitelogik_rego::{Diagnostic, Failure, Place, Source};
use std::fmt::Write;

/// One error.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) message: String,
    /// Absent where a file could not be read
    at: Option<(&'static str, Place)>,
    /// The source's line, of errors of syntax
    line: Option<String>,
    /// What is said of types, for people
    notes: Vec<String>,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), at: None, line: None, notes: Vec::new() }
    }

    /// A diagnostic; `sources` are searched for the line at fault.
    pub(super) fn of_diagnostic(diagnostic: Diagnostic, sources: &[Source]) -> Self {
        let Diagnostic { code, message, place } = diagnostic;
        let source = sources.iter().find(|source| source.path == place.file);
        let line = source.and_then(|source| source.text.lines().nth(place.line.saturating_sub(1) as usize));
        let line = line.filter(|_| code == "rego_parse_error" && !is_seen_late(&message)).map(str::to_owned);
        let (message, notes) = if code == "rego_type_error" { split(message) } else { (message, Vec::new()) };
        Self { message, at: Some((code, place)), line, notes }
    }

    pub(super) fn of_failure(failure: &Failure) -> Self {
        let place = failure.place().cloned().unwrap_or_default();
        Self { message: failure.message(), at: Some((failure.code(), place)), line: None, notes: Vec::new() }
    }

    /// Moves an error of the query to where it stands in the text that the user gave.
    pub(super) fn moved(self, to: impl FnOnce(&Place) -> Place) -> Self {
        Self { at: self.at.map(|(code, place)| (code, to(&place))), ..self }
    }

    fn document(&self) -> Document {
        let mut pairs = vec![("message", self.message.as_str().into())];
        if let Some((code, place)) = &self.at {
            pairs.push(("code", (*code).into()));
            if place.line > 0 {
                let location = vec![
                    ("file", place.file.as_str().into()),
                    ("row", u64::from(place.line).into()),
                    ("col", u64::from(place.column).into()),
                ];
                pairs.push(("location", Document::Object(location)));
                if let Some(line) = &self.line {
                    let details =
                        vec![("line", line.as_str().into()), ("idx", u64::from(place.column - 1).into())];
                    pairs.push(("details", Document::Object(details)));
                }
            }
        }
        Document::Object(pairs)
    }

    fn line(&self) -> String {
        let Some((code, place)) = &self.at else { return self.message.clone() };
        let mut text = match (place.line, place.file.as_str()) {
            (0, _) => String::new(),
            (line, "") => format!("{line}:{}: ", place.column),
            (line, file) => format!("{file}:{line}: "),
        };
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{code}: {}", self.message);
        if let Some(line) = &self.line {
            let before = line.chars().take(place.column.saturating_sub(1) as usize);
            let pad: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
            let _ = write!(text, "\n\t{line}\n\t{pad}^");
        }
        for note in &self.notes {
            let _ = write!(text, "\n\t{note}");
        }
        text
    }
}

/// What is seen when the whole file has been read: `opa` shows no line then.
fn is_seen_late(message: &str) -> bool {
    let rule_name =
        message.contains(" cannot be used for rule name") && !message.contains(" keyword cannot ");
    let late = [" keyword is required ", " cannot be used for rule head", "rule name conflicts with "];
    rule_name || late.iter().any(|part| message.contains(part))
}

/// The message as `opa` has it, and the types that the engine tells with it as lines.
fn split(message: String) -> (String, Vec<String>) {
    let parts = |words: [&str; 3]| {
        let [between, middle, last] = words;
        let (head, types) = message.split_once(between)?;
        let (left, right) = types.rsplit_once(middle)?;
        Some((head.to_owned(), left.to_owned(), right.strip_suffix(last)?.to_owned()))
    };
    if let Some((name, counts)) = message.split_once(": arity mismatch: ") {
        return (format!("{name}: arity mismatch"), vec![counts.to_owned()]);
    }
    if let Some((head, have, want)) = parts([": have (", "), want (", ")"]) {
        return (head, vec![format!("have: ({have})"), format!("want: ({want})")]);
    }
    match parts([": left is ", ", right is ", ""]) {
        Some((head, left, right)) => (head, vec![format!("left  : {left}"), format!("right : {right}")]),
        None => (message, Vec::new()),
    }
}

/// `{"errors": […]}`
pub(super) fn document(faults: &[Fault]) -> Document {
    Document::Object(vec![("errors", Document::List(faults.iter().map(Fault::document).collect()))])
}

/// Lines for people; `when` is empty or ` during loading`.
pub(super) fn lines(faults: &[Fault], when: &str) -> String {
    match faults {
        [one] => format!("1 error occurred{when}: {}\n", one.line()),
        many => {
            let lines: Vec<String> = many.iter().map(Fault::line).collect();
            format!("{} errors occurred{when}:\n{}\n", many.len(), lines.join("\n"))
        }
    }
}
