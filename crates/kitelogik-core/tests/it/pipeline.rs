//! The road of one event, with scripted policies and a real store.

use kitelogik_core::*;
use kitelogik_model::*;
use kitelogik_store::MemoryStore;
use kitelogik_testkit::{FakeEnv, MemorySink, Script, finding, findings};
use kitelogik_value::Value;
use std::sync::{Arc, Mutex};

pub(crate) struct House {
    pub(crate) governor: Governor,
    pub(crate) sink: MemorySink,
}

impl House {
    pub(crate) fn new(script: Script) -> Self {
        Self::with(script, |_| {})
    }

    pub(crate) fn with(script: Script, change: impl FnOnce(&mut GovernorOptions)) -> Self {
        let mut options = GovernorOptions::default();
        change(&mut options);
        Self::built(FakeEnv::default(), Box::new(MemoryStore::default()), script, options)
    }

    /// In this working directory, or in one that is gone.
    pub(crate) fn standing_in(directory: Option<&str>, script: Script, options: GovernorOptions) -> Self {
        Self::built(FakeEnv::standing_in(directory), Box::new(MemoryStore::default()), script, options)
    }

    pub(crate) fn over(store: impl SessionStore + 'static, script: Script) -> Self {
        Self::built(FakeEnv::default(), Box::new(store), script, GovernorOptions::default())
    }

    fn built(env: FakeEnv, store: Box<dyn SessionStore>, script: Script, options: GovernorOptions) -> Self {
        let sink = MemorySink::default();
        // A store that is broken on purpose cannot open one.
        let _ = store.open("s", &Identity::default(), None, Timestamp(0));
        Self {
            governor: Governor::new(Box::new(env), Arc::new(script), store, Box::new(sink.clone()), options),
            sink,
        }
    }

    pub(crate) fn decide(&self, request: Request) -> Decision {
        match self.governor.decide(request) {
            Done::Decision(decision) => decision,
            Done::Pending(pending) => panic!("waits for approval: {:?}", pending.requirements),
        }
    }

    pub(crate) fn resolve(&self, request: Request, verdict: Verdict) -> Decision {
        match self.governor.decide(request) {
            Done::Decision(decision) => panic!("did not wait: {decision:?}"),
            Done::Pending(pending) => self.governor.resolve(*pending, verdict),
        }
    }
}

pub(crate) fn request(tool: &str) -> Request {
    Request {
        event: Event::tool_call(tool, Value::object([("path", "a/b".into())])),
        session: SessionKey { tenant: "default".into(), id: "s".into() },
        shared: false,
        args_hidden: vec![],
        pep: Arc::new(Pep {
            adapter: "test".into(),
            capabilities: Capabilities { escalate: true, ..Capabilities::default() },
            ..Pep::default()
        }),
    }
}

/// The enforcement point of a request, to change it.
pub(crate) fn pep(request: &mut Request) -> &mut Pep {
    Arc::make_mut(&mut request.pep)
}

pub(crate) fn allow() -> Finding {
    finding(Ok(Answer::Allow { by_rule: true }))
}

pub(crate) fn deny(text: &str) -> Finding {
    finding(Ok(Answer::Deny(vec![Reason { file: "a.rego".into(), line: 1, text: text.into() }])))
}

pub(crate) fn escalate(quorum: u32) -> Finding {
    finding(Ok(Answer::Escalate { reviewers: vec!["finance-oncall".into()], reasons: vec![], quorum }))
}

pub(crate) fn all(finding: Finding) -> Findings {
    findings(vec![finding])
}

#[test]
fn an_allow_is_recorded_before_it_is_returned_and_its_outcome_after() {
    let house = House::new(Script::new(|_, _| all(allow())));
    let decision = house.decide(request("t"));
    assert_eq!((decision.allow(), decision.reason(), decision.code), (true, "", ReasonCode::Allowed));
    assert_eq!(house.sink.entries().len(), 1);
    let outcome = Outcome { kind: OutcomeKind::Ok, usage: None, error: None };
    house.governor.report(decision.id, &outcome).unwrap();
    house.governor.report(decision.id, &outcome).unwrap();
    let entries = house.sink.entries();
    assert_eq!(entries.len(), 2, "twice is once");
    assert_eq!((entries[1].event, entries[1].effect, entries[1].id), ("outcome", "ok", decision.id));
    let stranger = DecisionId::new(Timestamp(0), 0);
    assert_eq!(house.governor.report(stranger, &outcome), Err(Unknown::Id(stranger)));
}

#[test]
fn an_approval_allows_once_and_names_who_gave_it() {
    let house = House::new(Script::new(|_, _| findings(vec![allow(), escalate(1)])));
    let Done::Pending(pending) = house.governor.decide(request("t")) else { panic!("should wait") };
    assert_eq!(pending.decision.effect, Effect::Escalate);
    assert_eq!(pending.decision.reviewers, vec!["finance-oncall".into()]);
    assert!(house.sink.entries().is_empty(), "no line before it is final");
    let id = pending.decision.id;
    let decision = house.governor.resolve(*pending, Verdict::Approved { by: "ana".into() });
    assert_eq!((decision.id, decision.allow(), decision.code), (id, true, ReasonCode::Approved));
    assert_eq!(decision.approved_by, vec![("ana".into(), "in_process")]);
    assert_eq!(house.sink.entries().len(), 1);
}

