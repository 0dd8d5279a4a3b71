//! One `.rego` file, read: in which syntax, and what it says by itself.

use crate::{Diagnostic, File, Package, constant};
use kitelogik_model::EventKind;
use kitelogik_rego::{
    Dialect,
    syntax::{
        SyntaxError,
        ast::{Module, Rule, Span, TermKind, Version},
        parse_any, parse_module,
    },
};

/// A `.rego` file, read.
pub(crate) struct Parsed {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) module: Module,
}

impl Parsed {
    /// Reads a file in the first dialect that takes it.
    pub(crate) fn new(file: &File) -> Result<Self, Vec<Diagnostic>> {
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        let path = file.path.clone();
        if text.trim().is_empty() {
            return Err(vec![Diagnostic::file(&path, "empty_file", "the file is empty", "remove it")]);
        }
        let first = match parse_any(&text, 0) {
            Ok(module) => return Ok(Self { path, text, module }),
            Err(errors) => errors,
        };
        // The version that came further is the one that was meant.
        let old = parse_module(&text, 0, Version::V0Lenient).err().unwrap_or_default();
        let start = |errors: &[SyntaxError]| errors.first().map(|error| error.span.start);
        let told = if start(&old) > start(&first) { old } else { first };
        Err(told.into_iter().map(|error| unparsed(&path, &text, error)).collect())
    }

    /// What OPA says of the syntax of this file, in one version of the language.
    pub(crate) fn opa(file: &File, version: Version) -> Vec<Diagnostic> {
        let text = String::from_utf8_lossy(&file.bytes);
        let errors = parse_module(&text, 0, version).err().unwrap_or_default();
        errors.into_iter().map(|error| unparsed(&file.path, &text, error)).collect()
    }

    /// The dialect that it was read in.
    pub(crate) fn dialect(&self) -> Dialect {
        match self.module.version {
            Version::V1 => Dialect::V1,
            Version::V0 => Dialect::V0,
            Version::V0Lenient => Dialect::V0Lenient,
        }
    }

    /// `kitelogik.tool_call`
    pub(crate) fn package(&self) -> String {
        self.module.package.join(".")
    }

    /// The rules named `name`, defaults included.
    pub(crate) fn rules<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Rule> {
        self.module.rules.iter().filter(move |rule| rule_name(rule) == Some(name))
    }

    /// True if it holds an entry rule.
    pub(crate) fn decides(&self, package: Package) -> bool {
        package.entry_rules().iter().any(|entry| self.rules(entry.name).next().is_some())
    }

    /// True if it says what `decision`, or Tako's `allow`, is where no rule does.
    pub(crate) fn has_default(&self, package: Package) -> bool {
        self.rules(package.main_rule()).any(|rule| rule.default)
    }

    /// What it decides, if it does; an unknown `kitelogik.*` or `tako.*` package is an error.
    pub(crate) fn decision_package(&self) -> Result<Option<Package>, Diagnostic> {
        let package = self.package();
        let known = Package::parse(&package);
        let help = match package.split('.').next() {
            Some("kitelogik") if known.is_none() => {
                let kinds: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
                format!("known are kitelogik. and one of {}", kinds.join(", "))
            }
            Some("tako") if known.is_none() => "known is tako.policy".to_owned(),
            _ => return Ok(known),
        };
        let message = format!("unknown package {package}");
        Err(self.at(self.module.package_span, "unknown_package", message, &help))
    }

    /// Entry rules of a form that could never give a decision.
    pub(crate) fn misshapen(&self, package: Package) -> Vec<Diagnostic> {
        let mut wrong = Vec::new();
        for entry in package.entry_rules() {
            let name = entry.name;
            for rule in self.rules(name) {
                let (message, help) = if rule.head.args.is_some() {
                    let help = "leave out its parameters; the event is `input`".to_owned();
                    ("an entry rule is no function".to_owned(), help)
                } else if let (Some(members), true) = (entry.members, is_flag(rule)) {
                    let one = members.trim_end_matches('s');
                    let help = format!("write `{name} contains \"{one}\" if {{ … }}`");
                    (format!("`{name}` is a set of {members}"), help)
                } else {
                    if name == package.main_rule() {
                        let all = constant::undecided(package, rule);
                        let help = package.main_help();
                        wrong
                            .extend(all.into_iter().map(|(what, at)| self.at(at, "entry_shape", what, help)));
                    }
                    continue;
                };
                wrong.push(self.at(rule.span, "entry_shape", message, &help));
            }
        }
        wrong
    }

    /// Something wrong at a place of this file.
    pub(crate) fn at(
        &self,
        span: Span,
        code: &'static str,
        message: impl Into<String>,
        help: &str,
    ) -> Diagnostic {
        let (line, column) = place(&self.text, span);
        Diagnostic { line, column, ..Diagnostic::file(&self.path, code, message, help) }
    }
}

/// True for `deny if { … }`, `deny := true` and the like.
fn is_flag(rule: &Rule) -> bool {
    let head = &rule.head;
    let scalar = match head.value.as_ref().map(|value| &value.kind) {
        None => true,
        Some(kind) => matches!(
            kind,
            TermKind::Null
                | TermKind::Bool(_)
                | TermKind::Number(_)
                | TermKind::String(_)
                | TermKind::Array(_)
        ),
    };
    scalar && head.args.is_none() && head.member.is_none() && head.path.len() == 1
}

/// The name of what a rule defines, less its keys.
pub(crate) fn rule_name(rule: &Rule) -> Option<&str> {
    match rule.head.path.first().map(|term| &term.kind) {
        Some(TermKind::Var(name)) => Some(name),
        _ => None,
    }
}

fn unparsed(path: &str, text: &str, error: SyntaxError) -> Diagnostic {
    let (line, column) = place(text, error.span);
    Diagnostic { line, column, ..Diagnostic::file(path, "rego_parse_error", error.message, "") }
}

/// Line and column, from 1.
fn place(text: &str, span: Span) -> (u32, u32) {
    let before = text.get(..span.start as usize).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() as u32 + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() as u32 + 1;
    (line, column)
}
