//! The types within one rule.

use super::{
    COMPARISONS, Known, Signature, Types,
    locals::{Binding, Source, bindings},
    text::reference,
};
use crate::{
    lower::{constant, dotted, error},
    stack::with_room,
    syntax::ast::{Body, Expr, ExprKind, Part, Rule, Span, Term, TermKind},
};
use kitelogik_value::Value;
use std::collections::HashMap;

const TYPE: &str = "rego_type_error";

/// What lies deeper in a term may be anything.
const MAX_DEPTH: u32 = 20;

/// Notes what is wrong with a rule, and gives what is known of it.
pub(super) fn check<'r>(
    types: &mut Types<'r>,
    rule: &'r Rule,
    names: &'r [Box<str>],
    query: bool,
) -> Signature {
    let before = types.errors.len();
    let locals = bindings(rule, names.len(), &|function| types.arity(function));
    let mut checker = Checker {
        types,
        names,
        locals,
        looked_up: HashMap::new(),
        depth: 0,
        checked: true,
        query,
        with: false,
    };
    let head = &rule.head;
    let path = head.path.iter().skip(1).chain(head.args.iter().flatten());
    path.for_each(|term| checker.term(term));
    let truth = Known::Boolean;
    checker.body(&rule.body);
    head.member.iter().chain(&head.value).for_each(|term| checker.term(term));
    let mut value = match (&head.member, &head.value) {
        (Some(member), _) => Known::Set(Some(Box::new(checker.known(member)))),
        (None, Some(value)) => checker.known(value),
        (None, None) => truth.clone(),
    };
    let params = head.args.as_deref();
    let mut args = params.map(|args| checker.parameters(args, &rule.body, head.value.as_ref()));
    for otherwise in &rule.otherwise {
        checker.body(&otherwise.body);
        otherwise.value.iter().for_each(|value| checker.term(value));
        let another = otherwise.value.as_ref().map_or(truth.clone(), |value| checker.known(value));
        value = value.merged(another);
        args = args.zip(params).map(|(known, params)| {
            let others = checker.parameters(params, &otherwise.body, otherwise.value.as_ref());
            known.into_iter().zip(others).map(|(a, b)| a.or(b)).collect()
        });
    }
    if checker.types.errors.len() > before {
        // OPA takes what is wrong for anything, so that nobody is told of it twice.
        args = args.map(|args| vec![Known::Any; args.len()]);
        value = Known::Any;
    }
    Signature { args, value }
}

pub(super) struct Checker<'t, 'r> {
    pub(super) types: &'t mut Types<'r>,
    names: &'r [Box<str>],
    locals: Vec<Binding<'r>>,
    /// What is known of locals that were looked up; anything while that is done
    looked_up: HashMap<u32, Known>,
    /// How deep within a term
    depth: u32,
    /// False in bodies of which OPA looks at references and comprehensions alone
    checked: bool,
    /// True in the rule that stands for a query
    query: bool,
    /// True within an expression with a `with`: what it replaces may be anything
    with: bool,
}

