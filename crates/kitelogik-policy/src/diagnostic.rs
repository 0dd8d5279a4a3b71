//! What is wrong with a policy directory.

use std::fmt;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Path relative to the policy root; empty for the root itself
    pub file: String,
    /// From 1; 0 if it is the file as a whole
    pub line: u32,
    /// In characters, from 1; 0 if it is the file as a whole
    pub column: u32,
    /// OPA's code for errors of the language, else a word of ours
    pub code: &'static str,
    /// What is wrong
    pub message: String,
    /// What to do; may be empty
    pub help: String,
}

impl Diagnostic {
    /// Something wrong with a file as a whole.
    pub(crate) fn file(file: &str, code: &'static str, message: impl Into<String>, help: &str) -> Self {
        let (message, help) = (message.into(), help.to_owned());
        Self { file: file.to_owned(), line: 0, column: 0, code, message, help }
    }
}

/// Why no policy asks the network, and what it can do instead.
const NO_NETWORK: &str = "a decision must not wait for the network, nor tell it what is decided; put the data that is \
    asked for into a data.json beside the policies and reload it when it changes";

impl From<&kitelogik_rego::Diagnostic> for Diagnostic {
    fn from(d: &kitelogik_rego::Diagnostic) -> Self {
        Self {
            file: d.place.file.clone(),
            line: d.place.line,
            column: d.place.column,
            code: d.code,
            message: d.message.clone(),
            help: if d.code == "reaches_out" { NO_NETWORK.to_owned() } else { String::new() },
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, code, message, help } = self;
        if !file.is_empty() {
            write!(f, "{file}:")?;
        }
        if *line > 0 {
            write!(f, "{line}:{column}:")?;
        }
        if !file.is_empty() {
            f.write_str(" ")?;
        }
        write!(f, "{code}: {message}")?;
        if help.is_empty() { Ok(()) } else { write!(f, " ({help})") }
    }
}

/// Policies that do not load: everything that is wrong, at least one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError(pub Vec<Diagnostic>);

impl LoadError {
    /// In order of file and place, each once: units share libraries, and with them their errors.
    pub(crate) fn new(mut wrong: Vec<Diagnostic>) -> Self {
        wrong.sort();
        wrong.dedup();
        Self(wrong)
    }
}

impl From<Diagnostic> for LoadError {
    fn from(one: Diagnostic) -> Self {
        Self(vec![one])
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, diagnostic) in self.0.iter().enumerate() {
            let newline = if at == 0 { "" } else { "\n" };
            write!(f, "{newline}{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadError {}
