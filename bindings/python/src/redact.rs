//! Redaction, as an adapter calls it: for all texts of a request at once.

use crate::errors;
use kitelogik::policy;
use pyo3::prelude::*;

/// More text than this is searched without the GIL.
const DETACH_BYTES: usize = 64 << 10;

/// The texts, with `[REDACTED]` for what the patterns find. Raises `ValueError`: then nothing may be sent or shown.
#[pyfunction]
pub(crate) fn redact(py: Python<'_>, patterns: Vec<String>, texts: Vec<String>) -> PyResult<Vec<String>> {
    let replace = || -> Result<Vec<String>, policy::RedactError> {
        let redacted = policy::redact(&patterns, &texts)?;
        Ok(redacted.into_iter().map(|text| text.into_owned()).collect())
    };
    let bytes: usize = texts.iter().map(String::len).sum();
    let redacted = if bytes > DETACH_BYTES { py.detach(replace) } else { replace() };
    redacted.map_err(|error| errors::redact(&error))
}
