//! Bodies: expressions in an order in which each can be evaluated, as operations.

use super::{
    Cx,
    flat::is_name,
    tree::PlannedRule,
    unbound::Unbound,
    vars::{self, Locals},
};
use crate::{
    ops::{Op, Pattern, Step, Term as Out, Walk},
    stack::with_room,
    syntax::ast::{Expr, ExprKind, Span, Term, TermKind},
};
use std::collections::HashSet;

/// The lowering of one definition.
pub(super) struct Lowering<'x, 'c> {
    pub(super) cx: &'x mut Cx<'c>,
    /// Names of the locals, for messages
    names: Vec<Box<str>>,
    assigned: HashSet<u32>,
    pub(super) bound: Vec<bool>,
    /// In how many of the bodies around each local stands outside of closures
    visible: Vec<u32>,
}

impl<'x, 'c> Lowering<'x, 'c> {
    pub(super) fn new(cx: &'x mut Cx<'c>, rule: &PlannedRule) -> Self {
        let (names, assigned) = (rule.locals.clone(), rule.assigned.clone());
        Self { cx, bound: vec![false; names.len()], names, assigned, visible: Vec::new() }
    }

    pub(super) fn name(&self, local: u32) -> &str {
        self.names.get(local as usize).map(|name| &**name).unwrap_or_default()
    }

    /// True of what `:=` declares.
    pub(super) fn is_assigned(&self, local: u32) -> bool {
        self.assigned.contains(&local)
    }

    pub(super) fn slots(&self) -> u32 {
        self.bound.len() as u32
    }

    pub(super) fn fresh(&mut self) -> u32 {
        self.bound.push(false);
        self.names.push("".into());
        self.slots() - 1
    }

    pub(super) fn is_bound(&self, local: u32) -> bool {
        self.bound.get(local as usize).copied().unwrap_or(false)
    }

    pub(super) fn bind(&mut self, local: u32) {
        if let Some(place) = self.bound.get_mut(local as usize) {
            *place = true;
        }
    }

    /// A parameter's shape. What must be computed in it becomes an expression of the body.
    pub(super) fn parameter(&mut self, term: &Term, body: &mut Vec<Expr>) -> Pattern {
        with_room(|| self.parameter_within(term, body))
    }

    fn parameter_within(&mut self, term: &Term, body: &mut Vec<Expr>) -> Pattern {
        match &term.kind {
            TermKind::Array(items) => {
                Pattern::Array(items.iter().map(|item| self.parameter(item, body)).collect())
            }
            TermKind::Object(pairs) => {
                let pairs = pairs.iter().map(|(key, value)| (self.term(key), self.parameter(value, body)));
                Pattern::Object(pairs.collect())
            }
            TermKind::Local(_) => self.pattern(term),
            _ if super::term::constant(term).is_some() => self.pattern(term),
            TermKind::Set(_) if !self.ground(term) => self.no_set(term, body),
            _ => {
                let local = Term::new(TermKind::Local(self.fresh()), term.span);
                body.push(super::flat::equation(local.clone(), term.clone(), term.span));
                self.pattern(&local)
            }
        }
    }

    /// A rule's body, and the terms of its head: keys, then the value.
    pub(super) fn rule_body(&mut self, body: &[Expr], value: &Term, keys: &[Term]) -> (Box<[Op]>, Vec<Out>) {
        let mut body = body.to_vec();
        let mut heads = Vec::new();
        // OPA computes the keys before anything of the value.
        for key in keys {
            let mut key = key.clone();
            if !matches!(key.kind, TermKind::Local(_)) && super::term::constant(&key).is_none() {
                let kept = Term::new(TermKind::Local(self.fresh()), key.span);
                let computed = std::mem::replace(&mut key, kept.clone());
                let span = computed.span;
                body.push(super::flat::equation(kept, computed, span));
            }
            heads.push(key);
        }
        let heads: Vec<&Term> = heads.iter().chain([value]).collect();
        self.body_with_heads(&body, &heads, value.span)
    }

