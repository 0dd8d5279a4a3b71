//! No file holds over 400 lines of code. What was over when the rule came stands in a ratchet: it may only
//! shrink, and leaves the ratchet when it is short enough.

use super::files::Tracked;
use anyhow::{Context, bail};
use std::{collections::BTreeMap, path::Path};

const MOST: usize = 400;
const RATCHET: &str = "xtask/long-files.txt";

pub(super) fn broken(root: &Path, tracked: &[Tracked]) -> anyhow::Result<Vec<String>> {
    let mut ratchet = read(root)?;
    let mut broken = Vec::new();
    for Tracked { path, text } in tracked {
        let Some(lines) = code_lines(path, text) else { continue };
        match ratchet.remove(path) {
            None if lines > MOST => {
                broken.push(format!("{path}: {lines} lines of code, at most {MOST}: split it"))
            }
            Some(kept) if lines > kept => {
                broken.push(format!("{path}: grew from {kept} to {lines} lines of code: split it"));
            }
            Some(_) if lines <= MOST => {
                broken.push(format!("{path}: short enough now: take it out of {RATCHET}"))
            }
            Some(kept) if lines < kept => {
                broken.push(format!("{path}: has {lines} lines of code now: write that into {RATCHET}"));
            }
            _ => {}
        }
    }
    broken.extend(ratchet.keys().map(|path| format!("{path}: gone: take it out of {RATCHET}")));
    Ok(broken)
}

/// The ratchet: a path and its lines of code on each line. No file: nothing is over.
fn read(root: &Path) -> anyhow::Result<BTreeMap<String, usize>> {
    let Ok(text) = std::fs::read_to_string(root.join(RATCHET)) else { return Ok(BTreeMap::new()) };
    let mut ratchet = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((path, lines)) = line.split_once(' ') else {
            bail!("{RATCHET}: `{line}` is not `path lines`")
        };
        let lines = lines.parse().with_context(|| format!("{RATCHET}: {lines} is no number"))?;
        ratchet.insert(path.to_owned(), lines);
    }
    Ok(ratchet)
}

/// Lines that are neither empty nor a comment alone; `None` for what is not code.
fn code_lines(path: &str, text: &str) -> Option<usize> {
    let comment = match path.rsplit_once('.')?.1 {
        "rs" | "go" => "//",
        "py" | "rego" => "#",
        _ => return None,
    };
    Some(text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(comment)).count())
}
