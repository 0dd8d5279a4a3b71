//! A store that knows one session and never changes, and a log that keeps nothing.

use kitelogik::{
    core::{AuditSink, Commit, Committed, Reads, Record, SessionStore, Settled, SinkError, StoreError},
    model::{DecisionId, Identity, Outcome, SessionKey, SessionView, Timestamp},
};

/// The session that the document describes.
pub(super) struct Still(pub(super) Option<SessionView>);

impl SessionStore for Still {
    fn open(
        &self,
        _id: &str,
        _identity: &Identity,
        _parent: Option<&SessionKey>,
        _at: Timestamp,
    ) -> Result<SessionKey, StoreError> {
        Err(StoreError::Unavailable("nothing is opened here".to_owned()))
    }

    fn view(&self, _key: &SessionKey, _reads: Reads) -> Result<SessionView, StoreError> {
        self.0.clone().ok_or(StoreError::Unknown)
    }

    fn commit(&self, _commit: &Commit<'_>) -> Result<Committed, StoreError> {
        Ok(Committed::Done)
    }

    fn undo(&self, _key: &SessionKey, _id: DecisionId) -> Result<(), StoreError> {
        Ok(())
    }

    fn settle(&self, _id: DecisionId, _outcome: &Outcome) -> Result<Option<Settled>, StoreError> {
        Ok(None)
    }

    fn release(&self, _key: &SessionKey) -> Result<(), StoreError> {
        Ok(())
    }

    fn close(&self, _key: &SessionKey) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Nothing is done, so that nothing is recorded.
pub(super) struct Nowhere;

impl AuditSink for Nowhere {
    fn append(&self, _record: &Record<'_>) -> Result<(), SinkError> {
        Ok(())
    }
}