    /// Lowers a body with terms that are evaluated at its end. What it binds is forgotten afterwards.
    pub(super) fn body_with_heads(
        &mut self,
        body: &[Expr],
        heads: &[&Term],
        span: Span,
    ) -> (Box<[Op]>, Vec<Out>) {
        let before = self.bound.clone();
        let mut exprs = body.to_vec();
        let mut terms: Vec<Term> = heads.iter().map(|head| (*head).clone()).collect();
        for term in &mut terms {
            self.inner(term, &mut exprs);
        }
        let lowered = match self.order(exprs) {
            Ok(ops) => {
                let lacking = |term: &&Term| !self.ground(term);
                match terms.iter().find(lacking).map(vars::open_in_term) {
                    None => (ops.into(), terms.iter().map(|term| self.term(term)).collect()),
                    Some(locals) => {
                        let unbound = locals.into_iter().filter(|local| !self.is_bound(*local));
                        let unbound = unbound.map(|local| (local, span)).collect();
                        self.is_unsafe(&unbound, span);
                        (Box::default(), Vec::new())
                    }
                }
            }
            Err((unbound, at)) => {
                self.is_unsafe(&unbound, at);
                (Box::default(), Vec::new())
            }
        };
        self.bound.truncate(before.len());
        self.bound.clone_from_slice(&before);
        let grown = self.names.len();
        self.bound.resize(grown, false);
        lowered
    }

    /// Orders expressions so that each finds what it needs; what those lack that do not, and where the first stands.
    pub(super) fn order(&mut self, exprs: Vec<Expr>) -> Result<Vec<Op>, (Unbound, Span)> {
        let mut pending = Vec::new();
        for expr in exprs {
            self.flatten(expr, &mut pending);
        }
        let open = vars::open_locals(&pending);
        self.show(&open, 1);
        let mut ops = Vec::new();
        while !pending.is_empty() {
            let mut later = Vec::new();
            // Each expression that is done leaves nothing or smaller ones behind, so this ends.
            let mut stuck = true;
            for expr in pending {
                if with_room(|| self.expr(&expr, &mut ops, &mut later)) {
                    stuck = false;
                } else {
                    later.push(expr);
                }
            }
            pending = later;
            if let (true, Some(first)) = (stuck, pending.first()) {
                let stuck = (self.lacking(&pending), first.span);
                self.show(&open, -1);
                return Err(stuck);
            }
        }
        self.show(&open, -1);
        Ok(ops)
    }

    /// Lowers an expression if all that it needs is bound.
    fn expr(&mut self, expr: &Expr, ops: &mut Vec<Op>, later: &mut Vec<Expr>) -> bool {
        if !expr.with.is_empty() {
            return self.with(expr, ops);
        }
        match &expr.kind {
            ExprKind::Some(_) => true,
            ExprKind::Term(term) => self.statement(term, ops, later),
            ExprKind::Not(body) => {
                let mut ready = true;
                vars::in_body(body, false, &mut |local, closed| {
                    ready &= self.is_bound(local) || (closed && !self.is_visible(local));
                });
                if ready {
                    let mut body = body.clone();
                    self.references_before_not(&mut body, ops);
                    let (body, _) = self.body_with_heads(&body, &[], expr.span);
                    ops.push(Op::Not(body));
                }
                ready
            }
            ExprKind::NotWhole(operand) => self.not_whole(operand, expr.span, ops),
            ExprKind::And(operands) => self.and(operands, expr.span, ops),
            ExprKind::Or(operands) => self.or(operands, expr.span, ops),
            ExprKind::SomeIn { key, value, domain } => {
                let ready =
                    self.ground(domain) && key.iter().chain([value]).all(|pattern| self.is_pattern(pattern));
                if ready {
                    let from = crate::ops::From::Term(self.term(domain));
                    let key = key.as_ref().map_or(Pattern::Any, |key| self.pattern(key));
                    let value = self.pattern(value);
                    ops.push(Op::Walk(Walk { from, steps: Box::new([Step::Each(key)]) }, value));
                }
                ready
            }
            ExprKind::Every { key, value, domain, body } => {
                let mut ready = self.ground(domain);
                vars::in_body(body, true, &mut |local, _| {
                    ready &= self.is_bound(local) || !self.is_visible(local);
                });
                if ready {
                    let before = self.bound.clone();
                    let domain = self.term(domain);
                    let key = key.as_ref().map_or(Pattern::Any, |key| self.pattern(key));
                    let value = self.pattern(value);
                    let (body, _) = self.body_with_heads(body, &[], expr.span);
                    for (place, was) in self.bound.iter_mut().zip(before) {
                        *place = was;
                    }
                    ops.push(Op::Every { key, value, domain, body });
                }
                ready
            }
        }
    }

