//! Kept cases: `conformance/rego/<name>/` with the modules (`*.v0.rego` are Rego v0) and `case.json`, which says
//! what is asked and what OPA answered. They replay without Go.

use crate::{
    opa,
    question::{Answer, Module, Question, Stage, flag_of, read_json, text_of},
    tagged,
};
use anyhow::{Context as _, bail};
use kitelogik_value::Value;
use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

/// A case and OPA's answer to it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The folder
    pub path: PathBuf,
    /// What is asked
    pub question: Question,
    /// What OPA answered
    pub expected: Answer,
}

/// Reads every kept case, in the order of their names.
pub fn read(root: &Path) -> anyhow::Result<Vec<Kept>> {
    let dir = root.join("conformance/rego");
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(&dir).with_context(|| dir.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            paths.push(path);
        }
    }
    paths.sort();
    paths.into_iter().map(|path| one(&path).with_context(|| path.display().to_string())).collect()
}

fn one(path: &Path) -> anyhow::Result<Kept> {
    let case = read_json(&fs::read(path.join("case.json"))?)?;
    let mut modules = Vec::new();
    for name in case.get("modules").and_then(Value::as_array).unwrap_or_default() {
        let name = name.as_str().unwrap_or_default();
        modules.push(Module {
            path: name.to_owned(),
            text: fs::read_to_string(path.join(name))?,
            v0: name.ends_with(".v0.rego"),
        });
    }
    let question = Question {
        modules,
        data: case.get("data").cloned().unwrap_or_else(|| Value::object::<Value>([])),
        input: case.get("input").cloned(),
        input_term: None,
        query: text_of(&case, "query"),
        strict_builtin_errors: flag_of(&case, "strict_builtin_errors"),
    };
    let expected = match case.get("rows").and_then(Value::as_array) {
        Some(rows) => Answer::Rows(rows.iter().map(tagged::untag).collect()),
        None => {
            let Some(stage) = Stage::of_name(&text_of(&case, "stage")) else {
                bail!("neither rows nor a stage")
            };
            Answer::Failed { stage, faults: opa::faults(&case) }
        }
    };
    Ok(Kept { path: path.to_owned(), question, expected })
}

/// Keeps a question with OPA's answer, under a name that its text gives.
pub fn save(root: &Path, question: &Question, expected: &Answer) -> anyhow::Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    let texts: Vec<&str> = question.modules.iter().map(|m| m.text.as_str()).collect();
    (texts, &question.query, format!("{:?}{:?}", question.input, question.data)).hash(&mut hasher);
    let path = root.join("conformance/rego").join(format!("case-{:08x}", hasher.finish() >> 32));
    fs::create_dir_all(&path)?;
    let mut names = Vec::new();
    for (at, module) in question.modules.iter().enumerate() {
        let name = format!("module{at}{}.rego", if module.v0 { ".v0" } else { "" });
        fs::write(path.join(&name), &module.text)?;
        names.push(Value::from(name));
    }
    let mut pairs = vec![
        ("modules", Value::array(names)),
        ("query", question.query.as_str().into()),
        ("data", question.data.clone()),
        ("strict_builtin_errors", question.strict_builtin_errors.into()),
    ];
    pairs.extend(question.input.clone().map(|input| ("input", input)));
    match expected {
        Answer::Rows(rows) => pairs.push(("rows", Value::array(rows.iter().map(tagged::tag)))),
        Answer::Failed { stage, faults } => {
            pairs.push(("stage", stage.name().into()));
            let one = |f: &crate::question::Fault| {
                Value::object([
                    ("code", Value::from(f.code.as_str())),
                    ("message", f.message.as_str().into()),
                ])
            };
            pairs.push(("errors", Value::array(faults.iter().map(one))));
        }
    }
    let lines: Vec<String> =
        pairs.iter().map(|(key, value)| format!("  \"{key}\": {}", text(value))).collect();
    fs::write(path.join("case.json"), format!("{{\n{}\n}}\n", lines.join(",\n")))?;
    Ok(path)
}

fn text(value: &Value) -> String {
    kitelogik_value::json::to_string(value)
}
