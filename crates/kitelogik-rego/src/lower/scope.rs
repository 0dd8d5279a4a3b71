//! Scopes: which names a body declares, and what is wrong with a declaration. The wording is OPA's.

use crate::syntax::ast::{Expr, ExprKind, Span, Term, TermKind};
use std::collections::{BTreeSet, HashMap};

/// How a name came into a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A parameter
    Arg,
    /// `some x`, `some x in …`, or the key or member of `every`
    Declared,
    /// `x := …`
    Assigned,
    /// Used before anything declared it
    Seen,
}

struct Entry {
    local: u32,
    kind: Kind,
    span: Span,
    /// True if it is an error that nobody uses it
    wanted: bool,
}

/// The names of one body. A body's declarations hide rules and imports of the same name also before them.
pub(super) struct Scope {
    names: HashMap<Box<str>, Entry>,
    hides: Vec<Box<str>>,
}

/// The open scopes, innermost last. The parameters of a rule are the first; a rule's body shares with them.
#[derive(Default)]
pub(super) struct Scopes(Vec<Scope>);

impl Scopes {
    pub(super) fn enter(&mut self, body: &[Expr]) {
        let mut hides = Vec::new();
        body.iter().for_each(|expr| declared_by(expr, &mut hides));
        self.0.push(Scope { names: HashMap::new(), hides });
    }

    /// Closes the innermost scope; gives what it declares and nobody used, in the order of the source.
    pub(super) fn leave(&mut self) -> Vec<(Box<str>, Span)> {
        let Some(scope) = self.0.pop() else { return Vec::new() };
        let unused = scope.names.into_iter().filter(|(_, entry)| entry.wanted);
        let mut unused: Vec<(Box<str>, Span)> = unused.map(|(name, entry)| (name, entry.span)).collect();
        unused.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
        unused
    }

    /// The local that a name stands for, if a scope declares it; from now on it counts as used.
    pub(super) fn used(&mut self, name: &str) -> Option<u32> {
        let found = self
            .0
            .iter_mut()
            .rev()
            .find_map(|scope| scope.names.get_mut(name).filter(|e| e.kind != Kind::Seen));
        found.map(|entry| {
            entry.wanted = false;
            entry.local
        })
    }

    pub(super) fn is_declared(&self, name: &str) -> bool {
        self.0.iter().any(|scope| scope.names.get(name).is_some_and(|entry| entry.kind != Kind::Seen))
    }

    /// True if a rule or import of that name is hidden here.
    pub(super) fn is_hidden(&self, name: &str) -> bool {
        self.0.iter().any(|scope| scope.hides.iter().any(|hidden| **hidden == *name))
    }

    /// Notes the use of a name that is not declared so far.
    pub(super) fn saw(&mut self, name: &str, local: u32, span: Span) {
        if let Some(scope) = self.0.last_mut() {
            let entry = Entry { local, kind: Kind::Seen, span, wanted: false };
            scope.names.entry(name.into()).or_insert(entry);
        }
    }

    /// What the innermost scope used without declaring it counts as used in the one around it.
    pub(super) fn pass_on_seen(&mut self) {
        let [.., outer, inner] = self.0.as_mut_slice() else { return };
        for (name, entry) in inner.names.iter().filter(|(_, entry)| entry.kind == Kind::Seen) {
            let seen = Entry { wanted: false, ..*entry };
            outer.names.entry(name.clone()).or_insert(seen);
        }
    }

    /// Declares a name in the innermost scope; says what is wrong with that. A name that is `wanted` must be used.
    pub(super) fn declare(
        &mut self,
        name: &str,
        local: u32,
        kind: Kind,
        wanted: bool,
        span: Span,
    ) -> Result<(), String> {
        if let Some(entry) = self.0.last_mut().and_then(|scope| scope.names.get_mut(name)) {
            entry.wanted = false;
        }
        let before = match self.0.as_slice() {
            [args, body] => body.names.get(name).or(args.names.get(name)),
            scopes => scopes.last().and_then(|scope| scope.names.get(name)),
        };
        match before.map(|entry| entry.kind) {
            None => {}
            Some(Kind::Arg) if kind == Kind::Arg => return Ok(()),
            Some(Kind::Arg) => return Err(format!("arg {name} redeclared")),
            Some(Kind::Declared) => return Err(format!("var {name} declared above")),
            Some(Kind::Assigned) => return Err(format!("var {name} assigned above")),
            Some(Kind::Seen) => return Err(format!("var {name} referenced above")),
        }
        if let Some(scope) = self.0.last_mut() {
            scope.names.insert(name.into(), Entry { local, kind, span, wanted });
        }
        Ok(())
    }

    /// The local of a name that the innermost scope declared.
    pub(super) fn here(&self, name: &str) -> Option<u32> {
        self.0.last()?.names.get(name).map(|entry| entry.local)
    }
}

/// The names that an expression declares in its body.
fn declared_by(expr: &Expr, names: &mut Vec<Box<str>>) {
    match &expr.kind {
        ExprKind::Some(all) => names.extend(all.iter().map(|(name, _)| name.clone())),
        ExprKind::SomeIn { key, value, .. } => {
            key.iter().chain([value]).for_each(|term| declared_in(term, names));
        }
        ExprKind::Term(Term { kind: TermKind::Call(function, args), .. }) => {
            let assigns = matches!(&function.kind, TermKind::Var(name) if &**name == "assign");
            if let (true, [left, _]) = (assigns, args.as_slice()) {
                declared_in(left, names);
            }
        }
        _ => {}
    }
}

/// The variables of a pattern.
pub(super) fn declared_in(pattern: &Term, names: &mut Vec<Box<str>>) {
    match &pattern.kind {
        TermKind::Var(name) => names.push(name.clone()),
        TermKind::Array(items) => items.iter().for_each(|item| declared_in(item, names)),
        TermKind::Object(pairs) => pairs.iter().for_each(|(_, value)| declared_in(value, names)),
        _ => {}
    }
}

/// The names that patterns bind and a term uses outside of its closures.
pub(super) fn bound_and_used<'t>(
    patterns: impl Iterator<Item = &'t Term>,
    used: &Term,
) -> BTreeSet<Box<str>> {
    let mut bound = BTreeSet::new();
    let mut open: Vec<&Term> = patterns.collect();
    while let Some(pattern) = open.pop() {
        match &pattern.kind {
            TermKind::Var(name) if **name != *"_" => {
                bound.insert(name.clone());
            }
            TermKind::Array(items) => open.extend(items),
            TermKind::Object(pairs) => open.extend(pairs.iter().map(|(_, value)| value)),
            _ => {}
        }
    }
    let mut both = BTreeSet::new();
    open.push(used);
    while let Some(term) = open.pop() {
        match &term.kind {
            TermKind::Var(name) if bound.contains(name) => {
                both.insert(name.clone());
            }
            TermKind::Ref(head, items) => open.extend(items.iter().chain([&**head])),
            TermKind::Call(_, items) | TermKind::Array(items) | TermKind::Set(items) => open.extend(items),
            TermKind::Object(pairs) => open.extend(pairs.iter().flat_map(|(key, value)| [key, value])),
            _ => {}
        }
    }
    both
}
