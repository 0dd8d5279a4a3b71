//! What a rule binds its locals to. Only of a local that one place alone can bind is anything known: OPA lets the
//! first place decide, and which one that is hangs on the order of the body.

use crate::{
    stack::with_room,
    syntax::ast::{Body, Expr, ExprKind, Operand, Part, Rule, Term, TermKind},
};

/// Where the values of a local come from.
#[derive(Clone, Copy)]
pub(super) enum Source<'r> {
    /// Anywhere
    Unknown,
    /// `local = term`
    Of(&'r Term),
    /// A key of this collection
    KeyOf(&'r Term),
    /// A member of this collection
    MemberOf(&'r Term),
    /// A key of what this reference leads to
    StepOf(&'r Term, &'r [Term]),
}

/// One local.
#[derive(Clone, Copy)]
pub(super) struct Binding<'r> {
    pub(super) source: Source<'r>,
    /// How many places can bind it
    places: u32,
    /// True if the place stands in an expression with a `with`
    pub(super) with: bool,
}

impl Binding<'_> {
    pub(super) fn is_known(&self) -> bool {
        self.places == 1 && !matches!(self.source, Source::Unknown)
    }
}

/// The bindings of a rule's locals. `arity` says how many arguments a function takes.
pub(super) fn bindings<'r>(
    rule: &'r Rule,
    count: usize,
    arity: &dyn Fn(&Term) -> Option<usize>,
) -> Vec<Binding<'r>> {
    let none = Binding { source: Source::Unknown, places: 0, with: false };
    let mut bindings = Bindings { all: vec![none; count], checked: true, with: false, arity };
    let head = &rule.head;
    head.args.iter().flatten().for_each(|arg| bindings.pattern(arg));
    let path = head.path.iter().skip(1);
    path.chain(&head.member).chain(&head.value).for_each(|term| bindings.term(term));
    bindings.body(&rule.body);
    for otherwise in &rule.otherwise {
        bindings.body(&otherwise.body);
        otherwise.value.iter().for_each(|value| bindings.term(value));
    }
    bindings.all
}

struct Bindings<'r, 'a> {
    all: Vec<Binding<'r>>,
    /// False in bodies of which OPA does not look at expressions
    checked: bool,
    with: bool,
    arity: &'a dyn Fn(&Term) -> Option<usize>,
}

impl<'r> Bindings<'r, '_> {
    fn bind(&mut self, local: u32, source: Source<'r>) {
        let source = if self.checked { source } else { Source::Unknown };
        if let Some(binding) = self.all.get_mut(local as usize) {
            *binding = Binding { source, places: binding.places.saturating_add(1), with: self.with };
        }
    }

    fn body(&mut self, body: &'r Body) {
        body.iter().for_each(|expr| self.expr(expr));
    }

    fn unchecked(&mut self, body: &'r Body) {
        let before = std::mem::replace(&mut self.checked, false);
        with_room(|| self.body(body));
        self.checked = before;
    }

    fn expr(&mut self, expr: &'r Expr) {
        expr.with.iter().for_each(|with| self.term(&with.value));
        let before = self.with;
        self.with |= !expr.with.is_empty();
        match &expr.kind {
            ExprKind::Term(Term { kind: TermKind::Call(function, args), .. }) => self.call(function, args),
            ExprKind::Term(term) => self.term(term),
            // What it names is bound before.
            ExprKind::Not(body) => body.iter().for_each(|expr| match &expr.kind {
                ExprKind::Term(term) => self.term(term),
                _ => self.expr(expr),
            }),
            ExprKind::NotWhole(Operand { body, .. }) => self.unchecked(body),
            ExprKind::And(operands) | ExprKind::Or(operands) => {
                operands.iter().for_each(|operand| self.unchecked(&operand.body));
            }
            ExprKind::Some(_) => {}
            ExprKind::SomeIn { key, value, domain } => {
                self.term(domain);
                key.iter().for_each(|key| self.side(key, Source::KeyOf(domain)));
                self.side(value, Source::MemberOf(domain));
            }
            ExprKind::Every { key, value, domain, body } => {
                self.term(domain);
                key.iter().chain([value]).for_each(|pattern| self.pattern(pattern));
                self.unchecked(body);
            }
        }
        self.with = before;
    }

    /// A call that is a whole expression: an equation, or one with its result as the last argument.
    fn call(&mut self, function: &'r Term, args: &'r [Term]) {
        let equation = matches!(&function.kind, TermKind::Var(name) if **name == *"eq");
        match args {
            [left, right] if equation => {
                self.side(left, Source::Of(right));
                self.side(right, Source::Of(left));
            }
            [before @ .., result] if (self.arity)(function) == Some(before.len()) => {
                before.iter().for_each(|arg| self.term(arg));
                self.pattern(result);
            }
            _ => args.iter().for_each(|arg| self.term(arg)),
        }
    }

    fn side(&mut self, pattern: &'r Term, source: Source<'r>) {
        match &pattern.kind {
            TermKind::Local(local) => self.bind(*local, source),
            _ => self.pattern(pattern),
        }
    }

    /// A pattern of whose parts nothing is known.
    fn pattern(&mut self, pattern: &'r Term) {
        with_room(|| match &pattern.kind {
            TermKind::Local(local) => self.bind(*local, Source::Unknown),
            TermKind::Array(items) => items.iter().for_each(|item| self.pattern(item)),
            TermKind::Object(pairs) => {
                for (key, value) in pairs {
                    self.term(key);
                    self.pattern(value);
                }
            }
            _ => self.term(pattern),
        });
    }

    fn closure(&mut self, heads: &[&'r Term], body: &'r Body) {
        let before = std::mem::replace(&mut self.checked, true);
        self.body(body);
        heads.iter().for_each(|head| self.term(head));
        self.checked = before;
    }

    fn term(&mut self, term: &'r Term) {
        with_room(|| match &term.kind {
            TermKind::Ref(head, steps) => {
                self.term(head);
                for (at, step) in steps.iter().enumerate() {
                    self.side(step, Source::StepOf(head, steps.get(..at).unwrap_or_default()));
                }
            }
            TermKind::Call(_, items) | TermKind::Array(items) | TermKind::Set(items) => {
                items.iter().for_each(|item| self.term(item));
            }
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
            | TermKind::Var(_)
            | TermKind::Local(_) => {}
        });
    }
}
