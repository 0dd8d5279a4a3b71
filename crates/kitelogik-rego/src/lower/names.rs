//! Names: every variable becomes a numbered local, a path from `data` or `input`, or the name of a builtin.

use super::{
    Builtins, Error, error,
    globals::Globals,
    scope::{Kind, Scopes, bound_and_used, declared_in},
    term::dotted,
    tree::Named,
};
use crate::{
    stack::with_room,
    syntax::ast::{Body, Expr, ExprKind, Operand, Part, Span, Term, TermKind},
};
use std::collections::HashMap;

const COMPILE: &str = "rego_compile_error";

/// The names of one rule.
pub(super) struct Names<'g> {
    globals: &'g Globals<'g>,
    builtins: Builtins<'g>,
    scopes: Scopes,
    /// Names that are used without being declared: one local each for the whole rule
    implicit: HashMap<Box<str>, u32>,
    pub(super) named: Named,
    /// Where the rule stands
    rule: Span,
    pub(super) errors: Vec<Error>,
    /// Names in parameters that nothing binds
    pub(super) unbound: Vec<Error>,
    /// What is wrong with names but keeps no other error from being found
    pub(super) aside: Vec<Error>,
}

impl<'g> Names<'g> {
    pub(super) fn new(globals: &'g Globals<'g>, builtins: Builtins<'g>, rule: Span) -> Self {
        Self {
            globals,
            builtins,
            scopes: Scopes::default(),
            implicit: HashMap::new(),
            named: Named::default(),
            rule,
            errors: Vec::new(),
            unbound: Vec::new(),
            aside: Vec::new(),
        }
    }

    pub(super) fn enter(&mut self) {
        self.scopes.enter(&[]);
    }

    pub(super) fn leave(&mut self) {
        for (name, span) in self.scopes.leave() {
            self.aside.push(error(COMPILE, format!("declared var {name} unused"), span));
        }
    }

    /// Says that something is called `input` or `data`.
    fn shadows(&mut self, what: &str, name: &str, other: &str, span: Span) {
        if self.globals.v1 && is_root(name) {
            let message = format!("{what} must not shadow {name} (use a different {other} name)");
            self.aside.push(error(COMPILE, message, span));
        }
    }

    fn wrong(&mut self, message: String, span: Span) {
        self.errors.push(error(COMPILE, message, span));
    }

    fn local(&mut self, name: &str) -> u32 {
        self.named.locals.push(name.into());
        (self.named.locals.len() - 1) as u32
    }

    /// The name of the rule itself.
    pub(super) fn rule_name(&mut self, term: &Term) {
        if let TermKind::Var(name) = &term.kind {
            self.shadows("rules", name, "rule", term.span);
        }
    }

    fn declare(&mut self, name: &str, kind: Kind, wanted: bool, span: Span) -> u32 {
        if let (Kind::Arg, Some(local)) = (kind, self.scopes.here(name)) {
            return local;
        }
        let local = self.local(name);
        if kind == Kind::Assigned {
            self.named.assigned.insert(local);
        }
        if name != "_"
            && let Err(message) = self.scopes.declare(name, local, kind, wanted, span)
        {
            self.wrong(message, span);
        }
        local
    }

    fn lookup(&mut self, name: &str, span: Span) -> TermKind {
        if name == "_" {
            return TermKind::Local(self.local("_"));
        }
        if let Some(local) = self.scopes.used(name) {
            return TermKind::Local(local);
        }
        let hidden = self.scopes.is_hidden(name);
        if !hidden && let Some(path) = self.globals.path(name, span) {
            return path;
        }
        if !hidden && is_root(name) {
            return TermKind::Var(name.into());
        }
        let local = match self.implicit.get(name) {
            Some(local) => *local,
            None => {
                let local = self.local(name);
                self.implicit.insert(name.into(), local);
                local
            }
        };
        self.scopes.saw(name, local, span);
        TermKind::Local(local)
    }

