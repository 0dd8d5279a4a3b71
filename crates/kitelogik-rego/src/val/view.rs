//! Collections that hide whether their members are owned values or lie in the arena.

use super::Val;
use crate::InputRoots;
use kitelogik_value::Value;

#[derive(Clone, Copy)]
enum Items<'a> {
    Owned(&'a [Value]),
    Arena(&'a [Val<'a>]),
}

impl<'a> Items<'a> {
    fn len(self) -> usize {
        match self {
            Self::Owned(items) => items.len(),
            Self::Arena(items) => items.len(),
        }
    }

    fn get(self, at: usize) -> Option<Val<'a>> {
        match self {
            Self::Owned(items) => items.get(at).map(Val::from_value),
            Self::Arena(items) => items.get(at).copied(),
        }
    }

    /// True for two looks at the same memory.
    fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Owned(a), Self::Owned(b)) => std::ptr::eq(a, b),
            (Self::Arena(a), Self::Arena(b)) => std::ptr::eq(a, b),
            _ => false,
        }
    }
}

/// An array.
#[derive(Clone, Copy)]
pub struct Array<'a>(Items<'a>);

/// A set: its members come in order and once each.
#[derive(Clone, Copy)]
pub struct Set<'a>(Items<'a>);

/// An object: its pairs come in order of their keys.
#[derive(Clone, Copy)]
pub struct Object<'a>(Pairs<'a>);

/// Objects of up to so many pairs are searched from the first pair on.
const FEW: usize = 16;

#[derive(Clone, Copy)]
enum Pairs<'a> {
    Owned(&'a [(Value, Value)]),
    Arena(&'a [(Val<'a>, Val<'a>)]),
    Roots(&'a dyn InputRoots),
}

impl<'a> Pairs<'a> {
    /// True for two looks at the same memory.
    fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Owned(a), Self::Owned(b)) => std::ptr::eq(a, b),
            (Self::Arena(a), Self::Arena(b)) => std::ptr::eq(a, b),
            (Self::Roots(a), Self::Roots(b)) => std::ptr::addr_eq(a, b),
            _ => false,
        }
    }
}

impl<'a> Array<'a> {
    pub(super) fn is_same(self, other: Self) -> bool {
        self.0.is_same(other.0)
    }

    pub(super) fn owned(items: &'a [Value]) -> Self {
        Self(Items::Owned(items))
    }

    pub(super) fn arena(items: &'a [Val<'a>]) -> Self {
        Self(Items::Arena(items))
    }

    /// The owned items, if it looks at a whole owned array.
    pub(super) fn whole(self) -> Option<&'a [Value]> {
        if let Items::Owned(items) = self.0 { Some(items) } else { None }
    }

    /// How many items.
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// True if there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The item at an index.
    pub fn get(self, at: usize) -> Option<Val<'a>> {
        self.0.get(at)
    }

    /// The items.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Val<'a>> + ExactSizeIterator {
        (0..self.len()).map(move |at| self.get(at).unwrap_or_default())
    }
}

impl<'a> Set<'a> {
    pub(super) fn is_same(self, other: Self) -> bool {
        self.0.is_same(other.0)
    }

    pub(super) const EMPTY: Self = Self(Items::Arena(&[]));

    pub(super) fn owned(members: &'a [Value]) -> Self {
        Self(Items::Owned(members))
    }

    pub(super) fn arena(sorted: &'a [Val<'a>]) -> Self {
        Self(Items::Arena(sorted))
    }

    /// How many members.
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// True if there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The member at a place in the order.
    pub fn get(self, at: usize) -> Option<Val<'a>> {
        self.0.get(at)
    }

    /// The member that equals a value.
    pub fn find(self, member: Val<'_>) -> Option<Val<'a>> {
        match self.0 {
            Items::Owned(items) => items
                .binary_search_by(|m| Val::from_value(m).cmp(&member))
                .ok()
                .and_then(|at| items.get(at))
                .map(Val::from_value),
            Items::Arena(items) => {
                items.binary_search_by(|m| m.cmp(&member)).ok().and_then(|at| items.get(at)).copied()
            }
        }
    }

    /// True if a member equals the value.
    pub fn contains(self, member: Val<'_>) -> bool {
        self.find(member).is_some()
    }

    /// The members, in order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Val<'a>> + ExactSizeIterator {
        (0..self.len()).map(move |at| self.get(at).unwrap_or_default())
    }
}

