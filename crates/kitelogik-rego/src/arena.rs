//! Where values live while a policy is evaluated: one bump arena with a byte budget, emptied in one step.

use crate::{failure::Limit, val::Val};
use bumpalo::Bump;

/// Memory for the values of one evaluation. Nothing in it is freed before [`Arena::reset`].
#[derive(Debug)]
pub struct Arena {
    bump: Bump,
    max_items: usize,
}

impl Arena {
    /// An arena that holds at most `max_bytes`, and no collection of more than `max_items` members.
    pub fn new(max_bytes: usize, max_items: usize) -> Self {
        let bump = Bump::new();
        bump.set_allocation_limit(Some(max_bytes));
        Self { bump, max_items }
    }

    /// Empties the arena and sets its bounds anew. The largest block of memory is kept for the next use.
    pub fn reset(&mut self, max_bytes: usize, max_items: usize) {
        self.bump.reset();
        if self.bump.allocated_bytes() > max_bytes {
            self.bump = Bump::new();
        }
        self.bump.set_allocation_limit(Some(max_bytes));
        self.max_items = max_items;
    }

    /// Bytes taken from the system.
    pub fn allocated_bytes(&self) -> usize {
        self.bump.allocated_bytes()
    }

    /// Copies a string.
    pub fn str(&self, text: &str) -> Result<&str, Limit> {
        self.bump.try_alloc_str(text).map(|s| &*s).map_err(|_| Limit::Memory)
    }

    /// Copies a string, as a value.
    pub fn string<'a>(&'a self, text: &str) -> Result<Val<'a>, Limit> {
        self.str(text).map(Val::Str)
    }

    /// Copies a number's literal, which must be one of the JSON grammar; integers become [`Val::Int`].
    pub fn number<'a>(&'a self, literal: &str) -> Result<Val<'a>, Limit> {
        match crate::val::parse_int(literal) {
            Some(int) => Ok(Val::Int(int)),
            None => self.str(literal).map(Val::Num),
        }
    }

    /// Copies a slice.
    pub fn slice<T: Copy>(&self, items: &[T]) -> Result<&[T], Limit> {
        if items.len() > self.max_items {
            return Err(Limit::Items);
        }
        self.bump.try_alloc_slice_copy(items).map(|s| &*s).map_err(|_| Limit::Memory)
    }

    /// An array of these items.
    pub fn array<'a>(&'a self, items: &[Val<'a>]) -> Result<Val<'a>, Limit> {
        self.slice(items).map(Val::of_items)
    }

    /// A set of these members, in any order; of equal ones, such as `1` and `1.0`, the first stays.
    pub fn set<'a>(&'a self, mut members: Vec<Val<'a>>) -> Result<Val<'a>, Limit> {
        self.set_of(&mut members)
    }

    /// The same of a slice, whose order may change.
    pub(crate) fn set_of<'a>(&'a self, members: &mut [Val<'a>]) -> Result<Val<'a>, Limit> {
        let distinct = |members: &[Val<'a>]| members.is_sorted_by(|a, b| a < b);
        if !distinct(members) {
            members.sort();
            if !distinct(members) {
                let mut members = members.to_vec();
                members.dedup();
                return self.set_sorted(&members);
            }
        }
        self.set_sorted(members)
    }

    /// A set of members that are sorted and distinct already.
    pub fn set_sorted<'a>(&'a self, members: &[Val<'a>]) -> Result<Val<'a>, Limit> {
        self.slice(members).map(Val::of_members)
    }

    /// An object of these pairs, in any order; of equal keys the first stays, with the last value.
    pub fn object<'a>(&'a self, mut pairs: Vec<(Val<'a>, Val<'a>)>) -> Result<Val<'a>, Limit> {
        self.object_of(&mut pairs)
    }

    /// The same of a slice, whose order may change.
    pub(crate) fn object_of<'a>(&'a self, pairs: &mut [(Val<'a>, Val<'a>)]) -> Result<Val<'a>, Limit> {
        let distinct = |pairs: &[(Val<'a>, Val<'a>)]| pairs.is_sorted_by(|a, b| a.0.cmp_key(&b.0).is_lt());
        if !distinct(pairs) {
            pairs.sort_by(|a, b| a.0.cmp_key(&b.0));
            if !distinct(pairs) {
                let mut pairs = pairs.to_vec();
                pairs.dedup_by(|later, kept| {
                    let same = later.0 == kept.0;
                    if same {
                        kept.1 = later.1;
                    }
                    same
                });
                return self.object_sorted(&pairs);
            }
        }
        self.object_sorted(pairs)
    }

    /// An object of pairs whose keys are sorted and distinct already.
    pub fn object_sorted<'a>(&'a self, pairs: &[(Val<'a>, Val<'a>)]) -> Result<Val<'a>, Limit> {
        self.slice(pairs).map(Val::of_pairs)
    }
}
