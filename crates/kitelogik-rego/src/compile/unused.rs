//! What is assigned or taken as an argument and not used: an error when strict (`rego_compile_error`).

use super::visit::is_call;
use crate::{
    lower::{Error, error},
    stack::with_room,
    syntax::ast::{Body, Else, Expr, ExprKind, Operand, Part, Rule, Span, Term, TermKind, With},
};
use std::collections::{BTreeSet, HashMap};

/// How a name came into a scope.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// `x := …`
    Assigned,
    /// `some x`, `every x`: whether these are used is asked without strictness
    Declared,
    /// A parameter
    Parameter,
}

struct Mark {
    how: How,
    used: bool,
    /// Where it is said that it is unused
    at: Span,
}

struct Scopes<'r> {
    open: Vec<HashMap<Box<str>, Mark>>,
    unused: Vec<Error>,
    free: BTreeSet<&'r str>,
}

/// The unused names of a rule, and those names that it uses without declaring them.
pub(crate) fn unused(rule: &Rule) -> (Vec<Error>, BTreeSet<&str>) {
    let mut scopes = Scopes { open: vec![HashMap::new()], unused: Vec::new(), free: BTreeSet::new() };
    let args = rule.head.args.as_deref().unwrap_or_default();
    for arg in args {
        scopes.parameter(arg, rule.span);
    }
    let head = &rule.head;
    let heads: Vec<&Term> = head.path.iter().skip(1).chain(&head.member).chain(&head.value).collect();
    scopes.part(args, &rule.body, &heads, rule.span);
    for Else { value, body, .. } in &rule.otherwise {
        scopes.part(args, body, &value.iter().collect::<Vec<_>>(), rule.span);
    }
    let parameters = scopes.open.pop().unwrap_or_default();
    let mut names: Vec<&Box<str>> =
        parameters.iter().filter(|(_, mark)| !mark.used).map(|(name, _)| name).collect();
    names.sort();
    let at = if rule.default { rule.head.span } else { rule.span };
    scopes.unused.extend(names.into_iter().map(|name| {
        let message = format!("unused argument {name}. (hint: use _ (wildcard variable) instead)");
        error("rego_compile_error", message, at)
    }));
    (scopes.unused, scopes.free)
}