    /// A parameter; names inside of keys are used, not declared. No reference is looked up in it, so that its root
    /// is a name which nothing binds.
    pub(super) fn parameter(&mut self, term: &mut Term) {
        self.check_parameter(term, term.span);
        self.declare_pattern(term, Kind::Arg);
    }

    fn check_parameter(&mut self, term: &mut Term, whole: Span) {
        match &mut term.kind {
            TermKind::Call(..) => self.wrong("rule arguments cannot contain calls".to_owned(), term.span),
            TermKind::Ref(head, _) => {
                let TermKind::Var(root) = &head.kind else { return };
                self.unbound.push(error("rego_unsafe_var_error", format!("var {root} is unsafe"), whole));
            }
            TermKind::Array(items) => {
                return with_room(|| items.iter_mut().for_each(|item| self.check_parameter(item, whole)));
            }
            TermKind::Object(pairs) => {
                return with_room(|| {
                    pairs.iter_mut().for_each(|(_, value)| self.check_parameter(value, whole));
                });
            }
            _ => return,
        }
        term.kind = TermKind::Var("_".into());
    }

    /// Declares every variable of a pattern. Names inside of references, calls and keys are used, not declared.
    fn declare_pattern(&mut self, term: &mut Term, kind: Kind) {
        with_room(|| self.declare_within(term, kind));
    }

    fn declare_within(&mut self, term: &mut Term, kind: Kind) {
        let span = term.span;
        match &mut term.kind {
            TermKind::Var(name) => {
                if kind == Kind::Arg && is_root(name) {
                    let message = format!("args must not shadow {name} (use a different variable name)");
                    self.wrong(message, self.rule);
                }
                term.kind = TermKind::Local(self.declare(&name.clone(), kind, false, span));
            }
            TermKind::Array(items) => {
                for item in items {
                    self.declare_pattern(item, kind);
                }
            }
            TermKind::Object(pairs) => {
                for (key, value) in pairs {
                    self.term(key);
                    self.declare_pattern(value, kind);
                }
            }
            _ => self.term(term),
        }
    }

    /// `some k, v in xs`: a name that stands twice is one variable.
    fn declare_member(&mut self, patterns: &mut [&mut Term], span: Span) {
        let mut names = Vec::new();
        patterns.iter().for_each(|pattern| declared_in(pattern, &mut names));
        names.sort();
        names.dedup();
        for name in names.iter().filter(|name| &***name != "_") {
            self.declare(name, Kind::Declared, false, span);
        }
        patterns.iter_mut().for_each(|pattern| self.term(pattern));
    }

    fn is_assignable(&mut self, term: &Term) -> bool {
        let what = match &term.kind {
            TermKind::Array(items) => return items.iter().all(|item| self.is_assignable(item)),
            TermKind::Object(pairs) => return pairs.iter().all(|(_, value)| self.is_assignable(value)),
            TermKind::Var(_) | TermKind::Local(_) => return true,
            TermKind::Ref(..) => "ref",
            TermKind::Call(..) | TermKind::Template(_) => "call",
            TermKind::Null => "null",
            TermKind::Bool(_) => "boolean",
            TermKind::Number(_) => "number",
            TermKind::String(_) => "string",
            TermKind::Set(_) => "set",
            TermKind::ArrayOf(..) => "arraycomprehension",
            TermKind::SetOf(..) => "setcomprehension",
            TermKind::ObjectOf(..) => "objectcomprehension",
        };
        self.wrong(format!("cannot assign to {what}"), term.span);
        false
    }

    /// Resolves a body in a scope of its own, which stays open: call [`Names::leave`] after its head.
    pub(super) fn open_body(&mut self, body: &mut Body) {
        self.scopes.enter(body);
        self.exprs(body);
    }