    fn statement(&mut self, term: &Term, ops: &mut Vec<Op>, later: &mut Vec<Expr>) -> bool {
        if let TermKind::Call(function, args) = &term.kind
            && is_name(function, "eq")
            && let [a, b] = args.as_slice()
        {
            return self.equation(a, b, term.span, ops, later);
        }
        if self.ground(term) && !self.is_relation_call(term) {
            let test = self.term(term);
            ops.push(Op::Test(test));
            return true;
        }
        if !self.is_source(term) {
            return false;
        }
        let local = self.fresh();
        let kept = Term::new(TermKind::Local(local), term.span);
        self.find(term, &kept, ops);
        ops.push(Op::Test(Out::Slot(local)));
        true
    }

    fn equation(&mut self, a: &Term, b: &Term, span: Span, ops: &mut Vec<Op>, later: &mut Vec<Expr>) -> bool {
        for (pattern, source) in [(a, b), (b, a)] {
            if self.can_match(pattern, source) {
                self.find(source, pattern, ops);
                return true;
            }
        }
        match split(a, b) {
            Some(pairs) => {
                later.extend(
                    pairs.into_iter().map(|(a, b)| super::flat::equation(a.clone(), b.clone(), span)),
                );
                true
            }
            None => false,
        }
    }

    fn can_match(&self, pattern: &Term, source: &Term) -> bool {
        self.is_source(source)
            && self.is_pattern(pattern)
            && (may_fit(pattern, source) || self.ground(pattern))
    }

    /// Finds the values of a source that fit a pattern.
    fn find(&mut self, source: &Term, pattern: &Term, ops: &mut Vec<Op>) {
        match &source.kind {
            TermKind::Ref(head, steps) if !self.ground(source) => {
                let walk = self.walk(head, steps);
                let pattern = self.pattern(pattern);
                ops.push(Op::Walk(walk, pattern));
            }
            TermKind::Call(function, args) if self.is_relation(function) => {
                let at = self.cx.place(source.span);
                let args = args.iter().map(|arg| self.term(arg)).collect();
                let pattern = self.pattern(pattern);
                match self.callee(function) {
                    Some(callee) => ops.push(Op::Relation(callee, args, pattern, at)),
                    None => self.undefined_function(function),
                }
            }
            _ => {
                let source = self.term(source);
                ops.push(match self.pattern(pattern) {
                    Pattern::Bind(slot) => Op::Bind(slot, source),
                    Pattern::Is(term) => Op::Equal(term, source),
                    pattern => Op::Match(pattern, source),
                });
            }
        }
    }

    pub(super) fn is_visible(&self, local: u32) -> bool {
        self.visible.get(local as usize).is_some_and(|bodies| *bodies > 0)
    }

    fn show(&mut self, locals: &Locals, by: i32) {
        for local in locals {
            let at = *local as usize;
            if at >= self.visible.len() {
                self.visible.resize(at + 1, 0);
            }
            if let Some(bodies) = self.visible.get_mut(at) {
                *bodies = bodies.saturating_add_signed(by);
            }
        }
    }

