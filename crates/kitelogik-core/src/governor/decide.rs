//! From an event to a decision.

use super::{Done, Governor, Pending, Request, hosted};
use crate::{
    Combined, Document, Evaluator, Handling, Pep, Reading, Reads,
    combine::{bounded, cut, stricter},
    hash,
    input::Facts,
    names::Unmapped,
    paths,
    permits::Call,
};
use kitelogik_model::{
    Decision, DecisionId, Effect, Event, EventKind, ReasonCode, SessionKey, SessionView, Timestamp,
};
use kitelogik_value::Value;
use std::{borrow::Cow, sync::Arc};

/// Bytes of what an operator is told; a longer text is cut.
const MAX_HELP_BYTES: usize = 16 << 10;
/// How often an event is evaluated again because the counters it read have moved.
pub(super) const MAX_TRIES: usize = 8;

/// What the operator can do where the counters of a shared session deny.
const SHARED: &str = "all calls of this process that are in no session share one, and its counters decided here; give \
    each run its own: with kitelogik.session(user=…):";

/// What one look at the session and the policies gave.
pub(super) struct Looked {
    pub(super) view: SessionView,
    pub(super) combined: Combined,
    pub(super) read_counters: bool,
}

/// A refusal before any policy was asked.
pub(super) struct Refusal {
    pub(super) code: ReasonCode,
    pub(super) help: String,
    pub(super) view: Option<Box<SessionView>>,
}

impl Refusal {
    pub(super) fn new(code: ReasonCode, help: impl Into<String>) -> Self {
        Self { code, help: help.into(), view: None }
    }
}

/// The facts of a decision that do not change while it is made.
pub(super) struct Ground {
    pub(super) evaluator: Arc<dyn Evaluator>,
    pub(super) facts: Facts,
    pub(super) twin: Option<Event>,
}

impl Governor {
    /// Decides one event. The decision is recorded before it is returned; an escalation is recorded when it
    /// is resolved.
    pub fn decide(&self, mut request: Request) -> Done {
        let reading = Reading { at: self.env.now(), entropy: self.env.entropy() };
        let bridged = request.pep.names.bridge(&mut request.event);
        let ground = self.ground(&request.event, &request.pep, reading);
        if let Err(contradiction) = bridged {
            let view = self.store.view(&request.session, Reads::NONE).ok().map(Box::new);
            let refusal = Refusal { view, ..Refusal::new(ReasonCode::InvalidEvent, contradiction) };
            return Done::Decision(self.refused(&request, &ground, refusal));
        }
        if let Some(decision) = self.redeemed(&request, &ground, reading) {
            return Done::Decision(decision);
        }
        for _ in 0..MAX_TRIES {
            let mut looked = match self.look(&request, &ground, reading) {
                Ok(looked) => looked,
                Err(refusal) => return Done::Decision(self.refused(&request, &ground, refusal)),
            };
            if looked.combined.effect == Effect::Escalate {
                if let Some(code) = cannot_escalate(&request) {
                    let refusal =
                        Refusal { view: Some(looked.view.into()), ..Refusal::new(code, no_approver(code)) };
                    return Done::Decision(self.refused(&request, &ground, refusal));
                }
                let decision = self.draft(&ground, &mut looked.combined);
                let requirements = looked.combined.requirements;
                return Done::Pending(Box::new(Pending { request, decision, requirements }));
            }
            let mut decision = self.draft(&ground, &mut looked.combined);
            if request.shared && looked.combined.by_counters {
                decision.help = SHARED.into();
            }
            if let Some(decision) = self.finish(&request, &ground, &looked, decision) {
                return Done::Decision(decision);
            }
        }
        let refusal = Refusal::new(ReasonCode::Unavailable, "the session's counters moved at every try");
        Done::Decision(self.refused(&request, &ground, refusal))
    }

    /// The decision of the gate that handed this very call over, if this gate runs it. The session must
    /// still be open; else the event is decided, and denied, as any other.
    fn redeemed(&self, request: &Request, ground: &Ground, reading: Reading) -> Option<Decision> {
        if request.pep.handling != Handling::Executes {
            return None;
        }
        let call = permitted(request, ground)?;
        let decision = self.permits.take(&call, reading.at)?;
        self.store.view(&request.session, Reads::NONE).ok().map(|_| decision)
    }

