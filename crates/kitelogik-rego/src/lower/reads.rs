//! Which groups may look at the input, themselves or through what they need. The others keep their results where
//! `with` changes the input alone.

use crate::{
    ops::{
        Callee, Change, Definition, From, Group, GroupId, Node, NodeId, Op, Part, Pattern, Step, Term, Walk,
    },
    stack::with_room,
};

/// Sets [`Group::reads_input`] of all groups.
pub(super) fn mark(groups: &mut [Group], nodes: &[Node]) {
    let mut pending = Vec::new();
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
    for (at, group) in groups.iter_mut().enumerate() {
        let mut found = Found { nodes, input: false, groups: Vec::new() };
        group.definitions.iter().chain(&group.defaults).for_each(|definition| found.definition(definition));
        group.reads_input = found.input;
        if found.input {
            pending.push(at);
        }
        for needed in found.groups {
            needed_by.get_mut(needed as usize).into_iter().for_each(|list| list.push(at));
        }
    }
    while let Some(at) = pending.pop() {
        for user in needed_by.get(at).into_iter().flatten() {
            if let Some(group) = groups.get_mut(*user).filter(|group| !group.reads_input) {
                group.reads_input = true;
                pending.push(*user);
            }
        }
    }
}

struct Found<'n> {
    nodes: &'n [Node],
    input: bool,
    groups: Vec<GroupId>,
}

impl Found<'_> {
    fn definition(&mut self, definition: &Definition) {
        definition.parameters.iter().for_each(|pattern| self.pattern(pattern));
        self.body(&definition.body);
        self.terms(&definition.keys);
        self.term(&definition.value);
        definition.otherwise.iter().for_each(|otherwise| self.definition(otherwise));
    }

    fn body(&mut self, ops: &[Op]) {
        ops.iter().for_each(|op| self.op(op));
    }

    fn op(&mut self, op: &Op) {
        match op {
            Op::Test(term) | Op::Bind(_, term) => self.term(term),
            Op::Equal(a, b) => {
                self.term(a);
                self.term(b);
            }
            Op::Match(pattern, term) => {
                self.pattern(pattern);
                self.term(term);
            }
            Op::Walk(walk, pattern) => {
                self.walk(walk);
                self.pattern(pattern);
            }
            Op::Relation(callee, args, pattern, _) => {
                self.callee(callee);
                self.terms(args);
                self.pattern(pattern);
            }
            Op::Not(body) => self.body(body),
            Op::Every { key, value, domain, body } => {
                self.pattern(key);
                self.pattern(value);
                self.term(domain);
                self.body(body);
            }
            Op::With(changes, body) => {
                for change in changes {
                    match change {
                        Change::Input(_, term) | Change::Data(_, _, term) | Change::Result(_, term) => {
                            self.term(term);
                        }
                        Change::Call(target, with) => {
                            self.callee(target);
                            self.callee(with);
                        }
                    }
                }
                // A change below the input keeps the rest of it.
                self.input |= changes.iter().any(|c| matches!(c, Change::Input(path, _) if !path.is_empty()));
                self.body(body);
            }
        }
    }

    fn term(&mut self, term: &Term) {
        match term {
            Term::Const(_) | Term::Slot(_) => {}
            Term::Input(..) => self.input = true,
            _ => with_room(|| self.compound(term)),
        }
    }

    fn compound(&mut self, term: &Term) {
        match term {
            Term::Get(from, keys) => {
                self.term(from);
                self.terms(keys);
            }
            Term::Rule(group, keys) => {
                self.groups.push(*group);
                self.terms(keys);
            }
            Term::Node(node, keys) => {
                self.below(*node);
                self.terms(keys);
            }
            Term::Array(items) | Term::Set(items) => self.terms(items),
            Term::Object(pairs) => {
                for (key, value) in pairs {
                    self.term(key);
                    self.term(value);
                }
            }
            Term::ArrayOf(parts) | Term::SetOf(parts) => {
                self.term(&parts.0);
                self.body(&parts.1);
            }
            Term::ObjectOf(parts, _) => {
                self.term(&parts.0);
                self.term(&parts.1);
                self.body(&parts.2);
            }
            Term::Call(callee, args, _) => {
                self.callee(callee);
                self.terms(args);
            }
            Term::Compare(_, sides) => {
                self.term(&sides.0);
                self.term(&sides.1);
            }
            Term::Template(parts) => {
                for part in parts {
                    if let Part::Hole(body, term) = part {
                        self.body(body);
                        self.term(term);
                    }
                }
            }
            Term::Const(_) | Term::Slot(_) | Term::Input(..) => self.term(term),
        }
    }

    fn terms(&mut self, terms: &[Term]) {
        terms.iter().for_each(|term| self.term(term));
    }

    fn pattern(&mut self, pattern: &Pattern) {
        match pattern {
            Pattern::Any | Pattern::Bind(_) => {}
            Pattern::Is(term) => self.term(term),
            Pattern::Array(parts) => with_room(|| parts.iter().for_each(|part| self.pattern(part))),
            Pattern::Object(parts) => with_room(|| {
                for (key, part) in parts {
                    self.term(key);
                    self.pattern(part);
                }
            }),
        }
    }

    fn walk(&mut self, walk: &Walk) {
        match &walk.from {
            From::Term(term) => self.term(term),
            From::Rule(group) => self.groups.push(*group),
            From::Node(node) => self.below(*node),
        }
        for step in &walk.steps {
            match step {
                Step::Key(term) => self.term(term),
                Step::Each(pattern) => self.pattern(pattern),
            }
        }
    }

    fn callee(&mut self, callee: &Callee) {
        if let Callee::Rule(group) = callee {
            self.groups.push(*group);
        }
    }

    /// Every group at or below a node.
    fn below(&mut self, node: NodeId) {
        let mut open = vec![node];
        while let Some(node) = open.pop().and_then(|id| self.nodes.get(id as usize)) {
            self.groups.extend(node.group);
            open.extend(node.children.iter().map(|(_, child)| *child));
        }
    }
}
