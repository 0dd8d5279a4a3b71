//! The fail-closed table (design, section 5): for each row, the denial and its record.

use crate::pipeline::{House, all, allow, deny, escalate, pep, request};
use kitelogik_core::*;
use kitelogik_model::*;
use kitelogik_store::MemoryStore;
use kitelogik_testkit::{BrokenStore, Script, finding, findings};
use kitelogik_value::Value;

/// Checks that a decision denies with this code and that the last record says the same.
fn denied(house: &House, decision: &Decision, code: &str) {
    assert!(!decision.allow());
    assert_eq!((decision.effect, decision.code.as_str()), (Effect::Deny, code));
    assert!(!decision.reason().is_empty());
    let entry = house.sink.entries().pop().expect("a record");
    assert_eq!((entry.id, entry.effect, entry.code), (decision.id, "deny", code));
    assert_eq!(entry.reason, decision.reason());
}

fn failing(code: ReasonCode) -> Script {
    Script::new(move |_, _| {
        findings(vec![
            allow(),
            finding(Err(UnitFailure { code, detail: "secret operand at a.rego:3".into() })),
        ])
    })
}

#[test]
fn a_failing_unit_denies_and_the_model_learns_no_operand() {
    for code in [ReasonCode::PolicyError, ReasonCode::PolicyUndefined, ReasonCode::Unavailable] {
        let house = House::new(failing(code));
        let decision = house.decide(request("t"));
        denied(&house, &decision, code.as_str());
        assert_eq!(decision.reasons, vec![code.text().into()]);
        assert_eq!(decision.help, "secret operand at a.rego:3");
    }
}

#[test]
fn no_unit_denies_a_tool_call_and_lets_other_kinds_pass_unless_told_otherwise() {
    let plan = || {
        let mut request = request("t");
        request.event = Event::new(EventKind::AgentPlan);
        request
    };
    let house = House::new(Script::new(|_, _| findings(vec![])));
    denied(&house, &house.decide(request("t")), "no_policy");
    let decision = house.decide(plan());
    assert_eq!((decision.allow(), decision.code), (true, ReasonCode::Ungoverned));

    let under = |mut request: Request, ungoverned| {
        pep(&mut request).ungoverned = Some(ungoverned);
        request
    };
    assert!(house.decide(under(request("t"), true)).allow());
    denied(&house, &house.decide(under(plan(), false)), "ungoverned");
    denied(&house, &house.decide(under(request("t"), false)), "no_policy");
}

#[test]
fn a_hosted_declaration_needs_more_than_a_default_even_where_ungoverned_calls_pass() {
    for units in [vec![], vec![finding(Ok(Answer::Allow { by_rule: false }))]] {
        let house = House::new(Script::new(move |_, _| findings(units.clone())));
        let mut declared = request("web_search");
        pep(&mut declared).ungoverned = Some(true);
        declared.event.phase = Phase::Declare;
        denied(&house, &house.decide(declared), "hosted_tool");
    }
}

#[test]
fn a_store_that_does_not_answer_denies() {
    let gone = || StoreError::Unavailable("gone".into());
    let house =
        House::over(BrokenStore { behind: None, commits: Err(gone()) }, Script::new(|_, _| all(allow())));
    denied(&house, &house.decide(request("t")), "unavailable");

    for (commits, code) in [
        (Err(gone()), "unavailable"),
        (Err(StoreError::Killed), "session_killed"),
        (Err(StoreError::Closed), "session_closed"),
        // Moved at each of a bounded number of tries.
        (Ok(Committed::Stale), "unavailable"),
    ] {
        let store = BrokenStore { behind: Some(Box::new(MemoryStore::default())), commits };
        let house = House::over(store, Script::new(|_, _| all(allow())));
        denied(&house, &house.decide(request("t")), code);
    }
}

#[test]
fn an_unknown_or_closed_session_denies() {
    let house = House::new(Script::new(|_, _| all(allow())));
    let mut stranger = request("t");
    stranger.session.tenant = "other".into();
    denied(&house, &house.decide(stranger), "no_session");
    house.governor.store().close(&request("t").session).unwrap();
    denied(&house, &house.decide(request("t")), "session_closed");
}

#[test]
fn nobody_to_ask_denies() {
    let house = House::new(Script::new(|_, _| all(escalate(1))));
    let mut alone = request("t");
    pep(&mut alone).capabilities.escalate = false;
    denied(&house, &house.decide(alone), "approval_unavailable");
    let mut shown = request("t");
    shown.event.kind = EventKind::ToolResult;
    denied(&house, &house.decide(shown), "cannot_enforce");
}

