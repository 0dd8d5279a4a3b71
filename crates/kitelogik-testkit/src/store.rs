//! A store that is not there.

use kitelogik_core::{Commit, Committed, Reads, SessionStore, Settled, StoreError};
use kitelogik_model::{DecisionId, Identity, Outcome, SessionKey, SessionView, Timestamp};

/// Fails at everything; or, around a real store, at commits only.
pub struct BrokenStore {
    /// Answers all but commits
    pub behind: Option<Box<dyn SessionStore>>,
    /// What a commit gives
    pub commits: Result<Committed, StoreError>,
}

impl BrokenStore {
    fn behind(&self) -> Result<&dyn SessionStore, StoreError> {
        self.behind.as_deref().ok_or_else(|| StoreError::Unavailable("broken for a test".into()))
    }
}

impl SessionStore for BrokenStore {
    fn open(
        &self,
        id: &str,
        identity: &Identity,
        parent: Option<&SessionKey>,
        at: Timestamp,
    ) -> Result<SessionKey, StoreError> {
        self.behind()?.open(id, identity, parent, at)
    }

    fn view(&self, key: &SessionKey, reads: Reads) -> Result<SessionView, StoreError> {
        self.behind()?.view(key, reads)
    }

    fn commit(&self, _commit: &Commit<'_>) -> Result<Committed, StoreError> {
        self.commits.clone()
    }

    fn undo(&self, key: &SessionKey, id: DecisionId) -> Result<(), StoreError> {
        self.behind()?.undo(key, id)
    }

    fn settle(&self, id: DecisionId, outcome: &Outcome) -> Result<Option<Settled>, StoreError> {
        self.behind()?.settle(id, outcome)
    }

    fn close(&self, key: &SessionKey) -> Result<(), StoreError> {
        self.behind()?.close(key)
    }

    fn release(&self, key: &SessionKey) -> Result<(), StoreError> {
        self.behind()?.release(key)
    }
}