impl<'a> Object<'a> {
    pub(super) fn is_same(self, other: Self) -> bool {
        self.0.is_same(other.0)
    }

    pub(super) const EMPTY: Self = Self(Pairs::Arena(&[]));

    pub(super) fn owned(pairs: &'a [(Value, Value)]) -> Self {
        Self(Pairs::Owned(pairs))
    }

    pub(super) fn arena(sorted: &'a [(Val<'a>, Val<'a>)]) -> Self {
        Self(Pairs::Arena(sorted))
    }

    pub(super) fn roots(roots: &'a dyn InputRoots) -> Self {
        Self(Pairs::Roots(roots))
    }

    /// How many pairs.
    pub fn len(self) -> usize {
        match self.0 {
            Pairs::Roots(roots) => roots.names().len(),
            Pairs::Owned(pairs) => pairs.len(),
            Pairs::Arena(pairs) => pairs.len(),
        }
    }

    /// True if there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The pair at a place in the order.
    pub fn pair(self, at: usize) -> Option<(Val<'a>, Val<'a>)> {
        match self.0 {
            Pairs::Owned(pairs) => pairs.get(at).map(|(k, v)| (Val::from_value(k), Val::from_value(v))),
            Pairs::Arena(pairs) => pairs.get(at).copied(),
            Pairs::Roots(roots) => {
                let name = roots.names().get(at)?;
                Some((Val::Str(name), Val::from_value(roots.get(name)?)))
            }
        }
    }

    /// The value under a key.
    #[inline]
    pub fn get(self, key: Val<'_>) -> Option<Val<'a>> {
        match key {
            Val::Str(key) => self.get_str(key),
            key => self.get_other(key),
        }
    }

    fn get_other(self, key: Val<'_>) -> Option<Val<'a>> {
        match self.0 {
            Pairs::Owned(pairs) => pairs
                .binary_search_by(|(k, _)| Val::from_value(k).cmp(&key))
                .ok()
                .and_then(|at| pairs.get(at))
                .map(|(_, v)| Val::from_value(v)),
            Pairs::Arena(pairs) => pairs
                .binary_search_by(|(k, _)| k.cmp(&key))
                .ok()
                .and_then(|at| pairs.get(at))
                .map(|(_, v)| *v),
            Pairs::Roots(_) => None,
        }
    }

    /// The value under a string. Few keys are faster compared for equality, as most differ in length.
    pub fn get_str(self, key: &str) -> Option<Val<'a>> {
        match self.0 {
            Pairs::Owned(pairs) if pairs.len() <= FEW => {
                let found = pairs.iter().find(|(k, _)| matches!(k, Value::String(k) if **k == *key));
                found.map(|(_, v)| Val::from_value(v))
            }
            Pairs::Owned(pairs) => {
                let at = pairs.binary_search_by(|(k, _)| Val::from_value(k).cmp(&Val::Str(key))).ok()?;
                pairs.get(at).map(|(_, v)| Val::from_value(v))
            }
            Pairs::Arena(pairs) if pairs.len() <= FEW => {
                pairs.iter().find(|(k, _)| matches!(k, Val::Str(k) if *k == key)).map(|(_, v)| *v)
            }
            Pairs::Arena(pairs) => {
                let at = pairs.binary_search_by(|(k, _)| k.cmp(&Val::Str(key))).ok()?;
                pairs.get(at).map(|(_, v)| *v)
            }
            Pairs::Roots(roots) => roots.get(key).map(Val::from_value),
        }
    }

    /// True if the key is there.
    pub fn contains_key(self, key: Val<'_>) -> bool {
        self.get(key).is_some()
    }

    /// The pairs, in order of their keys.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = (Val<'a>, Val<'a>)> + ExactSizeIterator {
        (0..self.len()).map(move |at| self.pair(at).unwrap_or_default())
    }
}
