//! METADATA across modules: what holds for a rule, and the calls of `rego.metadata`, which become constants.

use super::visit::rule_terms_mut;
use crate::{
    lower::{Error, error},
    syntax::{
        annotations::{Annotations, Scope},
        ast::{Module, Rule, Span, Term, TermKind},
    },
};
use kitelogik_value::{Value, json};
use std::collections::BTreeMap;

type Path = Vec<Box<str>>;

/// The annotations of a program, by what they are about.
struct Known {
    /// By module and rule
    rules: BTreeMap<(usize, usize), Vec<Annotations>>,
    documents: BTreeMap<Path, Annotations>,
    packages: BTreeMap<Path, Annotations>,
    subpackages: BTreeMap<Path, Annotations>,
}

/// Puts constants in place of the calls of `rego.metadata.rule` and `rego.metadata.chain`; errors where a
/// document or package is annotated twice. `locate` gives `file:line` of a place.
pub(crate) fn resolve(modules: &mut [Module], locate: &dyn Fn(Span) -> String) -> Vec<Error> {
    let (known, errors) = collect(modules, locate);
    for (at, module) in modules.iter_mut().enumerate() {
        for (number, rule) in module.rules.iter_mut().enumerate() {
            let path = ground_path(&module.package, rule);
            let own = known.rules.get(&(at, number)).map(Vec::as_slice).unwrap_or_default();
            rewrite(rule, &mut |main, chain| {
                let own = if main { own } else { &[] };
                if chain { known.chain(&module.package, &path, own) } else { primary(own) }
            });
        }
    }
    errors
}

fn collect(modules: &[Module], locate: &dyn Fn(Span) -> String) -> (Known, Vec<Error>) {
    let mut known = Known {
        rules: BTreeMap::new(),
        documents: BTreeMap::new(),
        packages: BTreeMap::new(),
        subpackages: BTreeMap::new(),
    };
    let mut errors = Vec::new();
    for (at, module) in modules.iter().enumerate() {
        for found in &module.annotations {
            let rule = found.rule.and_then(|rule| module.rules.get(rule));
            let (by_path, path) = match (found.scope, rule) {
                (Scope::Rule, _) => {
                    let key = (at, found.rule.unwrap_or_default());
                    known.rules.entry(key).or_default().push(found.clone());
                    continue;
                }
                (Scope::Document, Some(rule)) => (&mut known.documents, ground_path(&module.package, rule)),
                (Scope::Document, None) => continue,
                (Scope::Package, _) => (&mut known.packages, module.package.clone()),
                (Scope::Subpackages, _) => (&mut known.subpackages, module.package.clone()),
            };
            if let Some(other) = by_path.get(&path) {
                let scope = found.scope.as_str();
                let message = format!("{scope} annotation redeclared: {}", locate(other.span));
                errors.push(error("rego_type_error", message, found.span));
            } else {
                by_path.insert(path, found.clone());
            }
        }
    }
    (known, errors)
}

impl Known {
    /// What holds for a rule, what is said nearest to it first.
    fn chain(&self, package: &[Box<str>], path: &[Box<str>], own: &[Annotations]) -> Value {
        let link = |path: &[Box<str>], said: Option<&Annotations>| {
            let parts = Value::array(path.iter().map(|part| Value::from(&**part)));
            let said = said.map(|said| ("annotations", said.to_value()));
            Value::object(said.into_iter().chain([("path", parts)]))
        };
        let mut links: Vec<Value> = own.iter().rev().map(|said| link(path, Some(said))).collect();
        if links.is_empty() {
            links.push(link(path, None));
        }
        links.extend(self.documents.get(path).map(|said| link(path, Some(said))));
        links.extend(self.packages.get(package).map(|said| link(package, Some(said))));
        for end in (0..=package.len()).rev() {
            let above = package.get(..end).unwrap_or_default();
            links.extend(self.subpackages.get(above).map(|said| link(above, Some(said))));
        }
        Value::array(links)
    }
}

/// What `rego.metadata.rule()` gives.
fn primary(own: &[Annotations]) -> Value {
    own.first().map_or_else(|| Value::object::<&str>([]), Annotations::to_value)
}

/// The path below `data` up to the first part that is no constant.
pub(crate) fn ground_path(package: &[Box<str>], rule: &Rule) -> Path {
    let names = rule.head.path.iter().enumerate().map_while(|(at, term)| match &term.kind {
        TermKind::Var(name) if at == 0 => Some(name.clone()),
        TermKind::String(name) | TermKind::Number(name) => Some(name.clone()),
        _ => None,
    });
    package.iter().cloned().chain(names).collect()
}

/// Replaces the calls in a rule. `value` is asked whether it is for the rule itself, not for an `else`, and
/// whether the chain is wanted.
fn rewrite(rule: &mut Rule, value: &mut dyn FnMut(bool, bool) -> Value) {
    rule_terms_mut(rule, &mut |main, term| {
        let TermKind::Call(function, args) = &mut term.kind else { return };
        let Some(chain) = metadata_call(function) else { return };
        let mut constant = constant_term(&value(main, chain), term.span);
        if let Some(output) = args.pop() {
            let eq = Box::new(Term::new(TermKind::Var("eq".into()), term.span));
            constant = Term::new(TermKind::Call(eq, vec![output, constant]), term.span);
        }
        *term = constant;
    });
}

fn metadata_call(function: &Term) -> Option<bool> {
    let TermKind::Ref(head, steps) = &function.kind else { return None };
    let is = |term: &Term, name: &str| matches!(&term.kind, TermKind::String(text) if **text == *name);
    match steps.as_slice() {
        [a, b] if matches!(&head.kind, TermKind::Var(name) if **name == *"rego") && is(a, "metadata") => {
            if is(b, "chain") { Some(true) } else { is(b, "rule").then_some(false) }
        }
        _ => None,
    }
}

/// A value as a term.
fn constant_term(value: &Value, span: Span) -> Term {
    let term = |value: &Value| constant_term(value, span);
    let kind = match value {
        Value::Null => TermKind::Null,
        Value::Bool(flag) => TermKind::Bool(*flag),
        Value::Number(_) => TermKind::Number(json::to_string(value).into()),
        Value::String(text) => TermKind::String((&**text).into()),
        Value::Array(items) => TermKind::Array(items.iter().map(term).collect()),
        Value::Set(items) => TermKind::Set(items.iter().map(term).collect()),
        Value::Object(pairs) => {
            TermKind::Object(pairs.iter().map(|(key, value)| (term(key), term(value))).collect())
        }
    };
    Term::new(kind, span)
}
