//! Reading a policy directory: every `.rego` and data file below it, within bounds.

use crate::{Diagnostic, LoadError};
use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

/// A loaded file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Relative to the policy root, `/` as separator
    pub path: String,
    /// As it is on disk
    pub bytes: Vec<u8>,
}

/// Bounds of a policy directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Files that are loaded
    pub files: usize,
    /// Bytes of one file
    pub bytes: u64,
    /// Folders within each other; ends a loop of symbolic links too
    pub depth: usize,
    /// Names in all folders, loaded or not
    pub names: usize,
}

impl Limits {
    /// 10,000 files of 16 MiB, 32 folders deep, 100,000 names.
    pub const DEFAULT: Self = Self { files: 10_000, bytes: 16 << 20, depth: 32, names: 100_000 };
}

/// Reads `root`: `*.rego` but `*_test.rego`, and `data.json`; sorted by path. Names that begin with a dot are
/// passed over, as Kubernetes' mounts need.
pub fn read(root: &Path, limits: &Limits) -> Result<Vec<File>, LoadError> {
    let mut found = Vec::new();
    let mut names = 0_usize;
    let mut folders: Vec<(PathBuf, String, usize)> = vec![(root.to_owned(), String::new(), 0)];
    while let Some((folder, prefix, depth)) = folders.pop() {
        if depth > limits.depth {
            let message = format!("more than {} folders within each other", limits.depth);
            return Err(too_much(&prefix, message).into());
        }
        let listing = fs::read_dir(&folder).map_err(|e| unreadable(&prefix, &folder, &e))?;
        for entry in listing {
            names += 1;
            if names > limits.names {
                return Err(too_much(&prefix, format!("more than {} names", limits.names)).into());
            }
            let entry = entry.map_err(|e| unreadable(&prefix, &folder, &e))?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                let message = format!("the name {name:?} is not UTF-8");
                return Err(Diagnostic::file(&prefix, "not_utf8", message, "rename the file").into());
            };
            if name.starts_with('.') {
                continue;
            }
            let relative = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
            let path = entry.path();
            let about = fs::metadata(&path).map_err(|e| unreadable(&relative, &path, &e))?;
            if about.is_dir() {
                folders.push((path, relative, depth + 1));
            } else if is_loaded(name) {
                if !about.is_file() {
                    // A pipe would block whoever opens it.
                    return Err(Diagnostic::file(&relative, "unreadable", "not a regular file", "").into());
                }
                found.push((relative, path));
                if found.len() > limits.files {
                    return Err(too_much(&prefix, format!("more than {} files", limits.files)).into());
                }
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| a.as_bytes().cmp(b.as_bytes()));
    if !found.iter().any(|(path, _)| path.ends_with(".rego")) {
        let message = format!("no policies: {} holds no .rego file", root.display());
        return Err(Diagnostic::file("", "no_policies", message, "write one, or name another folder").into());
    }
    found.into_iter().map(|(relative, path)| load(relative, &path, limits.bytes)).collect()
}

fn is_loaded(name: &str) -> bool {
    let rego = name.ends_with(".rego") && !name.ends_with("_test.rego");
    rego || matches!(name, "data.json" | "data.yaml" | "data.yml")
}

fn load(relative: String, path: &Path, most: u64) -> Result<File, LoadError> {
    let unreadable = |e: std::io::Error| LoadError::from(unreadable(&relative, path, &e));
    let mut bytes = Vec::new();
    // A byte more than allowed tells a file that is too long, also one that grows while it is read.
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(too_much(&relative, format!("longer than {most} bytes")).into());
    }
    if std::str::from_utf8(&bytes).is_err() {
        return Err(Diagnostic::file(&relative, "not_utf8", "not UTF-8", "save it as UTF-8").into());
    }
    if relative.ends_with(".rego") && bytes.trim_ascii().is_empty() {
        return Err(Diagnostic::file(&relative, "empty_file", "the file is empty", "remove it").into());
    }
    Ok(File { path: relative, bytes })
}

fn unreadable(relative: &str, path: &Path, error: &std::io::Error) -> Diagnostic {
    let message = format!("cannot read {}: {error}", path.display());
    Diagnostic::file(relative, "unreadable", message, "")
}

fn too_much(relative: &str, message: String) -> Diagnostic {
    Diagnostic::file(relative, "too_large", message, "split it, or name another folder")
}
