//! Rules: complete documents, sets, objects and functions.

use super::{Machine, R, world::Replacement};
use crate::{
    ops::{Definition, Group, GroupId, GroupKind, PlaceId, Term},
    val::Val,
};

/// Some definitions of a group.
pub(super) enum Candidates<'a> {
    All(std::slice::Iter<'a, Definition>),
    /// Those at two lists of positions, each in order
    Some {
        all: &'a [Definition],
        always: &'a [u32],
        wanted: &'a [u32],
    },
}

impl<'a> Iterator for Candidates<'a> {
    type Item = &'a Definition;

    fn next(&mut self) -> Option<&'a Definition> {
        match self {
            Self::All(all) => all.next(),
            Self::Some { all, always, wanted } => {
                let list = match (always.first(), wanted.first()) {
                    (Some(a), Some(b)) if b < a => wanted,
                    (None, _) => wanted,
                    _ => always,
                };
                let (at, rest) = list.split_first()?;
                *list = rest;
                all.get(*at as usize)
            }
        }
    }
}

impl<'a> Machine<'a, '_> {
    /// The document that a group of rules defines, computed once in each world.
    pub(crate) fn document(&mut self, id: GroupId) -> R<Option<Val<'a>>> {
        let Some(group) = self.code.groups.get(id as usize) else { return Ok(None) };
        if !self.world.hidden.is_empty() && self.is_hidden(group.node) {
            return Ok(self.base_at(group.node));
        }
        let table = self.world.table;
        let reads_input = self.reads_input(group);
        if let Some(known) = self.memo.rule(table, id, reads_input) {
            return Ok(known);
        }
        let value = match group.kind {
            GroupKind::Complete => self.single(group, &[])?,
            GroupKind::Set => Some(self.set(group, &[])?),
            GroupKind::Object => Some(self.partial_object(group, &[])?),
            GroupKind::Function => None,
        };
        self.memo.keep_rule(table, id, reads_input, value);
        Ok(value)
    }

    /// What is under these keys in the document of a group. OPA asks the rules of a set or object only for the member
    /// that is wanted: where the whole ends in an error, the member may still be there.
    pub(super) fn under(&mut self, id: GroupId, keys: &[Val<'a>]) -> R<Option<Val<'a>>> {
        let document = match self.document(id) {
            Err(failure) if failure.is_of_a_rule() && !keys.is_empty() => {
                let group = self.code.groups.get(id as usize);
                match group.map(|group| (group.kind, group)) {
                    Some((GroupKind::Set, group)) => Some(self.set(group, keys)?),
                    Some((GroupKind::Object, group)) => Some(self.partial_object(group, keys)?),
                    _ => return Err(failure),
                }
            }
            document => document?,
        };
        Ok(keys.iter().try_fold(document, |value, key| Some(value?.get(*key))).flatten())
    }

    /// True if the group's results hang on the input: by what it says, or by what may stand for functions it calls.
    fn reads_input(&self, group: &Group) -> bool {
        group.reads_input || !self.world.mocks.is_empty()
    }

    /// The definitions that can have a solution, in order.
    pub(super) fn candidates(&mut self, group: &'a Group) -> R<Candidates<'a>> {
        let all = &*group.definitions;
        let Some(index) = &group.index else { return Ok(Candidates::All(all.iter())) };
        self.step()?;
        let wanted: &[u32] = match self.term(&index.at)? {
            None => &[],
            Some(Val::Str(text)) => index.strings.get(text).map_or(&[], |list| list),
            Some(value) => {
                let found = index.others.binary_search_by(|(other, _)| Val::from_value(other).cmp(&value));
                found.ok().and_then(|at| index.others.get(at)).map_or(&[], |(_, list)| list)
            }
        };
        Ok(Candidates::Some { all, always: &index.always, wanted })
    }

    /// Calls a function of the program.
    pub(super) fn function(&mut self, id: GroupId, args: &[Val<'a>]) -> R<Option<Val<'a>>> {
        let Some(group) = self.code.groups.get(id as usize) else { return Ok(None) };
        let table = self.world.table;
        let reads_input = self.reads_input(group);
        if let Some(known) = self.memo.call(table, id, args, reads_input) {
            return Ok(known);
        }
        let value = self.single(group, args)?;
        let kept = self.arena.slice(args)?;
        self.memo.keep_call(table, id, kept, reads_input, value);
        Ok(value)
    }

    /// Calls what stands for a replaced function.
    pub(super) fn call_mock(
        &mut self,
        replacement: Replacement<'a>,
        args: &[Val<'a>],
        at: PlaceId,
    ) -> R<Option<Val<'a>>> {
        match replacement {
            Replacement::Value(value) => Ok(Some(value)),
            Replacement::Call(callee) => {
                // What stands for a function sees the functions as they are, or it could not call them.
                let outer = self.world;
                self.world = self.without_mocks();
                let result = self.call_itself(&callee, args, at);
                let inner = std::mem::replace(&mut self.world, outer);
                self.forget(&inner);
                result
            }
        }
    }

    /// A complete rule's or function's value.
    fn single(&mut self, group: &'a Group, args: &[Val<'a>]) -> R<Option<Val<'a>>> {
        let mut value = None;
        for definition in self.candidates(group)? {
            self.define(group, definition, args, &mut value)?;
            if group.constant && value.is_some() {
                break;
            }
        }
        if value.is_none() {
            for default in &group.defaults {
                self.define(group, default, args, &mut value)?;
            }
        }
        Ok(value)
    }

    /// Evaluates one definition, and what it has behind `else` while there is no solution.
    fn define(
        &mut self,
        group: &'a Group,
        definition: &'a Definition,
        args: &[Val<'a>],
        value: &mut Option<Val<'a>>,
    ) -> R<()> {
        for definition in definition.chain() {
            let mut found = false;
            self.solve(definition, args, &[], &mut |m| {
                let Some(new) = m.term(&definition.value)? else { return Ok(true) };
                found = true;
                match *value {
                    Some(old) if old != new => {
                        return Err(m.conflict(&many(group), definition.at));
                    }
                    // Of `1` and `1.0` the first stays.
                    _ => *value = value.or(Some(new)),
                }
                Ok(!group.constant)
            })?;
            if found {
                self.fire(definition.at);
                return Ok(());
            }
        }
        Ok(())
    }

    /// Runs a definition's body in a fresh frame, with its parameters bound. With wanted keys or a wanted member, what
    /// cannot lead there is left out.
    pub(super) fn solve(
        &mut self,
        definition: &'a Definition,
        args: &[Val<'a>],
        wanted: &[Val<'a>],
        next: &mut dyn FnMut(&mut Machine<'a, '_>) -> R<bool>,
    ) -> R<()> {
        self.framed(definition.slots, |m| {
            for (parameter, arg) in definition.parameters.iter().zip(args) {
                if !m.matches(parameter, *arg)? {
                    return Ok(());
                }
            }
            let outer = m.wanted.len();
            let head = definition.keys.iter().chain(definition.member.then_some(&definition.value));
            let mut leads_there = true;
            for (term, value) in head.zip(wanted) {
                match term {
                    Term::Const(other) => leads_there &= Val::from_value(other) == *value,
                    Term::Slot(slot) => m.wanted.push((m.base + *slot as usize, *value)),
                    _ => {}
                }
            }
            let result = if leads_there { m.body(&definition.body, next) } else { Ok(true) };
            m.wanted.truncate(outer);
            result.map(|_| ())
        })
    }
}

/// What is said of a group that has several values.
fn many(group: &Group) -> String {
    match group.kind {
        GroupKind::Function => {
            format!("function {} produced conflicting values for the same inputs", group.name)
        }
        _ => format!("rule {} produced conflicting values", group.name),
    }
}
