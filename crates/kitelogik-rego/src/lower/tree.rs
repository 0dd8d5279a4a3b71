//! The tree of documents: every rule under its path, rules of one path in one group.

use crate::{
    ops::{Group, GroupId, GroupKind, Node, NodeId},
    syntax::ast::{Module, Rule, Term, TermKind},
};
use kitelogik_value::Value;
use std::collections::{HashMap, HashSet};

/// The package of a query's rule: `data` does not list it, or a query for `data` would ask for itself.
pub(crate) const QUERY: &str = "__query__";

/// A rule on its way to its group.
pub(super) struct Planned {
    path: Vec<Box<str>>,
    rule: PlannedRule,
}

/// A rule in its group.
pub(super) struct PlannedRule {
    pub(super) rule: Rule,
    /// Keys below the group's path
    pub(super) keys: Vec<Term>,
    /// What the rule's locals are called
    pub(super) locals: Vec<Box<str>>,
    /// Which of them `:=` declares
    pub(super) assigned: HashSet<u32>,
    /// True if its source is of version 1
    pub(super) v1: bool,
}

/// The locals of a rule.
#[derive(Default)]
pub(super) struct Named {
    /// What each is called in the source
    pub(super) locals: Vec<Box<str>>,
    /// Which of them `:=` declares
    pub(super) assigned: HashSet<u32>,
}

impl Planned {
    pub(super) fn new(package: &[Box<str>], rule: Rule, names: Named, v1: bool) -> Self {
        let Named { locals, assigned } = names;
        let mut path = package.to_vec();
        let mut rest = rule.head.path.iter();
        // The name of the rule. A name behind it is `input` or `data`, a key.
        if let Some(Term { kind: TermKind::Var(name), .. }) = rest.next() {
            path.push(name.clone());
        }
        for term in rest.by_ref() {
            match &term.kind {
                TermKind::String(name) => path.push(name.clone()),
                _ => {
                    let keys = std::iter::once(term).chain(rest).cloned().collect();
                    return Self { path, rule: PlannedRule { keys, rule, locals, assigned, v1 } };
                }
            }
        }
        Self { path, rule: PlannedRule { keys: Vec::new(), rule, locals, assigned, v1 } }
    }
}

/// A group before its rules are lowered.
pub(super) struct PlannedGroup {
    pub(super) path: Vec<Box<str>>,
    pub(super) rules: Vec<PlannedRule>,
    node: NodeId,
}

impl PlannedGroup {
    pub(super) fn kind(&self) -> GroupKind {
        let is = |test: &dyn Fn(&PlannedRule) -> bool| self.rules.iter().any(test);
        if is(&|r| r.rule.head.args.is_some()) {
            GroupKind::Function
        } else if is(&|r| !r.keys.is_empty()) {
            GroupKind::Object
        } else if is(&|r| r.rule.head.member.is_some()) {
            GroupKind::Set
        } else {
            GroupKind::Complete
        }
    }

    /// How many arguments a function takes.
    pub(super) fn arity(&self) -> Option<usize> {
        self.rules.iter().find_map(|r| r.rule.head.args.as_ref().map(Vec::len))
    }
}

/// The tree of documents and what is planned for it.
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    /// The children of each node
    names: Vec<HashMap<Box<str>, NodeId>>,
    pub(super) groups: Vec<PlannedGroup>,
}

impl Tree {
    pub(super) fn new(modules: &[Module], planned: Vec<Planned>) -> Self {
        let mut groups: Vec<PlannedGroup> = Vec::new();
        let mut planned = planned;
        // Shorter paths first, so that a group with keys takes in the rules below it.
        planned.sort_by_key(|p| p.path.len());
        let open: HashSet<Vec<Box<str>>> =
            planned.iter().filter(|p| !p.rule.keys.is_empty()).map(|p| p.path.clone()).collect();
        let open_above = |path: &[Box<str>]| {
            (0..=path.len()).find(|end| path.get(..*end).is_some_and(|above| open.contains(above)))
        };
        let mut index: HashMap<Vec<Box<str>>, usize> = HashMap::new();
        for Planned { mut path, mut rule } in planned {
            if let Some(length) = open_above(&path) {
                let span = rule.rule.head.span;
                let below = path.split_off(length);
                let keys = below.into_iter().map(|name| Term::new(TermKind::String(name), span));
                rule.keys.splice(0..0, keys);
            }
            match index.get(&path).and_then(|at| groups.get_mut(*at)) {
                Some(group) => group.rules.push(rule),
                None => {
                    index.insert(path.clone(), groups.len());
                    groups.push(PlannedGroup { path, rules: vec![rule], node: 0 });
                }
            }
        }
        let mut tree = Self { nodes: vec![Node::default()], names: vec![HashMap::new()], groups: Vec::new() };
        for module in modules {
            if module.package.first().is_some_and(|name| **name == *QUERY) {
                continue;
            }
            if open_above(&module.package).is_none() {
                tree.node_at(&module.package);
            }
        }
        for mut group in groups {
            group.node = tree.node_at(&group.path);
            if let Some(node) = tree.nodes.get_mut(group.node as usize) {
                node.group = Some(tree.groups.len() as GroupId);
            }
            tree.groups.push(group);
        }
        for (node, names) in tree.nodes.iter_mut().zip(&tree.names) {
            let mut children: Vec<(Value, NodeId)> =
                names.iter().map(|(name, id)| (Value::from(&**name), *id)).collect();
            children.sort();
            node.children = children.into();
        }
        tree
    }

    fn node_at(&mut self, path: &[Box<str>]) -> NodeId {
        let mut at = 0;
        for (depth, name) in path.iter().enumerate() {
            at = match self.child(at, name) {
                Some(child) => child,
                None => {
                    let id = self.nodes.len() as NodeId;
                    let path = path.iter().take(depth + 1).map(|name| Value::from(&**name)).collect();
                    self.nodes.push(Node { parent: Some(at), path, ..Node::default() });
                    self.names.push(HashMap::new());
                    let listed = &**name != QUERY || at != 0;
                    if let (true, Some(names)) = (listed, self.names.get_mut(at as usize)) {
                        names.insert(name.clone(), id);
                    }
                    id
                }
            };
        }
        at
    }

    pub(super) fn child(&self, at: NodeId, name: &str) -> Option<NodeId> {
        self.names.get(at as usize)?.get(name).copied()
    }

    pub(super) fn group_at(&self, node: NodeId) -> Option<GroupId> {
        self.nodes.get(node as usize)?.group
    }

    /// The function at exactly this path below `data`, and its arity.
    pub(super) fn function(&self, path: &[Term]) -> Option<(GroupId, usize)> {
        let mut at = 0;
        for step in path {
            let TermKind::String(name) = &step.kind else { return None };
            at = self.child(at, name)?;
        }
        let group = self.group_at(at)?;
        Some((group, self.groups.get(group as usize)?.arity()?))
    }

    pub(super) fn empty_group(&self, planned: &PlannedGroup) -> Group {
        Group {
            name: format!("data.{}", planned.path.join(".")).into(),
            kind: planned.kind(),
            definitions: Box::new([]),
            defaults: Box::new([]),
            constant: false,
            reads_input: true,
            index: None,
            node: planned.node,
        }
    }
}
