//! What names stand for outside of the rules of a module: other rules of its package, and imports.

use crate::syntax::ast::{Module, Span, Term, TermKind, Version};
use std::collections::{HashMap, HashSet};

/// What the names of one module stand for outside of its rules.
pub(super) struct Globals<'m> {
    package: &'m [Box<str>],
    /// Names of rules in the package
    rules: Option<&'m HashSet<Box<str>>>,
    /// Names of imports, with the path that each stands for
    imports: HashMap<&'m str, &'m [Box<str>]>,
    /// True where version 0's freedom to call something `input` or `data` is gone
    pub(super) v1: bool,
}

impl Globals<'_> {
    pub(super) fn has(&self, name: &str) -> bool {
        self.imports.contains_key(name) || self.rules.is_some_and(|rules| rules.contains(name))
    }

    /// The path that a name stands for, as a reference.
    pub(super) fn path(&self, name: &str, span: Span) -> Option<TermKind> {
        if let Some(path) = self.imports.get(name) {
            return Some(path_term(path.iter().map(|part| &**part), span));
        }
        let package = self.package.iter().map(|part| &**part);
        self.has(name).then(|| path_term(["data"].into_iter().chain(package).chain([name]), span))
    }
}

/// The names of rules by package.
pub(super) type Packages<'m> = HashMap<&'m [Box<str>], HashSet<Box<str>>>;

/// The names of the rules of each package.
pub(super) fn names_by_package(modules: &[Module]) -> Packages<'_> {
    let mut packages = Packages::new();
    for module in modules {
        let names = packages.entry(module.package.as_slice()).or_default();
        for rule in &module.rules {
            if let Some(Term { kind: TermKind::Var(name), .. }) = rule.head.path.first() {
                names.insert(name.clone());
            }
        }
    }
    packages
}

/// What names stand for in a module.
pub(super) fn globals<'m>(module: &'m Module, packages: &'m Packages<'_>) -> Globals<'m> {
    let mut imports: HashMap<&str, &[Box<str>]> = HashMap::new();
    for import in &module.imports {
        let language = matches!(import.path.first().map(|root| &**root), Some("future" | "rego"));
        if let (false, Some(name)) = (language, import.alias.as_ref().or(import.path.last())) {
            imports.insert(name, &import.path);
        }
    }
    let rules = packages.get(module.package.as_slice());
    Globals { package: &module.package, rules, imports, v1: module.version == Version::V1 }
}

/// A path as a reference.
fn path_term<'p>(mut path: impl Iterator<Item = &'p str>, span: Span) -> TermKind {
    let root = TermKind::Var(path.next().unwrap_or_default().into());
    let steps: Vec<Term> = path.map(|name| Term::new(TermKind::String(name.into()), span)).collect();
    if steps.is_empty() { root } else { TermKind::Ref(Box::new(Term::new(root, span)), steps) }
}
