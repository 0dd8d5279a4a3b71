//! The contract's shapes, as golden text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod corpus;

use kitelogik_model::*;
use kitelogik_value::{Value, json};

fn read(text: &str) -> Result<Event, InvalidEvent> {
    Event::from_value(&json::parse(text.as_bytes(), &json::Limits::EVENT).unwrap())
}

#[test]
fn reason_codes_are_the_closed_list_of_the_contract() {
    let codes: Vec<&str> = ReasonCode::ALL.iter().map(|code| code.as_str()).collect();
    let golden = "allowed approved ungoverned approval_required policy policy_error policy_undefined policy_stale \
        no_policy no_session session_killed session_closed scope_exceeded invalid_event invalid_args tool_name_unmapped \
        hosted_tool self_protection cannot_enforce unavailable audit_unavailable permit_used approval_unavailable \
        approval_rejected approval_expired approval_consumed approval_revoked approval_cancelled approval_mismatch";
    assert_eq!(codes.join(" "), golden);
    assert!(ReasonCode::ALL.iter().all(|code| !code.text().is_empty()));
}

#[test]
fn a_tool_call_is_read() {
    let event = read(
        r#"{"event":"tool_call","tool":"fs.write","args":{"path":"/tmp/a"},"tool_tags":["fs"],"transport":"mcp"}"#,
    );
    let event = event.unwrap();
    assert_eq!(event.kind, EventKind::ToolCall);
    assert_eq!(event.tool.as_deref(), Some("fs.write"));
    assert_eq!(event.transport, Some(Transport::Mcp));
    assert_eq!(event.args.unwrap().get("path").and_then(Value::as_str), Some("/tmp/a"));
}

#[test]
fn what_is_no_event_is_refused_by_name() {
    for (text, want) in [
        ("[]", "an event is a JSON object"),
        ("{}", "`event` must name a known kind of event, such as `tool_call`"),
        (r#"{"event":"tool_cal"}"#, "`event` must name a known kind of event, such as `tool_call`"),
        (r#"{"event":"tool_call","args":{}}"#, "this kind of event needs `tool`"),
        (r#"{"event":"tool_call","tool":"a"}"#, "this kind of event needs `args`"),
        (r#"{"event":"tool_call","tool":1,"args":{}}"#, "`tool` must be a string"),
        (r#"{"event":"tool_call","tool":"a","args":[]}"#, "`args` must be an object"),
        (r#"{"event":"tool_call","tool":"a","args":{},"arg":1}"#, "no event has the key `arg`"),
        (
            r#"{"event":"tool_call","tool":"a","args":{},"session":{"tokens_spent":0}}"#,
            "`session` comes from the session and the store, not from the caller",
        ),
        (r#"{"event":"agent_plan","plan":{}}"#, "`plan` must be an object with a list `steps`"),
        (r#"{"event":"model_call"}"#, "this kind of event needs `model`"),
        (
            r#"{"event":"model_call","model":"m","reserve":{"tokens":-1}}"#,
            "`reserve` must be `{\"tokens\": n}` with n a whole number from 0, below 2^53",
        ),
    ] {
        assert_eq!(read(text).expect_err(text).to_string(), want);
    }
}

#[test]
fn arguments_alone_at_fault_have_a_code_of_their_own() {
    for (text, want) in [
        (r#"{"event":"tool_call","tool":"a","args":"{not json"}"#, ReasonCode::InvalidArgs),
        (r#"{"event":"tool_call","tool":"a"}"#, ReasonCode::InvalidArgs),
        (r#"{"event":"tool_call","args":{}}"#, ReasonCode::InvalidEvent),
    ] {
        assert_eq!(read(text).unwrap_err().code(), want);
    }
}

#[test]
fn ids_are_version_7_and_read_back() {
    let id = DecisionId::new(Timestamp(0x0193_E7A0_1234 * 1_000 + 999), u128::MAX);
    assert_eq!(id.to_string(), "0193e7a0-1234-7fff-bfff-ffffffffffff");
    assert_eq!(id.to_string().parse(), Ok(id));
    assert!("0193e7a0-1234-7fff-bfff-fffffffffff".parse::<DecisionId>().is_err());
    assert!("0193e7a0+1234-7fff-bfff-ffffffffffff".parse::<DecisionId>().is_err());
}

#[test]
fn timestamps_print_as_rfc_3339() {
    for (micros, want) in [
        (0, "1970-01-01T00:00:00.000000Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
        (1_795_339_800_123_456, "2026-11-22T09:30:00.123456Z"),
        (4_107_542_399_999_999, "2100-02-28T23:59:59.999999Z"),
        (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
    ] {
        assert_eq!(Timestamp(micros).to_string(), want);
    }
}

#[test]
fn a_decision_prints_its_contract() {
    let decision = Decision {
        id: DecisionId::new(Timestamp(0), 0),
        effect: Effect::Deny,
        code: ReasonCode::Policy,
        reasons: vec!["write outside /tmp denied: /etc/a".into()],
        reviewers: vec![],
        obligations: Value::object::<&str>([]),
        policy_version: "sha256:00".into(),
        matched: vec![Match { file: "files.rego".into(), rule: "deny".into(), line: 6 }],
        help: String::new(),
        approved_by: vec![],
    };
    assert_eq!(
        json::to_string(&decision.to_value()),
        "{\"allow\":false,\"decision_id\":\"00000000-0000-7000-8000-000000000000\",\"effect\":\"deny\",\"escalate\":false,\
         \"help\":\"\",\"matched\":[{\"file\":\"files.rego\",\"line\":6,\"rule\":\"deny\"}],\"obligations\":{},\
         \"policy_version\":\"sha256:00\",\"reason\":\"write outside /tmp denied: /etc/a\",\"reason_code\":\"policy\",\
         \"reasons\":[\"write outside /tmp denied: /etc/a\"],\"reviewers\":[]}"
    );
}