    /// Denies what an enforcement point refuses by itself (arguments that are no JSON, an event that is none,
    /// no session), and records it. `help` is for the operator.
    pub fn refuse(
        &self,
        code: ReasonCode,
        help: &str,
        event: Option<&Event>,
        session: Option<&SessionKey>,
        pep: &Pep,
    ) -> Decision {
        let reading = Reading { at: self.env.now(), entropy: self.env.entropy() };
        let blank = Event::new(EventKind::ToolCall);
        let mut event = event.cloned();
        if let Some(event) = &mut event {
            // A contradiction needs no word here: it is denied as it is.
            let _ = pep.names.bridge(event);
        }
        let event = event.as_ref();
        let ground = self.ground(event.unwrap_or(&blank), pep, reading);
        let decision = self.denial(&ground, code, help.to_owned());
        let view = session.and_then(|key| self.store.view(key, Reads::NONE).ok());
        self.recorded(&ground, event, &[], pep, view.as_ref(), decision)
    }

    pub(super) fn ground(&self, event: &Event, pep: &Pep, reading: Reading) -> Ground {
        let evaluator = self.evaluator();
        let tool = event
            .tool
            .clone()
            .or_else(|| event.wire_tool.as_ref().and_then(|wire| pep.names.resolve(wire, &*evaluator).ok()));
        let tags = match &tool {
            Some(tool) => pep.names.tags(tool, &event.tool_tags),
            None => event.tool_tags.clone(),
        };
        let facts = Facts {
            id: DecisionId::new(reading.at, reading.entropy),
            at: reading.at,
            tool,
            tags,
            args_hash: event.args.as_ref().map(hash),
            messages_hash: event.fact("messages").map(hash),
        };
        let twin = event.args.as_ref().and_then(paths::canonical_twin).map(|args| {
            let mut twin = event.clone();
            twin.args = Some(args);
            twin
        });
        Ground { evaluator, facts, twin }
    }

    /// Reads the session and asks the policies.
    pub(super) fn look(
        &self,
        request: &Request,
        ground: &Ground,
        reading: Reading,
    ) -> Result<Looked, Refusal> {
        let event = &request.event;
        let view = self
            .store
            .view(&request.session, ground.evaluator.reads())
            .map_err(|e| Refusal::new(e.code(), e.to_string()))?;
        if let Err(refusal) = self.checks(event, ground, &view) {
            return Err(Refusal { view: Some(view.into()), ..refusal });
        }
        let ask = |event: &Event, facts: &Facts| {
            let findings =
                ground.evaluator.evaluate(event, &Document::of(event, Cow::Borrowed(facts), &view), reading);
            let read_counters = findings.applied.iter().any(|finding| finding.read_counters);
            (crate::combine(&findings.applied), read_counters)
        };
        let (mut combined, mut read_counters) = ask(event, &ground.facts);
        // Where a policy failed, the other spelling changes nothing, and may take as long to fail.
        if let Some(twin) = ground.twin.as_ref().filter(|_| combined.code != ReasonCode::PolicyError) {
            let facts = Facts { args_hash: twin.args.as_ref().map(hash), ..ground.facts.clone() };
            let (other, read) = ask(twin, &facts);
            combined = stricter(combined, other);
            read_counters |= read;
        }
        if hosted::declares(event) {
            hosted::settle(&request.pep, event, ground.facts.tool.as_deref(), &mut combined);
        } else {
            ungoverned(&request.pep, event, &mut combined);
        }
        honour(request, &mut combined);
        Ok(Looked { view, combined, read_counters })
    }

    /// What is refused whatever policy says.
    fn checks(&self, event: &Event, ground: &Ground, view: &SessionView) -> Result<(), Refusal> {
        if let (None, Some(wire)) = (&ground.facts.tool, &event.wire_tool) {
            let near = Unmapped(ground.evaluator.spellings(wire));
            return Err(Refusal::new(ReasonCode::ToolNameUnmapped, near.help(wire)));
        }
        let options = &self.options;
        let protected = paths::Protected::new(&options.protected, &options.base, &*self.env);
        if event.args.as_ref().is_some_and(|args| protected.touched_by(args)) {
            return Err(Refusal::new(ReasonCode::SelfProtection, ""));
        }
        let exceeds = |scope: &Vec<Arc<str>>| {
            let asked = event.fact("requested_scope").and_then(Value::as_array).unwrap_or_default();
            asked.iter().any(|s| !scope.iter().any(|have| Some(&**have) == s.as_str()))
        };
        if view.identity.scope.as_ref().is_some_and(exceeds) {
            return Err(Refusal::new(ReasonCode::ScopeExceeded, ""));
        }
        Ok(())
    }

