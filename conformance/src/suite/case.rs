//! The cases as their file has them. `conformance/README.md` says where it comes from.

use crate::question::{Module, Question, flag_of, read_json, text_of};
use anyhow::{Context as _, bail};
use kitelogik_value::Value;
use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
};

/// Groups of functions that this engine does not have by design.
pub const EXCEPTED: [&str; 3] = ["graphql", "netlookupipaddr", "providers-aws"];

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// The folder in the suite
    pub group: String,
    /// The file
    pub file: String,
    /// Its name; some names occur twice
    pub note: String,
    /// What is asked
    pub question: Question,
    /// The binding sets that must come back
    pub want_result: Option<Vec<Value>>,
    /// The error code that must come back
    pub want_code: Option<String>,
    /// A part of the error's text
    pub want_error: Option<String>,
    /// Bound arrays compare as sets
    pub sort_bindings: bool,
    /// Variables that the compiler made do not count
    pub ignore_generated_vars: bool,
}

impl Case {
    /// Whether the whole group is left out.
    pub fn is_excepted(&self) -> bool {
        EXCEPTED.contains(&self.group.as_str())
    }
}

/// Reads all cases. `None`, said loudly, when they are not on this machine; an error then where `CI` is `true`.
pub fn read(root: &Path) -> anyhow::Result<Option<Vec<Case>>> {
    let shared = std::env::var_os("KITELOGIK_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let path = shared.join("conformance/opa-v1-cases.jsonl.gz");
    if !path.exists() {
        crate::skip(&format!("OPA's suite: no file {} (set KITELOGIK_SHARED)", path.display()))?;
        return Ok(None);
    }
    let file = std::fs::File::open(&path).with_context(|| path.display().to_string())?;
    let lines = BufReader::new(flate2::read::GzDecoder::new(file)).lines();
    let mut cases = Vec::new();
    for (at, line) in lines.enumerate() {
        cases.push(case(&read_json(line?.as_bytes())?).with_context(|| format!("line {}", at + 1))?);
    }
    if cases.is_empty() {
        bail!("{}: no cases", path.display());
    }
    Ok(Some(cases))
}

/// One line of the file.
pub fn case(line: &Value) -> anyhow::Result<Case> {
    let text = |key| line.get(key).and_then(Value::as_str).map(str::to_owned);
    let modules = line.get("modules").and_then(Value::as_array).unwrap_or_default();
    let module = |(at, source): (usize, &Value)| Module {
        path: format!("test-{at}.rego"),
        text: source.as_str().unwrap_or_default().to_owned(),
        v0: flag_of(line, "v0"),
    };
    let case = Case {
        group: text_of(line, "group"),
        file: text_of(line, "file"),
        note: text_of(line, "note"),
        question: Question {
            modules: modules.iter().enumerate().map(module).collect(),
            data: line.get("data").cloned().unwrap_or_else(|| Value::object::<Value>([])),
            input: line.get("input").cloned(),
            input_term: text("input_term"),
            query: text_of(line, "query"),
            strict_builtin_errors: flag_of(line, "strict_error"),
        },
        want_result: line.get("want_result").and_then(Value::as_array).map(<[Value]>::to_vec),
        want_code: text("want_error_code"),
        want_error: text("want_error"),
        sort_bindings: flag_of(line, "sort_bindings"),
        ignore_generated_vars: flag_of(line, "ignore_generated_vars"),
    };
    if case.want_result.is_none() && case.want_code.is_none() && case.want_error.is_none() {
        bail!("{}: says nothing of what must come back", case.note);
    }
    Ok(case)
}
