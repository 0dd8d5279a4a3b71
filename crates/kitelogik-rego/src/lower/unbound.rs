//! Names that nothing binds (`rego_unsafe_var_error`), told as OPA tells them: those of heads before those of bodies,
//! and of bodies all that keep an expression from being evaluated.

use super::{
    Error,
    body::Lowering,
    error,
    tree::PlannedRule,
    vars::{self, Locals},
};
use crate::{
    ops::Pattern,
    stack::with_room,
    syntax::ast::{Body, Expr, ExprKind, Span, Term, TermKind},
};
use std::collections::BTreeMap;

/// Locals that nothing binds, and where each is wanted.
pub(super) type Unbound = Vec<(u32, Span)>;

impl Lowering<'_, '_> {
    /// What keeps expressions from being evaluated.
    pub(super) fn lacking(&self, stuck: &[Expr]) -> Unbound {
        let of = |expr: &Expr| {
            let locals = vars::open_locals(std::slice::from_ref(expr));
            locals.into_iter().map(|local| (local, expr.span)).collect::<Vec<_>>()
        };
        let all = stuck.iter().flat_map(of);
        all.filter(|(local, _)| !self.is_bound(*local)).collect()
    }

    /// A parameter that is a set with names in it. To OPA the names are bound, and no set is ever equal to it.
    pub(super) fn no_set(&mut self, set: &Term, body: &mut Vec<Expr>) -> Pattern {
        let term = |kind| Term::new(kind, set.span);
        let mut exprs = vec![ExprKind::Term(term(TermKind::Bool(false)))];
        for local in vars::open_in_term(set) {
            let eq = Box::new(term(TermKind::Var("eq".into())));
            let sides = vec![term(TermKind::Local(local)), term(TermKind::Null)];
            exprs.push(ExprKind::Term(term(TermKind::Call(eq, sides))));
        }
        body.extend(exprs.into_iter().map(|kind| Expr { kind, with: Vec::new(), span: set.span }));
        Pattern::Any
    }

    /// Says of each name where it is wanted first. A name that only waits for what is assigned to it, and one that the
    /// source does not have, is told where nothing else is.
    pub(super) fn is_unsafe(&mut self, unbound: &Unbound, span: Span) {
        let mut named: BTreeMap<&str, Span> = BTreeMap::new();
        let mut assigned: BTreeMap<&str, Span> = BTreeMap::new();
        for (local, at) in unbound {
            let name = self.name(*local);
            let places = if self.is_assigned(*local) { &mut assigned } else { &mut named };
            if !name.is_empty() {
                let first = places.entry(name).or_insert(*at);
                *first = (*first).min(*at);
            }
        }
        let mut told = if named.is_empty() { assigned } else { named };
        if told.is_empty() {
            told.insert("_", span);
        }
        let told: Vec<Error> = told.into_iter().map(|(name, at)| unsafe_name(name, at)).collect();
        self.cx.errors.extend(told);
    }
}

fn unsafe_name(name: &str, at: Span) -> Error {
    let hint = match matches!(name, "and" | "contains" | "every" | "if" | "in" | "not" | "or") {
        true => format!(" (hint: `import future.keywords.{name}` to import a future keyword)"),
        false => String::new(),
    };
    error("rego_unsafe_var_error", format!("var {name} is unsafe{hint}"), at)
}

/// The names in a rule's heads that neither a parameter nor the body has.
pub(super) fn in_heads(planned: &PlannedRule) -> Vec<Error> {
    let rule = &planned.rule;
    let path = rule.head.path.iter().skip(1);
    let head: Vec<&Term> = path.chain(&rule.head.member).chain(&rule.head.value).collect();
    let mut parts: Vec<(&Body, Vec<&Term>)> = vec![(&rule.body, head)];
    parts.extend(rule.otherwise.iter().map(|other| (&other.body, other.value.iter().collect())));
    let mut errors = Vec::new();
    for (body, heads) in parts {
        let mut known: Locals = vars::open_locals(body);
        rule.head.args.iter().flatten().for_each(|arg| known.extend(vars::open_in_term(arg)));
        let mut wanted = Unbound::new();
        heads.into_iter().for_each(|head| places(head, &mut wanted));
        for (local, at) in wanted.into_iter().filter(|(local, _)| !known.contains(local)) {
            let name = planned.locals.get(local as usize).map(|name| &**name).unwrap_or_default();
            errors.push(unsafe_name(name, at));
        }
    }
    errors
}

/// Where the locals of a term stand; closures apart, and references and calls, which belong to the body.
fn places(term: &Term, found: &mut Unbound) {
    with_room(|| match &term.kind {
        TermKind::Local(local) if !found.iter().any(|(known, _)| known == local) => {
            found.push((*local, term.span));
        }
        TermKind::Array(parts) | TermKind::Set(parts) => parts.iter().for_each(|part| places(part, found)),
        TermKind::Object(pairs) => {
            for (key, value) in pairs {
                places(key, found);
                places(value, found);
            }
        }
        _ => {}
    });
}
