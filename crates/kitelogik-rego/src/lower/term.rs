//! Terms whose locals are bound, and references.

use super::{body::Lowering, error};
use crate::{
    builtin::{BuiltinDef, Call},
    builtins,
    ops::{Callee, Comparison, From, Part, Step, Term as Out, Walk},
    stack::with_room,
    syntax::ast::{self, Expr, ExprKind, Span, Term, TermKind},
};
use kitelogik_value::{Number, Value};
use std::collections::BTreeMap;

/// Builtins that version 1 does not let policies call.
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

/// Calls that are operations of their own.
const COMPARISONS: [(&str, Comparison); 7] = [
    ("eq", Comparison::Equal),
    ("equal", Comparison::Equal),
    ("neq", Comparison::NotEqual),
    ("lt", Comparison::Less),
    ("lte", Comparison::LessOrEqual),
    ("gt", Comparison::Greater),
    ("gte", Comparison::GreaterOrEqual),
];

impl Lowering<'_, '_> {
    /// Lowers a term that is ground.
    pub(super) fn term(&mut self, term: &Term) -> Out {
        with_room(|| self.ground_term(term))
    }

    fn ground_term(&mut self, term: &Term) -> Out {
        if let Some(value) = constant(term) {
            return Out::Const(value);
        }
        match &term.kind {
            TermKind::Local(local) => Out::Slot(*local),
            TermKind::Var(_) => self.reference(term, &[]),
            TermKind::Ref(head, steps) => self.reference(head, steps),
            TermKind::Call(function, args) => self.call(term, function, args),
            TermKind::Array(items) => Out::Array(items.iter().map(|item| self.term(item)).collect()),
            TermKind::Set(items) => Out::Set(items.iter().map(|item| self.term(item)).collect()),
            TermKind::Object(pairs) => {
                let mut pairs: Vec<(Out, Out)> =
                    pairs.iter().map(|(key, value)| (self.term(key), self.term(value))).collect();
                // Of equal keys the last one stays, and OPA puts the constant ones first.
                pairs.sort_by_key(|(key, _)| !matches!(key, Out::Const(_)));
                Out::Object(pairs.into())
            }
            TermKind::ArrayOf(head, body) => {
                let (ops, mut heads) = self.body_with_heads(body, &[head], term.span);
                Out::ArrayOf(Box::new((last(&mut heads), ops)))
            }
            TermKind::SetOf(head, body) => {
                let (ops, mut heads) = self.body_with_heads(body, &[head], term.span);
                Out::SetOf(Box::new((last(&mut heads), ops)))
            }
            TermKind::ObjectOf(head, body) => {
                let (ops, mut heads) = self.body_with_heads(body, &[&head.0, &head.1], term.span);
                let value = last(&mut heads);
                let at = self.cx.place(term.span);
                Out::ObjectOf(Box::new((last(&mut heads), value, ops)), at)
            }
            TermKind::Template(parts) => Out::Template(parts.iter().map(|part| self.part(part)).collect()),
            _ => Out::Const(Value::Null),
        }
    }

    fn part(&mut self, part: &ast::Part) -> Part {
        match part {
            ast::Part::Text(text) => Part::Text(text.clone()),
            ast::Part::Hole(expr) => {
                let ExprKind::Term(term) = &expr.kind else { return Part::Text("".into()) };
                if expr.with.is_empty() {
                    let (ops, mut heads) = self.body_with_heads(&[], &[term], term.span);
                    return Part::Hole(ops, last(&mut heads));
                }
                let local = Term::new(TermKind::Local(self.fresh()), term.span);
                let found = super::flat::equation(local.clone(), term.clone(), term.span);
                let found = Expr { with: expr.with.clone(), ..found };
                let (ops, mut heads) = self.body_with_heads(&[found], &[&local], term.span);
                Part::Hole(ops, last(&mut heads))
            }
        }
    }