impl<'r> Scopes<'r> {
    /// The body and value of a rule or an `else`.
    fn part(&mut self, args: &'r [Term], body: &'r Body, heads: &[&'r Term], span: Span) {
        self.open.push(HashMap::new());
        for arg in args {
            self.parameter(arg, span);
        }
        self.exprs(body);
        heads.iter().for_each(|head| self.term(head));
        self.close();
    }

    fn parameter(&mut self, term: &Term, span: Span) {
        // That such a name is taken is told elsewhere.
        variables(term, &mut |name, _| {
            if matches!(name, "input" | "data") {
                return;
            }
            let mark = Mark { how: How::Parameter, used: false, at: span };
            if let Some(scope) = self.open.last_mut() {
                scope.entry(name.into()).or_insert(mark);
            }
        });
    }

    fn close(&mut self) {
        let scope = self.open.pop().unwrap_or_default();
        let unused = scope.into_iter().filter(|(_, mark)| mark.how == How::Assigned && !mark.used);
        let mut unused: Vec<(Box<str>, Mark)> = unused.collect();
        unused.sort_by(|a, b| (a.1.at, &a.0).cmp(&(b.1.at, &b.0)));
        self.unused.extend(
            unused.into_iter().map(|(name, mark)| {
                error("rego_compile_error", format!("assigned var {name} unused"), mark.at)
            }),
        );
    }

    /// A name is used, wherever it was declared.
    fn mention(&mut self, name: &'r str) {
        if !self.open.iter().any(|scope| scope.contains_key(name)) {
            self.free.insert(name);
        }
        for mark in self.open.iter_mut().rev().filter_map(|scope| scope.get_mut(name)) {
            mark.used = true;
            // A parameter is marked in every scope that repeats it.
            if mark.how != How::Parameter {
                return;
            }
        }
    }

    fn declare(&mut self, name: &str, how: How, at: Span) {
        if let (true, Some(scope)) = (name != "_", self.open.last_mut()) {
            scope.insert(name.into(), Mark { how, used: false, at });
        }
    }

    fn exprs(&mut self, body: &'r Body) {
        body.iter().for_each(|expr| self.expr(expr));
    }

    fn expr(&mut self, expr: &'r Expr) {
        match &expr.kind {
            ExprKind::Term(term) => match assignment(term) {
                Some((left, right)) => {
                    self.term(right);
                    expr.with.iter().for_each(|with| self.with(with));
                    self.assign(left, expr.span);
                    return;
                }
                None => self.term(term),
            },
            ExprKind::Not(body) => self.exprs(body),
            ExprKind::NotWhole(operand) => self.operand(operand),
            ExprKind::And(operands) | ExprKind::Or(operands) => {
                operands.iter().for_each(|operand| self.operand(operand));
            }
            ExprKind::Some(names) => {
                names.iter().for_each(|(name, at)| self.declare(name, How::Declared, *at));
            }
            ExprKind::SomeIn { key, value, domain } => {
                self.term(domain);
                for pattern in key.iter().chain([value]) {
                    variables(pattern, &mut |name, at| self.declare(name, How::Declared, at));
                    self.term(pattern);
                }
            }
            ExprKind::Every { key, value, domain, body } => {
                self.term(domain);
                self.open.push(HashMap::new());
                for pattern in key.iter().chain([value]) {
                    variables(pattern, &mut |name, at| self.declare(name, How::Declared, at));
                }
                self.exprs(body);
                self.close();
            }
        }
        expr.with.iter().for_each(|with| self.with(with));
    }

    fn with(&mut self, with: &'r With) {
        self.term(&with.target);
        self.term(&with.value);
    }

    fn operand(&mut self, operand: &'r Operand) {
        with_room(|| match operand.braced {
            true => self.closure(&[], &operand.body),
            false => self.exprs(&operand.body),
        });
    }

    /// The left side of `:=`.
    fn assign(&mut self, pattern: &'r Term, whole: Span) {
        match &pattern.kind {
            TermKind::Var(name) => self.declare(name, How::Assigned, whole),
            TermKind::Array(items) => items.iter().for_each(|item| self.assign(item, whole)),
            TermKind::Object(pairs) => {
                for (key, value) in pairs {
                    self.term(key);
                    self.assign(value, whole);
                }
            }
            _ => self.term(pattern),
        }
    }

    fn closure(&mut self, heads: &[&'r Term], body: &'r Body) {
        self.open.push(HashMap::new());
        self.exprs(body);
        heads.iter().for_each(|head| self.term(head));
        self.close();
    }

    fn term(&mut self, term: &'r Term) {
        with_room(|| match &term.kind {
            TermKind::Var(name) => self.mention(name),
            TermKind::Ref(head, items) | TermKind::Call(head, items) => {
                self.term(head);
                items.iter().for_each(|item| self.term(item));
            }
            TermKind::Array(items) | TermKind::Set(items) => items.iter().for_each(|item| self.term(item)),
            TermKind::Object(pairs) => {
                for (key, value) in pairs {
                    self.term(key);
                    self.term(value);
                }
            }
            TermKind::ArrayOf(head, body) | TermKind::SetOf(head, body) => self.closure(&[head], body),
            TermKind::ObjectOf(pair, body) => self.closure(&[&pair.0, &pair.1], body),
            TermKind::Template(parts) => {
                for part in parts {
                    if let Part::Hole(expr) = part {
                        self.expr(expr);
                    }
                }
            }
            TermKind::Null
            | TermKind::Bool(_)
            | TermKind::Number(_)
            | TermKind::String(_)
            | TermKind::Local(_) => {}
        });
    }
}

/// Both sides of `left := right`.
fn assignment(term: &Term) -> Option<(&Term, &Term)> {
    match is_call(term, "assign")? {
        [left, right] => Some((left, right)),
        _ => None,
    }
}

/// The variables of a pattern: in arrays and the values of objects.
fn variables<'t>(term: &'t Term, visit: &mut dyn FnMut(&'t str, Span)) {
    match &term.kind {
        TermKind::Var(name) if **name != *"_" => visit(name, term.span),
        TermKind::Array(items) => items.iter().for_each(|item| variables(item, visit)),
        TermKind::Object(pairs) => pairs.iter().for_each(|(_, value)| variables(value, visit)),
        _ => {}
    }
}
