//! Names: every variable becomes a numbered local, a path from `data` or `input`, or the name of a builtin.

use super::{Builtins, Error, error, term::dotted};
use crate::{
    stack::with_room,
    syntax::ast::{Body, Expr, ExprKind, Part, Span, Term, TermKind},
};
use std::collections::HashMap;

/// What the names of one module stand for outside of its rules.
pub(super) struct Globals {
    /// Names of rules in the package and of imports, with the path that each stands for
    pub(super) paths: HashMap<Box<str>, Vec<Box<str>>>,
}

/// The names of one rule.
pub(super) struct Names<'g> {
    globals: &'g Globals,
    builtins: Builtins<'g>,
    /// Declared names, innermost scope last
    scopes: Vec<HashMap<Box<str>, u32>>,
    /// Names that are used without being declared: one local each for the whole rule
    implicit: HashMap<Box<str>, u32>,
    /// What each local is called in the source
    pub(super) locals: Vec<Box<str>>,
    pub(super) errors: Vec<Error>,
}

impl<'g> Names<'g> {
    pub(super) fn new(globals: &'g Globals, builtins: Builtins<'g>) -> Self {
        Self {
            globals,
            builtins,
            scopes: Vec::new(),
            implicit: HashMap::new(),
            locals: Vec::new(),
            errors: Vec::new(),
        }
    }

    pub(super) fn enter(&mut self) {
        self.scopes.push(HashMap::new());
    }

    pub(super) fn leave(&mut self) {
        self.scopes.pop();
    }

    fn local(&mut self, name: &str) -> u32 {
        self.locals.push(name.into());
        (self.locals.len() - 1) as u32
    }

    fn declare(&mut self, name: &str, span: Span) -> u32 {
        let local = self.local(name);
        if name != "_" {
            let twice =
                self.scopes.last_mut().is_some_and(|scope| scope.insert(name.into(), local).is_some());
            if twice {
                self.errors.push(error("rego_compile_error", format!("var {name} declared above"), span));
            }
        }
        local
    }

    fn lookup(&mut self, name: &str, span: Span) -> TermKind {
        if name == "_" {
            return TermKind::Local(self.local("_"));
        }
        if let Some(local) = self.scopes.iter().rev().find_map(|scope| scope.get(name)) {
            return TermKind::Local(*local);
        }
        if let Some(path) = self.globals.paths.get(name) {
            return path_term(path, span);
        }
        if name == "input" || name == "data" {
            return TermKind::Var(name.into());
        }
        if let Some(local) = self.implicit.get(name) {
            return TermKind::Local(*local);
        }
        let local = self.local(name);
        self.implicit.insert(name.into(), local);
        TermKind::Local(local)
    }

    /// Declares every variable of a pattern: parameters, `some … in`, the left side of `:=`. Names inside of
    /// references, calls and keys are used, not declared.
    pub(super) fn declare_pattern(&mut self, term: &mut Term, parameters: bool) {
        with_room(|| self.declare_within(term, parameters));
    }

    fn declare_within(&mut self, term: &mut Term, parameters: bool) {
        let span = term.span;
        match &mut term.kind {
            TermKind::Var(name) => {
                let known = parameters && self.scopes.last().is_some_and(|scope| scope.contains_key(name));
                let kind = match known {
                    true => self.lookup(&name.clone(), span),
                    false => TermKind::Local(self.declare(&name.clone(), span)),
                };
                term.kind = kind;
            }
            TermKind::Array(items) => {
                for item in items {
                    self.declare_pattern(item, parameters);
                }
            }
            TermKind::Object(pairs) => {
                for (key, value) in pairs {
                    self.term(key);
                    self.declare_pattern(value, parameters);
                }
            }
            _ => self.term(term),
        }
    }

    /// Resolves a body in a scope of its own, which stays open: call [`Names::leave`] after its head.
    pub(super) fn open_body(&mut self, body: &mut Body) {
        self.enter();
        for expr in body.iter_mut() {
            self.expr(expr);
        }
        body.retain(|expr| !matches!(expr.kind, ExprKind::Some(_)));
    }

