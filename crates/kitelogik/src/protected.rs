//! The files that no tool may touch: policies and the audit log with what lies beside it.

use crate::ConfigError;
use std::path::{Component, Path, PathBuf};

/// As many links in a row as Linux follows.
const MAX_LINKS: usize = 40;
/// What lies beside an audit log.
const BESIDE: [&str; 4] = ["", ".torn", ".events", ".tlog"];

/// Absolute, clean paths of these files and folders, as named and as they are once links are followed.
pub(crate) fn protected(policies: &[PathBuf], log: &Path, base: &Path) -> Result<Vec<Box<str>>, ConfigError> {
    let mut all: Vec<PathBuf> = Vec::new();
    for root in policies {
        let spellings = spellings(root, base);
        if spellings.iter().any(|root| base.starts_with(root)) {
            return Err(ConfigError::WorksInPolicies(clean(&base.join(root))));
        }
        all.extend(spellings);
    }
    for spelling in spellings(log, base) {
        all.extend(BESIDE.iter().map(|suffix| {
            let mut beside = spelling.as_os_str().to_owned();
            beside.push(suffix);
            PathBuf::from(beside)
        }));
    }
    all.sort();
    all.dedup();
    // What is not UTF-8 cannot be spelled in JSON either.
    Ok(all.iter().filter_map(|path| path.to_str()).map(Into::into).collect())
}

/// The path as it is named, as it is without links, and every link on the way: who replaces one of those leads us
/// elsewhere.
fn spellings(path: &Path, base: &Path) -> Vec<PathBuf> {
    let mut next = Some(clean(&base.join(path)));
    let mut all: Vec<PathBuf> = Vec::new();
    for _ in 0..=MAX_LINKS {
        let Some(named) = next.take() else { break };
        // What a target names is relative to the folder in which its link really lies.
        let folder = named.parent().and_then(|folder| folder.canonicalize().ok());
        let placed = folder.zip(named.file_name()).map(|(folder, name)| folder.join(name));
        let link = placed.as_deref().unwrap_or(&named);
        next = link.read_link().ok().zip(link.parent()).map(|(target, folder)| folder.join(target));
        all.push(clean(&named));
        all.extend(placed);
    }
    all
}

/// Without `.` and `..`; links are not followed.
fn clean(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut clean, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
        clean
    })
}
