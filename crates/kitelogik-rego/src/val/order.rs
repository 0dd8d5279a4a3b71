//! Equality and order: OPA's across types, numbers by value.

use super::Val;
use crate::stack::with_room;
use kitelogik_value::Number;
use std::cmp::Ordering;

impl Val<'_> {
    /// The order of two keys, which nearly always are strings.
    #[inline]
    pub(crate) fn cmp_key(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Val::Str(a), Val::Str(b)) => a.as_bytes().cmp(b.as_bytes()),
            _ => self.cmp(other),
        }
    }
}

impl Ord for Val<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.is_same(other) {
            return Ordering::Equal;
        }
        match (*self, *other) {
            (Val::Str(a), Val::Str(b)) => a.cmp(b),
            (Val::Int(a), Val::Int(b)) => a.cmp(&b),
            (Val::Bool(a), Val::Bool(b)) => a.cmp(&b),
            (Val::Num(a), Val::Num(b)) => Number::cmp_text(a, b),
            (Val::Int(a), Val::Num(b)) => Number::cmp_text(itoa::Buffer::new().format(a), b),
            (Val::Num(a), Val::Int(b)) => Number::cmp_text(a, itoa::Buffer::new().format(b)),
            (Val::Array(a), Val::Array(b)) => with_room(|| a.iter().cmp(b.iter())),
            (Val::Set(a), Val::Set(b)) => with_room(|| a.iter().cmp(b.iter())),
            (Val::Object(a), Val::Object(b)) => with_room(|| a.iter().cmp(b.iter())),
            (a, b) => a.kind().cmp(&b.kind()),
        }
    }
}

impl PartialOrd for Val<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Val<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Val::Str(a), Val::Str(b)) => std::ptr::eq(*a, *b) || a == b,
            (Val::Int(a), Val::Int(b)) => a == b,
            _ => self.equals(other),
        }
    }
}

impl Val<'_> {
    /// True for two looks at the same memory: policies pass a whole document about, and to go through it at each
    /// comparison would make their cost a square.
    #[inline]
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Val::Str(a), Val::Str(b)) | (Val::Num(a), Val::Num(b)) => std::ptr::eq(*a, *b),
            (Val::Array(a), Val::Array(b)) => a.is_same(*b),
            (Val::Set(a), Val::Set(b)) => a.is_same(*b),
            (Val::Object(a), Val::Object(b)) => a.is_same(*b),
            _ => false,
        }
    }

    fn equals(&self, other: &Self) -> bool {
        if self.is_same(other) {
            return true;
        }
        match (*self, *other) {
            (Val::Array(a), Val::Array(b)) => a.len() == b.len() && with_room(|| a.iter().eq(b.iter())),
            (Val::Set(a), Val::Set(b)) => a.len() == b.len() && with_room(|| a.iter().eq(b.iter())),
            (Val::Object(a), Val::Object(b)) => a.len() == b.len() && with_room(|| a.iter().eq(b.iter())),
            (a, b) => a.cmp(&b) == Ordering::Equal,
        }
    }
}

impl Eq for Val<'_> {}
