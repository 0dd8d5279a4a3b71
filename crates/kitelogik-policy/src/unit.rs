//! Units: which files decide together, when they apply, and what the syntax tree says about them.

use crate::{Diagnostic, Package, metadata, parsed::Parsed};
use kitelogik_model::Transport;
use kitelogik_rego::syntax::ast::{Expr, ExprKind, Term, TermKind};
use std::sync::Arc;

/// A unit before it is compiled.
pub(crate) struct Group<'p> {
    /// The package, and the file where the package has several units
    pub(crate) name: Arc<str>,
    pub(crate) package: Package,
    pub(crate) files: Vec<&'p Parsed>,
}

/// The scope of a unit: what its files state, else what their rules show. A file that states another than the
/// files before it is an error.
pub(crate) fn scope(package: Package, files: &[&Parsed]) -> Result<Option<Scope>, Diagnostic> {
    let mut stated: Option<Scope> = None;
    for file in files {
        let Some(scope) = metadata::stated_scope(file)? else { continue };
        if stated.as_ref().is_some_and(|other| *other != scope) {
            let message = "another file of this unit states another scope (applies_to)";
            let help = "state it once in the package";
            return Err(file.at(file.module.package_span, "invalid_metadata", message, help));
        }
        stated = Some(scope);
    }
    Ok(stated.or_else(|| match package {
        Package::Event(_) => inferred_scope(files),
        // Not every event of its stages has a transport.
        Package::Tako => None,
    }))
}

/// The events that a unit is consulted for, of those of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The transports; an event whose transport is not proved is in every scope
    pub transports: Vec<Transport>,
    /// True if nobody stated it: every `decision` rule requires it
    pub inferred: bool,
}

impl Scope {
    /// True if an event of this transport is decided.
    pub(crate) fn holds(&self, proved: Option<Transport>) -> bool {
        proved.is_none_or(|transport| self.transports.contains(&transport))
    }
}

/// The units of a package: all its files, or each file that says a default where more than one does.
pub(crate) fn split<'p>(
    package: Package,
    files: &[&'p Parsed],
    wrong: &mut Vec<Diagnostic>,
) -> Vec<Group<'p>> {
    let (path, main) = (package.name(), package.main_rule());
    if !files.iter().any(|file| file.decides(package)) {
        let names: Vec<String> =
            package.entry_rules().iter().map(|rule| format!("`{}`", rule.name)).collect();
        let help = format!("write {}", names.join(" or "));
        wrong.extend(files.iter().map(|file| {
            let message = format!("no entry rule in {path}");
            file.at(file.module.package_span, "no_entry_rule", message, &help)
        }));
        return Vec::new();
    }
    if files.iter().filter(|file| file.has_default(package)).count() < 2 {
        return vec![Group { name: path.into(), package, files: files.to_vec() }];
    }
    let mut groups = Vec::new();
    for file in files.iter().filter(|file| file.decides(package)) {
        if file.has_default(package) {
            let shared = files.iter().filter(|other| !other.decides(package));
            let name = format!("{path}:{}", file.path).into();
            groups.push(Group { name, package, files: shared.chain([file]).copied().collect() });
        } else {
            let message = format!("other files of {path} have a default for `{main}`, this one has none");
            let help = format!("add `default {main}`, or keep one default in the package");
            wrong.push(file.at(file.module.package_span, "mixed_defaults", message, &help));
        }
    }
    groups
}

/// The scope that every entry rule of these files requires, if it is one and the same transport.
fn inferred_scope(files: &[&Parsed]) -> Option<Scope> {
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
    required.map(|transport| Scope { transports: vec![transport], inferred: true })
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
pub(crate) fn decision_only_restricts(files: &[&Parsed]) -> bool {
    files.iter().flat_map(|file| file.rules("decision")).all(|rule| {
        restricts(rule.head.value.as_ref())
            && rule.otherwise.iter().all(|other| restricts(other.value.as_ref()))
    })
}

/// True if Tako's `allow` can only be false, as far as its rules show.
pub(crate) fn allow_only_restricts(files: &[&Parsed]) -> bool {
    let is_false =
        |value: Option<&Term>| value.is_some_and(|term| matches!(term.kind, TermKind::Bool(false)));
    files.iter().flat_map(|file| file.rules("allow")).all(|rule| {
        is_false(rule.head.value.as_ref())
            && rule.otherwise.iter().all(|other| is_false(other.value.as_ref()))
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
