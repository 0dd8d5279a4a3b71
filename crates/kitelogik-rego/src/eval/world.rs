//! The world that a term is evaluated in: input, data, replaced functions. `with` makes another one and a
//! table of results that go with it.

use super::{Machine, R};
use crate::{
    evaluator::InputRoots,
    ops::{Callee, Change, GroupId, NodeId},
    val::Val,
};
use kitelogik_value::Value;
use std::collections::{BTreeMap, HashMap};

/// What `with` can change. Copied whole; everything in it lies in the arena.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    pub(super) input: Root<'a>,
    pub(super) data: Val<'a>,
    /// Nodes at and below which only base documents are seen.
    pub(super) hidden: &'a [NodeId],
    pub(super) mocks: &'a [Mock<'a>],
    /// Index of the table of results that hold in this world.
    pub(super) table: usize,
}

/// The input: a value, or its members one at a time.
#[derive(Clone, Copy)]
pub(crate) enum Root<'a> {
    /// A value, or undefined
    Given(Option<Val<'a>>),
    /// An object that is looked up member by member
    Lookup(&'a dyn InputRoots),
}

/// A replaced function.
#[derive(Clone, Copy)]
pub(super) struct Mock<'a> {
    pub(super) target: Callee,
    pub(super) with: Replacement<'a>,
}

#[derive(Clone, Copy)]
pub(super) enum Replacement<'a> {
    Call(Callee),
    Value(Val<'a>),
}

impl<'a> World<'a> {
    pub(super) fn new(input: Root<'a>, data: Val<'a>) -> Self {
        Self { input, data, hidden: &[], mocks: &[], table: 0 }
    }
}

/// Results of rules and calls, by world.
pub(super) struct Memo<'a> {
    root: Vec<Option<Option<Val<'a>>>>,
    root_calls: BTreeMap<(GroupId, &'a [Val<'a>]), Option<Val<'a>>>,
    nested: Vec<Nested<'a>>,
}

/// The results that hold in a changed world only.
struct Nested<'a> {
    parent: usize,
    /// True if more than the input was changed.
    beyond_input: bool,
    rules: HashMap<GroupId, Option<Val<'a>>>,
    calls: BTreeMap<(GroupId, &'a [Val<'a>]), Option<Val<'a>>>,
}

impl<'a> Memo<'a> {
    pub(super) fn new(groups: usize) -> Self {
        Self { root: vec![None; groups], root_calls: BTreeMap::new(), nested: Vec::new() }
    }

    /// The outermost table in which a result is the same as in this one.
    fn home(&self, mut table: usize, reads_input: bool) -> usize {
        while let Some(nested) = table.checked_sub(1).and_then(|at| self.nested.get(at)) {
            if nested.beyond_input || reads_input {
                break;
            }
            table = nested.parent;
        }
        table
    }

    pub(super) fn rule(&self, table: usize, group: GroupId, reads_input: bool) -> Option<Option<Val<'a>>> {
        match self.home(table, reads_input).checked_sub(1) {
            None => self.root.get(group as usize).copied().flatten(),
            Some(at) => self.nested.get(at)?.rules.get(&group).copied(),
        }
    }

    pub(super) fn keep_rule(
        &mut self,
        table: usize,
        group: GroupId,
        reads_input: bool,
        value: Option<Val<'a>>,
    ) {
        match self.home(table, reads_input).checked_sub(1) {
            None => {
                if let Some(place) = self.root.get_mut(group as usize) {
                    *place = Some(value);
                }
            }
            Some(at) => {
                if let Some(nested) = self.nested.get_mut(at) {
                    nested.rules.insert(group, value);
                }
            }
        }
    }

    pub(super) fn call(
        &self,
        table: usize,
        group: GroupId,
        args: &[Val<'a>],
        reads_input: bool,
    ) -> Option<Option<Val<'a>>> {
        let calls = match self.home(table, reads_input).checked_sub(1) {
            None => &self.root_calls,
            Some(at) => &self.nested.get(at)?.calls,
        };
        calls.get(&(group, args)).copied()
    }

    pub(super) fn keep_call(
        &mut self,
        table: usize,
        group: GroupId,
        args: &'a [Val<'a>],
        reads_input: bool,
        value: Option<Val<'a>>,
    ) {
        let calls = match self.home(table, reads_input).checked_sub(1) {
            None => &mut self.root_calls,
            Some(at) => match self.nested.get_mut(at) {
                Some(nested) => &mut nested.calls,
                None => return,
            },
        };
        calls.insert((group, args), value);
    }
}

