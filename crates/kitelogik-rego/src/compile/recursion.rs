//! Rules that need themselves: `rego_recursion_error`.

use super::visit::rule_terms;
use crate::{
    lower::{Error, QUERY, error},
    stack::with_room,
    syntax::ast::{Rule, Span, Term, TermKind},
};
use std::collections::{HashMap, HashSet, VecDeque};

/// How many recursive rules are reported.
const MAX_REPORTED: usize = 10;

/// A path below `data`; an absent name stands for any.
type Pattern = Vec<Option<Box<str>>>;

/// The rules of a program by path, and which of them need which.
#[derive(Default)]
pub(crate) struct Dependencies<'r> {
    places: Places,
    nodes: Vec<Node<'r>>,
}

/// Paths by what they begin with.
#[derive(Default)]
struct Places {
    /// The node whose path ends here
    node: Option<usize>,
    below: HashMap<Option<Box<str>>, Places>,
}

struct Node<'r> {
    name: String,
    span: Span,
    rules: Vec<&'r Rule>,
}

impl<'r> Dependencies<'r> {
    /// Adds a rule whose names are resolved: its path below `data`, then its keys. The rule of a query is left out:
    /// nothing names it, not even `data`.
    pub(crate) fn add(&mut self, path: &[Box<str>], keys: &[Term], rule: &'r Rule) {
        if path.first().is_some_and(|name| &**name == QUERY) {
            return;
        }
        let names = path.iter().map(|name| Some(name.clone()));
        let pattern: Pattern = names.chain(keys.iter().map(name_of)).collect();
        let end = pattern.into_iter().fold(&mut self.places, |at, name| at.below.entry(name).or_default());
        let at = *end.node.get_or_insert_with(|| {
            let name = path.iter().fold("data".to_owned(), |name, part| name + "." + part);
            self.nodes.push(Node { name, span: rule.span, rules: Vec::new() });
            self.nodes.len() - 1
        });
        if let Some(node) = self.nodes.get_mut(at) {
            node.rules.push(rule);
        }
    }

    /// An error for each path whose rules need themselves.
    ///
    /// A query is no rule: `data[x]` in it does not mean the query itself.
    pub(crate) fn recursive(&self) -> Vec<Error> {
        let edges: Vec<Vec<usize>> = self.nodes.iter().map(|node| self.needs(node)).collect();
        let cyclic = without_leaves(&edges);
        let found = (0..self.nodes.len()).filter(|at| cyclic.get(*at).copied().unwrap_or(false));
        found.filter_map(|at| self.cycle(at, &edges)).take(MAX_REPORTED).collect()
    }

    fn needs(&self, node: &Node<'r>) -> Vec<usize> {
        let mut seen = HashSet::new();
        for rule in &node.rules {
            rule_terms(rule, &mut |term| {
                let term = if let TermKind::Call(function, _) = &term.kind { function } else { term };
                seen.extend(document(term));
            });
        }
        let mut needed = Vec::new();
        seen.iter().for_each(|path| self.places.meeting(path, &mut needed));
        needed.sort_unstable();
        needed.dedup();
        needed
    }

    /// The shortest way from a path back to itself.
    fn cycle(&self, start: usize, edges: &[Vec<usize>]) -> Option<Error> {
        let mut from: HashMap<usize, usize> = HashMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            for next in edges.get(at)? {
                if *next == start {
                    let mut way = vec![start, at];
                    let mut back = at;
                    while back != start {
                        back = *from.get(&back)?;
                        way.push(back);
                    }
                    if at == start {
                        way.truncate(2);
                    }
                    let name = |at: &usize| self.nodes.get(*at).map_or("", |node| &node.name);
                    let way: Vec<&str> = way.iter().rev().map(name).collect();
                    let node = self.nodes.get(start)?;
                    let message = format!("rule {} is recursive: {}", node.name, way.join(" -> "));
                    return Some(error("rego_recursion_error", message, node.span));
                }
                if !from.contains_key(next) {
                    from.insert(*next, at);
                    queue.push_back(*next);
                }
            }
        }
        None
    }
}

/// Which nodes remain when those that need nothing are taken away, again and again.
fn without_leaves(edges: &[Vec<usize>]) -> Vec<bool> {
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); edges.len()];
    for (at, targets) in edges.iter().enumerate() {
        for target in targets {
            needed_by.get_mut(*target).into_iter().for_each(|list| list.push(at));
        }
    }
    let mut open: Vec<usize> = edges.iter().map(Vec::len).collect();
    let mut remains = vec![true; edges.len()];
    let mut leaves: Vec<usize> =
        open.iter().enumerate().filter(|(_, count)| **count == 0).map(|(at, _)| at).collect();
    while let Some(leaf) = leaves.pop() {
        remains.get_mut(leaf).into_iter().for_each(|flag| *flag = false);
        for user in needed_by.get(leaf).into_iter().flatten() {
            if let Some(count) = open.get_mut(*user) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    leaves.push(*user);
                }
            }
        }
    }
    remains
}

/// The path of a reference below `data`.
fn document(term: &Term) -> Option<Pattern> {
    let is_data = |term: &Term| matches!(&term.kind, TermKind::Var(name) if &**name == "data");
    match &term.kind {
        TermKind::Ref(head, steps) if is_data(head) => Some(steps.iter().map(name_of).collect()),
        _ if is_data(term) => Some(Vec::new()),
        _ => None,
    }
}

fn name_of(term: &Term) -> Option<Box<str>> {
    match &term.kind {
        TermKind::String(name) | TermKind::Number(name) => Some(name.clone()),
        _ => None,
    }
}

impl Places {
    /// The nodes whose path can be the other, or lead to or through it.
    fn meeting(&self, path: &[Option<Box<str>>], found: &mut Vec<usize>) {
        found.extend(self.node);
        match path.split_first() {
            Some((name @ Some(_), rest)) => {
                for below in [name, &None].into_iter().filter_map(|name| self.below.get(name)) {
                    with_room(|| below.meeting(rest, found));
                }
            }
            _ => {
                let rest = path.get(1..).unwrap_or_default();
                self.below.values().for_each(|below| with_room(|| below.meeting(rest, found)));
            }
        }
    }
}
