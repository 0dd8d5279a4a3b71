//! Event documents, from Python dicts.

use crate::convert::{FromPython, NotJson, to_python};
use kitelogik::model::{Event, EventKind, InvalidEvent, ReasonCode};
use kitelogik::value::Value;
use pyo3::{
    exceptions::PyKeyError,
    prelude::*,
    types::{PyDict, PyString},
};
use std::sync::Arc;

/// An event that was read already: a mapping, as Python's events are.
#[pyclass(frozen, mapping, module = "kitelogik._native")]
pub(crate) struct ReadEvent {
    pub(crate) event: Event,
    pub(crate) document: Value,
}

#[pymethods]
impl ReadEvent {
    /// The keys, in order.
    fn keys(&self) -> Vec<&str> {
        self.document.as_object().unwrap_or_default().iter().filter_map(|(key, _)| key.as_str()).collect()
    }

    #[pyo3(signature = (key, default = None))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        key: &str,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.document.get(key).map_or(Ok(default), |value| to_python(py, value).map(Some))
    }

    fn __getitem__<'py>(&self, py: Python<'py>, key: &str) -> PyResult<Bound<'py, PyAny>> {
        let value = self.document.get(key).ok_or_else(|| PyKeyError::new_err(key.to_owned()))?;
        to_python(py, value)
    }

    fn __len__(&self) -> usize {
        self.document.as_object().unwrap_or_default().len()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(self.keys().into_pyobject(py)?.try_iter()?.into_any())
    }
}

/// Why a document is denied before anybody is asked, and what is known of it.
pub(crate) struct BadEvent {
    pub(crate) code: ReasonCode,
    pub(crate) help: String,
    pub(crate) event: Option<Event>,
}

impl BadEvent {
    fn new(code: ReasonCode, help: String, event: Option<Event>) -> Box<Self> {
        Box::new(Self { code, help, event })
    }
}

/// Reads an event; `executes` is true for a gate that runs the body. Where only the arguments are at fault, what else is known of it goes into the record.
pub(crate) fn read<'py>(
    document: &Bound<'py, PyDict>,
    form: &Bound<'py, PyAny>,
    executes: bool,
) -> Result<Event, Box<BadEvent>> {
    let mut reader = FromPython::new(form);
    let mut pairs: Vec<(Value, Value)> = Vec::with_capacity(document.len());
    let mut bad_args = None;
    let none = |error: NotJson| BadEvent::new(ReasonCode::InvalidEvent, error.to_string(), None);
    reader.brackets(document.len()).map_err(none)?;
    for (key, value) in document.iter() {
        let key = key.cast_into::<PyString>().map_err(|_| none(NotJson::Key))?;
        let key = reader.key(&key).map_err(none)?.to_owned();
        let read = match (key.as_str(), value.cast::<PyDict>()) {
            ("args", Ok(args)) => arguments(&mut reader, args, executes),
            _ => reader.value(&value).map_err(|error| format!("`{key}`: {error}")),
        };
        match read {
            Ok(value) => pairs.push((key.into(), value)),
            Err(help) if key == "args" => {
                bad_args = Some(help);
                pairs.push((key.into(), Value::object::<&str>([])));
            }
            Err(help) => return Err(BadEvent::new(ReasonCode::InvalidEvent, help, None)),
        }
    }
    let document = Value::object(pairs);
    match (Event::from_value(&document), bad_args) {
        (Ok(event), None) => Ok(event),
        (Ok(mut event), Some(help)) => {
            event.args = None;
            Err(BadEvent::new(ReasonCode::InvalidArgs, help, Some(event)))
        }
        (Err(error), _) => {
            // A PEP that could not read the arguments says why in their place.
            let said = document.get("args").and_then(Value::as_str);
            let said = said.filter(|_| error.code() == ReasonCode::InvalidArgs);
            let help = said.map_or_else(|| error.to_string(), str::to_owned);
            Err(BadEvent::new(error.code(), help, known(&document, &error)))
        }
    }
}

/// Reads arguments; a failure names the one at fault, and for a gate that runs the body the way out.
fn arguments<'py>(
    reader: &mut FromPython<'_, 'py>,
    args: &Bound<'py, PyDict>,
    executes: bool,
) -> Result<Value, String> {
    reader.brackets(args.len()).map_err(|error| error.to_string())?;
    let mut pairs: Vec<(Value, Value)> = Vec::with_capacity(args.len());
    for (key, value) in args.iter() {
        let key = key.cast_into::<PyString>().map_err(|_| NotJson::Key.to_string())?;
        let name: Arc<str> = reader.key(&key).map_err(|error| error.to_string())?.into();
        let value = reader.nested(&value).map_err(|error| match error {
            NotJson::Type(_) if executes => {
                format!("the argument `{name}`: {error}; hidden=(\"{name}\",) keeps it out of the event")
            }
            _ => format!("the argument `{name}`: {error}"),
        })?;
        pairs.push((name.into(), value));
    }
    Ok(Value::object(pairs))
}

/// What is known of a document that is no event: all but the arguments where only they are at fault, else its
/// kind and what its tool is called. `None` where not even the kind can be read.
fn known(document: &Value, error: &InvalidEvent) -> Option<Event> {
    if error.code() == ReasonCode::InvalidArgs {
        return without_args(document);
    }
    let text = |key: &str| document.get(key).and_then(Value::as_str);
    let mut event = Event::new(EventKind::parse(text("event")?)?);
    event.tool = text("tool").map(Into::into);
    event.wire_tool = text("wire_tool").map(Into::into);
    Some(event)
}

fn without_args(document: &Value) -> Option<Event> {
    let pairs = document.as_object()?.iter().filter(|(key, _)| key.as_str() != Some("args")).cloned();
    let args = (Value::from("args"), Value::object::<&str>([]));
    let mut event = Event::from_value(&Value::object(pairs.chain([args]))).ok()?;
    event.args = None;
    Some(event)
}
