//! Rules: complete documents, sets, objects and functions.

use super::{Few, Machine, R, world::Replacement};
use crate::{
    ops::{Definition, Group, GroupId, GroupKind, PlaceId},
    val::Val,
};
use std::collections::{BTreeMap, btree_map::Entry};

const MANY_OUTPUTS: &str = "complete rules must not produce multiple outputs";
const MANY_RESULTS: &str = "functions must not produce multiple outputs for same inputs";
const MANY_VALUES: &str = "object keys must be unique";

/// Some definitions of a group.
enum Candidates<'a> {
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

/// A document while rules add to it.
enum Document<'a> {
    Value(Val<'a>),
    Set(Vec<Val<'a>>),
    Object(BTreeMap<Val<'a>, Document<'a>>),
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
            GroupKind::Set => Some(self.set(group)?),
            GroupKind::Object => Some(self.partial_object(group)?),
            GroupKind::Function => None,
        };
        self.memo.keep_rule(table, id, reads_input, value);
        Ok(value)
    }

    /// True if the group's results hang on the input: by what it says, or by what may stand for functions it calls.
    fn reads_input(&self, group: &Group) -> bool {
        group.reads_input || !self.world.mocks.is_empty()
    }

    /// The definitions that can have a solution, in order.
    fn candidates(&mut self, group: &'a Group) -> R<Candidates<'a>> {
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
        let mut next = Some(definition);
        while let Some(definition) = next {
            let mut found = false;
            self.solve(definition, args, &mut |m| {
                let Some(new) = m.term(&definition.value)? else { return Ok(true) };
                found = true;
                match *value {
                    Some(old) if old != new => {
                        let message = match group.kind {
                            GroupKind::Function => MANY_RESULTS,
                            _ => MANY_OUTPUTS,
                        };
                        return Err(m.conflict(message, definition.at));
                    }
                    _ => *value = Some(new),
                }
                Ok(!group.constant)
            })?;
            if found {
                self.fire(definition.at);
                return Ok(());
            }
            next = definition.otherwise.as_deref();
        }
        Ok(())
    }

    /// Runs a definition's body in a fresh frame, with its parameters bound.
    fn solve(
        &mut self,
        definition: &'a Definition,
        args: &[Val<'a>],
        next: &mut dyn FnMut(&mut Machine<'a, '_>) -> R<bool>,
    ) -> R<()> {
        self.framed(definition.slots, |m| {
            for (parameter, arg) in definition.parameters.iter().zip(args) {
                if !m.matches(parameter, *arg)? {
                    return Ok(());
                }
            }
            m.body(&definition.body, next)?;
            Ok(())
        })
    }

    fn set(&mut self, group: &'a Group) -> R<Val<'a>> {
        let mut members = Few::new();
        for definition in self.candidates(group)? {
            let before = members.len();
            self.solve(definition, &[], &mut |m| {
                members.extend(m.term(&definition.value)?);
                Ok(true)
            })?;
            if members.len() > before {
                self.fire(definition.at);
            }
        }
        Ok(self.arena.set_of(&mut members)?)
    }

    fn partial_object(&mut self, group: &'a Group) -> R<Val<'a>> {
        let mut root = BTreeMap::new();
        for definition in self.candidates(group)? {
            self.add(definition, &mut root, false)?;
        }
        for default in &group.defaults {
            self.add(default, &mut root, true)?;
        }
        self.finish(Document::Object(root))
    }

    /// Adds what one definition yields. A default gives way to what is there.
    fn add(
        &mut self,
        definition: &'a Definition,
        root: &mut BTreeMap<Val<'a>, Document<'a>>,
        is_default: bool,
    ) -> R<()> {
        let mut next = Some(definition);
        while let Some(definition) = next {
            let mut found = false;
            self.solve(definition, &[], &mut |m| {
                let Some(keys) = m.terms(&definition.keys)? else { return Ok(true) };
                let Some(value) = m.term(&definition.value)? else { return Ok(true) };
                found = true;
                if !insert(root, &keys, value, definition.member) && !is_default {
                    return Err(m.conflict(MANY_VALUES, definition.at));
                }
                Ok(true)
            })?;
            if found {
                if !is_default {
                    self.fire(definition.at);
                }
                return Ok(());
            }
            next = definition.otherwise.as_deref();
        }
        Ok(())
    }

    fn finish(&mut self, document: Document<'a>) -> R<Val<'a>> {
        Ok(match document {
            Document::Value(value) => value,
            Document::Set(members) => self.arena.set(members)?,
            Document::Object(members) => {
                let mut pairs = Vec::with_capacity(members.len());
                for (key, member) in members {
                    pairs.push((key, self.finish(member)?));
                }
                self.arena.object_sorted(&pairs)?
            }
        })
    }
}

/// Puts a value under a path of keys; false if another value is in the way.
fn insert<'a>(
    mut at: &mut BTreeMap<Val<'a>, Document<'a>>,
    keys: &[Val<'a>],
    value: Val<'a>,
    member: bool,
) -> bool {
    let Some((last, path)) = keys.split_last() else { return false };
    for key in path {
        match at.entry(*key).or_insert_with(|| Document::Object(BTreeMap::new())) {
            Document::Object(inner) => at = inner,
            _ => return false,
        }
    }
    match at.entry(*last) {
        Entry::Vacant(place) => {
            place.insert(if member { Document::Set(vec![value]) } else { Document::Value(value) });
            true
        }
        Entry::Occupied(mut place) => match place.get_mut() {
            Document::Set(members) if member => {
                members.push(value);
                true
            }
            Document::Value(old) if !member => *old == value,
            _ => false,
        },
    }
}
