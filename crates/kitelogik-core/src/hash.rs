//! Hashes of JSON values.

use kitelogik_value::{Value, canonical};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// `sha256:` and hex of SHA-256 over the canonical bytes (see [`canonical`]).
pub fn hash(value: &Value) -> Arc<str> {
    let mut bytes = Vec::with_capacity(256);
    canonical::write(value, &mut bytes);
    let mut text = String::with_capacity(71);
    text.push_str("sha256:");
    for byte in Sha256::digest(&bytes) {
        for nibble in [byte >> 4, byte & 0xF] {
            text.push(char::from_digit(nibble.into(), 16).unwrap_or('0'));
        }
    }
    text.into()
}