#[test]
fn a_denial_names_every_reason_in_order() {
    let house = House::new(Script::new(|_, _| {
        let reason = |file: &str, line, text: &str| Reason { file: file.into(), line, text: text.into() };
        let denies = Answer::Deny(vec![
            reason("b.rego", 1, "third"),
            reason("a.rego", 9, "second"),
            reason("a.rego", 2, "first"),
        ]);
        findings(vec![escalate(1), finding(Ok(denies)), allow()])
    }));
    let decision = house.decide(request("t"));
    let reasons: Vec<&str> = decision.reasons.iter().map(|r| &**r).collect();
    assert_eq!(reasons, ["first", "second", "third"]);
    assert!(decision.reviewers.is_empty());
}

#[test]
fn a_path_with_two_spellings_is_decided_in_both_and_the_stricter_wins() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let house = House::new(Script::new(move |event, input| {
        let path =
            event.args.as_ref().and_then(|a| a.get("path")).and_then(Value::as_str).unwrap().to_owned();
        assert_eq!(input.at(&["args", "path"]).and_then(Value::as_str), Some(&*path));
        let answer = if path.starts_with("/tmp/") { allow() } else { deny("outside /tmp") };
        log.lock().unwrap().push(path);
        all(answer)
    }));
    let mut call = request("fs.write");
    call.event.args = Some(Value::object([("path", "/tmp/../etc/a".into())]));
    let decision = house.decide(call);
    assert_eq!((decision.effect, decision.reason()), (Effect::Deny, "outside /tmp"));
    assert_eq!(*seen.lock().unwrap(), ["/tmp/../etc/a", "/etc/a"]);
}

#[test]
fn the_input_document_is_the_contract() {
    let seen = Arc::new(Mutex::new(None));
    let log = Arc::clone(&seen);
    let house = House::new(Script::new(move |_, input| {
        *log.lock().unwrap() = Some(input.clone());
        all(allow())
    }));
    let mut call = request("t");
    pep(&mut call).names.names.insert("fs_write".into(), "fs.write".into());
    pep(&mut call).names.tags.insert("fs.write".into(), vec!["fs".into()]);
    call.event.tool = None;
    call.event.wire_tool = Some("fs_write".into());
    call.event.transport = Some(Transport::Function);
    house.decide(call);
    let input = seen.lock().unwrap().clone().unwrap();
    let text = kitelogik_value::json::to_string(&input);
    assert_eq!(
        text,
        "{\"args\":{\"path\":\"a/b\"},\
         \"args_hash\":\"sha256:736391240a706e2507a83bd748d748c17c2ea915f833859d167d95b0cff33a85\",\
         \"event\":\"tool_call\",\"id\":\"ID\",\"phase\":\"call\",\"principal\":{\"roles\":[],\"tenant_id\":\"default\"},\
         \"schema\":1,\"session\":{\"cost_spent\":0,\"id\":\"s\",\"started_at\":\"1970-01-01T00:00:00.000000Z\",\
         \"tenant\":\"default\",\"tokens_spent\":0,\"tool_call_count\":{},\"tool_calls\":[]},\"stage\":\"pre_tool\",\
         \"timestamp\":\"2026-11-22T09:30:00.000000Z\",\"tool\":\"fs.write\",\"tool_tags\":[\"fs\"],\
         \"transport\":\"function\",\"wire_tool\":\"fs_write\"}"
            .replace("ID", input.get("id").and_then(Value::as_str).unwrap())
    );
}

#[test]
fn what_a_decision_says_is_bounded() {
    // A policy may have a reason for each of many arguments, and an event brings up to 1 MiB of them.
    const MANY: u32 = 200_000;
    let house = House::new(Script::new(|_, _| {
        let reason = |n: u32| Reason { file: "a.rego".into(), line: 1, text: format!("{n:06}").into() };
        all(finding(Ok(Answer::Deny((0..MANY).map(reason).collect()))))
    }));
    let reasons = house.decide(request("t")).reasons;
    assert_eq!((reasons.len(), &*reasons[0], &*reasons[254]), (MAX_REASONS, "000000", "000254"));
    assert_eq!(&*reasons[255], "and 199745 more reasons");

    let long = "é".repeat(MAX_REASON_BYTES);
    let house = House::new(Script::new(move |_, _| all(deny(&long))));
    let decision = house.decide(request("t"));
    assert_eq!(decision.reason().len(), MAX_REASON_BYTES - 1, "a character has two bytes, the mark three");
    assert!(decision.reason().ends_with("é…"));

    let house = House::new(Script::new(|_, _| {
        let detail = "x".repeat(1 << 20);
        all(finding(Err(UnitFailure { code: ReasonCode::PolicyError, detail })))
    }));
    assert_eq!(house.decide(request("t")).help.len(), 16 << 10);
}

