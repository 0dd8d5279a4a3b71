//! An audit log that can be looked at, and broken.

use kitelogik_core::{AuditSink, Record, SinkError};
use kitelogik_model::DecisionId;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

/// What a record said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The decision; of a reload nothing but its time
    pub id: DecisionId,
    /// The event's kind, `invalid`, `outcome` or `reload`
    pub event: &'static str,
    /// The effect; for an outcome its word
    pub effect: &'static str,
    /// The reason code; empty for an outcome
    pub code: &'static str,
    /// The first reason; of a reload the policy version
    pub reason: String,
}

/// Keeps records in memory; clones share them.
#[derive(Clone, Debug, Default)]
pub struct MemorySink {
    entries: Arc<Mutex<Vec<Entry>>>,
    broken: Arc<AtomicBool>,
}

impl MemorySink {
    /// The records so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.lock().map(|entries| entries.clone()).unwrap_or_default()
    }

    /// From now on nothing can be written, or again something can.
    pub fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }
}

impl AuditSink for MemorySink {
    fn append(&self, record: &Record<'_>) -> Result<(), SinkError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(SinkError("broken for a test".into()));
        }
        let entry = match record {
            Record::Decision(record) => Entry {
                id: record.decision.id,
                event: record.event.map_or("invalid", |event| event.kind.as_str()),
                effect: record.decision.effect.as_str(),
                code: record.decision.code.as_str(),
                reason: record.decision.reason().to_owned(),
            },
            Record::Outcome(record) => Entry {
                id: record.id,
                event: "outcome",
                effect: record.outcome.kind.as_str(),
                code: "",
                reason: String::new(),
            },
            Record::Reload(record) => Entry {
                id: DecisionId::new(record.at, 0),
                event: "reload",
                effect: "",
                code: "",
                reason: record.policy_version.to_owned(),
            },
        };
        self.entries.lock().map_err(|_| SinkError("a thread failed".into()))?.push(entry);
        Ok(())
    }
}
