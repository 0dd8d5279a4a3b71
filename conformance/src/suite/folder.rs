//! OPA's own case files: YAML in a folder for each group, as they lie in its Go module.

use super::{Case, case};
use crate::{
    engine,
    question::{Answer, Question},
};
use anyhow::{Context as _, anyhow, bail};
use kitelogik_value::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Reads every case below a folder, in the order of groups, files and lines. `v0` is the language of the modules.
pub fn read_folder(dir: &Path, v0: bool) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for group in sorted(dir)?.iter().filter(|path| path.is_dir()) {
        for file in sorted(group)?.iter().filter(|path| path.extension().is_some_and(|e| e == "yaml")) {
            cases.extend(read_file(file, &name(group), v0).with_context(|| file.display().to_string())?);
        }
    }
    if cases.is_empty() {
        bail!("{}: no cases", dir.display());
    }
    Ok(cases)
}

fn read_file(path: &Path, group: &str, v0: bool) -> anyhow::Result<Vec<Case>> {
    let document = yaml(fs::read_to_string(path)?)?;
    let cases = document.get("cases").and_then(Value::as_array).context("no list of cases")?;
    let file = name(path);
    let one = |given: &Value| {
        let more = [("group", Value::from(group)), ("file", file.as_str().into()), ("v0", v0.into())];
        let pairs = given.as_object().unwrap_or_default().iter().cloned();
        case(&Value::object(pairs.chain(more.map(|(key, value)| (key.into(), value)))))
    };
    cases.iter().map(one).collect()
}

/// The document of a file, read by the engine's own `yaml.unmarshal`.
fn yaml(text: String) -> anyhow::Result<Value> {
    let question = Question {
        modules: Vec::new(),
        data: Value::object::<Value>([]),
        input: Some(text.into()),
        input_term: None,
        query: "x = yaml.unmarshal(input)".to_owned(),
        strict_builtin_errors: true,
    };
    match engine::ask(&question) {
        Answer::Rows(rows) => rows.first().and_then(|row| row.get("x")).cloned().context("no document"),
        Answer::Failed { faults, .. } => {
            Err(anyhow!("{}", faults.iter().map(|f| f.message.as_str()).collect::<String>()))
        }
    }
}

fn sorted(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).with_context(|| dir.display().to_string())?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
