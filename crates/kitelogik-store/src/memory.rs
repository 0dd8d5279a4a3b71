//! Sessions in memory: for one process, gone with it.

use crate::{
    ids::ById,
    session::{Session, State as Stage, Tree},
};
use kitelogik_core::{Commit, Committed, Reads, SessionStore, Settled, StoreError};
use kitelogik_model::{DecisionId, Identity, Outcome, OutcomeKind, SessionKey, SessionView, Timestamp};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

/// Sessions kept at most. Of closed ones only the name is kept, and the oldest of those goes first.
const MAX_SESSIONS: usize = 1_000_000;
/// Allowed decisions that wait for a report. Beyond it the oldest is settled at its reservation: spent rather
/// than free.
const MAX_OPEN: usize = 100_000;
/// Settled decisions remembered, so that a report given twice counts once.
const MAX_SETTLED: usize = 100_000;

/// A session store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sessions: HashMap<SessionKey, Session>,
    trees: HashMap<SessionKey, Tree>,
    /// Allowed decisions that nobody has reported on
    open: ById<Open>,
    /// Their ids in the order in which they were allowed, reported ones among them
    open_order: VecDeque<DecisionId>,
    settled: ById<SessionKey>,
    settled_order: VecDeque<DecisionId>,
    /// Closed sessions, oldest first
    closed: VecDeque<SessionKey>,
}

#[derive(Debug)]
struct Open {
    key: SessionKey,
    root: SessionKey,
    at: Timestamp,
    tool: Option<Arc<str>>,
    reserved: u64,
    holds: bool,
}

impl MemoryStore {
    fn lock(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        // A thread that panicked while it held the lock may have left half a change behind.
        self.state.lock().map_err(|_| StoreError::Unavailable("a thread failed inside the store".into()))
    }
}

impl MemoryStore {
    /// Closes every session: what a forked child must do, since its copies would count for nobody.
    pub fn close_all(&self) {
        let mut state = self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let State { sessions, trees, open, open_order, settled, settled_order, closed } = &mut *state;
        for (key, session) in sessions.iter_mut().filter(|(_, session)| session.state != Stage::Closed) {
            session.state = Stage::Closed;
            closed.push_back(key.clone());
        }
        trees.clear();
        open.clear();
        open_order.clear();
        settled.clear();
        settled_order.clear();
    }
}

impl SessionStore for MemoryStore {
    fn open(
        &self,
        id: &str,
        identity: &Identity,
        parent: Option<&SessionKey>,
        at: Timestamp,
    ) -> Result<SessionKey, StoreError> {
        identity.check().map_err(StoreError::Large)?;
        let mut state = self.lock()?;
        let key = SessionKey { tenant: Arc::clone(&identity.tenant), id: id.into() };
        if let Some(session) = state.sessions.get(&key) {
            let same = *session.identity == *identity && session.parent.as_ref() == parent;
            return match (session.state, same) {
                (Stage::Closed, _) => Err(StoreError::Closed),
                (_, true) => Ok(key),
                (_, false) => Err(StoreError::Identity),
            };
        }
        if state.sessions.len() >= MAX_SESSIONS {
            let oldest = state.closed.pop_front().ok_or(StoreError::Full("sessions"))?;
            state.sessions.remove(&oldest);
        }
        let (root, depth) = match parent {
            None => (key.clone(), 0),
            Some(parent_key) => {
                let parent = state.sessions.get_mut(parent_key).ok_or(StoreError::Unknown)?;
                if parent.state == Stage::Closed {
                    return Err(StoreError::Closed);
                }
                if parent_key.tenant != identity.tenant {
                    return Err(StoreError::Identity);
                }
                if !within(identity, &parent.identity) {
                    return Err(StoreError::Scope);
                }
                parent.open += 1;
                (parent.root.clone(), parent.depth + 1)
            }
        };
        if parent.is_none() {
            state.trees.insert(key.clone(), Tree::default());
        }
        let identity = Arc::new(identity.clone());
        let parent = parent.cloned();
        let stage = Stage::Open;
        let session =
            Session { identity, parent, root, depth, started_at: at, seq: 0, state: stage, open: 0 };
        state.sessions.insert(key.clone(), session);
        Ok(key)
    }

    fn view(&self, key: &SessionKey, reads: Reads) -> Result<SessionView, StoreError> {
        let state = self.lock()?;
        let session = state.sessions.get(key).ok_or(StoreError::Unknown)?;
        if session.state == Stage::Closed {
            return Err(StoreError::Closed);
        }
        let tree = state.trees.get(&session.root).ok_or(StoreError::Unknown)?;
        Ok(session.view(&key.id, tree, reads))
    }

