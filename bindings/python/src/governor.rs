//! The policy decision point, as Python calls it.

use crate::decision::{Decision, Pending};
use crate::pep::{Pep, capabilities, handling};
use crate::session::SessionKey;
use crate::{errors, event};
use kitelogik::core::{Done, Handling, Request};
use kitelogik::model::{
    DecisionId, Event, Identity, MAX_INTEGER, Outcome, OutcomeKind, ReasonCode, Usage, Verdict,
};
use kitelogik::policy::UnitView;
use kitelogik::value::Number;
use kitelogik::{Config, Opened, Tools};
use pyo3::{
    exceptions::{PyKeyError, PyValueError},
    prelude::*,
    types::PyDict,
};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

type Names = BTreeMap<String, String>;
type Tags = BTreeMap<String, Vec<String>>;

/// A governor on policy directories, an audit log and a store in memory.
#[pyclass(frozen, module = "kitelogik._native")]
pub(crate) struct Governor {
    opened: Opened,
}

#[pymethods]
impl Governor {
    /// Loads the policies and opens the log. Raises `PolicyLoadError`, `AuditError` or `ConfigError`.
    #[new]
    fn new(py: Python<'_>, policies: Vec<PathBuf>, audit_log: PathBuf) -> PyResult<Self> {
        let config = Config::new(policies, audit_log);
        let opened = py.detach(|| kitelogik::open(config)).map_err(|error| errors::open(py, &error))?;
        Ok(Self { opened })
    }

    /// An enforcement point. `form` gives the JSON form of a value that is none, or raises `ValueError`;
    /// `args_hidden` names arguments that are no part of its events, `hosted_tools` the tools of the provider
    /// that may be declared without a rule.
    #[staticmethod]
    #[pyo3(signature = (adapter, *, can, handling, tool_names, tool_tags, mcp_tools, ungoverned, form, args_hidden, hosted_tools = Vec::new()))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
    fn pep(
        py: Python<'_>,
        adapter: &str,
        can: Vec<String>,
        handling: &str,
        tool_names: Names,
        tool_tags: Tags,
        mcp_tools: Names,
        ungoverned: Option<&str>,
        form: Py<PyAny>,
        args_hidden: Vec<String>,
        hosted_tools: Vec<String>,
    ) -> PyResult<Pep> {
        let ungoverned = match ungoverned {
            None => None,
            Some("allow") => Some(true),
            Some("deny") => Some(false),
            Some(_) => return Err(errors::config(py, "ungoverned is 'deny', 'allow' or None")),
        };
        let tools = Tools {
            names: tool_names.into_iter().map(|(wire, name)| (wire.into(), name.into())).collect(),
            tags: tool_tags
                .into_iter()
                .map(|(name, tags)| (name.into(), tags.into_iter().map(Into::into).collect()))
                .collect(),
            mcp: mcp_tools.into_iter().map(|(wire, name)| (wire.into(), name.into())).collect(),
            hosted: hosted_tools.into_iter().map(Into::into).collect(),
        };
        let mut pep =
            tools.pep(adapter, ungoverned).map_err(|error| errors::config(py, &error.to_string()))?;
        pep.capabilities = capabilities(py, &can)?;
        pep.handling = self::handling(py, handling)?;
        let args_hidden = args_hidden.into_iter().map(Into::into).collect();
        Ok(Pep { pep: Arc::new(pep), form, args_hidden })
    }

