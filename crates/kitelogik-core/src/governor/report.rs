//! What became of an allowed action.

use super::Governor;
use crate::{OutcomeRecord, Record, SinkError, StoreError};
use kitelogik_model::{DecisionId, Outcome};
use std::fmt;

/// A report that could not be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// This store never allowed a decision with this id
    Id(DecisionId),
    /// The store did not answer
    Store(StoreError),
    /// It is settled but not recorded
    Audit(SinkError),
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "no allowed decision has the id {id}"),
            Self::Store(error) => error.fmt(f),
            Self::Audit(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Unknown {}

impl Governor {
    /// Settles what an allowed action used and records how it ended. Twice is once.
    pub fn report(&self, id: DecisionId, outcome: &Outcome) -> Result<(), Unknown> {
        let settled = self.store.settle(id, outcome).map_err(Unknown::Store)?.ok_or(Unknown::Id(id))?;
        let Some(since) = settled.since else { return Ok(()) };
        let at = self.now();
        let duration_us = Some(at.0.saturating_sub(since.0));
        let record = OutcomeRecord { at, id, outcome, duration_us };
        self.audit.append(&Record::Outcome(record)).map_err(Unknown::Audit)
    }
}
