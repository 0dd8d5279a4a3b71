//! The files that no tool may touch: policies and the audit log with what lies beside it.

use crate::ConfigError;
use std::path::{Component, Path, PathBuf};

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

fn spellings(path: &Path, base: &Path) -> Vec<PathBuf> {
    let named = clean(&base.join(path));
    let real = named.canonicalize().ok();
    std::iter::once(named).chain(real).collect()
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