impl<'r> Checker<'_, 'r> {
    fn wrong(&mut self, message: String, span: Span) {
        self.types.errors.push(error(TYPE, message, span));
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
        for with in &expr.with {
            let function = self.types.function(&with.value).is_some();
            if !function {
                self.term(&with.value);
            }
        }
        let before = self.with;
        self.with |= !expr.with.is_empty();
        match &expr.kind {
            ExprKind::Term(Term { kind: TermKind::Call(function, args), .. }) => {
                args.iter().for_each(|arg| self.term(arg));
                if self.checked {
                    self.call(function, args, expr.span);
                    self.statement(function, args, expr.span);
                }
            }
            ExprKind::Term(term) => self.term(term),
            ExprKind::Not(body) => self.body(body),
            ExprKind::NotWhole(operand) => self.unchecked(&operand.body),
            ExprKind::And(operands) | ExprKind::Or(operands) => {
                operands.iter().for_each(|operand| self.unchecked(&operand.body));
            }
            ExprKind::Some(_) => {}
            ExprKind::SomeIn { key, value, domain } => {
                key.iter().chain([value, domain]).for_each(|term| self.term(term));
            }
            ExprKind::Every { domain, body, .. } => {
                self.term(domain);
                self.unchecked(body);
            }
        }
        self.with = before;
    }

    /// A call that is a whole expression: an equation compares the types of its sides.
    fn statement(&mut self, function: &'r Term, args: &'r [Term], span: Span) {
        let Some(name) = dotted(function) else { return };
        // In a query OPA takes `==` for a function that compares anything.
        let equation = name == "eq" || (name == "equal" && !self.query);
        if let (true, [left, right]) = (equation, args) {
            let (left, right) = (self.known(left), self.known(right));
            if !left.meets(&right) {
                self.wrong(format!("match error: left is {left}, right is {right}"), span);
            }
        }
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
                if !matches!(head.kind, TermKind::Var(_)) {
                    self.term(head);
                }
                steps.iter().for_each(|step| self.term(step));
                self.reference(head, steps, term.span);
            }
            TermKind::Call(function, args) => {
                args.iter().for_each(|arg| self.term(arg));
                if self.checked {
                    self.call(function, args, term.span);
                }
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
            | TermKind::Var(_)
            | TermKind::Local(_) => {}
        });
    }

    /// What is wrong with the arguments of a function.
    fn call(&mut self, function: &Term, args: &'r [Term], span: Span) {
        let Some((name, want)) = self.wanted(function) else { return };
        let have: Vec<Known> = args.iter().map(|arg| self.known(arg)).collect();
        if let Some((left, right)) = not_in(&name, &have) {
            return self.wrong(format!("match error: left is {left}, right is {right}"), span);
        }
        if have.iter().zip(&want).any(|(have, want)| !have.meets(want)) {
            let text = |types: &[Known]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let want = want.get(..have.len()).unwrap_or_default();
            self.wrong(
                format!("{name}: invalid argument(s): have ({}), want ({})", text(&have), text(want)),
                span,
            );
        }
    }

    /// The name of a function, and the types of its arguments and its result.
    pub(super) fn wanted(&mut self, function: &Term) -> Option<(String, Vec<Known>)> {
        if let Some(at) = self.types.function(function) {
            if self.with {
                return None;
            }
            let Signature { args, value } = self.types.signature(at);
            let TermKind::Ref(head, steps) = &function.kind else { return None };
            return Some((reference(head, steps, self.names), args?.into_iter().chain([value]).collect()));
        }
        let name = dotted(function).filter(|name| !COMPARISONS.contains(&name.as_str()))?;
        let def = (self.types.builtins)(&name)?;
        Some((name, def.args.iter().chain([&def.result]).map(Known::from).collect()))
    }

    /// What a reference leads to; says where it can lead nowhere.
    fn reference(&mut self, head: &'r Term, steps: &'r [Term], span: Span) {
        if let Err(message) = self.follow(head, steps) {
            self.wrong(message, span);
        }
    }

    fn follow(&mut self, head: &'r Term, steps: &'r [Term]) -> Result<Known, String> {
        let undefined = |names| Err(format!("undefined ref: {}", reference(head, steps, names)));
        let (mut at, mut rest) = match &head.kind {
            TermKind::Var(root) if **root == *"data" => {
                let Some((group, length)) = self.types.group_on(steps) else { return Ok(Known::Any) };
                if self.types.is_function(group) {
                    let name = reference(head, steps, self.names);
                    return Err(format!("function {name} used as reference, not called"));
                }
                let value = if self.with { Known::Any } else { self.types.signature(group).value };
                (value, steps.get(length..).unwrap_or_default())
            }
            TermKind::Var(_) => return Ok(Known::Any),
            TermKind::Local(_) => (self.known(head), steps),
            // OPA names it first, which it does not look at here.
            _ if !self.checked => return Ok(Known::Any),
            _ => (self.known(head), steps),
        };
        while let Some((step, more)) = rest.split_first() {
            rest = more;
            let key = scalar(step);
            if at.is_empty() {
                return if key.is_some() { undefined(self.names) } else { Ok(Known::Any) };
            }
            let Some(keys) = at.keys() else { return undefined(self.names) };
            let next = match key {
                Some(key) => at.select(&key),
                None if self.known(step).meets(&keys) => at.values(),
                None => None,
            };
            match next {
                Some(next) => at = next,
                None => return undefined(self.names),
            }
        }
        Ok(at)
    }

    pub(super) fn known(&mut self, term: &'r Term) -> Known {
        self.deeper(|checker| checker.known_within(term))
    }

    /// Looks at a part of a term.
    pub(super) fn deeper(&mut self, look: impl FnOnce(&mut Self) -> Known) -> Known {
        if self.depth > MAX_DEPTH {
            return Known::Any;
        }
        self.depth += 1;
        let known = with_room(|| look(self));
        self.depth -= 1;
        known
    }

    fn known_within(&mut self, term: &'r Term) -> Known {
        match &term.kind {
            TermKind::Null => Known::Null,
            TermKind::Bool(_) => Known::Boolean,
            TermKind::Number(_) => Known::Number,
            TermKind::String(_) | TermKind::Template(_) => Known::String,
            TermKind::Array(items) => Known::Tuple(items.iter().map(|item| self.known(item)).collect()),
            TermKind::Set(items) => {
                let members = items.iter().map(|item| self.known(item));
                Known::Set(members.reduce(Known::or).map(Box::new))
            }
            TermKind::Object(pairs) => self.object(pairs),
            TermKind::ArrayOf(head, _) => Known::Array(Box::new(self.known(head))),
            TermKind::SetOf(head, _) => Known::Set(Some(Box::new(self.known(head)))),
            TermKind::ObjectOf(pair, _) => {
                Known::Object(Vec::new(), Some(Box::new((self.known(&pair.0), self.known(&pair.1)))))
            }
            TermKind::Call(function, args) => self.result(function, args.len()),
            TermKind::Ref(head, steps) => self.follow(head, steps).unwrap_or(Known::Any),
            TermKind::Local(local) => self.local(*local),
            TermKind::Var(_) => Known::Any,
        }
    }

    fn object(&mut self, pairs: &'r [(Term, Term)]) -> Known {
        let (mut members, mut others) = (Vec::new(), None::<Box<(Known, Known)>>);
        for (key, value) in pairs {
            let known = self.known(value);
            match scalar(key) {
                Some(key) => members.push((key, known)),
                None => {
                    let key = self.known(key);
                    others = Some(Box::new(match others {
                        Some(before) => (before.0.or(key), before.1.or(known)),
                        None => (key, known),
                    }));
                }
            }
        }
        Known::Object(members, others)
    }

    pub(super) fn result(&mut self, function: &Term, args: usize) -> Known {
        if let Some(at) = self.types.function(function) {
            return if self.with { Known::Any } else { self.types.signature(at).value };
        }
        match dotted(function) {
            Some(name) if COMPARISONS.contains(&name.as_str()) => Known::Boolean,
            Some(name) => match (self.types.builtins)(&name) {
                Some(def) if def.args.len() == args => Known::from(&def.result),
                _ => Known::Any,
            },
            None => Known::Any,
        }
    }

    fn local(&mut self, local: u32) -> Known {
        if let Some(known) = self.looked_up.get(&local) {
            return known.clone();
        }
        let binding = self.locals.get(local as usize).copied().filter(Binding::is_known);
        let Some(binding) = binding else { return Known::Any };
        self.looked_up.insert(local, Known::Any);
        let before = std::mem::replace(&mut self.with, binding.with);
        let known = self.bound_to(binding.source);
        self.with = before;
        self.looked_up.insert(local, known.clone());
        known
    }

    fn bound_to(&mut self, source: Source<'r>) -> Known {
        let found = match source {
            Source::Unknown => None,
            Source::Of(term) => {
                let known = self.known(term);
                if !matches!(term.kind, TermKind::Ref(..) | TermKind::Call(..) | TermKind::Local(_)) {
                    return known;
                }
                Some(known)
            }
            Source::KeyOf(domain) => self.known(domain).keys(),
            Source::MemberOf(domain) => self.known(domain).values(),
            Source::StepOf(head, steps) => self.follow(head, steps).ok().and_then(|at| at.keys()),
        };
        // OPA gives up on what has such a part, unless it is written out.
        found.filter(|known| !known.has_gap()).unwrap_or(Known::Any)
    }
}

/// Of `x in xs` and `k, x in xs` what can be none of its keys or members, and what these are. Nothing is in a scalar.
fn not_in(function: &str, args: &[Known]) -> Option<(Known, Known)> {
    let (key, value, collection) = match (function, args) {
        ("internal.member_2", [value, collection]) => (None, value, collection),
        ("internal.member_3", [key, value, collection]) => (Some(key), value, collection),
        _ => return None,
    };
    let values = collection.values()?;
    let pairs = key.zip(collection.keys()).into_iter().chain([(value, values)]);
    // Like OPA: of members that are empty sets nothing is known, unless other members say more.
    let open = |want: &Known| !matches!(want, Known::Union(_)) && want.has_gap();
    pairs
        .filter(|(have, want)| !have.meets(want) && !open(want))
        .map(|(have, want)| (have.clone(), want))
        .next()
}

/// The value of a term that is written out and has no parts.
pub(super) fn scalar(term: &Term) -> Option<Value> {
    match &term.kind {
        TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) => constant(term),
        _ => None,
    }
}