    fn commit(&self, commit: &Commit<'_>) -> Result<Committed, StoreError> {
        let mut guard = self.lock()?;
        let State { sessions, trees, open, open_order, settled, .. } = &mut *guard;
        let session = sessions.get_mut(commit.key).ok_or(StoreError::Unknown)?;
        if open.contains_key(&commit.id) || settled.contains_key(&commit.id) {
            return Ok(Committed::Done);
        }
        if session.state == Stage::Closed {
            return Err(StoreError::Closed);
        }
        let tree = trees.get_mut(&session.root).ok_or(StoreError::Unknown)?;
        if commit.version.is_some_and(|version| version != tree.version()) {
            return Ok(Committed::Stale);
        }
        tree.record(commit, session.identity.agent_id.as_ref());
        session.seq += 1;
        if commit.allowed {
            session.open += usize::from(commit.holds);
            let tool = commit.call.as_ref().map(|call| Arc::clone(&call.tool));
            let (key, root) = (commit.key.clone(), session.root.clone());
            let Commit { at, holds, .. } = *commit;
            open.insert(commit.id, Open { key, root, at, tool, reserved: commit.reserve, holds });
            open_order.push_back(commit.id);
            if open_order.len() > 2 * MAX_OPEN {
                open_order.retain(|id| open.contains_key(id));
            }
            if open.len() > MAX_OPEN {
                guard.settle_oldest();
            }
        }
        Ok(Committed::Done)
    }

    fn undo(&self, _key: &SessionKey, id: DecisionId) -> Result<(), StoreError> {
        let mut state = self.lock()?;
        if let Some(open) = state.open.remove(&id)
            && let Some(tree) = state.trees.get_mut(&open.root)
        {
            tree.undo(id, open.tool.as_ref(), open.reserved);
            state.ended(&open);
        }
        Ok(())
    }

    fn settle(&self, id: DecisionId, outcome: &Outcome) -> Result<Option<Settled>, StoreError> {
        let mut state = self.lock()?;
        if let Some(key) = state.settled.get(&id) {
            return Ok(Some(Settled { key: key.clone(), since: None }));
        }
        Ok(state.settle(id, outcome).map(|open| Settled { key: open.key, since: Some(open.at) }))
    }

    fn close(&self, key: &SessionKey) -> Result<(), StoreError> {
        let mut state = self.lock()?;
        state.sessions.get(key).ok_or(StoreError::Unknown)?;
        state.close(key.clone());
        Ok(())
    }

    fn release(&self, key: &SessionKey) -> Result<(), StoreError> {
        let mut state = self.lock()?;
        let session = state.sessions.get_mut(key).ok_or(StoreError::Unknown)?;
        match (session.state, session.open) {
            (Stage::Closed, _) => {}
            (_, 0) => state.close(key.clone()),
            _ => session.state = Stage::Released,
        }
        Ok(())
    }
}

impl State {
    /// Closes a session; a parent that only waited for it closes with it.
    fn close(&mut self, key: SessionKey) {
        let mut next = Some(key);
        while let Some(key) = next.take() {
            let Some(session) = self.sessions.get_mut(&key) else { break };
            if session.state == Stage::Closed {
                break;
            }
            session.state = Stage::Closed;
            let parent = session.parent.clone();
            self.drop_tree(&key);
            self.closed.push_back(key);
            if let Some(parent) = parent {
                let waited = self.one_less(&parent);
                self.drop_tree(&parent);
                next = waited.then_some(parent);
            }
        }
    }

    /// Settles an open decision, and returns it.
    fn settle(&mut self, id: DecisionId, outcome: &Outcome) -> Option<Open> {
        let open = self.open.remove(&id)?;
        if let Some(tree) = self.trees.get_mut(&open.root) {
            tree.settle(id, open.reserved, outcome);
        }
        self.ended(&open);
        if self.settled_order.len() >= MAX_SETTLED
            && let Some(oldest) = self.settled_order.pop_front()
        {
            self.settled.remove(&oldest);
        }
        self.settled_order.push_back(id);
        self.settled.insert(id, open.key.clone());
        Some(open)
    }

    /// Settles the oldest open decision: its report may still come, and then changes nothing.
    fn settle_oldest(&mut self) {
        let nobody = Outcome { kind: OutcomeKind::Unknown, usage: None, error: None };
        while let Some(id) = self.open_order.pop_front() {
            if self.settle(id, &nobody).is_some() {
                break;
            }
        }
    }

    /// A decision of this session is no longer open.
    fn ended(&mut self, open: &Open) {
        if open.holds && self.one_less(&open.key) {
            self.close(open.key.clone());
        }
        self.drop_tree(&open.root);
    }

    /// True if the session waited for nothing else.
    fn one_less(&mut self, key: &SessionKey) -> bool {
        self.sessions.get_mut(key).is_some_and(|session| {
            session.open = session.open.saturating_sub(1);
            session.open == 0 && session.state == Stage::Released
        })
    }

    /// Counters go with their root, once nothing can count there any more.
    fn drop_tree(&mut self, key: &SessionKey) {
        let done = |session: &Session| session.state == Stage::Closed && session.open == 0;
        if self.sessions.get(key).is_some_and(done) {
            self.trees.remove(key);
        }
    }
}

/// True if a child's scope lies within its parent's. An unbounded child of a bounded parent does not.
fn within(child: &Identity, parent: &Identity) -> bool {
    match (&child.scope, &parent.scope) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(child), Some(parent)) => child.iter().all(|s| parent.contains(s)),
    }
}
