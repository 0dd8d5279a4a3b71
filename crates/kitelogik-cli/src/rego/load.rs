//! Policy and data files, found the way `opa` finds them.

use super::{fault::Fault, merge::Data};
use kitelogik_rego::{Context, Diagnostics, Dialect, Evaluator, Input, Limits, Options, Program, Source};
use kitelogik_value::{Value, json};
use std::{
    collections::HashSet,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

/// What the named files hold.
pub(super) struct Loaded {
    pub(super) sources: Vec<Source>,
    pub(super) data: Value,
}

/// What to take from a directory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Take {
    /// Policies alone
    Policies,
    /// Policies and data
    All,
}

/// Reads files and, with all below them, directories. A path may begin with `file://` and with a prefix such as
/// `a.b:`, below which its data comes to stand. Every file that cannot be read is named.
pub(super) fn load(paths: &[String], dialect: Dialect, take: Take) -> Result<Loaded, Vec<Fault>> {
    let mut loader =
        Loader { dialect, take, seen: HashSet::new(), sources: Vec::new(), data: Data::default() };
    let mut faults = Vec::new();
    for path in paths {
        let (prefix, path) = match path.strip_prefix("file://") {
            Some(path) => (Vec::new(), path),
            None => match path.split_once(':') {
                Some((prefix, path)) if !prefix.is_empty() => {
                    (prefix.split('.').map(str::to_owned).collect(), path)
                }
                _ => (Vec::new(), path.as_str()),
            },
        };
        match fs::metadata(path) {
            Ok(about) if about.is_dir() => loader.directory(Path::new(path), &prefix, &mut faults),
            Ok(_) => faults.extend(loader.file(Path::new(path), &prefix, true).err()),
            Err(error) => faults.push(Fault::new(format!("stat {path}: {}", plain(&error)))),
        }
    }
    if faults.is_empty() {
        Ok(Loaded { sources: loader.sources, data: loader.data.into_value() })
    } else {
        Err(faults)
    }
}

struct Loader {
    dialect: Dialect,
    take: Take,
    seen: HashSet<PathBuf>,
    sources: Vec<Source>,
    data: Data,
}

impl Loader {
    /// Links to directories are not followed, so this ends.
    fn directory(&mut self, dir: &Path, prefix: &[String], faults: &mut Vec<Fault>) {
        let entries = fs::read_dir(dir)
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>());
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                return faults.push(Fault::new(format!("open {}: {}", dir.display(), plain(&error))));
            }
        };
        entries.sort();
        for path in entries {
            let is_dir = fs::symlink_metadata(&path).is_ok_and(|about| about.is_dir());
            if is_dir {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let inner: Vec<String> = prefix.iter().cloned().chain([name]).collect();
                self.directory(&path, &inner, faults);
            } else if path.is_file() {
                faults.extend(self.file(&path, prefix, false).err());
            }
        }
    }

    /// Reads one file; what is neither policy nor data is an error only where it was named as either.
    fn file(&mut self, path: &Path, prefix: &[String], named: bool) -> Result<(), Fault> {
        let name = path.display().to_string();
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let is_data = matches!(extension, "json" | "yaml" | "yml");
        if extension != "rego" && !(is_data && self.take == Take::All) {
            let unknown = "expected a file that ends in .rego, .json, .yaml or .yml";
            // As `opa check`, which takes policies alone and passes over what is named besides.
            let wrong = named && self.take == Take::All;
            return if wrong { Err(Fault::new(format!("{name}: {unknown}"))) } else { Ok(()) };
        }
        if !self.seen.insert(path.to_owned()) {
            return Ok(());
        }
        if !is_data {
            self.sources.push(Source { path: name, text: read_text(path)?, dialect: self.dialect });
            return Ok(());
        }
        let bytes = fs::read(path).map_err(|error| Fault::new(format!("open {name}: {}", plain(&error))))?;
        let value = if extension == "json" { read_json(&bytes) } else { read_yaml(&bytes) };
        self.data.add(&name, prefix, value.map_err(|why| Fault::new(format!("{name}: {why}")))?)
    }
}

/// The text of a policy.
pub(super) fn read_text(path: &Path) -> Result<String, Fault> {
    let name = path.display();
    let bytes = fs::read(path).map_err(|error| Fault::new(format!("open {name}: {}", plain(&error))))?;
    String::from_utf8(bytes).map_err(|_| Fault::new(format!("{name}: not UTF-8")))
}

/// The input document from a file, or from stdin where there is none: JSON, else YAML.
pub(super) fn input(path: Option<&Path>) -> Result<Value, Fault> {
    let mut bytes = Vec::new();
    match path {
        Some(path) => fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)),
        None => std::io::stdin().lock().read_to_end(&mut bytes),
    }
    .map_err(|error| {
        let name = path.map_or_else(|| "stdin".into(), |path| path.display().to_string());
        Fault::new(format!("open {name}: {}", plain(&error)))
    })?;
    read_json(&bytes).or_else(|why| {
        let yaml = path.is_none_or(|path| path.extension().is_none_or(|extension| extension != "json"));
        let read = if yaml { read_yaml(&bytes).ok() } else { None };
        read.ok_or_else(|| Fault::new(format!("unable to parse input: {why}")))
    })
}

/// As `opa`, the last of several equal keys stays.
fn read_json(bytes: &[u8]) -> Result<Value, String> {
    json::parse_with(bytes, &json::Limits::DATA, json::Duplicates::LastWins)
        .map_err(|error| error.to_string())
}

/// The engine's own `yaml.unmarshal` reads it, so that a file and a policy mean the same by one text.
fn read_yaml(bytes: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())?;
    let told = |wrong: Diagnostics| wrong.into_iter().map(|d| d.message).collect::<Vec<_>>().join(", ");
    let program = Program::compile(&[], Value::object::<Value>([]), &Options::default()).map_err(told)?;
    let (program, entry) = program.query("x = yaml.unmarshal(input)").map_err(told)?;
    let limits = Limits { strict_builtin_errors: true, ..super::eval::LIMITS };
    let outcome = Evaluator::new()
        .eval(&program, &entry, Input::Value(&text.into()), &Context::at(0), &limits)
        .map_err(|failure| failure.message())?;
    let rows = outcome.value.unwrap_or_default();
    let row = rows.as_array().and_then(|rows| rows.first()?.get("x").cloned());
    row.ok_or_else(|| "no YAML document".to_owned())
}

/// The error without the number that the system gave it.
fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}
