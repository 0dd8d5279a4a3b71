//! Decisions, as Python reads them.

use crate::{
    convert::{FromPython, to_python},
    pep::Pep,
};
use kitelogik::core;
use kitelogik::model::{self, DecisionId, Effect, ReasonCode};
use kitelogik::value::{Value, json};
use pyo3::{exceptions::PyValueError, prelude::*, types::PyTuple};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

/// A rule that fired.
#[pyclass(frozen, eq, hash, get_all, module = "kitelogik")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Match {
    file: String,
    rule: String,
    line: u32,
}

#[pymethods]
impl Match {
    #[new]
    fn new(file: String, rule: String, line: u32) -> Self {
        Self { file, rule, line }
    }

    fn __getnewargs__(&self) -> (String, String, u32) {
        (self.file.clone(), self.rule.clone(), self.line)
    }

    fn __repr__(&self) -> String {
        format!("Match(file={:?}, rule={:?}, line={})", self.file, self.rule, self.line)
    }
}

/// The answer to one event.
#[pyclass(frozen, module = "kitelogik")]
pub(crate) struct Decision {
    decision: model::Decision,
    /// The arguments that were decided, to compare right before the body runs
    args: Option<Value>,
}

impl Decision {
    pub(crate) fn new(decision: model::Decision, args: Option<Value>) -> Self {
        Self { decision, args }
    }
}

#[pymethods]
impl Decision {
    #[getter]
    fn decision_id(&self) -> String {
        self.decision.id.to_string()
    }

    #[getter]
    fn allow(&self) -> bool {
        self.decision.allow()
    }

    #[getter]
    fn effect(&self) -> &'static str {
        self.decision.effect.as_str()
    }

    #[getter]
    fn reason(&self) -> &str {
        self.decision.reason()
    }

    #[getter]
    fn reasons<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.decision.reasons.iter().map(|reason| &**reason))
    }

    #[getter]
    fn reason_code(&self) -> &'static str {
        self.decision.code.as_str()
    }

    #[getter]
    fn escalate(&self) -> bool {
        self.decision.effect == Effect::Escalate
    }

    #[getter]
    fn reviewers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.decision.reviewers.iter().map(|reviewer| &**reviewer))
    }

    #[getter]
    fn obligations<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.decision.obligations)
    }

    #[getter]
    fn policy_version(&self) -> &str {
        &self.decision.policy_version
    }

    #[getter]
    fn matched<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let matched = self.decision.matched.iter();
        PyTuple::new(py, matched.map(|m| Match::new(m.file.to_string(), m.rule.to_string(), m.line)))
    }

    #[getter]
    fn help(&self) -> &str {
        &self.decision.help
    }

    /// The request that waits for a human; durable approvals are not there yet, so that there is none.
    #[getter]
    fn approval_id(&self) -> Option<String> {
        None
    }

    /// The JSON object of the decision, and its `help`.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.decision.to_value())
    }

    /// True if these are the arguments that were decided.
    fn same_args<'py>(&self, pep: &Pep, given: &Bound<'py, PyAny>) -> bool {
        let Some(args) = &self.args else { return false };
        FromPython::new(pep.form.bind(given.py())).value(given).is_ok_and(|value| value == *args)
    }

    fn __bool__(&self) -> bool {
        self.decision.allow()
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.decision.id.hash(&mut hasher);
        hasher.finish()
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.decision == other.decision
    }

    fn __repr__(&self) -> String {
        let Self { decision, .. } = self;
        format!(
            "<Decision {} {}: {} ({})>",
            decision.id,
            decision.effect.as_str(),
            decision.code.as_str(),
            decision.reason()
        )
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        let restore = py.get_type::<Self>().getattr("_restore")?;
        Ok((restore, (json::to_string(&self.decision.to_value()),)))
    }

    /// What `__reduce__` wrote.
    #[staticmethod]
    fn _restore(text: &str) -> PyResult<Self> {
        let value = json::parse(text.as_bytes(), &json::Limits::DATA);
        let decision = value.ok().and_then(|value| restored(&value));
        let decision = decision.ok_or_else(|| PyValueError::new_err("not a pickled decision"))?;
        Ok(Self { decision, args: None })
    }
}

fn restored(value: &Value) -> Option<model::Decision> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let texts = |key: &str| -> Option<Vec<Arc<str>>> {
        value.get(key)?.as_array()?.iter().map(|item| item.as_str().map(Arc::from)).collect()
    };
    let matched = value.get("matched")?.as_array()?.iter().map(|m| {
        Some(model::Match {
            file: m.get("file")?.as_str()?.into(),
            rule: m.get("rule")?.as_str()?.into(),
            line: u32::try_from(m.get("line")?.as_i64()?).ok()?,
        })
    });
    Some(model::Decision {
        id: text("decision_id")?.parse::<DecisionId>().ok()?,
        effect: [Effect::Allow, Effect::Escalate, Effect::Deny]
            .into_iter()
            .find(|effect| Some(effect.as_str()) == text("effect"))?,
        code: ReasonCode::ALL.iter().copied().find(|code| Some(code.as_str()) == text("reason_code"))?,
        reasons: texts("reasons")?,
        reviewers: texts("reviewers")?,
        obligations: value.get("obligations")?.clone(),
        policy_version: text("policy_version")?.into(),
        matched: matched.collect::<Option<_>>()?,
        help: text("help")?.into(),
        approved_by: vec![],
    })
}

/// An escalation that waits. It is resolved once.
#[pyclass(frozen, module = "kitelogik._native")]
pub(crate) struct Pending {
    pub(crate) pending: Box<core::Pending>,
    #[pyo3(get)]
    decision: Py<Decision>,
}

impl Pending {
    pub(crate) fn new(py: Python<'_>, pending: Box<core::Pending>) -> PyResult<Self> {
        let args = pending.request().event.args.clone();
        let decision = Py::new(py, Decision::new(pending.decision.clone(), args))?;
        Ok(Self { pending, decision })
    }
}

#[pymethods]
impl Pending {
    /// The tool's name as the event had it, or what the event is.
    #[getter]
    fn tool(&self) -> &str {
        let event = &self.pending.request().event;
        event.tool.as_deref().or(event.wire_tool.as_deref()).unwrap_or_else(|| event.kind.as_str())
    }

    #[getter]
    fn wire_tool(&self) -> Option<&str> {
        self.pending.request().event.wire_tool.as_deref()
    }

    /// The arguments that were decided, for a reviewer; empty for events without any.
    #[getter]
    fn args<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let none = Value::object::<&str>([]);
        to_python(py, self.pending.request().event.args.as_ref().unwrap_or(&none))
    }
}