    fn call(&mut self, term: &Term, function: &Term, args: &[Term]) -> Out {
        let comparison = match &function.kind {
            TermKind::Var(name) => COMPARISONS.iter().find(|(known, _)| **known == **name).map(|(_, c)| *c),
            _ => None,
        };
        if let (Some(comparison), [a, b]) = (comparison, args) {
            return Out::Compare(comparison, Box::new((self.term(a), self.term(b))));
        }
        if let Some(arity) = self.arity(function).filter(|arity| *arity != args.len()) {
            self.wrong_arity(function, arity, args.len(), term.span);
        }
        let at = self.cx.place(term.span);
        let args = args.iter().map(|arg| self.term(arg)).collect();
        match self.callee(function) {
            Some(callee) => {
                if let Callee::Builtin(BuiltinDef { name, call, .. }) = callee {
                    if matches!(call, Call::Absent) {
                        self.cx.absent.push((name, function.span));
                    }
                    if self.cx.v1 && DEPRECATED.contains(name) {
                        let message = format!("deprecated built-in function calls in expression: {name}");
                        self.cx.deprecated.push(error("rego_type_error", message, function.span));
                    }
                }
                Out::Call(callee, args, at)
            }
            None => {
                self.undefined_function(function);
                Out::Const(Value::Null)
            }
        }
    }

    /// The function or builtin that a name or path stands for.
    pub(super) fn callee(&self, function: &Term) -> Option<Callee> {
        match &function.kind {
            TermKind::Ref(head, steps) if super::flat::is_name(head, "data") => {
                self.cx.tree.function(steps).map(|(group, _)| Callee::Rule(group))
            }
            TermKind::Var(_) | TermKind::Ref(..) => {
                (self.cx.builtins)(&dotted(function)?).map(Callee::Builtin)
            }
            _ => None,
        }
    }

    pub(super) fn wrong_arity(&mut self, function: &Term, arity: usize, got: usize, span: Span) {
        let name = dotted(function).unwrap_or_default();
        let arguments = if got == 1 { "argument" } else { "arguments" };
        let message = match (self.cx.builtins)(&name) {
            Some(_) => format!("{name}: arity mismatch: takes {arity}, got {got} {arguments}"),
            None => format!("function {name} has arity {arity}, got {got} {arguments}"),
        };
        let wrong = error("rego_type_error", message, span);
        if !self.cx.errors.contains(&wrong) {
            self.cx.errors.push(wrong);
        }
    }

    pub(super) fn undefined_function(&mut self, function: &Term) {
        let name = dotted(function).unwrap_or_default();
        let undefined = if builtins::absent::only_opas(&name) {
            error("not_offered", format!("{name} is not offered"), function.span)
        } else {
            error("rego_type_error", format!("undefined function {name}"), function.span)
        };
        if !self.cx.errors.contains(&undefined) {
            self.cx.errors.push(undefined);
        }
    }

    pub(super) fn arity(&self, function: &Term) -> Option<usize> {
        match &function.kind {
            TermKind::Ref(head, steps) if super::flat::is_name(head, "data") => {
                self.cx.tree.function(steps).map(|(_, arity)| arity)
            }
            TermKind::Var(name) if COMPARISONS.iter().any(|(known, _)| **known == **name) => Some(2),
            _ => (self.cx.builtins)(&dotted(function)?).map(|def| def.args.len()),
        }
    }

    pub(super) fn is_relation(&self, function: &Term) -> bool {
        matches!(self.callee(function), Some(Callee::Builtin(def)) if matches!(def.call, Call::Relation(_)))
    }

    pub(super) fn is_relation_call(&self, term: &Term) -> bool {
        matches!(&term.kind, TermKind::Call(function, _) if self.is_relation(function))
    }

    fn reference(&mut self, head: &Term, steps: &[Term]) -> Out {
        let TermKind::Var(root) = &head.kind else {
            let from = self.term(head);
            return Out::Get(Box::new(from), self.keys(steps));
        };
        match &**root {
            "input" => {
                let (path, rest) = constant_prefix(steps);
                let input = self.input(path);
                match rest {
                    [] => input,
                    rest => Out::Get(Box::new(input), self.keys(rest)),
                }
            }
            "data" => match self.place_in_tree(steps) {
                (From::Rule(group), rest) => Out::Rule(group, self.keys(rest)),
                (From::Node(node), rest) => Out::Node(node, self.keys(rest)),
                (From::Term(term), _) => term,
            },
            name => {
                let message = format!("var {name} is unsafe");
                self.cx.errors.push(error("rego_unsafe_var_error", message, head.span));
                Out::Const(Value::Null)
            }
        }
    }

