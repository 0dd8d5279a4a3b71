//! What every tracked file owes: a head, a name after its domain, no path of the machine it was written on.

use anyhow::{Context, ensure};
use std::{path::Path, process::Command};

const VAGUE: &[&str] = &["util", "utils", "common", "helper", "helpers", "misc"];

/// Written in halves, so that this file keeps its own rule.
const MACHINE: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

/// A tracked file that is text.
pub(super) struct Tracked {
    /// Relative to the root of the repository.
    pub(super) path: String,
    pub(super) text: String,
}

/// The tracked files of the repository at `root`; what is not UTF-8 or was deleted is left out.
pub(super) fn tracked(root: &Path) -> anyhow::Result<Vec<Tracked>> {
    let told = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root)
        .output()
        .context("git ls-files did not start")?;
    ensure!(told.status.success(), "git ls-files failed: {}", String::from_utf8_lossy(&told.stderr));
    let names = String::from_utf8(told.stdout).context("a tracked file has a name that is not UTF-8")?;
    let names = names.split('\0').filter(|name| !name.is_empty());
    Ok(names
        .filter_map(|path| {
            let text = std::fs::read_to_string(root.join(path)).ok()?;
            Some(Tracked { path: path.to_owned(), text })
        })
        .collect())
}

pub(super) fn broken(tracked: &[Tracked]) -> Vec<String> {
    let mut broken = Vec::new();
    for Tracked { path, text } in tracked {
        let rust = path.ends_with(".rs");
        if rust && !text.starts_with("//!") {
            broken.push(format!("{path}: does not begin with `//!` and what the module is for"));
        }
        if (rust || path.ends_with(".py")) && (vague_path(path) || text.lines().any(vague_module)) {
            broken.push(format!("{path}: named after no domain: say what it holds"));
        }
        for (number, line) in text.lines().enumerate() {
            if MACHINE.iter().any(|prefix| begins_path(line, prefix)) {
                broken.push(format!("{path}:{}: holds a path of one machine", number + 1));
            }
        }
    }
    broken
}

fn vague_path(path: &str) -> bool {
    let path = path.trim_end_matches(".rs").trim_end_matches(".py");
    path.split('/').any(|part| VAGUE.contains(&part))
}

/// `mod util {` or `pub(crate) mod util;`.
fn vague_module(line: &str) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| word.starts_with("pub"));
    words.next() == Some("mod")
        && words.next().is_some_and(|name| VAGUE.contains(&name.trim_end_matches([';', '{'])))
}

/// Whether `line` holds `prefix` where a path begins, not in the middle of a longer one or of a URL.
fn begins_path(line: &str, prefix: &str) -> bool {
    line.match_indices(prefix).any(|(at, _)| {
        let before = line.get(..at).and_then(|head| head.chars().next_back());
        before.is_none_or(|c| !(c.is_alphanumeric() || "._-~*}/".contains(c)))
    })
}
