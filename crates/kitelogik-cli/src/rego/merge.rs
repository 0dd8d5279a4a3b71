//! Data documents of several files as one.

use super::fault::Fault;
use kitelogik_value::Value;

/// Data so far, and which file said what, so that a conflict names both.
#[derive(Default)]
pub(super) struct Data {
    whole: Option<Value>,
    files: Vec<(String, Value)>,
}

impl Data {
    /// Adds the document of a file below a path. It stays as it was if the document contradicts it.
    pub(super) fn add(&mut self, file: &str, path: &[String], document: Value) -> Result<(), Fault> {
        if path.is_empty() && document.as_object().is_none() {
            return Err(Fault::new(format!("{file}: document must be of type object")));
        }
        let rooted = path.iter().rev().fold(document, |inner, name| Value::object([(name.as_str(), inner)]));
        let whole = self.whole.clone().unwrap_or_else(|| Value::object::<Value>([]));
        match merged(&whole, &rooted) {
            Ok(whole) => {
                self.whole = Some(whole);
                self.files.push((file.to_owned(), rooted));
                Ok(())
            }
            Err(mut conflict) => {
                conflict.reverse();
                let path: Vec<&str> = conflict.iter().map(String::as_str).collect();
                let first = self.files.iter().find(|(_, document)| document.at(&path).is_some());
                let first = first.map(|(file, _)| file.as_str()).unwrap_or_default();
                Err(Fault::new(format!(
                    "{file}: merge error: conflicting values at data.{}, also defined in {first}",
                    path.join(".")
                )))
            }
        }
    }

    pub(super) fn into_value(self) -> Value {
        self.whole.unwrap_or_else(|| Value::object::<Value>([]))
    }
}

/// Both documents, or the reversed path where they say two things.
fn merged(one: &Value, other: &Value) -> Result<Value, Vec<String>> {
    let (Some(pairs), Some(more)) = (one.as_object(), other.as_object()) else { return Err(Vec::new()) };
    let mut both: Vec<(Value, Value)> = pairs.to_vec();
    for (key, value) in more {
        match both.iter_mut().find(|(known, _)| known == key) {
            None => both.push((key.clone(), value.clone())),
            Some((_, known)) => {
                *known = merged(known, value).map_err(|mut path| {
                    path.push(key.as_str().unwrap_or_default().to_owned());
                    path
                })?;
            }
        }
    }
    Ok(Value::object(both))
}
