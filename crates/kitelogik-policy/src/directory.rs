//! Reading policy directories: every `.rego` and data file below them, within bounds.

use crate::{Diagnostic, LoadError};
use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read as _},
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

/// Bounds of what is read.
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

/// Reads directories as one: `*.rego` but `*_test.rego`, `data.json`, `data.yaml` and `data.yml`; sorted by
/// path. Names that begin with a dot are passed over, as Kubernetes' mounts need. The error names every file
/// that cannot be loaded.
pub fn read<P: AsRef<Path>>(roots: &[P], limits: &Limits) -> Result<Vec<File>, LoadError> {
    let (files, wrong) = list(roots, limits)?;
    if wrong.is_empty() { Ok(files) } else { Err(LoadError(wrong)) }
}

/// The files that can be loaded, and what is wrong with the others. An error is about a directory as a whole.
pub(crate) fn list<P: AsRef<Path>>(
    roots: &[P],
    limits: &Limits,
) -> Result<(Vec<File>, Vec<Diagnostic>), LoadError> {
    let mut walk = Walk { limits, names: 0, found: BTreeMap::new(), wrong: Vec::new() };
    for root in roots {
        walk.root(root.as_ref())?;
    }
    let mut files = Vec::new();
    let mut wrong = walk.wrong;
    for (relative, path) in walk.found {
        match load(relative, &path, limits.bytes) {
            Ok(file) => files.push(file),
            Err(error) => wrong.push(error),
        }
    }
    Ok((files, wrong))
}

struct Walk<'l> {
    limits: &'l Limits,
    names: usize,
    /// By relative path, whose order is that of its bytes
    found: BTreeMap<String, PathBuf>,
    wrong: Vec<Diagnostic>,
}

impl Walk<'_> {
    fn root(&mut self, root: &Path) -> Result<(), LoadError> {
        // What is shown must not depend on where the program was started.
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        let remedy = format!("create one with `kitelogik init {}`, or name another folder", root.display());
        let about = fs::metadata(&root);
        if !about.as_ref().is_ok_and(fs::Metadata::is_dir) {
            let message = match about {
                Ok(_) => format!("not a directory: {}", root.display()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    format!("no such directory: {}", root.display())
                }
                Err(error) => format!("cannot read {}: {error}", root.display()),
            };
            return Err(Diagnostic::file("", "no_directory", message, &remedy).into());
        }
        let mut policies = 0;
        let mut folders: Vec<(PathBuf, String, usize)> = vec![(root.clone(), String::new(), 0)];
        while let Some((folder, prefix, depth)) = folders.pop() {
            if depth > self.limits.depth {
                let message = format!("more than {} folders within each other", self.limits.depth);
                return Err(too_much(&prefix, message).into());
            }
            let listing = match fs::read_dir(&folder) {
                Ok(listing) => listing,
                Err(error) => {
                    self.wrong.push(unreadable(&prefix, &folder, &error));
                    continue;
                }
            };
            for entry in listing {
                self.names += 1;
                if self.names > self.limits.names {
                    return Err(too_much(&prefix, format!("more than {} names", self.limits.names)).into());
                }
                match entry.map_err(|e| unreadable(&prefix, &folder, &e)).and_then(|e| look(&e, &prefix)) {
                    Ok(Some(Found::Folder(path, relative))) => folders.push((path, relative, depth + 1)),
                    Ok(Some(Found::File(path, relative))) => {
                        policies += usize::from(relative.ends_with(".rego"));
                        self.file(path, relative)?;
                    }
                    Ok(None) => {}
                    Err(error) => self.wrong.push(error),
                }
            }
        }
        if policies == 0 && self.wrong.is_empty() {
            let message = format!("no policies: {} holds no .rego file", root.display());
            return Err(Diagnostic::file("", "no_policies", message, &remedy).into());
        }
        Ok(())
    }

    fn file(&mut self, path: PathBuf, relative: String) -> Result<(), LoadError> {
        if let Some(other) = self.found.get(&relative) {
            let message = format!("two policy directories hold it; the other is {}", other.display());
            self.wrong.push(Diagnostic::file(&relative, "duplicate_path", message, "rename one of them"));
            return Ok(());
        }
        self.found.insert(relative, path);
        if self.found.len() > self.limits.files {
            return Err(too_much("", format!("more than {} files", self.limits.files)).into());
        }
        Ok(())
    }
}

enum Found {
    Folder(PathBuf, String),
    File(PathBuf, String),
}

fn look(entry: &fs::DirEntry, prefix: &str) -> Result<Option<Found>, Diagnostic> {
    let name = entry.file_name();
    let Some(name) = name.to_str() else {
        let message = format!("the name {name:?} is not UTF-8");
        return Err(Diagnostic::file(prefix, "not_utf8", message, "rename the file"));
    };
    if name.starts_with('.') {
        return Ok(None);
    }
    let relative = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
    let path = entry.path();
    let about = match fs::metadata(&path) {
        Ok(about) => about,
        // A broken link to something that would not be loaded is nobody's business.
        Err(_) if !is_loaded(name) => return Ok(None),
        Err(error) => return Err(unreadable(&relative, &path, &error)),
    };
    if about.is_dir() {
        return Ok(Some(Found::Folder(path, relative)));
    }
    if !is_loaded(name) {
        return Ok(None);
    }
    if !about.is_file() {
        // A pipe would block whoever opens it.
        return Err(Diagnostic::file(&relative, "unreadable", "not a regular file", ""));
    }
    Ok(Some(Found::File(path, relative)))
}

fn is_loaded(name: &str) -> bool {
    let rego = name.ends_with(".rego") && !name.ends_with("_test.rego");
    rego || matches!(name, "data.json" | "data.yaml" | "data.yml")
}

fn load(relative: String, path: &Path, most: u64) -> Result<File, Diagnostic> {
    let mut bytes = Vec::new();
    // A byte more than allowed tells a file that is too long, also one that grows while it is read.
    let read =
        fs::File::open(path).and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut bytes));
    if let Err(error) = read {
        return Err(unreadable(&relative, path, &error));
    }
    if bytes.len() as u64 > most {
        return Err(too_much(&relative, format!("longer than {most} bytes")));
    }
    if let Err(error) = std::str::from_utf8(&bytes) {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = good.iter().filter(|byte| **byte == b'\n').count() as u32 + 1;
        let last = good.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let column = String::from_utf8_lossy(last).chars().count() as u32 + 1;
        let bad = Diagnostic::file(&relative, "not_utf8", "not UTF-8", "save it as UTF-8");
        return Err(Diagnostic { line, column, ..bad });
    }
    Ok(File { path: relative, bytes })
}

fn unreadable(relative: &str, path: &Path, error: &io::Error) -> Diagnostic {
    let message = format!("cannot read {}: {error}", path.display());
    Diagnostic::file(relative, "unreadable", message, "let this program read it, or remove it")
}

fn too_much(relative: &str, message: String) -> Diagnostic {
    Diagnostic::file(relative, "too_large", message, "split it, or name another folder")
}