    /// Decides one event document. `session=None` is denied `no_session` with `no_session` as its help.
    #[pyo3(signature = (pep, event, session, no_session = ""))]
    fn decide<'py>(
        &self,
        py: Python<'py>,
        pep: &Pep,
        event: &Bound<'py, PyAny>,
        session: Option<&SessionKey>,
        no_session: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let governor = self.opened.governor();
        let refuse = |code, help: &str, event: Option<&Event>| {
            let decision = governor.refuse(code, help, event, session.map(|s| &s.key), &pep.pep);
            Ok(Bound::new(py, Decision::new(decision, None))?.into_any())
        };
        let event = match document(event, pep)? {
            Ok(event) => event,
            Err(bad) => return refuse(bad.code, &bad.help, bad.event.as_ref()),
        };
        let Some(session) = session else {
            return refuse(ReasonCode::NoSession, no_session, Some(&event));
        };
        let args = event.args.clone();
        let request = Request {
            event,
            session: session.key.clone(),
            shared: session.shared,
            args_hidden: pep.args_hidden.clone(),
            pep: Arc::clone(&pep.pep),
        };
        match governor.decide(request) {
            Done::Decision(decision) => Ok(Bound::new(py, Decision::new(decision, args))?.into_any()),
            Done::Pending(pending) => Ok(Bound::new(py, Pending::new(py, pending)?)?.into_any()),
        }
    }

    /// Denies an event that was allowed and cannot be enforced as policy demands, and records that. `help` says
    /// why, to the operator.
    fn refuse(
        &self,
        pep: &Pep,
        event: &Bound<'_, PyAny>,
        session: Option<&SessionKey>,
        help: &str,
    ) -> PyResult<Decision> {
        let event = document(event, pep)?;
        let known = event.as_ref().map_or_else(|bad| bad.event.as_ref(), Some);
        let (code, session) = (ReasonCode::CannotEnforce, session.map(|s| &s.key));
        Ok(Decision::new(self.opened.governor().refuse(code, help, known, session, &pep.pep), None))
    }

    /// Ends an escalation: `approved` and `rejected` with who vouches, or `unavailable`, `expired`,
    /// `cancelled` with what an operator can do.
    #[pyo3(signature = (pending, verdict, *, by = "", help = ""))]
    fn resolve(&self, pending: &Pending, verdict: &str, by: &str, help: &str) -> PyResult<Decision> {
        let verdict = match verdict {
            "approved" => Verdict::Approved { by: by.into() },
            "rejected" => Verdict::Rejected { by: by.into() },
            "unavailable" => Verdict::Unavailable { help: help.into() },
            "expired" => Verdict::Expired,
            "cancelled" => Verdict::Cancelled,
            other => return Err(PyValueError::new_err(format!("no verdict is {other:?}"))),
        };
        let args = pending.pending.request().event.args.clone();
        let decision = self.opened.governor().resolve((*pending.pending).clone(), verdict);
        Ok(Decision::new(decision, args))
    }

    /// Settles an allowed action. An unknown id is a `KeyError`; twice is once.
    #[pyo3(signature = (decision_id, outcome, usage, error))]
    fn report(
        &self,
        py: Python<'_>,
        decision_id: &str,
        outcome: &str,
        usage: Option<&Bound<'_, PyDict>>,
        error: Option<(String, String)>,
    ) -> PyResult<()> {
        let id: DecisionId = decision_id.parse().map_err(|_| PyKeyError::new_err(decision_id.to_owned()))?;
        let kind = match outcome {
            "ok" => OutcomeKind::Ok,
            "error" => OutcomeKind::Error,
            "cancelled" => OutcomeKind::Cancelled,
            _ => return Err(PyValueError::new_err("outcome is 'ok', 'error' or 'cancelled'")),
        };
        let usage = usage.map(read_usage).transpose()?;
        let outcome = Outcome { kind, usage, error };
        self.opened.governor().report(id, &outcome).map_err(|error| errors::report(py, &error))
    }

    /// Opens a session under a new id; `shared`: it is nobody's own. Raises `SessionError` or `StoreError`.
    #[pyo3(signature = (*, tenant, user, agent_id, agent_role, roles, scope, parent, shared = false))]
    #[expect(clippy::too_many_arguments, reason = "an identity has these parts")]
    fn session(
        &self,
        py: Python<'_>,
        tenant: &str,
        user: Option<&str>,
        agent_id: Option<&str>,
        agent_role: Option<&str>,
        roles: Vec<String>,
        scope: Option<Vec<String>>,
        parent: Option<&SessionKey>,
        shared: bool,
    ) -> PyResult<SessionKey> {
        let identity = Identity {
            tenant: tenant.into(),
            user: user.map(Into::into),
            agent_id: agent_id.map(Into::into),
            agent_role: agent_role.map(Into::into),
            roles: roles.into_iter().map(Into::into).collect(),
            scope: scope.map(|scope| scope.into_iter().map(Into::into).collect()),
        };
        let key = self.opened.session(&identity, parent.map(|p| &p.key));
        Ok(SessionKey { key: key.map_err(|error| errors::session(py, &error))?, shared })
    }

    /// Closes a session for good.
    fn close_session(&self, py: Python<'_>, session: &SessionKey) -> PyResult<()> {
        self.opened.governor().store().close(&session.key).map_err(|error| errors::session(py, &error))
    }

    /// Closes a session once nothing of it is open.
    fn release_session(&self, py: Python<'_>, session: &SessionKey) -> PyResult<()> {
        self.opened.governor().store().release(&session.key).map_err(|error| errors::session(py, &error))
    }

    /// Ends, in a forked child, what its parent opened.
    fn forked(&self) {
        self.opened.forked();
    }

    /// Loads the policies again. What does not load raises `PolicyLoadError`, and the policies that decided
    /// so far go on deciding. True if they changed.
    fn reload(&self, py: Python<'_>) -> PyResult<bool> {
        let result = py.detach(|| self.opened.reload());
        result.map(|reloaded| reloaded.changed).map_err(|error| errors::reload(py, &error))
    }

    /// `sha256:` and hex over the loaded files.
    #[getter]
    fn policy_version(&self) -> String {
        self.opened.governor().evaluator().version().to_string()
    }

    /// True if a loaded unit can decide events of this kind.
    fn governs(&self, kind: &str) -> bool {
        let policies = self.opened.policies();
        policies.units().any(|unit| unit.package.kinds().any(|decided| decided.as_str() == kind))
    }

    /// The loaded units: name and kind of event, a pair for each kind.
    #[getter]
    fn units(&self) -> Vec<(String, &'static str)> {
        let policies = self.opened.policies();
        let pairs = |unit: UnitView<'_>| {
            let name = unit.name.to_string();
            unit.package.kinds().map(move |kind| (name.clone(), kind.as_str()))
        };
        policies.units().flat_map(pairs).collect()
    }

    /// The tags that policies test: tag, file, line.
    #[getter]
    fn tag_tests(&self) -> Vec<(String, String, u32)> {
        let policies = self.opened.policies();
        let tests = policies.tags().iter();
        tests.map(|test| (test.tag.to_string(), test.file.to_string(), test.line)).collect()
    }

    /// What loads here although OPA refuses it.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.opened.policies().warnings().iter().map(ToString::to_string).collect()
    }
}