    fn expr(&mut self, expr: &mut Expr) {
        for with in &mut expr.with {
            self.with_target(&mut with.target);
            match self.is_builtin(&with.value) && !is_rooted(&with.target, "input") {
                true => self.function_name(&mut with.value),
                false => self.term(&mut with.value),
            }
        }
        match &mut expr.kind {
            ExprKind::Some(names) => {
                for (name, span) in names {
                    self.declare(name, *span);
                }
            }
            ExprKind::SomeIn { key, value, domain } => {
                self.term(domain);
                for pattern in key.iter_mut().chain([value]) {
                    self.declare_pattern(pattern, false);
                }
            }
            ExprKind::Every { key, value, domain, body } => {
                self.term(domain);
                self.enter();
                for pattern in key.iter_mut().chain([value]) {
                    self.declare_pattern(pattern, false);
                }
                self.open_body(body);
                self.leave();
                self.leave();
            }
            ExprKind::Not(body) => {
                self.open_body(body);
                self.leave();
            }
            ExprKind::Term(term) => self.statement(term),
        }
    }

    /// `x := y` declares; it is `x = y` from here on.
    fn statement(&mut self, term: &mut Term) {
        if let TermKind::Call(function, args) = &mut term.kind
            && matches!(&function.kind, TermKind::Var(name) if &**name == "assign")
            && let [left, right] = args.as_mut_slice()
        {
            self.term(right);
            self.declare_pattern(left, false);
            function.kind = TermKind::Var("eq".into());
            return;
        }
        self.term(term);
    }

    fn with_target(&mut self, target: &mut Term) {
        match &mut target.kind {
            TermKind::Var(_) | TermKind::Ref(..) => self.function_name(target),
            _ => self.term(target),
        }
    }

    /// A function's name: a rule or import, else a builtin's name, which stays as it is.
    fn function_name(&mut self, function: &mut Term) {
        let root = match &function.kind {
            TermKind::Var(name) => name.clone(),
            TermKind::Ref(head, _) => match &head.kind {
                TermKind::Var(name) => name.clone(),
                _ => return self.term(function),
            },
            _ => return self.term(function),
        };
        let known = self.scopes.iter().any(|scope| scope.contains_key(&root))
            || self.globals.paths.contains_key(&root)
            || &*root == "input"
            || &*root == "data";
        if known {
            self.term(function);
        }
    }

    /// True if the term may be the name of a builtin. Whether a rule or local goes before is asked elsewhere.
    fn is_builtin(&self, term: &Term) -> bool {
        dotted(term).is_some_and(|name| (self.builtins)(&name).is_some())
    }

    /// Resolves the names in a term.
    pub(super) fn term(&mut self, term: &mut Term) {
        with_room(|| self.names_within(term));
    }

    fn names_within(&mut self, term: &mut Term) {
        let span = term.span;
        match &mut term.kind {
            TermKind::Var(name) => term.kind = self.lookup(&name.clone(), span),
            TermKind::Ref(head, steps) => {
                self.term(head);
                for step in steps.iter_mut() {
                    self.term(step);
                }
                // `data.a` in place of the head: one flat reference.
                if let TermKind::Ref(root, path) = &mut head.kind {
                    let mut flat = std::mem::take(path);
                    flat.append(steps);
                    let root = (**root).clone();
                    term.kind = TermKind::Ref(Box::new(root), flat);
                }
            }
            TermKind::Call(function, args) => {
                self.function_name(function);
                for arg in args {
                    self.term(arg);
                }
            }
            TermKind::Array(items) | TermKind::Set(items) => {
                for item in items {
                    self.term(item);
                }
            }
            TermKind::Object(pairs) => {
                for (key, value) in pairs {
                    self.term(key);
                    self.term(value);
                }
            }
            TermKind::ArrayOf(head, body) | TermKind::SetOf(head, body) => {
                self.open_body(body);
                self.term(head);
                self.leave();
            }
            TermKind::ObjectOf(head, body) => {
                self.open_body(body);
                self.term(&mut head.0);
                self.term(&mut head.1);
                self.leave();
            }
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
        }
    }
}

fn is_rooted(term: &Term, root: &str) -> bool {
    match &term.kind {
        TermKind::Var(name) => &**name == root,
        TermKind::Ref(head, _) => is_rooted(head, root),
        _ => false,
    }
}

/// A path as a reference.
pub(super) fn path_term(path: &[Box<str>], span: Span) -> TermKind {
    let Some((root, rest)) = path.split_first() else { return TermKind::Null };
    let head = Term::new(TermKind::Var(root.clone()), span);
    if rest.is_empty() {
        return head.into_kind();
    }
    let steps = rest.iter().map(|name| Term::new(TermKind::String(name.clone()), span)).collect();
    TermKind::Ref(Box::new(head), steps)
}
