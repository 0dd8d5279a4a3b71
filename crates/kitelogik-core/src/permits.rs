//! One action, one decision: an allowed call that one gate handed over is not decided again by the gate that
//! runs it.

use kitelogik_model::{Decision, SessionKey, Timestamp, Transport};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

/// How long a permit can be taken, in microseconds.
pub const PERMIT_US: u64 = 60_000_000;
/// Permits kept at most; the oldest goes first, and its call is then decided again.
pub const MAX_PERMITS: usize = 10_000;

/// The call that a permit is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Call {
    pub(crate) session: SessionKey,
    pub(crate) tool: Arc<str>,
    /// A gate that knows of more tags than the one before it asks policy itself
    pub(crate) tags: Vec<Arc<str>>,
    pub(crate) transport: Option<Transport>,
    pub(crate) args_hash: Arc<str>,
    pub(crate) policy_version: Arc<str>,
}

/// Allowed calls that were handed over and not yet run.
#[derive(Debug, Default)]
pub(crate) struct Permits {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    by_call: HashMap<Call, VecDeque<Permit>>,
    order: VecDeque<(Timestamp, Call)>,
}

#[derive(Debug)]
struct Permit {
    at: Timestamp,
    decision: Decision,
}

impl Permits {
    /// Leaves a permit.
    pub(crate) fn leave(&self, call: Call, at: Timestamp, decision: Decision) {
        let mut kept = self.lock();
        kept.expire(at);
        kept.order.push_back((at, call.clone()));
        kept.by_call.entry(call).or_default().push_back(Permit { at, decision });
    }

    /// Takes the oldest permit of this call that still holds.
    pub(crate) fn take(&self, call: &Call, now: Timestamp) -> Option<Decision> {
        let mut kept = self.lock();
        if kept.order.is_empty() {
            return None;
        }
        kept.expire(now);
        let permits = kept.by_call.get_mut(call)?;
        let permit = permits.pop_front()?;
        if permits.is_empty() {
            kept.by_call.remove(call);
        }
        Some(permit.decision)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(|poisoned| {
            // Half a change may be in there: without permits every gate decides by itself.
            let mut kept = poisoned.into_inner();
            *kept = Kept::default();
            kept
        })
    }
}

impl Kept {
    fn expire(&mut self, now: Timestamp) {
        while let Some((at, _)) = self.order.front() {
            if self.order.len() < MAX_PERMITS && now.0.saturating_sub(at.0) <= PERMIT_US {
                break;
            }
            let Some((at, call)) = self.order.pop_front() else { break };
            if let Some(permits) = self.by_call.get_mut(&call) {
                // Taken ones are gone already; what is older than this entry went before it.
                if permits.front().is_some_and(|permit| permit.at == at) {
                    permits.pop_front();
                }
                if permits.is_empty() {
                    self.by_call.remove(&call);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kitelogik_model::{DecisionId, Effect, ReasonCode};
    use kitelogik_value::Value;

    fn call(hash: &str) -> Call {
        let session = SessionKey { tenant: "t".into(), id: "s".into() };
        Call {
            session,
            tool: "fs.write".into(),
            tags: vec![],
            transport: None,
            args_hash: hash.into(),
            policy_version: "v".into(),
        }
    }

    fn decision(at: u64) -> Decision {
        Decision {
            id: DecisionId::new(Timestamp(at), u128::from(at)),
            effect: Effect::Allow,
            code: ReasonCode::Allowed,
            reasons: vec![],
            reviewers: vec![],
            obligations: Value::object::<&str>([]),
            policy_version: "v".into(),
            matched: vec![],
            help: String::new(),
            approved_by: vec![],
        }
    }

    #[test]
    fn a_permit_is_taken_once_and_only_for_its_call() {
        let permits = Permits::default();
        permits.leave(call("a"), Timestamp(1), decision(1));
        permits.leave(call("a"), Timestamp(2), decision(2));
        assert_eq!(permits.take(&call("b"), Timestamp(3)), None);
        assert_eq!(permits.take(&call("a"), Timestamp(3)), Some(decision(1)));
        assert_eq!(permits.take(&call("a"), Timestamp(3)), Some(decision(2)));
        assert_eq!(permits.take(&call("a"), Timestamp(3)), None);
    }

    #[test]
    fn a_permit_holds_for_a_minute() {
        let permits = Permits::default();
        permits.leave(call("a"), Timestamp(0), decision(1));
        permits.leave(call("a"), Timestamp(1), decision(2));
        assert_eq!(permits.take(&call("a"), Timestamp(PERMIT_US + 1)), Some(decision(2)));
        permits.leave(call("a"), Timestamp(PERMIT_US), decision(3));
        assert_eq!(permits.take(&call("a"), Timestamp(3 * PERMIT_US)), None);
        assert!(permits.lock().by_call.is_empty());
    }

    #[test]
    fn permits_are_bounded_and_the_oldest_goes_first() {
        let permits = Permits::default();
        for at in 0..=MAX_PERMITS as u64 {
            permits.leave(call(&at.to_string()), Timestamp(at), decision(at));
        }
        let now = Timestamp(MAX_PERMITS as u64);
        assert_eq!(permits.lock().order.len(), MAX_PERMITS);
        assert_eq!(permits.take(&call("0"), now), None);
        assert!(permits.take(&call(&MAX_PERMITS.to_string()), now).is_some());
    }
}