/// An event that was read already, or the document of one.
fn document(event: &Bound<'_, PyAny>, pep: &Pep) -> PyResult<Result<Event, Box<event::BadEvent>>> {
    if let Ok(read) = event.cast::<event::ReadEvent>() {
        return Ok(Ok(read.get().event.clone()));
    }
    let executes = pep.pep.handling == Handling::Executes;
    Ok(event::read(event.cast()?, pep.form.bind(event.py()), executes))
}

fn read_usage(usage: &Bound<'_, PyDict>) -> PyResult<Usage> {
    let mut read = Usage::default();
    for (key, value) in usage.iter() {
        let key: String = key.extract()?;
        if value.is_none() {
            continue;
        }
        match key.as_str() {
            "input_tokens" => read.input_tokens = tokens(&key, &value)?,
            "output_tokens" => read.output_tokens = tokens(&key, &value)?,
            "total_tokens" => read.total_tokens = Some(tokens(&key, &value)?),
            "cost" => read.cost = Some(cost(&value)?),
            other => return Err(PyValueError::new_err(format!("usage has no key {other:?}"))),
        }
    }
    Ok(read)
}

fn tokens(key: &str, value: &Bound<'_, PyAny>) -> PyResult<u64> {
    let count = value.extract::<u64>().ok().filter(|count| *count <= MAX_INTEGER);
    count.ok_or_else(|| PyValueError::new_err(format!("usage[{key:?}] is a whole number from 0, below 2^53")))
}

/// A number as Python prints it, exact; never negative.
fn cost(value: &Bound<'_, PyAny>) -> PyResult<Number> {
    let number = Number::parse(&value.str()?.to_string());
    number
        .filter(|number| number.to_f64() >= 0.0)
        .ok_or_else(|| PyValueError::new_err("usage['cost'] is a number from 0"))
}
