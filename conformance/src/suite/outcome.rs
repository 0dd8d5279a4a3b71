//! Whether an answer is what a case wants, by the rules of OPA's own test runner.

use super::Case;
use crate::question::{Answer, Fault};
use kitelogik_value::{Value, json};

/// What became of a case.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// As wanted
    Passed,
    /// Not as wanted
    Failed {
        /// What differs
        why: String,
        /// What came back
        answer: Answer,
    },
    /// Not run: its group is excepted
    Excepted,
}

/// Holds an answer against what the case wants.
pub fn judge(case: &Case, answer: Answer) -> Outcome {
    let difference = match &answer {
        Answer::Failed { faults, .. } => errors_differ(case, faults),
        Answer::Rows(rows) => rows_differ(case, rows),
    };
    difference.map_or(Outcome::Passed, |why| Outcome::Failed { why, answer })
}

fn errors_differ(case: &Case, faults: &[Fault]) -> Option<String> {
    let Some(first) = faults.first() else { return Some("an error without a message".to_owned()) };
    if case.want_code.is_none() && case.want_error.is_none() {
        return Some("an error instead of a result".to_owned());
    }
    // Where a code is given it decides: the wording of the suite is older than that of the OPA we follow.
    if let Some(code) = &case.want_code {
        return (*code != first.code).then(|| format!("{} instead of {code}", first.code));
    }
    let text = format!("{}:{}: {}: {}", first.file, first.row, first.code, first.message);
    let wanted = case.want_error.as_ref().filter(|wanted| !text.contains(wanted.as_str()))?;
    Some(format!("{text:?} instead of {wanted:?}"))
}

fn rows_differ(case: &Case, rows: &[Value]) -> Option<String> {
    let Some(wanted) = &case.want_result else {
        return Some(format!(
            "a result instead of {:?}",
            case.want_code.as_ref().or(case.want_error.as_ref())
        ));
    };
    let wanted = Value::set(wanted.iter().cloned());
    let got = Value::set(rows.iter().map(|row| as_json_row(case, row)));
    (wanted != got).then(|| format!("got {} instead of {}", short(&got), short(&wanted)))
}

fn as_json_row(case: &Case, row: &Value) -> Value {
    let pairs = row.as_object().unwrap_or_default();
    let counts = |name: &Value| {
        !(case.ignore_generated_vars && name.as_str().is_some_and(|n| n.starts_with("__localq")))
    };
    Value::object(pairs.iter().filter(|(name, _)| counts(name)).map(|(name, value)| {
        let value = as_json(value);
        match value.as_array() {
            Some(items) if case.sort_bindings => {
                let mut items = items.to_vec();
                items.sort();
                (name.clone(), Value::array(items))
            }
            _ => (name.clone(), value),
        }
    }))
}

/// A value as OPA gives it to callers: sets are arrays, keys are strings.
fn as_json(value: &Value) -> Value {
    match value {
        Value::Array(items) | Value::Set(items) => Value::array(items.iter().map(as_json)),
        Value::Object(pairs) => Value::object(pairs.iter().map(|(key, value)| {
            let key = if key.as_str().is_some() {
                key.clone()
            } else {
                Value::from(json::to_string(&as_json(key)))
            };
            (key, as_json(value))
        })),
        scalar => scalar.clone(),
    }
}

fn short(value: &Value) -> String {
    let text = json::to_string(&as_json(value));
    if text.len() <= 300 { text } else { text.chars().take(300).chain("…".chars()).collect() }
}
