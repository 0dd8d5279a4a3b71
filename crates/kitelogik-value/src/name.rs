//! Names that stand in every document: each thread makes the string once and shares it from then on.

use crate::Value;
use std::{
    cell::RefCell,
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

thread_local! {
    static NAMES: RefCell<HashMap<usize, Arc<str>, BuildHasherDefault<Address>>> = RefCell::default();
}

/// Addresses are spread enough; their lowest bits are not.
#[derive(Default)]
struct Address(u64);

impl Hasher for Address {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 << 8) | u64::from(*byte);
        }
    }

    fn write_usize(&mut self, address: usize) {
        self.0 = (address as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Value {
    /// The string of a literal of the program, without an allocation after the thread's first.
    pub fn name(literal: &'static str) -> Self {
        NAMES.with_borrow_mut(|names| {
            // One literal at one address; another length at the same address is a part of a longer one.
            match names.get(&(literal.as_ptr() as usize)) {
                Some(known) if known.len() == literal.len() => Self::String(Arc::clone(known)),
                Some(_) => literal.into(),
                None => {
                    let name: Arc<str> = literal.into();
                    names.insert(literal.as_ptr() as usize, Arc::clone(&name));
                    Self::String(name)
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_literal_and_shared() {
        let long = "names";
        for _ in 0..2 {
            assert_eq!(Value::name(long), Value::from("names"));
            assert_eq!(Value::name(long.split_at(4).0), Value::from("name"));
        }
        let (Value::String(a), Value::String(b)) = (Value::name(long), Value::name(long)) else { panic!() };
        assert!(Arc::ptr_eq(&a, &b));
    }
}
