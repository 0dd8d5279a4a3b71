//! MCP tools that a framework shows as functions of its own.

use crate::pipeline::{House, all, allow, deny, pep, request};
use kitelogik_core::{Finding, Request};
use kitelogik_model::{Event, EventKind, ReasonCode, Transport};
use kitelogik_testkit::Script;
use kitelogik_value::{Value, json};

/// Denies what a policy on MCP would.
fn on_mcp(_: &Event, input: &Value) -> Finding {
    let text = |path: &[&str]| input.at(path).and_then(Value::as_str);
    match (text(&["transport"]), text(&["tool"]), text(&["server", "alias"])) {
        (Some("mcp"), Some("stripe.pay"), Some("stripe")) => deny("no payments"),
        _ => allow(),
    }
}

fn house() -> House {
    House::new(Script::new(|event, input| all(on_mcp(event, input))))
}

fn event(document: &str) -> Request {
    let document = json::parse(document.as_bytes(), &json::Limits::EVENT).unwrap();
    let mut request = request("t");
    pep(&mut request).names.mcp.insert("pay".into(), "stripe.pay".into());
    request.event = Event::from_value(&document).unwrap();
    request
}

#[test]
fn a_bridged_tool_is_its_servers_whatever_the_framework_takes_it_for() {
    for said in [
        r#"{"event":"tool_call","wire_tool":"pay","args":{}}"#,
        r#"{"event":"tool_call","wire_tool":"pay","args":{},"transport":"function"}"#,
        r#"{"event":"tool_call","wire_tool":"pay","tool":"stripe.pay","args":{}}"#,
        r#"{"event":"tool_call","tool":"stripe.pay","args":{}}"#,
        r#"{"event":"tool_call","wire_tool":"pay","args":{},"transport":"mcp","server":{"alias":"stripe"}}"#,
    ] {
        let decision = house().decide(event(said));
        assert_eq!((decision.code, decision.reason()), (ReasonCode::Policy, "no payments"), "{said}");
    }
    let mut result = event(r#"{"event":"tool_result","tool":"stripe.pay","result":1}"#);
    assert_eq!(house().decide(result.clone()).reason(), "no payments");
    result.event = Event::new(EventKind::AgentPlan);
    assert!(house().decide(result).allow());
}

#[test]
fn a_contradiction_of_the_operators_map_is_denied() {
    for said in [
        r#"{"event":"tool_call","wire_tool":"pay","args":{},"transport":"http"}"#,
        r#"{"event":"tool_call","wire_tool":"pay","args":{},"transport":"hosted"}"#,
        r#"{"event":"tool_call","wire_tool":"pay","args":{},"server":{"alias":"other"}}"#,
        r#"{"event":"tool_call","wire_tool":"pay","args":{},"server":{}}"#,
    ] {
        let house = house();
        let decision = house.decide(event(said));
        assert_eq!(decision.code, ReasonCode::InvalidEvent, "{said}");
        assert!(
            decision.help.contains("mcp_tools") && decision.help.contains("stripe.pay"),
            "{}",
            decision.help
        );
        let entry = house.sink.entries().pop().unwrap();
        assert_eq!((entry.id, entry.code), (decision.id, "invalid_event"));
    }
}

#[test]
fn another_tool_of_the_same_wire_name_is_left_alone() {
    let mut hosted =
        event(r#"{"event":"tool_call","wire_tool":"pay","tool":"other.pay","args":{},"transport":"http"}"#);
    assert!(house().decide(hosted.clone()).allow());
    hosted.event.tool = Some("stripe.pay".into());
    hosted.event.wire_tool = Some("mine".into());
    hosted.event.transport = Some(Transport::Function);
    assert!(house().decide(hosted).allow(), "a function that the program itself names so");
}
