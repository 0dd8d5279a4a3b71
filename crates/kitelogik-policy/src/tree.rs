//! What a syntax tree refers to: other packages, the input, strings.

use kitelogik_rego::syntax::ast::{Expr, ExprKind, Module, Part, Span, Term, TermKind};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Visits every term of a module, in no order; of a reference by name not the name alone. Does not recurse,
/// however deep terms nest.
pub(crate) fn terms<'m>(module: &'m Module, mut visit: impl FnMut(&'m Term)) {
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
            visit(term);
            match &term.kind {
                TermKind::Ref(head, rest) | TermKind::Call(head, rest) => {
                    if !matches!(head.kind, TermKind::Var(_)) {
                        terms.push(head);
                    }
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
                | TermKind::String(_)
                | TermKind::Var(_)
                | TermKind::Local(_) => {}
            }
        } else if let Some(body) = bodies.pop() {
            for expr in body {
                terms.extend(expr.with.iter().flat_map(|with| [&with.target, &with.value]));
                match &expr.kind {
                    ExprKind::Term(term) => terms.push(term),
                    ExprKind::Not(body) => bodies.push(body),
                    ExprKind::NotWhole(operand) => bodies.push(&operand.body),
                    ExprKind::And(operands) | ExprKind::Or(operands) => {
                        bodies.extend(operands.iter().map(|operand| operand.body.as_slice()));
                    }
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

/// Tool constants by what they have in common with a wire name: all but case and `.`, `_`, `-`.
pub(crate) type Spellings = BTreeMap<Box<str>, BTreeSet<Arc<str>>>;

/// What a name and its other spellings have in common.
pub(crate) fn folded(name: &str) -> Box<str> {
    name.to_lowercase().replace(['.', '_', '-'], "").into()
}

/// Every string constant of a module. More than its tool constants, so that the name guard misses none.
pub(crate) fn spellings(module: &Module, into: &mut Spellings) {
    terms(module, |term| {
        if let TermKind::String(text) = &term.kind {
            into.entry(folded(text)).or_default().insert(Arc::from(&**text));
        }
    });
}

/// The tags that a module tests, `"x" in input.tool_tags` or `input.tool_tags[_] == "x"`, and where.
pub(crate) fn tags(module: &Module) -> Vec<(&str, Span)> {
    let mut found = Vec::new();
    terms(module, |term| {
        let TermKind::Call(function, args) = &term.kind else { return };
        let is_tags = |term: &Term, steps: usize| match &term.kind {
            TermKind::Ref(head, path) => {
                matches!(&head.kind, TermKind::Var(name) if **name == *"input")
                    && matches!(path.first().map(|step| &step.kind), Some(TermKind::String(name)) if **name == *"tool_tags")
                    && path.len() == steps
            }
            _ => false,
        };
        let name = match &function.kind {
            TermKind::Var(name) => &**name,
            TermKind::Ref(_, path) => match path.last().map(|step| &step.kind) {
                Some(TermKind::String(name)) => &**name,
                _ => return,
            },
            _ => return,
        };
        let tag = match (name, args.as_slice()) {
            ("member_2", [tag, tags]) if is_tags(tags, 1) => tag,
            ("equal" | "eq", [tags, tag] | [tag, tags]) if is_tags(tags, 2) => tag,
            _ => return,
        };
        if let TermKind::String(tag) = &tag.kind {
            found.push((&**tag, term.span));
        }
    });
    found
}

/// A path from `data` or `input` that a module names, as far as it is constant.
pub(crate) struct Named<'m> {
    pub(crate) root: &'m str,
    pub(crate) path: Vec<&'m str>,
    pub(crate) span: Span,
}

impl Named<'_> {
    /// True if what is named lies in, or holds, the document at `path` below `root`.
    pub(crate) fn touches(&self, root: &str, path: &[&str]) -> bool {
        self.root == root && self.path.iter().zip(path).all(|(a, b)| a == b)
    }
}

/// The steps of a path as far as they are constant.
fn constants(steps: &[Term]) -> Vec<&str> {
    steps
        .iter()
        .map_while(|step| match &step.kind {
            TermKind::String(name) => Some(&**name),
            _ => None,
        })
        .collect()
}

/// What `object.get(document, path, default)` looks up, where the path is constant.
fn looked_up<'m>(function: &Term, args: &'m [Term]) -> Option<(&'m Term, Vec<&'m str>)> {
    let TermKind::Ref(head, name) = &function.kind else { return None };
    let TermKind::Var(root) = &head.kind else { return None };
    let ("object", ["get"], [document, path, _]) = (&**root, constants(name).as_slice(), args) else {
        return None;
    };
    match &path.kind {
        TermKind::String(key) => Some((document, vec![key])),
        TermKind::Array(keys) if constants(keys).len() == keys.len() => Some((document, constants(keys))),
        _ => None,
    }
}

/// The paths from `data` and `input` that a module names, its imports among them.
pub(crate) fn named(module: &Module) -> Vec<Named<'_>> {
    let mut found: Vec<Named<'_>> = Vec::new();
    for import in &module.imports {
        if let Some((root, path)) = import.path.split_first() {
            found.push(Named { root, path: path.iter().map(|name| &**name).collect(), span: import.span });
        }
    }
    // A term within a longer path names no more than that path does.
    let mut within: Vec<Span> = Vec::new();
    terms(module, |term| match &term.kind {
        TermKind::Ref(head, steps) => {
            let TermKind::Var(root) = &head.kind else { return };
            within.push(head.span);
            found.push(Named { root, path: constants(steps), span: term.span });
        }
        TermKind::Call(function, args) => {
            let Some((document, path)) = looked_up(function, args) else { return };
            let (root, mut whole) = match &document.kind {
                TermKind::Var(root) => (root, Vec::new()),
                TermKind::Ref(head, steps) if constants(steps).len() == steps.len() => match &head.kind {
                    TermKind::Var(root) => (root, constants(steps)),
                    _ => return,
                },
                _ => return,
            };
            within.push(document.span);
            whole.extend(path);
            found.push(Named { root, path: whole, span: term.span });
        }
        TermKind::Var(root) => found.push(Named { root, path: Vec::new(), span: term.span }),
        _ => {}
    });
    found.retain(|named| !within.contains(&named.span));
    found.retain(|named| matches!(named.root, "data" | "input"));
    found
}