    fn keys(&mut self, steps: &[Term]) -> Box<[Out]> {
        steps.iter().map(|step| self.term(step)).collect()
    }

    fn input(&self, path: Vec<Value>) -> Out {
        let mut watched = 0;
        for (bit, watch) in self.cx.watch.iter().enumerate().take(64) {
            let apart = path.iter().zip(watch).any(|(key, name)| key.as_str() != Some(name));
            if !apart {
                watched |= 1 << bit;
            }
        }
        Out::Input(path.into(), watched)
    }

    /// Follows constant keys down the tree of documents.
    fn place_in_tree<'t>(&self, steps: &'t [Term]) -> (From, &'t [Term]) {
        let mut at = 0;
        let mut rest = steps;
        loop {
            if let Some(group) = self.cx.tree.group_at(at) {
                return (From::Rule(group), rest);
            }
            let Some((Term { kind: TermKind::String(name), .. }, after)) = rest.split_first() else { break };
            match self.cx.tree.child(at, name) {
                Some(child) => (at, rest) = (child, after),
                None => break,
            }
        }
        (From::Node(at), rest)
    }

    /// A reference with something to enumerate; binds its unbound locals.
    pub(super) fn walk(&mut self, head: &Term, steps: &[Term]) -> Walk {
        let (from, rest) = match &head.kind {
            TermKind::Var(root) if &**root == "data" => self.place_in_tree(steps),
            TermKind::Var(root) if &**root == "input" => {
                let (path, rest) = constant_prefix(steps);
                (From::Term(self.input(path)), rest)
            }
            _ => (From::Term(self.term(head)), steps),
        };
        let steps = rest.iter().map(|step| match self.ground(step) {
            true => Step::Key(self.term(step)),
            false => Step::Each(self.pattern(step)),
        });
        Walk { from, steps: steps.collect() }
    }
}

fn last(heads: &mut Vec<Out>) -> Out {
    heads.pop().unwrap_or(Out::Const(Value::Null))
}

fn constant_prefix(steps: &[Term]) -> (Vec<Value>, &[Term]) {
    let path: Vec<Value> = steps.iter().map_while(constant).collect();
    let rest = steps.get(path.len()..).unwrap_or_default();
    (path, rest)
}

/// `a.b.c`, if it is that.
pub(crate) fn dotted(term: &Term) -> Option<String> {
    match &term.kind {
        TermKind::Var(name) => Some(name.to_string()),
        TermKind::Ref(head, steps) => {
            let TermKind::Var(head) = &head.kind else { return None };
            let mut out = head.to_string();
            for step in steps {
                let TermKind::String(name) = &step.kind else { return None };
                out.push('.');
                out.push_str(name);
            }
            Some(out)
        }
        _ => None,
    }
}

/// The value of a term without names; `None` for others.
pub(crate) fn constant(term: &Term) -> Option<Value> {
    with_room(|| constant_value(term))
}

fn constant_value(term: &Term) -> Option<Value> {
    match &term.kind {
        TermKind::Null => Some(Value::Null),
        TermKind::Bool(b) => Some(Value::from(*b)),
        TermKind::Number(text) => Number::parse(text).map(Value::Number),
        TermKind::String(text) => Some(Value::from(&**text)),
        TermKind::Array(items) => Some(Value::array(all(items)?)),
        TermKind::Set(items) => Some(Value::set(all(items)?)),
        TermKind::Object(pairs) => {
            let mut members = BTreeMap::new();
            for (key, value) in pairs {
                // Of equal keys the first stays, with the last value.
                members.insert(constant(key)?, constant(value)?);
            }
            Some(Value::object(members))
        }
        _ => None,
    }
}

fn all(items: &[Term]) -> Option<Vec<Value>> {
    items.iter().map(constant).collect()
}
