//! The name of a session in the store.

use kitelogik::model;
use pyo3::prelude::*;

/// A session's name: an id within a tenant. Identity and counters stay in the store.
#[pyclass(frozen, eq, hash, module = "kitelogik._native")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct SessionKey {
    pub(crate) key: model::SessionKey,
    /// All that this process does outside of sessions counts in it
    pub(crate) shared: bool,
}

#[pymethods]
impl SessionKey {
    #[getter]
    fn tenant(&self) -> &str {
        &self.key.tenant
    }

    #[getter]
    fn id(&self) -> &str {
        &self.key.id
    }

    fn __repr__(&self) -> String {
        format!("SessionKey(tenant={:?}, id={:?})", self.key.tenant, self.key.id)
    }
}