#[test]
fn every_verdict_but_a_yes_denies() {
    for (verdict, code) in [
        (Verdict::Rejected { by: "ana".into() }, "approval_rejected"),
        (Verdict::Unavailable { help: "ask somebody".into() }, "approval_unavailable"),
        (Verdict::Expired, "approval_expired"),
        (Verdict::Cancelled, "approval_cancelled"),
    ] {
        let house = House::new(Script::new(|_, _| all(escalate(1))));
        let decision = house.resolve(request("t"), verdict);
        denied(&house, &decision, code);
    }
    let house = House::new(Script::new(|_, _| all(escalate(2))));
    let decision = house.resolve(request("t"), Verdict::Approved { by: "ana".into() });
    denied(&house, &decision, "approval_unavailable");
}

#[test]
fn an_approval_lifts_no_deny_and_no_other_requirement() {
    let house = House::new(Script::new(|_, _| all(escalate(1))));
    let Done::Pending(pending) = house.governor.decide(request("t")) else { panic!("should wait") };
    house
        .governor
        .swap(std::sync::Arc::new(Script::new(|_, _| findings(vec![escalate(1), deny("no longer")]))));
    let decision = house.governor.resolve(*pending.clone(), Verdict::Approved { by: "ana".into() });
    denied(&house, &decision, "policy");
    assert_eq!(decision.reason(), "no longer");

    let other = Finding { unit: "other".into(), ..escalate(1) };
    house
        .governor
        .swap(std::sync::Arc::new(Script::new(move |_, _| findings(vec![escalate(1), other.clone()]))));
    let decision = house.governor.resolve(*pending, Verdict::Approved { by: "ana".into() });
    denied(&house, &decision, "approval_mismatch");
}

#[test]
fn what_cannot_be_recorded_is_denied_and_gives_its_reservation_back() {
    let house = House::new(Script::new(|_, _| all(allow())));
    house.sink.set_broken(true);
    let mut spender = request("t");
    spender.event.reserve_tokens = Some(500);
    let decision = house.decide(spender);
    assert_eq!((decision.effect, decision.code), (Effect::Deny, ReasonCode::AuditUnavailable));
    let view = house.governor.store().view(&request("t").session, Reads::ALL).unwrap();
    assert_eq!(view.counters.tokens_spent, 0);
    assert_eq!(view.counters.tool_calls[0].get("decision").and_then(Value::as_str), Some("deny"));
    house.sink.set_broken(false);
    assert!(house.decide(request("t")).allow());
}

#[test]
fn an_obligation_that_cannot_be_honoured_denies() {
    let forced = || Finding { obligations: Value::object([("force_model", "m".into())]), ..allow() };
    let house = House::new(Script::new(move |_, _| all(forced())));
    denied(&house, &house.decide(request("t")), "cannot_enforce");
    let mut able = request("t");
    pep(&mut able).capabilities.force_model = true;
    // A tool has no model.
    denied(&house, &house.decide(able.clone()), "cannot_enforce");
    able.event = Event { facts: vec![("model", "n".into())], ..Event::new(EventKind::ModelCall) };
    let decision = house.decide(able);
    assert!(decision.allow());
    assert_eq!(decision.obligations.get("force_model").and_then(Value::as_str), Some("m"));
}

#[test]
fn two_spellings_under_two_sets_of_obligations_deny() {
    for unit in [allow, || escalate(1)] {
        let house = House::new(Script::new(move |event, _| {
            let path = event.args.as_ref().and_then(|a| a.get("path")).and_then(Value::as_str).unwrap();
            let model = if path.contains("..") { "a" } else { "b" };
            all(Finding { obligations: Value::object([("force_model", model.into())]), ..unit() })
        }));
        let mut call = request("t");
        pep(&mut call).capabilities.force_model = true;
        call.event.args = Some(Value::object([("path", "/tmp/../etc/a".into())]));
        denied(&house, &house.decide(call), "policy_error");
    }
}

#[test]
fn a_wire_name_that_only_looks_like_a_policy_name_denies_with_the_line_to_write() {
    let house = House::new(Script::new(|_, _| all(allow())).naming(&["fs.write", "search"]));
    let call = |wire: &str| {
        let mut request = request("t");
        request.event.tool = None;
        request.event.wire_tool = Some(wire.into());
        request
    };
    let decision = house.decide(call("fs_write"));
    denied(&house, &decision, "tool_name_unmapped");
    assert!(decision.help.ends_with("tool_names={\"fs_write\": \"fs.write\"}"), "{}", decision.help);
    assert!(house.decide(call("search")).allow());
    assert!(house.decide(call("unheard_of")).allow());
    denied(&house, &house.decide(call("Search")), "tool_name_unmapped");
}

