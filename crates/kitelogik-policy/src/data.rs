//! Base documents: `data.json` and `data.yaml` of each folder, under the folder's path, as in OPA's bundles.

use crate::{Diagnostic, File, yaml};
use kitelogik_rego::Program;
use kitelogik_value::{Value, json};
use std::collections::BTreeMap;

/// How deep folders and objects of several files may be merged into each other.
const MAX_MERGE: usize = 128;

/// The documents of all data files as one, and what is wrong with each.
pub(crate) fn documents(files: &[&File]) -> (Value, Vec<Diagnostic>) {
    let (mut all, mut wrong) = (Value::object::<&str>([]), Vec::new());
    for file in files {
        match document(file) {
            Err(error) => wrong.push(error),
            Ok(document) => match merge(&all, &document, 0) {
                Some(merged) => all = merged,
                None => {
                    let message = "another data file says something else of the same document";
                    let help = "keep each document in one file";
                    wrong.push(Diagnostic::file(&file.path, "data_conflict", message, help));
                }
            },
        }
    }
    (all, wrong)
}

fn document(file: &File) -> Result<Value, Diagnostic> {
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let wrong = |line, column, message: String| Diagnostic {
        line,
        column,
        ..Diagnostic::file(&file.path, "invalid_data", message, "")
    };
    let value = if name == "data.json" {
        json::parse(&file.bytes, &json::Limits::DATA).map_err(|error| {
            let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            wrong(number(error.line), number(error.column), error.kind.to_string())
        })?
    } else {
        yaml::parse(&String::from_utf8_lossy(&file.bytes))
            .map_err(|error| wrong(error.line, error.column, error.message))?
    };
    if value.as_object().is_none() {
        let message = format!("the document is {}, not an object", value.kind().name());
        return Err(Diagnostic::file(&file.path, "invalid_data", message, "give it a name: {\"name\": …}"));
    }
    let names: Vec<&str> = folder.split('/').filter(|name| !name.is_empty()).collect();
    Ok(names.into_iter().rev().fold(value, |value, name| Value::object([(name, value)])))
}

/// Two documents in one; `None` where both say something, or nest too deep to tell.
fn merge(a: &Value, b: &Value, depth: usize) -> Option<Value> {
    let (a, b) = (a.as_object()?, b.as_object()?);
    if depth > MAX_MERGE {
        return None;
    }
    let mut pairs: BTreeMap<Value, Value> = a.iter().cloned().collect();
    for (key, value) in b {
        let merged = match pairs.get(key) {
            Some(old) => merge(old, value, depth + 1)?,
            None => value.clone(),
        };
        pairs.insert(key.clone(), merged);
    }
    Some(Value::object(pairs))
}

/// Rules that stand where a data file has a document, or below one that is no object: one of the two would be lost.
pub(crate) fn conflicts(program: &Program) -> Vec<Diagnostic> {
    let conflict = |found: &kitelogik_rego::Diagnostic| Diagnostic {
        code: "data_conflict",
        help: "a data file says it too: rename the rule or the document".to_owned(),
        ..found.into()
    };
    program.conflicts_with_data().iter().map(conflict).collect()
}
