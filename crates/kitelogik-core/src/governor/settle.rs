//! The end of every decision: committed to the store, then recorded, then returned.

use super::decide::{Ground, Looked, Refusal, permitted};
use super::{Governor, Request, hosted};
use crate::{Commit, Committed, DecisionRecord, Handling, Pep, Record};
use kitelogik_model::{CallEntry, Decision, Effect, Event, EventKind, ReasonCode, SessionView};
use kitelogik_value::Value;
use std::sync::Arc;

impl Governor {
    /// Commits and records a final decision. `None`: the counters that it read have moved; look again.
    pub(super) fn finish(
        &self,
        request: &Request,
        ground: &Ground,
        looked: &Looked,
        decision: Decision,
    ) -> Option<Decision> {
        let allowed = decision.allow();
        let version = (allowed && looked.read_counters).then_some(looked.view.counters.version);
        let decision = match self.store.commit(&self.commit(request, ground, &decision, version)) {
            Ok(Committed::Done) => decision,
            Ok(Committed::Stale) => return None,
            // A denial stands whether or not the store can remember it.
            Err(_) if !allowed => decision,
            Err(error) => self.denial(ground, error.code(), error.to_string()),
        };
        let view = Some(&looked.view);
        let decision =
            self.recorded(ground, Some(&request.event), &request.args_hidden, &request.pep, view, decision);
        if decision.allow()
            && request.pep.handling == Handling::HandsOver
            // Whether an action passes that no policy covers is for each gate to say.
            && decision.code != ReasonCode::Ungoverned
            && let Some(call) = permitted(request, ground)
        {
            self.permits.leave(call, ground.facts.at, decision.clone());
        }
        Some(decision)
    }

    /// Commits and records a refusal.
    pub(super) fn refused(&self, request: &Request, ground: &Ground, refusal: Refusal) -> Decision {
        let decision = self.denial(ground, refusal.code, refusal.help);
        if refusal.view.is_some() {
            // As above: a store that is gone does not turn a denial into anything else.
            let _ = self.store.commit(&self.commit(request, ground, &decision, None));
        }
        let view = refusal.view.as_deref();
        self.recorded(ground, Some(&request.event), &request.args_hidden, &request.pep, view, decision)
    }

    fn commit<'a>(
        &self,
        request: &'a Request,
        ground: &Ground,
        decision: &Decision,
        version: Option<u64>,
    ) -> Commit<'a> {
        let event = &request.event;
        // What is declared is not called: it does not count, and nobody reports on it.
        let declares = hosted::declares(event);
        let call = (event.kind == EventKind::ToolCall && !declares).then(|| CallEntry {
            tool: ground.facts.tool.clone().unwrap_or_default(),
            decision: decision.effect.as_str(),
            outcome: decision.allow().then_some("started"),
            args_hash: ground.facts.args_hash.clone().unwrap_or_default(),
            agent_id: None,
            at: ground.facts.at,
        });
        Commit {
            key: &request.session,
            id: decision.id,
            at: ground.facts.at,
            call,
            reserve: event.reserve_tokens.filter(|_| decision.allow()).unwrap_or_default(),
            allowed: decision.allow(),
            holds: !declares
                && (event.kind != EventKind::ToolCall || request.pep.handling != Handling::HandsOver),
            version,
        }
    }

    /// Writes the record; an allow that cannot be recorded is taken back and denied.
    pub(super) fn recorded(
        &self,
        ground: &Ground,
        event: Option<&Event>,
        args_hidden: &[Arc<str>],
        pep: &Pep,
        view: Option<&SessionView>,
        decision: Decision,
    ) -> Decision {
        let parent: Option<Value> = match (event, view) {
            (Some(event), Some(view)) => crate::input::parent(event.kind, view),
            _ => None,
        };
        let record = DecisionRecord {
            at: ground.facts.at,
            event,
            tool: ground.facts.tool.as_deref(),
            tool_tags: &ground.facts.tags,
            args_hidden,
            args_hash: ground.facts.args_hash.as_deref().filter(|_| event.is_some()),
            messages_hash: ground.facts.messages_hash.as_deref(),
            session: view,
            parent: parent.as_ref(),
            decision: &decision,
            config_hash: &pep.config_hash,
            adapter: &pep.adapter,
            duration_us: self.now().0.saturating_sub(ground.facts.at.0),
        };
        let Err(error) = self.audit.append(&Record::Decision(record)) else { return decision };
        if decision.effect == Effect::Allow
            && let Some(view) = view
        {
            let key = kitelogik_model::SessionKey {
                tenant: Arc::clone(&view.identity.tenant),
                id: Arc::clone(&view.id),
            };
            // If the store is gone too, the reservation stays: spent rather than free.
            let _ = self.store.undo(&key, decision.id);
        }
        self.denial(ground, ReasonCode::AuditUnavailable, error.to_string())
    }
}