#[test]
fn a_denial_by_shared_counters_says_that_they_are_shared() {
    let says = |read_counters, shared| {
        let house = House::new(Script::new(move |_, _| {
            findings(vec![
                Finding { read_counters, ..deny("spent") },
                Finding { read_counters: true, ..allow() },
            ])
        }));
        house.decide(Request { shared, ..request("t") }).help
    };
    assert!(says(true, true).contains("kitelogik.session("), "{}", says(true, true));
    // Another unit denied, or the run has a session of its own.
    assert_eq!([says(false, true), says(true, false), says(false, false)], ["", "", ""]);
}

#[test]
fn counters_that_a_unit_read_cannot_move_under_it() {
    // A budget of one call, decided by several threads at once.
    let house = House::new(Script::new(|_, input| {
        let calls = input.at(&["session", "tool_call_count", "t"]).and_then(Value::as_i64).unwrap_or(0);
        let answer = if calls == 0 { allow() } else { deny("only once") };
        findings(vec![Finding { read_counters: true, ..answer }])
    }));
    let allowed: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| (0..25).filter(|_| house.decide(request("t")).allow()).count()))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(allowed, 1);
    assert_eq!(house.sink.entries().len(), 100);
}

/// Two gates in a row: the first hands the call over, the second runs it.
fn handled(handling: Handling) -> Request {
    let mut request = request("t");
    pep(&mut request).handling = handling;
    request
}

#[test]
fn one_action_passes_two_gates_as_one_decision() {
    let house = House::new(Script::new(|_, _| all(allow())));
    let first = house.decide(handled(Handling::HandsOver));
    let second = house.decide(handled(Handling::Executes));
    assert_eq!(first.id, second.id);
    assert_eq!(house.sink.entries().len(), 1);
    let again = house.decide(handled(Handling::Executes));
    assert_ne!(again.id, first.id, "a permit is for one use");
    let alone = house.decide(handled(Handling::Alone));
    assert_ne!(house.decide(handled(Handling::Executes)).id, alone.id, "nobody handed it over");
}

#[test]
fn a_permit_is_worth_nothing_for_another_call_policy_or_session() {
    let house = House::new(Script::new(|_, _| all(allow())));
    let first = house.decide(handled(Handling::HandsOver));
    let mut other = handled(Handling::Executes);
    other.event.args = Some(Value::object([("path", "a/c".into())]));
    assert_ne!(house.decide(other).id, first.id);
    house.governor.swap(Arc::new(Script::new(|_, _| all(deny("no longer"))).versioned("sha256:new")));
    assert_eq!(house.decide(handled(Handling::Executes)).code, ReasonCode::Policy);

    let house = House::new(Script::new(|_, _| all(allow())));
    house.decide(handled(Handling::HandsOver));
    house.governor.store().close(&request("t").session).unwrap();
    assert_eq!(house.decide(handled(Handling::Executes)).code, ReasonCode::SessionClosed);
}

#[test]
fn an_approved_call_leaves_a_permit_too_and_a_denied_one_none() {
    let house = House::new(Script::new(|_, _| all(escalate(1))));
    let first = house.resolve(handled(Handling::HandsOver), Verdict::Approved { by: "ana".into() });
    assert_eq!(house.decide(handled(Handling::Executes)).id, first.id);
    house.resolve(handled(Handling::HandsOver), Verdict::Rejected { by: "ana".into() });
    assert!(matches!(house.governor.decide(handled(Handling::Executes)), Done::Pending(_)));
}

#[test]
fn a_gate_that_knows_more_of_the_tool_asks_policy_itself() {
    let house = House::new(Script::new(|event, _| {
        let tagged = event.tool_tags.iter().any(|tag| **tag == *"secret");
        all(if tagged { deny("tagged") } else { allow() })
    }));
    let first = house.decide(handled(Handling::HandsOver));
    let mut tagged = handled(Handling::Executes);
    tagged.event.tool_tags = vec!["secret".into()];
    assert_eq!(house.decide(tagged).code, ReasonCode::Policy);
    let mut mcp = handled(Handling::Executes);
    mcp.event.transport = Some(Transport::Mcp);
    assert_ne!(house.decide(mcp).id, first.id);
    assert_eq!(house.sink.entries().len(), 3, "each is recorded");
    assert_eq!(house.decide(handled(Handling::Executes)).id, first.id);
}

#[test]
fn what_no_policy_covers_leaves_no_permit() {
    let house = House::new(Script::new(|_, _| findings(vec![])));
    let mut open = handled(Handling::HandsOver);
    pep(&mut open).ungoverned = Some(true);
    assert_eq!(house.decide(open).code, ReasonCode::Ungoverned);
    assert_eq!(house.decide(handled(Handling::Executes)).code, ReasonCode::NoPolicy);
    assert_eq!(house.sink.entries().len(), 2);
}
