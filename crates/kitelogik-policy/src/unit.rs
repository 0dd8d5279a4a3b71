//! Units: which files decide together, when they apply, and what the syntax tree says about them.

use crate::{Diagnostic, File};
use kitelogik_model::{EventKind, Transport};
use kitelogik_rego::{
    Dialect,
    syntax::{
        SyntaxError,
        ast::{Expr, ExprKind, Module, Part, Rule, Term, TermKind, Version},
        parse_any,
    },
};
use std::{collections::BTreeSet, sync::Arc};

/// A `.rego` file, read.
pub(crate) struct Parsed {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) dialect: Dialect,
    pub(crate) module: Module,
}

impl Parsed {
    /// Reads a file in the first dialect that takes it.
    pub(crate) fn new(file: &File) -> Result<Self, Vec<Diagnostic>> {
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        let path = file.path.clone();
        let module = match parse_any(&text, 0) {
            Ok(module) => module,
            Err(errors) => return Err(errors.into_iter().map(|e| refused(&path, &text, e)).collect()),
        };
        let dialect = match module.version {
            Version::V0 => Dialect::V0,
            Version::V0Lenient => Dialect::V0Lenient,
            Version::V1 => Dialect::V1,
        };
        Ok(Self { path, text, dialect, module })
    }

    /// `kitelogik.tool_call`
    pub(crate) fn package(&self) -> String {
        self.module.package.join(".")
    }

    /// The rules named `name`, defaults included.
    pub(crate) fn rules<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Rule> {
        self.module.rules.iter().filter(move |rule| match rule.head.path.first().map(|term| &term.kind) {
            Some(TermKind::Var(first)) => **first == *name,
            _ => false,
        })
    }

    /// True if it holds an entry rule.
    pub(crate) fn decides(&self) -> bool {
        self.rules("decision").chain(self.rules("deny")).next().is_some()
    }

    /// True if it says what `decision` is where no rule does.
    pub(crate) fn has_default(&self) -> bool {
        self.rules("decision").any(|rule| rule.default)
    }
}

fn refused(path: &str, text: &str, error: SyntaxError) -> Diagnostic {
    let before = text.get(..error.span.start as usize).unwrap_or_default();
    let line = before.bytes().filter(|byte| *byte == b'\n').count() as u32 + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() as u32 + 1;
    let (code, message) = ("rego_parse_error", error.message);
    Diagnostic { file: path.to_owned(), line, column, code, message, help: String::new() }
}

/// The event kind of a decision package; an unknown `kitelogik.*` or `tako.*` package is an error.
pub(crate) fn kind(parsed: &Parsed) -> Result<Option<EventKind>, Diagnostic> {
    let package = parsed.package();
    match package.split_once('.') {
        Some(("kitelogik", word)) if EventKind::parse(word).is_some() => Ok(EventKind::parse(word)),
        _ if matches!(package.split('.').next(), Some("kitelogik" | "tako")) => {
            let known: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
            let message = format!("unknown package {package}");
            let help = format!("known are kitelogik. and one of {}", known.join(", "));
            Err(Diagnostic::file(&parsed.path, "unknown_package", message, &help))
        }
        _ => Ok(None),
    }
}

/// The transport that every entry rule of these files requires, if it is one and the same.
pub(crate) fn scope(files: &[&Parsed]) -> Option<Transport> {
    let rules = |name| files.iter().flat_map(move |file| file.rules(name));
    let mut required: Option<Transport> = None;
    if rules("decision").all(|rule| rule.default) {
        return None;
    }
    for rule in rules("decision").chain(rules("deny")).filter(|rule| !rule.default) {
        let transport = rule.body.iter().find_map(requires)?;
        if !rule.otherwise.is_empty() || required.is_some_and(|other| other != transport) {
            return None;
        }
        required = Some(transport);
    }
    required
}

