//! Hashes of JSON values.

use kitelogik_model::hex;
use kitelogik_value::{Value, canonical};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// `sha256:` and hex of SHA-256 over the canonical bytes (see [`canonical`]).
pub fn hash(value: &Value) -> Arc<str> {
    let mut bytes = Vec::with_capacity(256);
    canonical::write(value, &mut bytes);
    let mut text = *b"sha256:0000000000000000000000000000000000000000000000000000000000000000";
    if let Some((_, digits)) = text.split_at_mut_checked("sha256:".len()) {
        let (pairs, _) = digits.as_chunks_mut();
        pairs.iter_mut().zip(Sha256::digest(&bytes)).for_each(|(pair, byte)| *pair = hex(byte));
    }
    // Nothing but ASCII.
    std::str::from_utf8(&text).unwrap_or_default().into()
}