    /// The decision that follows; what it says is taken out of what was combined.
    pub(super) fn draft(&self, ground: &Ground, combined: &mut Combined) -> Decision {
        let mut reviewers: Vec<Arc<str>> =
            combined.requirements.iter().flat_map(|r| r.reviewers.iter().cloned()).collect();
        reviewers.sort();
        reviewers.dedup();
        bounded(&mut combined.reasons);
        Decision {
            id: ground.facts.id,
            effect: combined.effect,
            code: combined.code,
            reasons: std::mem::take(&mut combined.reasons),
            reviewers: if combined.effect == Effect::Escalate { reviewers } else { vec![] },
            obligations: combined.obligations.clone(),
            policy_version: ground.evaluator.version(),
            matched: std::mem::take(&mut combined.matched),
            help: help(combined),
            approved_by: vec![],
        }
    }

    pub(super) fn denial(&self, ground: &Ground, code: ReasonCode, help: String) -> Decision {
        Decision {
            id: ground.facts.id,
            effect: Effect::Deny,
            code,
            reasons: vec![code.text().into()],
            reviewers: vec![],
            obligations: Value::object::<&str>([]),
            policy_version: ground.evaluator.version(),
            matched: vec![],
            help,
            approved_by: vec![],
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.env.now()
    }
}

/// Where no unit applies (design, section 5).
fn ungoverned(pep: &Pep, event: &Event, combined: &mut Combined) {
    if combined.code != ReasonCode::Ungoverned {
        return;
    }
    let is_call = event.kind == EventKind::ToolCall;
    if !pep.ungoverned.unwrap_or(!is_call) {
        combined.deny(if is_call { ReasonCode::NoPolicy } else { ReasonCode::Ungoverned });
    }
}

fn help(combined: &Combined) -> String {
    match combined.code {
        ReasonCode::NoPolicy => "no loaded policy applies to this tool; write one in package \
            `kitelogik.tool_call`, or pass ungoverned=\"allow\" to let such calls pass"
            .to_owned(),
        _ => cut(&combined.detail.join("; "), MAX_HELP_BYTES).into_owned(),
    }
}

/// What a permit for this event would be for; only calls of tools have permits.
pub(super) fn permitted(request: &Request, ground: &Ground) -> Option<Call> {
    let event = &request.event;
    if event.kind != EventKind::ToolCall || hosted::declares(event) {
        return None;
    }
    Some(Call {
        session: request.session.clone(),
        tool: ground.facts.tool.clone()?,
        tags: ground.facts.tags.clone(),
        transport: event.transport,
        args_hash: ground.facts.args_hash.clone()?,
        policy_version: ground.evaluator.version(),
    })
}

fn no_approver(code: ReasonCode) -> &'static str {
    match code {
        ReasonCode::ApprovalUnavailable => "the policy asks for approval and nobody is asked; pass approver=",
        _ => "this kind of event cannot wait for approval; let the policy allow or deny it",
    }
}

/// Why this enforcement point cannot escalate this event, if it cannot.
fn cannot_escalate(request: &Request) -> Option<ReasonCode> {
    if !request.event.kind.starts_something() {
        return Some(ReasonCode::CannotEnforce);
    }
    (!request.pep.capabilities.escalate).then_some(ReasonCode::ApprovalUnavailable)
}

/// Denies what the enforcement point cannot honour.
fn honour(request: &Request, combined: &mut Combined) {
    let can = request.pep.capabilities;
    // Each means something for one kind of event only.
    let honoured = |key: &str| match (key, request.event.kind) {
        ("force_model", EventKind::ModelCall) => can.force_model,
        ("redact_messages", EventKind::ModelCall) => can.redact_messages,
        ("redact_response", EventKind::ModelResponse) => can.redact_response,
        _ => false,
    };
    let pairs = combined.obligations.as_object().unwrap_or_default();
    let unknown = pairs.iter().filter_map(|(k, _)| k.as_str()).find(|key| !honoured(key));
    if let Some(key) = unknown {
        combined.detail.push(format!("this enforcement point cannot honour the obligation `{key}`"));
        combined.deny(ReasonCode::CannotEnforce);
    }
}