/// `input.transport == "mcp"`
fn requires(expr: &Expr) -> Option<Transport> {
    let ExprKind::Term(Term { kind: TermKind::Call(function, args), .. }) = &expr.kind else { return None };
    let TermKind::Var(name) = &function.kind else { return None };
    if !expr.with.is_empty() || !matches!(&**name, "equal" | "eq") {
        return None;
    }
    let constant = |term: &Term| match &term.kind {
        TermKind::String(text) => Transport::parse(text),
        _ => None,
    };
    match args.as_slice() {
        [a, b] if is_transport(a) => constant(b),
        [a, b] if is_transport(b) => constant(a),
        _ => None,
    }
}

fn is_transport(term: &Term) -> bool {
    let TermKind::Ref(head, steps) = &term.kind else { return false };
    matches!(&head.kind, TermKind::Var(name) if **name == *"input")
        && matches!(steps.as_slice(), [Term { kind: TermKind::String(name), .. }] if **name == *"transport")
}

/// True if `decision` can only deny or escalate, as far as its rules show: then undefined means no objection.
pub(crate) fn only_restricts(files: &[&Parsed]) -> bool {
    files.iter().flat_map(|file| file.rules("decision")).all(|rule| {
        restricts(rule.head.value.as_ref())
            && rule.otherwise.iter().all(|other| restricts(other.value.as_ref()))
    })
}

fn restricts(value: Option<&Term>) -> bool {
    let Some(Term { kind: TermKind::Object(pairs), .. }) = value else { return false };
    let is = |key: &Term, name: &str| matches!(&key.kind, TermKind::String(text) if **text == *name);
    let says = |name: &str, said: bool| {
        pairs
            .iter()
            .any(|(key, value)| is(key, name) && matches!(value.kind, TermKind::Bool(value) if value == said))
    };
    says("allow", false) || (says("escalate", true) && !pairs.iter().any(|(key, _)| is(key, "allow")))
}

/// Every string constant of a module. More than its tool constants, so that the name guard misses none.
pub(crate) fn strings(module: &Module, into: &mut BTreeSet<Arc<str>>) {
    let mut terms: Vec<&Term> = Vec::new();
    let mut bodies: Vec<&[Expr]> = Vec::new();
    for rule in &module.rules {
        // The first part of a path is the rule's name.
        terms.extend(rule.head.path.iter().skip(1));
        terms.extend(rule.head.args.iter().flatten().chain(&rule.head.member).chain(&rule.head.value));
        bodies.push(&rule.body);
        for other in &rule.otherwise {
            terms.extend(&other.value);
            bodies.push(&other.body);
        }
    }
    loop {
        if let Some(term) = terms.pop() {
            match &term.kind {
                TermKind::String(text) => {
                    into.insert(Arc::from(&**text));
                }
                TermKind::Ref(head, rest) | TermKind::Call(head, rest) => {
                    terms.push(head);
                    terms.extend(rest);
                }
                TermKind::Array(members) | TermKind::Set(members) => terms.extend(members),
                TermKind::Object(pairs) => terms.extend(pairs.iter().flat_map(|(key, value)| [key, value])),
                TermKind::ArrayOf(head, body) | TermKind::SetOf(head, body) => {
                    terms.push(head);
                    bodies.push(body);
                }
                TermKind::ObjectOf(pair, body) => {
                    terms.extend([&pair.0, &pair.1]);
                    bodies.push(body);
                }
                TermKind::Template(parts) => bodies.extend(parts.iter().filter_map(|part| match part {
                    Part::Hole(expr) => Some(std::slice::from_ref(&**expr)),
                    Part::Text(_) => None,
                })),
                TermKind::Null
                | TermKind::Bool(_)
                | TermKind::Number(_)
                | TermKind::Var(_)
                | TermKind::Local(_) => {}
            }
        } else if let Some(body) = bodies.pop() {
            for expr in body {
                terms.extend(expr.with.iter().flat_map(|with| [&with.target, &with.value]));
                match &expr.kind {
                    ExprKind::Term(term) => terms.push(term),
                    ExprKind::Not(body) => bodies.push(body),
                    ExprKind::Some(_) => {}
                    ExprKind::SomeIn { key, value, domain } => {
                        terms.extend(key.iter().chain([value, domain]));
                    }
                    ExprKind::Every { key, value, domain, body } => {
                        terms.extend(key.iter().chain([value, domain]));
                        bodies.push(body);
                    }
                }
            }
        } else {
            return;
        }
    }
}
