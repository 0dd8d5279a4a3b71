//! What version 1 forbids a module, and `opa check --strict` any module (`rego_compile_error`,
//! `rego_type_error`): names of root documents taken, imports twice or unused, deprecated functions.

use super::{
    unused,
    visit::{Node, is_call, rule_nodes},
};
use crate::{
    lower::{Error, dotted, error},
    syntax::ast::{ExprKind, Import, Module, Rule, Term, TermKind, Version},
};
use std::collections::{BTreeMap, BTreeSet};

/// Functions that OPA has deprecated.
const DEPRECATED: [&str; 11] = [
    "all",
    "any",
    "cast_array",
    "cast_boolean",
    "cast_null",
    "cast_object",
    "cast_set",
    "cast_string",
    "net.cidr_overlap",
    "re_match",
    "set_diff",
];

/// The errors of a module by itself. `strict` asks more than its version does.
pub(crate) fn check(module: &Module, strict: bool) -> Vec<Error> {
    let mut errors = Vec::new();
    if module.version == Version::V1 || strict {
        twice(module, &mut errors);
    }
    if module.version != Version::V1 && strict {
        // Version 1 finds these where names are resolved.
        module.rules.iter().for_each(|rule| shadowed(rule, &mut errors));
        module.rules.iter().for_each(|rule| deprecated(rule, &mut errors));
    }
    errors
}

fn name(import: &Import) -> Option<&str> {
    import.alias.as_deref().or(import.path.last().map(|last| &**last))
}

fn text(import: &Import) -> String {
    let path = import.path.join(".");
    import
        .alias
        .as_ref()
        .map_or_else(|| format!("import {path}"), |alias| format!("import {path} as {alias}"))
}

fn twice(module: &Module, errors: &mut Vec<Error>) {
    let mut known: BTreeMap<&str, &Import> = BTreeMap::new();
    for import in &module.imports {
        let Some(name) = name(import) else { continue };
        if let Some(first) = known.get(name) {
            let message = format!("import must not shadow {}", text(first));
            errors.push(error("rego_compile_error", message, import.span));
        } else {
            known.insert(name, import);
        }
    }
}

/// The name of a root document.
fn root(term: &Term) -> Option<&str> {
    match &term.kind {
        TermKind::Var(name) if matches!(&**name, "input" | "data") => Some(name),
        _ => None,
    }
}

fn shadowed(rule: &Rule, errors: &mut Vec<Error>) {
    let mut wrong = |what: &str, name: &str, kind: &str, at| {
        let message = format!("{what} must not shadow {name} (use a different {kind} name)");
        errors.push(error("rego_compile_error", message, at));
    };
    if let Some(name) = rule.head.path.first().and_then(root) {
        wrong("rules", name, "rule", rule.span);
    }
    rule_nodes(rule, &mut |node| {
        if let Node::Expr(expr) = node
            && let ExprKind::Term(term) = &expr.kind
            && let Some(name) = is_call(term, "assign").and_then(|args| root(args.first()?))
        {
            wrong("variables", name, "variable", expr.span);
        }
    });
}

fn deprecated(rule: &Rule, errors: &mut Vec<Error>) {
    rule_nodes(rule, &mut |node| {
        if let Node::Term(term) = node
            && let TermKind::Call(function, _) = &term.kind
            && let Some(name) = dotted(function).filter(|name| DEPRECATED.contains(&name.as_str()))
        {
            let message = format!("deprecated built-in function calls in expression: {name}");
            errors.push(error("rego_type_error", message, term.span));
        }
    });
}

/// What is imported, assigned or taken as an argument and not used.
pub(crate) fn unused(module: &Module) -> Vec<Error> {
    let (mut errors, mut used) = (Vec::new(), BTreeSet::new());
    for (mut wrong, free) in module.rules.iter().map(unused::unused) {
        errors.append(&mut wrong);
        used.extend(free);
    }
    for import in &module.imports {
        let language = matches!(import.path.first().map(|root| &**root), Some("future" | "rego"));
        if !language && name(import).is_none_or(|name| !used.contains(name)) {
            errors.push(error("rego_compile_error", format!("{} unused", text(import)), import.span));
        }
    }
    errors
}
