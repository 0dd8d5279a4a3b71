//! The world that a term is evaluated in: input, data, replaced functions. `with` makes another one and a
//! table of results that go with it.

use super::{Machine, R};
use crate::{
    ops::{Callee, Change, NodeId},
    val::Val,
};
use kitelogik_value::Value;

/// What `with` can change. Copied whole; everything in it lies in the arena.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    pub(super) input: Option<Val<'a>>,
    pub(super) data: Val<'a>,
    /// Nodes at and below which only base documents are seen.
    pub(super) hidden: &'a [NodeId],
    pub(super) mocks: &'a [Mock<'a>],
    /// Index of the table of results that hold in this world.
    pub(super) table: usize,
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
    pub(super) fn new(input: Option<Val<'a>>, data: Val<'a>) -> Self {
        Self { input, data, hidden: &[], mocks: &[], table: 0 }
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
                    world.input = Some(self.replace_at(world.input, path, value)?);
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
        world.table = self.memo.nest(world.table, beyond_input);
        world
    }

    /// Forgets the results of a world that is left for good.
    pub(super) fn forget(&mut self, world: &World<'a>) {
        self.memo.forget(world.table.saturating_sub(1));
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
