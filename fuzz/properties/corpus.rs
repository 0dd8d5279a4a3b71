//! The kept inputs of a target, replayed by the tests of the crate that the target is about.

use std::{fs, panic::catch_unwind, path::PathBuf};

/// Holds every kept input of `target` against its property and names those that fail.
pub(crate) fn replay(target: &str, hold: fn(&[u8])) {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let files = fs::read_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let (mut count, mut failed) = (0, Vec::new());
    for file in files {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        count += 1;
        if catch_unwind(|| hold(&bytes)).is_err() {
            failed.push(path);
        }
    }
    assert!(count >= 10, "{}: only {count} inputs", dir.display());
    assert!(failed.is_empty(), "{target}: {failed:#?}");
}