    /// True if the term can be computed: what it names is bound, or its own closures bind it.
    pub(super) fn ground(&self, term: &Term) -> bool {
        let mut ground = true;
        vars::in_term(term, false, &mut |local, closed| {
            ground &= self.is_bound(local) || (closed && !self.is_visible(local));
        });
        ground
    }

    /// True if values can be found for the term.
    fn is_source(&self, term: &Term) -> bool {
        match &term.kind {
            TermKind::Ref(head, steps) => self.ground(head) && steps.iter().all(|step| self.is_pattern(step)),
            _ => self.ground(term),
        }
    }

    /// True if the term can be matched against a value.
    fn is_pattern(&self, term: &Term) -> bool {
        with_room(|| self.is_shape(term))
    }

    fn is_shape(&self, term: &Term) -> bool {
        match &term.kind {
            TermKind::Local(_) => true,
            TermKind::Array(items) => items.iter().all(|item| self.is_pattern(item)),
            TermKind::Object(pairs) => {
                pairs.iter().all(|(key, value)| self.ground(key) && self.is_pattern(value))
            }
            _ => self.ground(term),
        }
    }

    /// A term as a shape; binds its unbound locals.
    pub(super) fn pattern(&mut self, term: &Term) -> Pattern {
        with_room(|| self.shape(term))
    }

    fn shape(&mut self, term: &Term) -> Pattern {
        match &term.kind {
            TermKind::Local(local) if !self.is_bound(*local) => {
                self.bind(*local);
                Pattern::Bind(*local)
            }
            TermKind::Array(items) if !self.ground(term) => {
                Pattern::Array(items.iter().map(|item| self.pattern(item)).collect())
            }
            TermKind::Object(pairs) if !self.ground(term) => {
                let pairs = pairs.iter().map(|(key, value)| (self.term(key), self.pattern(value)));
                Pattern::Object(pairs.collect())
            }
            _ => Pattern::Is(self.term(term)),
        }
    }
}

/// False where a pattern with parts is held against what can never have parts: it binds nothing, so that its
/// variables are unsafe.
fn may_fit(pattern: &Term, source: &Term) -> bool {
    let parts = matches!(pattern.kind, TermKind::Array(_) | TermKind::Object(_));
    match &source.kind {
        TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) | TermKind::Set(_) => {
            !parts
        }
        TermKind::Array(_) | TermKind::Object(_) if parts => {
            let fit = |pairs: Vec<(&Term, &Term)>| pairs.into_iter().all(|(a, b)| may_fit(a, b));
            split(pattern, source).is_some_and(|pairs| with_room(|| fit(pairs)))
        }
        _ => true,
    }
}

/// True if two keys are the same constant or the same variable.
fn same_key(a: &Term, b: &Term) -> bool {
    match (&a.kind, &b.kind) {
        (TermKind::Local(a), TermKind::Local(b)) => a == b,
        _ => super::term::constant(a).is_some_and(|key| super::term::constant(b).as_ref() == Some(&key)),
    }
}

/// Two arrays or two objects: equal where their parts are. `None` if they never are.
fn split<'t>(a: &'t Term, b: &'t Term) -> Option<Vec<(&'t Term, &'t Term)>> {
    match (&a.kind, &b.kind) {
        (TermKind::Array(a), TermKind::Array(b)) => (a.len() == b.len()).then(|| a.iter().zip(b).collect()),
        (TermKind::Object(a), TermKind::Object(b)) if a.len() == b.len() => {
            let mut pairs = Vec::new();
            for (key, value) in a {
                let (_, other) = b.iter().find(|(other, _)| same_key(key, other))?;
                pairs.push((value, other));
            }
            Some(pairs)
        }
        _ => None,
    }
}
