//! What cannot hold by its types alone (`rego_type_error`): constants and results where a function takes something
//! else, equations between two such, references into what has no such key. OPA infers more than this does; what is
//! not known here may be anything.

mod known;
mod locals;
mod parameters;
mod rule;
mod text;

use crate::{
    lower::{Builtins, Error, QUERY, dotted},
    stack::with_room,
    syntax::ast::{Rule, Term, TermKind},
};
use known::Known;
use std::collections::HashMap;

/// Functions that are operations of their own, and hold for anything.
const COMPARISONS: [&str; 7] = ["eq", "equal", "neq", "lt", "lte", "gt", "gte"];

/// The rules of a program by path, and what is known of their values.
pub(crate) struct Types<'r> {
    builtins: Builtins<'r>,
    index: HashMap<&'r [Box<str>], usize>,
    groups: Vec<Group<'r>>,
    errors: Vec<Error>,
}

/// The rules of one path.
struct Group<'r> {
    /// With what each rule's locals are called
    rules: Vec<(&'r Rule, &'r [Box<str>])>,
    /// True where keys below the path are not constant
    open: bool,
    /// True of the rule that stands for a query
    query: bool,
    state: State,
}

enum State {
    New,
    /// Being looked at
    Busy,
    Known(Signature),
}

/// What a rule or function gives, and takes.
#[derive(Clone)]
struct Signature {
    /// `None` of what is no function
    args: Option<Vec<Known>>,
    value: Known,
}

impl<'r> Types<'r> {
    pub(crate) fn new(builtins: Builtins<'r>) -> Self {
        Self { builtins, index: HashMap::new(), groups: Vec::new(), errors: Vec::new() }
    }

    /// Adds a rule whose names are resolved: its path below `data`, its keys below that, what its locals are called.
    pub(crate) fn add(
        &mut self,
        path: &'r [Box<str>],
        keys: &[Term],
        rule: &'r Rule,
        locals: &'r [Box<str>],
    ) {
        let at = *self.index.entry(path).or_insert(self.groups.len());
        if at == self.groups.len() {
            let query = path.first().is_some_and(|name| **name == *QUERY);
            self.groups.push(Group { rules: Vec::new(), open: false, query, state: State::New });
        }
        if let Some(group) = self.groups.get_mut(at) {
            group.open |= !keys.is_empty();
            group.rules.push((rule, locals));
        }
    }

    /// The errors of all rules.
    pub(crate) fn check(mut self) -> Vec<Error> {
        for at in 0..self.groups.len() {
            self.signature(at);
        }
        self.errors
    }

    /// What a group gives and takes. Looks at what it needs first; of what is wrong nothing is known.
    fn signature(&mut self, at: usize) -> Signature {
        let unknown = Signature { args: None, value: Known::Any };
        let Some(group) = self.groups.get_mut(at) else { return unknown };
        match &group.state {
            State::New => {}
            State::Busy => return unknown,
            State::Known(signature) => return signature.clone(),
        }
        group.state = State::Busy;
        let (rules, open, query) = (group.rules.clone(), group.open, group.query);
        let mut whole: Option<Signature> = None;
        for (rule, names) in rules {
            let one = with_room(|| rule::check(self, rule, names, query));
            whole = Some(match whole {
                None => one,
                Some(before) => before.merged(one),
            });
        }
        let mut signature = whole.unwrap_or(unknown);
        if open {
            signature.value = Known::Any;
        }
        if let Some(group) = self.groups.get_mut(at) {
            group.state = State::Known(signature.clone());
        }
        signature
    }

    /// The group that a path from `data` leads to or through, and how many steps that takes.
    fn group_on(&self, steps: &[Term]) -> Option<(usize, usize)> {
        let mut path: Vec<Box<str>> = Vec::new();
        for step in steps {
            let TermKind::String(name) = &step.kind else { return None };
            path.push(name.clone());
            if let Some(at) = self.index.get(path.as_slice()) {
                return Some((*at, path.len()));
            }
        }
        None
    }

    /// The group of a function of this program.
    fn function(&self, function: &Term) -> Option<usize> {
        let TermKind::Ref(head, steps) = &function.kind else { return None };
        let (at, length) = self.group_on(steps)?;
        let rooted = matches!(&head.kind, TermKind::Var(root) if **root == *"data");
        (rooted && length == steps.len() && self.is_function(at)).then_some(at)
    }

    fn is_function(&self, at: usize) -> bool {
        let rules = self.groups.get(at).map(|group| group.rules.as_slice()).unwrap_or_default();
        rules.iter().any(|(rule, _)| rule.head.args.is_some())
    }

    /// How many arguments a function takes.
    fn arity(&self, function: &Term) -> Option<usize> {
        if let Some(at) = self.function(function) {
            let rules = self.groups.get(at).map(|group| group.rules.as_slice()).unwrap_or_default();
            return rules.iter().find_map(|(rule, _)| rule.head.args.as_ref().map(Vec::len));
        }
        let name = dotted(function)?;
        if COMPARISONS.contains(&name.as_str()) {
            Some(2)
        } else {
            (self.builtins)(&name).map(|def| def.args.len())
        }
    }
}

impl Signature {
    fn merged(self, other: Self) -> Self {
        let args = match (self.args, other.args) {
            (Some(a), Some(b)) => Some(a.into_iter().zip(b).map(|(a, b)| a.or(b)).collect()),
            (a, b) => a.or(b),
        };
        Self { args, value: self.value.merged(other.value) }
    }
}