    fn exprs(&mut self, body: &mut Body) {
        for expr in body.iter_mut() {
            with_room(|| self.expr(expr));
        }
        body.retain(|expr| !matches!(expr.kind, ExprKind::Some(_)) && !prints(expr));
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
                for (name, _) in names {
                    self.declare(name, Kind::Declared, true, expr.span);
                }
            }
            ExprKind::SomeIn { key, value, domain } => {
                let twice = bound_and_used(key.iter().chain([&*value]), domain);
                if !twice.is_empty() {
                    let twice = twice.iter().map(|name| format!("var {name} assigned before"));
                    return twice.for_each(|message| self.wrong(message, expr.span));
                }
                self.term(domain);
                let mut patterns: Vec<&mut Term> = key.iter_mut().chain([value]).collect();
                self.declare_member(&mut patterns, expr.span);
            }
            ExprKind::Every { key, value, domain, body } => {
                self.term(domain);
                self.scopes.enter(body);
                // Where OPA says that one is not used.
                let span = body.first().map_or(expr.span, |first| first.span);
                for term in key.iter_mut().chain([value]) {
                    match &term.kind {
                        TermKind::Var(name) => {
                            let local = self.declare(&name.clone(), Kind::Declared, true, span);
                            term.kind = TermKind::Local(local);
                        }
                        _ => self.term(term),
                    }
                }
                self.exprs(body);
                self.leave();
            }
            ExprKind::Not(body) => self.no_assignment(body, "negated expression"),
            ExprKind::NotWhole(operand) => self.operand(operand, "negated expression", false),
            ExprKind::And(operands) => {
                operands.iter_mut().for_each(|operand| self.operand(operand, "implicit and operand", true));
            }
            ExprKind::Or(operands) => {
                operands.iter_mut().for_each(|operand| self.operand(operand, "implicit or operand", true));
            }
            ExprKind::Term(term) => self.statement(term),
        }
    }

    /// A body that may not declare names.
    fn no_assignment(&mut self, body: &mut Body, place: &str) {
        for expr in body.iter().filter(|expr| assignment(expr)) {
            self.wrong(format!("cannot assign vars inside {place}"), expr.span);
        }
        self.exprs(body);
    }

    /// Of what an operand of `and` and `or` uses without declaring it OPA also says that it is used around it.
    fn operand(&mut self, operand: &mut Operand, place: &str, seen_around: bool) {
        with_room(|| {
            if !operand.braced {
                return self.no_assignment(&mut operand.body, place);
            }
            self.open_body(&mut operand.body);
            if seen_around {
                self.scopes.pass_on_seen();
            }
            self.leave();
        });
    }

    /// `x := y` declares; it is `x = y` from here on.
    fn statement(&mut self, term: &mut Term) {
        if let TermKind::Call(function, args) = &mut term.kind
            && is_assign(function)
            && let [left, right] = args.as_mut_slice()
        {
            self.term(right);
            if let TermKind::Var(name) = &left.kind {
                self.shadows("variables", name, "variable", left.span);
            }
            if self.is_assignable(left) {
                self.declare_pattern(left, Kind::Assigned);
            }
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
        let hidden = self.scopes.is_hidden(&root);
        if hidden || self.scopes.is_declared(&root) || self.globals.has(&root) || is_root(&root) {
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
                if let TermKind::Var(name) = &function.kind
                    && self.scopes.is_declared(name)
                {
                    self.wrong(format!("called function {name} shadowed"), function.span);
                }
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

/// True for a call of `print`, negated or not. As in OPA's library it is left out once its names are resolved: nothing
/// is printed, and what it names counts as used.
fn prints(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Term(Term { kind: TermKind::Call(function, _), .. }) => {
            super::flat::is_name(function, "print")
        }
        // Its body was left with nothing.
        ExprKind::Not(body) => body.is_empty(),
        _ => false,
    }
}

fn assignment(expr: &Expr) -> bool {
    let ExprKind::Term(Term { kind: TermKind::Call(function, _), .. }) = &expr.kind else { return false };
    is_assign(function)
}

fn is_assign(function: &Term) -> bool {
    matches!(&function.kind, TermKind::Var(name) if &**name == "assign")
}

fn is_root(name: &str) -> bool {
    matches!(name, "input" | "data")
}

fn is_rooted(term: &Term, root: &str) -> bool {
    match &term.kind {
        TermKind::Var(name) => &**name == root,
        TermKind::Ref(head, _) => is_rooted(head, root),
        _ => false,
    }
}
