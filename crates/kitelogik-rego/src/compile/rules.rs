//! Rules that cannot stand beside each other: kinds, arities, defaults, packages (`rego_type_error`).

use crate::{
    lower::{Builtins, Error, error},
    syntax::{
        SyntaxError,
        ast::{Module, Rule, Span, Term, TermKind},
    },
};
use kitelogik_value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Builtins that are operations of their own, or none.
const OPERATIONS: [&str; 9] = ["assign", "eq", "equal", "gt", "gte", "lt", "lte", "neq", "print"];

/// A path below `data`; scalars that are no strings carry a mark that no name begins with.
type Path = Vec<Box<str>>;

/// The rules of one path, each with where its module's package clause stands.
struct Site<'m> {
    rules: Vec<(&'m Rule, Span)>,
    /// What the first rule is called
    first: String,
    /// What the last one is called
    last: String,
}

/// Errors for rules that contradict each other by their form. `locate` gives `file:line` of a place.
pub(crate) fn conflicts(modules: &[Module], locate: &dyn Fn(Span) -> String) -> Vec<Error> {
    let mut sites: BTreeMap<Path, Site<'_>> = BTreeMap::new();
    for module in modules {
        for rule in &module.rules {
            let path = module.package.iter().cloned().chain(constant_path(rule)).collect();
            let name = full_name(&module.package, &rule.head.path);
            let site = sites.entry(path);
            let site =
                site.or_insert_with(|| Site { rules: Vec::new(), first: name.clone(), last: String::new() });
            site.rules.push((rule, module.package_keyword));
            site.last = name;
        }
    }
    let mut errors: Vec<Error> =
        sites.iter().filter_map(|(path, site)| check(path, site, &sites, locate)).collect();
    for module in modules {
        let Some(site) = sites.get(&module.package) else { continue };
        let whole = |rule: &Rule| constant_path(rule).len() == rule.head.path.len();
        for (rule, at) in site.rules.iter().filter(|(rule, _)| whole(rule)) {
            let head = full_name(&[], &rule.head.path);
            let head = head.strip_prefix("data.").unwrap_or(&head);
            let package = module.package.join(".");
            let defined = locate(rule.span);
            let message = format!("package {package} conflicts with rule {head} defined at {defined}");
            errors.push(error("rego_type_error", message, *at));
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
    let (first, package) = site.rules.first()?;
    let name = &site.last;
    let ground = |rule: &Rule| constant_path(rule).len() == rule.head.path.len();
    let complete = |rule: &Rule| rule.head.member.is_none() && ground(rule);
    let any = |test: &dyn Fn(&Rule) -> bool| site.rules.iter().any(|(rule, _)| test(rule));
    let both = |test: &dyn Fn(&Rule) -> bool| any(test) && any(&|rule| !test(rule));
    let inside = sites.range(path.clone()..).skip(1).take_while(|(below, _)| below.starts_with(path));
    let counts =
        |site: &Site<'_>| any(&ground) || site.rules.iter().any(|(rule, _)| rule.head.args.is_some());
    let mut below: Vec<(&Path, &Site<'_>)> = Vec::new();
    for (path, site) in inside.filter(|(_, site)| counts(site)) {
        // What lies in another one that is named needs no name.
        if below.last().is_none_or(|(above, _)| !path.starts_with(above)) {
            below.push((path, site));
        }
    }
    if !below.is_empty() {
        let told = below.iter().filter_map(|(_, site)| {
            let (rule, _) = site.rules.first()?;
            Some(format!("\n  rule {} at {}", site.first, locate(rule.span)))
        });
        let message = format!("rule {name} conflicts with:{}", told.collect::<String>());
        return Some(error("rego_type_error", message, first.span));
    }
    let arity = |rule: &Rule| rule.head.args.as_ref().map_or(0, Vec::len);
    let arities = any(&|rule| arity(rule) != arity(first));
    let sets = |rule: &Rule| rule.head.member.is_some();
    if both(&sets) || arities || both(&complete) || (any(&sets) && both(&ground)) {
        let message = format!("conflicting rules {name} found");
        return Some(error("rego_type_error", message, first.span));
    }
    let defaults = site.rules.iter().filter(|(rule, _)| rule.default);
    let defaults: Vec<String> = defaults.map(|(rule, _)| locate(rule.span)).collect();
    if defaults.len() > 1 {
        let message = format!("multiple default rules {name} found at {}", defaults.join(", "));
        return Some(error("rego_type_error", message, *package));
    }
    None
}

/// Errors for what stands as a rule and is but a call of a builtin.
pub(crate) fn named_as_builtins(module: &Module, builtins: Builtins<'_>) -> Vec<SyntaxError> {
    let call = |rule: &&Rule| {
        let bare = rule.head.args.is_some() && rule.head.value.is_none() && rule.body.is_empty();
        let mut path = rule.head.path.iter();
        let Some(Term { kind: TermKind::Var(name), .. }) = path.next() else { return false };
        let mut name = name.to_string();
        for term in path {
            let TermKind::String(part) = &term.kind else { return false };
            name = name + "." + part;
        }
        bare && (builtins(&name).is_some() || OPERATIONS.contains(&name.as_str()))
    };
    let message = "rule name conflicts with built-in function";
    let wrong = module.rules.iter().filter(call);
    wrong.map(|rule| SyntaxError { message: message.to_owned(), span: rule.span }).collect()
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
