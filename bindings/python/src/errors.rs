//! The one place where failures become Python exceptions: the classes of `kitelogik.errors`.

use kitelogik::{OpenError, ReloadError, core, policy};
use pyo3::{
    exceptions::{PyKeyError, PyValueError},
    prelude::*,
    types::PyTuple,
};

fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("kitelogik.errors")?.getattr(name)
}

fn made(py: Python<'_>, name: &str, message: &str) -> PyErr {
    match class(py, name).and_then(|class| class.call1((message,))) {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// A governor did not open.
pub(crate) fn open(py: Python<'_>, error: &OpenError) -> PyErr {
    match error {
        OpenError::Policies(load) => policies(py, load),
        OpenError::Log(_) => made(py, "AuditError", &error.to_string()),
        _ => made(py, "ConfigError", &error.to_string()),
    }
}

/// Other policies were not taken.
pub(crate) fn reload(py: Python<'_>, error: &ReloadError) -> PyErr {
    match error {
        ReloadError::Policies(load) => policies(py, load),
        ReloadError::Audit(_) => made(py, "AuditError", &error.to_string()),
    }
}

/// Policies did not load.
fn policies(py: Python<'_>, error: &policy::LoadError) -> PyErr {
    let built = || -> PyResult<Bound<'_, PyAny>> {
        let diagnostic = class(py, "Diagnostic")?;
        let all = error
            .0
            .iter()
            .map(|d| diagnostic.call1((&d.file, d.line, d.column, d.code, &d.message, &d.help)))
            .collect::<PyResult<Vec<_>>>()?;
        class(py, "PolicyLoadError")?.call1((error.to_string(), PyTuple::new(py, all)?))
    };
    match built() {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// A session could not be opened or closed.
pub(crate) fn session(py: Python<'_>, error: &core::StoreError) -> PyErr {
    let name = match error {
        core::StoreError::Unavailable(_) | core::StoreError::Full(_) => "StoreError",
        _ => "SessionError",
    };
    made(py, name, &error.to_string())
}

/// A report could not be taken.
pub(crate) fn report(py: Python<'_>, error: &core::Unknown) -> PyErr {
    match error {
        core::Unknown::Id(id) => PyKeyError::new_err(id.to_string()),
        core::Unknown::Store(_) => made(py, "StoreError", &error.to_string()),
        core::Unknown::Audit(_) => made(py, "AuditError", &error.to_string()),
    }
}

/// Texts could not be redacted.
pub(crate) fn redact(error: &policy::RedactError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// Keywords that cannot be meant.
pub(crate) fn config(py: Python<'_>, message: &str) -> PyErr {
    made(py, "ConfigError", message)
}
