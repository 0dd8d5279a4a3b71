//! Hashes of JSON values.

use kitelogik_value::{Value, canonical};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// `sha256:` and hex of SHA-256 over the canonical bytes (see [`canonical`]).
pub fn hash(value: &Value) -> Arc<str> {
    let mut bytes = Vec::with_capacity(256);
    canonical::write(value, &mut bytes);
    let mut text = *b"sha256:0000000000000000000000000000000000000000000000000000000000000000";
    let digits = text.iter_mut().skip("sha256:".len());
    let nibbles = Sha256::digest(&bytes).into_iter().flat_map(|byte| [byte >> 4, byte & 0xF]);
    for (digit, nibble) in digits.zip(nibbles) {
        *digit = if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    }
    // Nothing but ASCII.
    std::str::from_utf8(&text).unwrap_or_default().into()
}