impl<'a> Machine<'a, '_> {
    /// Makes the changed world; `None` if a value is undefined.
    pub(super) fn change(&mut self, changes: &'a [Change]) -> R<Option<World<'a>>> {
        let mut world = self.world;
        let mut hidden = world.hidden.to_vec();
        let mut mocks = world.mocks.to_vec();
        let mut beyond_input = false;
        for change in changes {
            match change {
                Change::Input(path, term) => {
                    let Some(value) = self.term(term)? else { return Ok(None) };
                    let before = match world.input {
                        Root::Given(input) => input,
                        Root::Lookup(_) => self.whole_input()?,
                    };
                    world.input = Root::Given(Some(self.replace_at(before, path, value)?));
                }
                Change::Data(path, node, term) => {
                    let Some(value) = self.term(term)? else { return Ok(None) };
                    world.data = self.replace_at(Some(world.data), path, value)?;
                    hidden.extend(*node);
                    beyond_input = true;
                }
                Change::Call(target, with) => {
                    mocks.push(Mock { target: *target, with: Replacement::Call(*with) });
                    beyond_input = true;
                }
                Change::Result(target, term) => {
                    let Some(value) = self.term(term)? else { return Ok(None) };
                    mocks.push(Mock { target: *target, with: Replacement::Value(value) });
                    beyond_input = true;
                }
            }
        }
        world.hidden = self.arena.slice(&hidden)?;
        world.mocks = self.arena.slice(&mocks)?;
        Ok(Some(self.with_table(world, beyond_input)))
    }

    /// This world, with every function as it is.
    pub(super) fn without_mocks(&mut self) -> World<'a> {
        let world = World { mocks: &[], ..self.world };
        self.with_table(world, true)
    }

    /// Gives a changed world a table of its own.
    fn with_table(&mut self, mut world: World<'a>, beyond_input: bool) -> World<'a> {
        self.memo.nested.push(Nested {
            parent: world.table,
            beyond_input,
            rules: HashMap::new(),
            calls: BTreeMap::new(),
        });
        world.table = self.memo.nested.len();
        world
    }

    /// The input as one value, put together where it is looked up member by member.
    pub(super) fn whole_input(&mut self) -> R<Option<Val<'a>>> {
        let roots = match self.world.input {
            Root::Given(value) => return Ok(value),
            Root::Lookup(roots) => roots,
        };
        if let Some(whole) = self.whole_input {
            return Ok(Some(whole));
        }
        let mut pairs = Vec::new();
        for name in roots.names() {
            self.meter.step(1, self.context)?;
            if let Some(value) = roots.get(name) {
                pairs.push((Val::Str(name), Val::from_value(value)));
            }
        }
        let whole = self.arena.object(pairs)?;
        self.whole_input = Some(whole);
        Ok(Some(whole))
    }

    /// Forgets the results of a world that is left for good.
    pub(super) fn forget(&mut self, world: &World<'a>) {
        self.memo.nested.truncate(world.table.saturating_sub(1));
    }

    /// A copy of a document with one place replaced; objects on the way are made, also where something else is.
    fn replace_at(&mut self, document: Option<Val<'a>>, path: &'a [Value], value: Val<'a>) -> R<Val<'a>> {
        let Some((key, rest)) = path.split_first() else { return Ok(value) };
        let key = Val::from_value(key);
        let mut pairs: Vec<(Val<'a>, Val<'a>)> = match document {
            Some(Val::Object(object)) => object.iter().collect(),
            _ => Vec::new(),
        };
        self.meter.step(pairs.len() as u64, self.context)?;
        let inner = document.and_then(|d| d.get(key));
        let value = self.replace_at(inner, rest, value)?;
        pairs.push((key, value));
        Ok(self.arena.object(pairs)?)
    }

    /// What stands for a function in this world, if it is replaced.
    pub(super) fn mock(&self, callee: &Callee) -> Option<Replacement<'a>> {
        self.world.mocks.iter().rev().find(|mock| same(&mock.target, callee)).map(|mock| mock.with)
    }
}

fn same(a: &Callee, b: &Callee) -> bool {
    match (a, b) {
        (Callee::Rule(a), Callee::Rule(b)) => a == b,
        (Callee::Builtin(a), Callee::Builtin(b)) => a.name == b.name,
        _ => false,
    }
}
