//! Policies that are a closure.

use kitelogik_core::{Answer, Document, Evaluator, Finding, Findings, Reading, Reads, UnitFailure};
use kitelogik_model::Event;
use kitelogik_value::Value;
use std::{fmt, sync::Arc};

type Decide = dyn Fn(&Event, &Value) -> Findings + Send + Sync;

/// An evaluator that a test scripts.
pub struct Script {
    decide: Box<Decide>,
    names: Vec<Arc<str>>,
    version: Arc<str>,
}

impl Script {
    /// Answers each event with what the closure gives for it and its input document.
    pub fn new(decide: impl Fn(&Event, &Value) -> Findings + Send + Sync + 'static) -> Self {
        Self { decide: Box::new(decide), names: Vec::new(), version: "sha256:script".into() }
    }

    /// Pretends that units hold these tool constants.
    pub fn naming(mut self, names: &[&str]) -> Self {
        self.names = names.iter().map(|name| Arc::from(*name)).collect();
        self
    }

    /// Goes under this policy version.
    pub fn versioned(mut self, version: &str) -> Self {
        self.version = version.into();
        self
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").field("names", &self.names).finish_non_exhaustive()
    }
}

impl Evaluator for Script {
    fn evaluate(&self, event: &Event, input: &Document<'_>, _reading: Reading) -> Findings {
        (self.decide)(event, &input.to_value())
    }

    fn version(&self) -> Arc<str> {
        Arc::clone(&self.version)
    }

    fn reads(&self) -> Reads {
        Reads::ALL
    }

    fn spellings(&self, wire: &str) -> Vec<Arc<str>> {
        let fold = |name: &str| name.to_lowercase().replace(['.', '_', '-'], "");
        self.names.iter().filter(|name| fold(name) == fold(wire)).cloned().collect()
    }
}

/// A finding of unit `unit` without obligations.
pub fn finding(answer: Result<Answer, UnitFailure>) -> Finding {
    Finding {
        unit: "unit".into(),
        answer,
        obligations: Value::object::<&str>([]),
        matched: vec![],
        read_counters: false,
    }
}

/// Findings that read no counters.
pub fn findings(applied: Vec<Finding>) -> Findings {
    Findings { applied, ..Findings::default() }
}
