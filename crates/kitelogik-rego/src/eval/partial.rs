//! Rules that add to one document: sets and objects.

use super::{Few, Machine, R};
use crate::{
    ops::{Definition, Group},
    val::Val,
};
use std::collections::{BTreeMap, btree_map::Entry};

const MANY_VALUES: &str = "object keys must be unique";

/// A document while rules add to it.
enum Document<'a> {
    Value(Val<'a>),
    Set(Vec<Val<'a>>),
    Object(BTreeMap<Val<'a>, Document<'a>>),
}

impl<'a> Machine<'a, '_> {
    pub(super) fn set(&mut self, group: &'a Group, wanted: &[Val<'a>]) -> R<Val<'a>> {
        let mut members = Few::new();
        for definition in self.candidates(group)? {
            let before = members.len();
            self.solve(definition, &[], wanted, &mut |m| {
                members.extend(m.term(&definition.value)?);
                Ok(true)
            })?;
            if members.len() > before {
                self.fire(definition.at);
            }
        }
        Ok(self.arena.set_of(&mut members)?)
    }

    pub(super) fn partial_object(&mut self, group: &'a Group, wanted: &[Val<'a>]) -> R<Val<'a>> {
        let mut root = BTreeMap::new();
        for definition in self.candidates(group)? {
            self.add(definition, wanted, &mut root, false)?;
        }
        for default in &group.defaults {
            self.add(default, wanted, &mut root, true)?;
        }
        self.finish(Document::Object(root))
    }

    /// Adds what one definition yields. A default gives way to what is there.
    fn add(
        &mut self,
        definition: &'a Definition,
        wanted: &[Val<'a>],
        root: &mut BTreeMap<Val<'a>, Document<'a>>,
        is_default: bool,
    ) -> R<()> {
        for definition in definition.chain() {
            let mut found = false;
            self.solve(definition, &[], wanted, &mut |m| {
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
