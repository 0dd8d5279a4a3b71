//! Declarations of tools that the model's provider runs: what lets them be declared, and what does not.

use crate::pipeline::{House, all, allow, deny, escalate, pep, request};
use kitelogik_core::*;
use kitelogik_model::*;
use kitelogik_store::MemoryStore;
use kitelogik_testkit::{Script, finding, findings};
use kitelogik_value::Value;
use std::sync::Arc;

fn by_default() -> Finding {
    finding(Ok(Answer::Allow { by_rule: false }))
}

fn declared(tool: &str, hosted_tools: &[&str]) -> Request {
    let mut request = request(tool);
    request.event.args = None;
    request.event.phase = Phase::Declare;
    request.event.transport = Some(Transport::Hosted);
    pep(&mut request).hosted_tools = hosted_tools.iter().map(|name| Arc::from(*name)).collect();
    request
}

/// What is decided, in one word; what waits for approval is resolved, and its record looked at as well.
fn decided(house: &House, request: Request, verdict: &Verdict) -> &'static str {
    let before = house.sink.entries().len();
    let decision = match house.governor.decide(request) {
        Done::Decision(decision) => decision,
        Done::Pending(pending) => {
            assert_eq!(house.sink.entries().len(), before, "no line before it is final");
            house.governor.resolve(*pending, verdict.clone())
        }
    };
    let entries = house.sink.entries();
    assert_eq!(entries.len(), before + 1);
    let entry = entries.last().unwrap();
    assert_eq!(
        (entry.id, entry.event, entry.effect, entry.code),
        (decision.id, "tool_call", decision.effect.as_str(), decision.code.as_str())
    );
    assert_eq!(entry.reason, decision.reason());
    assert_eq!(decision.effect == Effect::Deny, !decision.reason().is_empty());
    decision.code.as_str()
}

#[test]
fn a_declaration_needs_a_rule_or_the_operators_word() {
    let failing = || finding(Err(UnitFailure { code: ReasonCode::PolicyError, detail: "d".into() }));
    let abstain = || finding(Ok(Answer::Abstain));
    // By what the units say: without the operator's word, and with it.
    let table: [(Vec<Finding>, &str, &str); 11] = [
        (vec![], "hosted_tool", "ungoverned"),
        (vec![by_default()], "hosted_tool", "allowed"),
        (vec![by_default(), by_default()], "hosted_tool", "allowed"),
        (vec![abstain()], "hosted_tool", "allowed"),
        (vec![allow()], "allowed", "allowed"),
        (vec![by_default(), allow(), abstain()], "allowed", "allowed"),
        (vec![allow(), deny("no")], "policy", "policy"),
        (vec![by_default(), deny("no")], "policy", "policy"),
        (vec![allow(), failing()], "policy_error", "policy_error"),
        (vec![allow(), escalate(1)], "approved", "approved"),
        (vec![by_default(), escalate(1)], "approved", "approved"),
    ];
    let yes = Verdict::Approved { by: "ana".into() };
    for (units, without, with) in table {
        let said = units.clone();
        let house = House::new(Script::new(move |_, _| findings(said.clone())));
        // What passes where no policy applies does not pass here.
        for ungoverned in [None, Some(true), Some(false)] {
            for (hosted, want) in [
                (&[][..], without),
                (&["file_search", "web_search_preview"], without),
                (&["file_search", "web_search"], with),
            ] {
                let mut asked = declared("web_search", hosted);
                pep(&mut asked).ungoverned = ungoverned;
                assert_eq!(decided(&house, asked, &yes), want, "{units:?} {ungoverned:?} {hosted:?}");
            }
        }
    }
}

#[test]
fn an_escalated_declaration_waits_for_its_verdict_as_a_call_does() {
    let house = House::new(Script::new(|_, _| findings(vec![by_default(), escalate(1)])));
    let named = || declared("web_search", &["web_search"]);
    let no = Verdict::Rejected { by: "ana".into() };
    assert_eq!(decided(&house, named(), &no), "approval_rejected");
    let mut alone = named();
    pep(&mut alone).capabilities.escalate = false;
    assert_eq!(decided(&house, alone, &no), "approval_unavailable");

    // Where the policy asks no more, the verdict is none on what is left: a default.
    let pending = |request| match house.governor.decide(request) {
        Done::Pending(pending) => *pending,
        Done::Decision(decision) => panic!("did not wait: {decision:?}"),
    };
    let (named, unnamed) = (pending(named()), pending(declared("web_search", &[])));
    house.governor.swap(Arc::new(Script::new(|_, _| all(by_default()))));
    let yes = || Verdict::Approved { by: "ana".into() };
    assert_eq!(house.governor.resolve(unnamed, yes()).code, ReasonCode::HostedTool);
    assert_eq!(house.governor.resolve(named, yes()).code, ReasonCode::Allowed);
}

#[test]
fn the_operator_reads_what_to_write_and_the_model_does_not() {
    let house = House::new(Script::new(|_, _| all(by_default())));
    let decision = house.decide(declared("web_search", &[]));
    assert_eq!(decision.reasons, ["this hosted tool is not allowed".into()]);
    let rule = r#"decision := {"allow": true} if { input.phase == "declare"; input.tool == "web_search" }"#;
    assert!(decision.help.contains(rule), "{}", decision.help);
    assert!(decision.help.ends_with(r#"hosted_tools=["web_search"]"#), "{}", decision.help);

    let mut server = declared("github", &[]);
    server.event.transport = Some(Transport::Mcp);
    let decision = house.decide(server);
    assert_eq!(decision.code, ReasonCode::HostedTool);
    assert!(
        decision.help.contains(r#"input.transport == "mcp"; input.tool == "github""#),
        "{}",
        decision.help
    );
}

#[test]
fn of_two_spellings_both_need_a_rule() {
    let house = House::new(Script::new(|event, _| {
        let args = event.args.as_ref().and_then(|args| args.get("path")).and_then(Value::as_str);
        all(if args.unwrap().contains("..") { allow() } else { by_default() })
    }));
    let mut asked = declared("file_search", &[]);
    asked.event.args = Some(Value::object([("path", "/tmp/../etc/a".into())]));
    assert_eq!(house.decide(asked).code, ReasonCode::HostedTool);
}

#[test]
fn a_declaration_leaves_no_permit() {
    let house = House::new(Script::new(|event, _| match event.phase {
        Phase::Declare => all(allow()),
        Phase::Call => all(deny("not called")),
    }));
    let mut shown = declared("web_search", &[]);
    shown.event.args = Some(Value::object::<&str>([]));
    pep(&mut shown).handling = Handling::HandsOver;
    assert!(house.decide(shown.clone()).allow());
    pep(&mut shown).handling = Handling::Executes;
    shown.event.phase = Phase::Call;
    assert_eq!(house.decide(shown).reason(), "not called");
}

#[test]
fn a_declaration_is_no_call_and_keeps_no_session_open() {
    let house = House::over(MemoryStore::default(), Script::new(|_, _| all(allow())));
    assert!(house.decide(declared("web_search", &[])).allow());
    let store = house.governor.store();
    let session = request("t").session;
    let counters = store.view(&session, Reads::ALL).unwrap().counters;
    assert!(counters.tool_calls.is_empty() && counters.tool_call_count.is_empty(), "{counters:?}");
    store.release(&session).unwrap();
    assert_eq!(house.decide(request("t")).code, ReasonCode::SessionClosed);
}
