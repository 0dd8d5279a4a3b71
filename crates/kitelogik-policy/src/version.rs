//! The policy version (contract, section 5).

use crate::File;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// `sha256:` and hex over, for each file in byte order of its path: 8-byte big-endian path length, path,
/// 8-byte big-endian length, bytes.
pub fn version(files: &[File]) -> String {
    let mut sorted: Vec<&File> = files.iter().collect();
    sorted.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    let mut hash = Sha256::new();
    for file in sorted {
        for part in [file.path.as_bytes(), &file.bytes] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    }
    hash.finalize().iter().fold("sha256:".to_owned(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