#[test]
fn our_own_files_are_out_of_reach() {
    let house = House::with(Script::new(|_, _| all(allow())), |options| {
        options.protected =
            ["/srv/app/policies", "/srv/app/audit.jsonl", "/house/ana/log"].map(Into::into).into();
        options.base = "/srv/app".into();
    });
    for path in [
        "/srv/app/policies/a.rego",
        "/srv/app/audit.jsonl",
        "audit.jsonl",
        "./x/../policies",
        "file:///srv/app/policies/",
        "/srv/%61pp/audit.jsonl",
        "~/../../srv/app/audit.jsonl",
        "~/log/audit.jsonl",
        "~//log/./audit.jsonl",
    ] {
        let mut call = request("fs.write");
        call.event.args = Some(Value::object([("path", path.into())]));
        denied(&house, &house.decide(call), "self_protection");
    }
    for path in ["/srv/app/policies2", "/srv/app/audit.jsonl.bak", "notes.txt", "~/notes.txt", "~/../log"] {
        let mut call = request("fs.write");
        call.event.args = Some(Value::object([("path", path.into())]));
        assert!(house.decide(call).allow(), "{path}");
    }
}

#[test]
fn our_own_files_stay_out_of_reach_wherever_the_program_goes() {
    let options = GovernorOptions {
        protected: vec!["/srv/app/policies".into(), "/srv/app/audit.jsonl".into()],
        base: "/srv/app".into(),
    };
    let decide = |directory, path: &str| {
        let house = House::standing_in(directory, Script::new(|_, _| all(allow())), options.clone());
        let mut call = request("fs.write");
        call.event.args = Some(Value::object([("path", path.into())]));
        let decision = house.decide(call);
        if !decision.allow() {
            denied(&house, &decision, "self_protection");
        }
        decision.allow()
    };
    for (directory, path) in [
        (Some("/srv/app/sub"), "../audit.jsonl"),
        (Some("/srv/app/sub"), "./../policies/a.rego"),
        (Some("/srv/app/sub"), "x/../../policies"),
        (Some("/srv"), "app/audit.jsonl"),
        (Some("/"), "srv/app/policies/"),
        // Still by where it began.
        (Some("/srv/app/sub"), "audit.jsonl"),
        (Some("/srv/app/sub"), "policies/a.rego"),
        (Some("/srv/app/policies"), "a.rego"),
        (Some("/srv/app/policies/deep"), ".."),
        (None, "../audit.jsonl"),
        (None, ".."),
    ] {
        assert!(!decide(directory, path), "{path} in {directory:?}");
    }
    for (directory, path) in [
        (Some("/srv/app/sub"), "../notes.txt"),
        (Some("/srv/other"), "../audit.jsonl"),
        (Some("/srv/app/sub"), "policies2"),
        (None, "notes.txt"),
        (None, "a/b"),
    ] {
        assert!(decide(directory, path), "{path} in {directory:?}");
    }
}

#[test]
fn a_scope_beyond_the_sessions_own_denies() {
    let house = House::new(Script::new(|_, _| all(allow())));
    let identity = Identity { scope: Some(vec!["read".into()]), ..Identity::default() };
    let key = house.governor.store().open("scoped", &identity, None, Timestamp(0)).unwrap();
    let spawn = |scope: &str| {
        let mut request = request("t");
        request.session = key.clone();
        request.event = Event::new(EventKind::AgentSpawn);
        request.event.facts.push(("requested_scope", Value::array([scope.into()])));
        request
    };
    denied(&house, &house.decide(spawn("write")), "scope_exceeded");
    assert!(house.decide(spawn("read")).allow());
}

#[test]
fn what_an_enforcement_point_refuses_is_recorded_too() {
    let house = House::new(Script::new(|_, _| all(allow())));
    let session = request("t").session;
    let decision =
        house.governor.refuse(ReasonCode::InvalidEvent, "no object", None, Some(&session), &Pep::default());
    denied(&house, &decision, "invalid_event");
    assert_eq!(house.sink.entries().pop().unwrap().event, "invalid");
    let event = request("t").event;
    let decision =
        house.governor.refuse(ReasonCode::InvalidArgs, "not JSON", Some(&event), None, &Pep::default());
    denied(&house, &decision, "invalid_args");
}
