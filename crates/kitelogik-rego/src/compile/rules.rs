//! Rules that cannot stand beside each other: kinds, arities, defaults, packages (`rego_type_error`).

use crate::{
    lower::{Error, error},
    syntax::ast::{Module, Rule, Span, Term, TermKind},
};
use kitelogik_value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A path below `data`; scalars that are no strings carry a mark that no name begins with.
type Path = Vec<Box<str>>;

/// The rules of one path.
struct Site<'m> {
    rules: Vec<&'m Rule>,
    name: String,
}

/// Errors for rules that contradict each other by their form. `locate` gives `file:line` of a place.
pub(crate) fn conflicts(modules: &[Module], locate: &dyn Fn(Span) -> String) -> Vec<Error> {
    let mut sites: BTreeMap<Path, Site<'_>> = BTreeMap::new();
    for module in modules {
        for rule in &module.rules {
            let path = module.package.iter().cloned().chain(constant_path(rule)).collect();
            let site = sites.entry(path).or_insert_with(|| Site { rules: Vec::new(), name: String::new() });
            site.rules.push(rule);
            // The last one gives its name to the site, the first one its place.
            site.name = full_name(&module.package, &rule.head.path);
        }
    }
    let mut errors: Vec<Error> =
        sites.iter().filter_map(|(path, site)| check(path, site, &sites, locate)).collect();
    for module in modules {
        let above = (1..=module.package.len()).filter_map(|end| module.package.get(..end));
        let rule = above.filter_map(|path| sites.get(path)).flat_map(|site| &site.rules).next();
        if let Some(rule) = rule {
            let head = full_name(&[], &rule.head.path);
            let head = head.strip_prefix("data.").unwrap_or(&head);
            let package = module.package.join(".");
            let at = locate(rule.span);
            let message = format!("package {package} conflicts with rule {head} defined at {at}");
            errors.push(error("rego_type_error", message, module.package_span));
        }
    }
    errors
}

fn check(
    path: &Path,
    site: &Site<'_>,
    sites: &BTreeMap<Path, Site<'_>>,
    locate: &dyn Fn(Span) -> String,
) -> Option<Error> {
    let first = site.rules.first()?;
    let name = &site.name;
    let ground = |rule: &Rule| constant_path(rule).len() == rule.head.path.len();
    let complete = |rule: &Rule| rule.head.member.is_none() && ground(rule);
    let any = |test: &dyn Fn(&Rule) -> bool| site.rules.iter().any(|rule| test(rule));
    let both = |test: &dyn Fn(&Rule) -> bool| any(test) && any(&|rule| !test(rule));
    let inside: Vec<&Site<'_>> = sites
        .range(path.clone()..)
        .skip(1)
        .take_while(|(below, _)| below.starts_with(path))
        .map(|(_, site)| site)
        .collect();
    let functions = |site: &&&Site<'_>| site.rules.iter().any(|rule| rule.head.args.is_some());
    let below: Vec<&&Site<'_>> =
        if any(&ground) { inside.iter().collect() } else { inside.iter().filter(functions).collect() };
    if !below.is_empty() {
        let names: Vec<&str> = below.iter().map(|site| site.name.as_str()).collect();
        let message = format!("rule {name} conflicts with [{}]", names.join(" "));
        return Some(error("rego_type_error", message, first.span));
    }
    let arity = |rule: &Rule| rule.head.args.as_ref().map_or(0, Vec::len);
    let arities = any(&|rule| arity(rule) != arity(first));
    let sets = |rule: &Rule| rule.head.member.is_some();
    if both(&sets) || arities || both(&complete) || (any(&sets) && both(&ground)) {
        let message = format!("conflicting rules {name} found");
        return Some(error("rego_type_error", message, first.span));
    }
    let defaults: Vec<String> =
        site.rules.iter().filter(|rule| rule.default).map(|rule| locate(rule.span)).collect();
    if defaults.len() > 1 {
        let message = format!("multiple default rules {name} found at {}", defaults.join(", "));
        return Some(error("rego_type_error", message, first.span));
    }
    None
}

/// Errors for rules whose path leads to a base document, or through one that is no object.
pub(crate) fn on_base_documents(modules: &[Module], data: &Value) -> Vec<Error> {
    let mut seen: BTreeSet<Path> = BTreeSet::new();
    let mut errors = Vec::new();
    for module in modules {
        for rule in &module.rules {
            let names = rule.head.path.iter().enumerate().map_while(|(at, term)| match &term.kind {
                TermKind::Var(name) if at == 0 => Some(name.clone()),
                TermKind::String(name) => Some(name.clone()),
                _ => None,
            });
            let path: Path = module.package.iter().cloned().chain(names).collect();
            // OPA passes over what stands under a key that is a scalar and no name.
            let key = rule.head.path.get(path.len().saturating_sub(module.package.len()));
            let under_scalar = key.is_some_and(|key| {
                matches!(key.kind, TermKind::Number(_) | TermKind::Bool(_) | TermKind::Null)
            });
            let message = format!("conflicting rule for data path {} found", path.join("/"));
            if !under_scalar && has_document(data, &path) && seen.insert(path) {
                errors.push(error("rego_compile_error", message, rule.span));
            }
        }
    }
    errors
}

fn has_document(data: &Value, path: &[Box<str>]) -> bool {
    let Some((name, rest)) = path.split_first() else { return true };
    data.as_object().is_none() || data.get(name).is_some_and(|below| has_document(below, rest))
}

/// The constant part that a head's path begins with.
fn constant_path(rule: &Rule) -> Path {
    let mut path = Path::new();
    for (at, term) in rule.head.path.iter().enumerate() {
        path.push(match &term.kind {
            TermKind::Var(name) if at == 0 => name.clone(),
            TermKind::String(name) => name.clone(),
            TermKind::Number(text) => format!("\0{text}").into(),
            TermKind::Bool(value) => format!("\0{value}").into(),
            TermKind::Null => "\0null".into(),
            _ => break,
        });
    }
    path
}

/// `data.a.b[x]["c d"]`
fn full_name(package: &[Box<str>], path: &[Term]) -> String {
    let mut name = "data".to_owned();
    package.iter().for_each(|part| push_name(&mut name, part));
    for (at, term) in path.iter().enumerate() {
        match &term.kind {
            TermKind::Var(part) if at == 0 => push_name(&mut name, part),
            TermKind::String(part) => push_name(&mut name, part),
            TermKind::Var(text) | TermKind::Number(text) => name.push_str(&format!("[{text}]")),
            TermKind::Bool(value) => name.push_str(&format!("[{value}]")),
            _ => name.push_str("[_]"),
        }
    }
    name
}

fn push_name(name: &mut String, part: &str) {
    let plain = part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !part.starts_with(|c: char| c.is_ascii_digit());
    if plain && !part.is_empty() {
        name.push('.');
        name.push_str(part);
    } else {
        name.push_str(&format!("[{part:?}]"));
    }
}
