//! Enforcement points: built once for each governed object.

use crate::errors;
use kitelogik::core::{Capabilities, Handling};
use pyo3::prelude::*;
use std::sync::Arc;

/// What a governed object can honour, and how its operator named its tools.
#[pyclass(frozen, module = "kitelogik._native")]
pub(crate) struct Pep {
    pub(crate) pep: Arc<kitelogik::core::Pep>,
    /// Gives the JSON form of what is no JSON
    pub(crate) form: Py<PyAny>,
    pub(crate) args_hidden: Vec<Arc<str>>,
}

pub(crate) fn capabilities(py: Python<'_>, words: &[String]) -> PyResult<Capabilities> {
    let mut can = Capabilities::default();
    for word in words {
        match word.as_str() {
            "escalate" => can.escalate = true,
            "force_model" => can.force_model = true,
            "redact_messages" => can.redact_messages = true,
            "redact_response" => can.redact_response = true,
            other => return Err(errors::config(py, &format!("no enforcement point can {other:?}"))),
        }
    }
    Ok(can)
}

pub(crate) fn handling(py: Python<'_>, word: &str) -> PyResult<Handling> {
    match word {
        "alone" => Ok(Handling::Alone),
        "hands_over" => Ok(Handling::HandsOver),
        "executes" => Ok(Handling::Executes),
        other => Err(errors::config(py, &format!("an allowed call is not handled {other:?}"))),
    }
}

#[pymethods]
impl Pep {
    #[getter]
    fn adapter(&self) -> &str {
        &self.pep.adapter
    }

    #[getter]
    fn config_hash(&self) -> &str {
        &self.pep.config_hash
    }
}
