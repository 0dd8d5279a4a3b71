//! One session's state, and the counters of its tree.

use kitelogik_core::{Commit, Reads};
use kitelogik_model::{
    CallEntry, Counters, DecisionId, Identity, MAX_INTEGER, Outcome, SessionKey, SessionView, Timestamp,
};
use kitelogik_value::{Number, Value};
use std::{
    cell::OnceCell,
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// Costs are kept to nine decimal places.
const COST_SCALE: u32 = 9;

/// How many calls a policy can look back on.
pub(crate) const WINDOW: usize = 100;

/// A session, less the counters, which its root keeps.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) identity: Arc<Identity>,
    pub(crate) parent: Option<SessionKey>,
    pub(crate) root: SessionKey,
    pub(crate) depth: u64,
    pub(crate) started_at: Timestamp,
    pub(crate) seq: u64,
    pub(crate) state: State,
    /// Allowed decisions that nobody reported on, and children that are not closed
    pub(crate) open: usize,
}

/// Whether a session takes further events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It does
    Open,
    /// It does until nothing of it is open
    Released,
    /// It does not, and never will
    Closed,
}

/// A call in the window, and its form in the input document once a policy asked for it.
#[derive(Debug)]
struct Call {
    id: DecisionId,
    entry: CallEntry,
    value: OnceCell<Value>,
}

/// What a tree of sessions has used.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    tokens_settled: u64,
    tokens_reserved: u64,
    /// In billionths, so that sums are exact
    cost_nanos: i128,
    counts: BTreeMap<Arc<str>, u64>,
    window: VecDeque<Call>,
    version: u64,
}

impl Tree {
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn counters(&self, reads: Reads) -> Counters {
        let window = self.window.iter().filter(|_| reads.tool_calls);
        Counters {
            // What is counted stays exact; what is shown is a number that every reader has exactly.
            tokens_spent: self.tokens_settled.saturating_add(self.tokens_reserved).min(MAX_INTEGER),
            cost_spent: (self.cost_nanos > 0).then(|| Number::from_scaled(self.cost_nanos, COST_SCALE)),
            tool_call_count: if reads.tool_call_count { self.counts.clone() } else { BTreeMap::new() },
            tool_calls: window.map(|call| call.value.get_or_init(|| call.entry.to_value()).clone()).collect(),
            version: self.version,
        }
    }

    pub(crate) fn record(&mut self, commit: &Commit<'_>, agent_id: Option<&Arc<str>>) {
        if let Some(call) = &commit.call {
            if commit.allowed {
                *self.counts.entry(Arc::clone(&call.tool)).or_default() += 1;
            }
            if self.window.len() == WINDOW {
                self.window.pop_front();
            }
            let entry = CallEntry { agent_id: agent_id.cloned(), ..call.clone() };
            self.window.push_back(Call { id: commit.id, entry, value: OnceCell::new() });
            self.version += 1;
        }
        if commit.reserve > 0 {
            self.tokens_reserved = self.tokens_reserved.saturating_add(commit.reserve);
            self.version += 1;
        }
    }

    /// Gives a reservation back and marks the call denied.
    pub(crate) fn undo(&mut self, id: DecisionId, tool: Option<&Arc<str>>, reserved: u64) {
        self.tokens_reserved = self.tokens_reserved.saturating_sub(reserved);
        if let Some(count) = tool.and_then(|tool| self.counts.get_mut(tool)) {
            *count = count.saturating_sub(1);
        }
        self.amend(id, |entry| {
            entry.decision = "deny";
            entry.outcome = None;
        });
        self.version += 1;
    }

    pub(crate) fn settle(&mut self, id: DecisionId, reserved: u64, outcome: &Outcome) {
        let used = outcome.usage.as_ref();
        self.tokens_reserved = self.tokens_reserved.saturating_sub(reserved);
        self.tokens_settled =
            self.tokens_settled.saturating_add(used.map_or(reserved, |usage| usage.tokens()));
        if let Some(cost) = used.and_then(|usage| usage.cost.as_ref()) {
            // What is too large to count exhausts every budget; what is negative gives none back.
            let nanos = cost.to_scaled(COST_SCALE).unwrap_or(i128::MAX);
            self.cost_nanos = self.cost_nanos.saturating_add(nanos.max(0));
        }
        self.amend(id, |entry| entry.outcome = Some(outcome.kind.as_str()));
        self.version += 1;
    }

    /// Changes the entry of a recent call; looked for from the newest, where it nearly always is.
    fn amend(&mut self, id: DecisionId, change: impl FnOnce(&mut CallEntry)) {
        if let Some(call) = self.window.iter_mut().rev().find(|call| call.id == id) {
            change(&mut call.entry);
            call.value = OnceCell::new();
        }
    }
}

impl Session {
    pub(crate) fn view(&self, id: &Arc<str>, tree: &Tree, reads: Reads) -> SessionView {
        SessionView {
            id: Arc::clone(id),
            identity: Arc::clone(&self.identity),
            parent: self.parent.as_ref().map(|key| Arc::clone(&key.id)),
            depth: self.depth,
            started_at: self.started_at,
            seq: self.seq,
            counters: tree.counters(reads),
        }
    }
}
