//! A log with a line of every kind and every reason code, and the table of columns held to it. Tests in
//! other languages read the same log.

use kitelogik_audit::{
    Column, LINES, LineKind, MAX_ARGS_BYTES, MAX_ERROR_BYTES, Shape, Stands, columns, render,
};
use kitelogik_core::{DecisionRecord, OutcomeRecord, Record, ReloadRecord};
use kitelogik_model::{
    Counters, Decision, DecisionId, Effect, Event, EventKind, Identity, Match, Outcome, OutcomeKind, Phase,
    ReasonCode, SessionView, Timestamp, Transport, Usage,
};
use kitelogik_value::{Number, Value, json};
use std::{collections::BTreeSet, sync::Arc};

/// 2026-11-22T09:30:00.123456Z
const AT: u64 = 1_795_339_800_123_456;

fn value(text: &str) -> Value {
    json::parse(text.as_bytes(), &json::Limits::EVENT).unwrap()
}

fn decision(n: u64, code: ReasonCode) -> Decision {
    use ReasonCode as R;
    let effect = match code {
        R::Allowed | R::Approved | R::Ungoverned => Effect::Allow,
        R::ApprovalRequired => Effect::Escalate,
        _ => Effect::Deny,
    };
    let allow = effect == Effect::Allow;
    Decision {
        id: DecisionId::new(Timestamp(AT), n.into()),
        effect,
        code,
        reasons: if allow { vec![] } else { vec![code.text().into()] },
        reviewers: if effect == Effect::Escalate { vec!["finance-oncall".into()] } else { vec![] },
        obligations: Value::object::<&str>([]),
        policy_version: "sha256:b".into(),
        matched: vec![],
        help: String::new(),
        approved_by: if code == R::Approved { vec![("ana".into(), "in_process")] } else { vec![] },
    }
}

fn bare<'a>(event: Option<&'a Event>, decision: &'a Decision) -> DecisionRecord<'a> {
    DecisionRecord {
        at: Timestamp(AT),
        event,
        tool: None,
        tool_tags: &[],
        args_hidden: &[],
        args_hash: None,
        messages_hash: None,
        session: None,
        parent: None,
        decision,
        config_hash: "sha256:c",
        adapter: "python",
        duration_us: 21,
    }
}

/// An event with every fact that an event can have, and arguments that readers of logs stumble over.
fn full_event() -> Event {
    let facts = Event::FACTS.map(|fact| {
        let text = match fact {
            "server" => r#"{"alias":"stripe"}"#,
            "model" => r#""gpt""#,
            "messages" | "tools" => "[]",
            "plan" => r#"{"steps":[{"type":"tool","tool":"pay"}]}"#,
            "requested_scope" => r#"["a"]"#,
            "is_error" => "false",
            _ => "{}",
        };
        (fact, value(text))
    });
    Event {
        kind: EventKind::ToolCall,
        tool: Some("stripe.pay".into()),
        wire_tool: Some("pay".into()),
        tool_tags: vec!["finance.write".into()],
        args: Some(value(
            r#"{"Path":1,"path":2,"big":1180591620717411303424,"huge":1e400,"text":"ä\u0000\n😀","null":null}"#,
        )),
        transport: Some(Transport::Mcp),
        phase: Phase::Call,
        reserve_tokens: Some(4_096),
        call_key: Some("run:7".into()),
        facts: facts.into(),
    }
}

fn full_session() -> SessionView {
    let identity = Identity {
        tenant: "acme".into(),
        user: Some("ana".into()),
        agent_id: Some("a-1".into()),
        agent_role: Some("billing".into()),
        roles: vec!["clerk".into()],
        scope: Some(vec!["orders".into()]),
    };
    let counters = Counters {
        tokens_spent: (1 << 53) - 1,
        cost_spent: Number::parse("0.125"),
        version: 1,
        ..Counters::default()
    };
    SessionView {
        id: "s-1".into(),
        identity: Arc::new(identity),
        parent: Some("s-0".into()),
        depth: 1,
        started_at: Timestamp(AT),
        seq: 3,
        counters,
    }
}

/// The log. Its last line holds the most keys, so that readers who guess from the first ones guess wrong.
fn log() -> Vec<u8> {
    let mut out = Vec::new();
    let added: [Arc<str>; 1] = ["kitelogik.tool_call".into()];
    let reload = ReloadRecord {
        at: Timestamp(AT),
        policy_version: "sha256:b",
        previous: "sha256:a",
        added: &added,
        removed: &[],
    };
    render(&Record::Reload(reload), &mut out);
    for (n, kind) in (1..).zip([OutcomeKind::Ok, OutcomeKind::Cancelled, OutcomeKind::Unknown]) {
        let outcome = Outcome { kind, usage: None, error: None };
        let id = DecisionId::new(Timestamp(AT), n);
        let record = OutcomeRecord { at: Timestamp(AT), id, outcome: &outcome, duration_us: None };
        render(&Record::Outcome(record), &mut out);
    }
    render(&Record::Decision(bare(None, &decision(4, ReasonCode::InvalidEvent))), &mut out);
    let kinds = EventKind::ALL.into_iter().cycle();
    for (n, (code, kind)) in (5..).zip(ReasonCode::ALL.iter().zip(kinds)) {
        render(&Record::Decision(bare(Some(&Event::new(kind)), &decision(n, *code))), &mut out);
    }
    for (n, code) in (100..).zip(ReasonCode::ALL) {
        let event = Event::tool_call("fs.write", value(r#"{"path":"/tmp/a"}"#));
        render(&Record::Decision(bare(Some(&event), &decision(n, *code))), &mut out);
    }
    let long = value(&format!("{{\"text\":\"{}\"}}", "x".repeat(MAX_ARGS_BYTES)));
    let long = Event::tool_call("fs.write", long);
    render(&Record::Decision(bare(Some(&long), &decision(200, ReasonCode::Allowed))), &mut out);

    let usage = Usage { input_tokens: 3, output_tokens: 4, total_tokens: None, cost: Number::parse("0.125") };
    let error = Some(("ValueError".into(), "näh\n".into()));
    let outcome = Outcome { kind: OutcomeKind::Error, usage: Some(usage), error };
    let id = DecisionId::new(Timestamp(AT), 200);
    let record = OutcomeRecord { at: Timestamp(AT), id, outcome: &outcome, duration_us: Some(9) };
    render(&Record::Outcome(record), &mut out);

    let (event, session) = (full_event(), full_session());
    let parent = value(r#"{"id":"s-0","depth":0}"#);
    let hidden: [Arc<str>; 1] = ["ctx".into()];
    let decision = Decision {
        reasons: vec!["more than 100".into(), "näh".into()],
        obligations: value(r#"{"force_model":"small"}"#),
        matched: vec![Match { file: "finance.rego".into(), rule: "decision".into(), line: 8 }],
        help: "write it".into(),
        approved_by: vec![("ana".into(), "in_process")],
        reviewers: vec!["finance-oncall".into()],
        ..decision(201, ReasonCode::ApprovalRejected)
    };
    let record = DecisionRecord {
        tool: Some("stripe.pay"),
        tool_tags: &event.tool_tags,
        args_hidden: &hidden,
        args_hash: Some("sha256:d"),
        messages_hash: Some("sha256:e"),
        session: Some(&session),
        parent: Some(&parent),
        ..bare(Some(&event), &decision)
    };
    render(&Record::Decision(record), &mut out);
    out
}

#[test]
fn a_log_of_every_kind_and_every_code_stays_as_it_is() {
    insta::assert_binary_snapshot!("every_line.jsonl", log());
}

#[test]
fn each_line_keeps_to_the_columns_of_its_kind() {
    let mut seen = BTreeSet::new();
    let mut codes = BTreeSet::new();
    let text = String::from_utf8(log()).unwrap();
    assert!(text.is_ascii());
    for line in text.lines() {
        let event = text_at(line, "event").unwrap();
        check(line, kind_of(&event).columns, event == "tool_call", "", &mut seen);
        let decision = pairs(line).into_iter().find(|(key, _)| key == "decision");
        codes.extend(decision.and_then(|(_, decision)| text_at(&decision, "reason_code")));
    }
    assert_eq!(codes.len(), ReasonCode::ALL.len());
    let mut promised = BTreeSet::new();
    LINES.iter().for_each(|line| paths(line.columns, "", &mut promised));
    assert_eq!(seen, promised, "each column of the table is rendered, and nothing else");
}

#[test]
fn an_error_is_cut_at_a_character() {
    let recorded = |kind: String, message: String| {
        let outcome = Outcome { kind: OutcomeKind::Error, usage: None, error: Some((kind, message)) };
        let id = DecisionId::new(Timestamp(AT), 1);
        let mut out = Vec::new();
        let record = OutcomeRecord { at: Timestamp(AT), id, outcome: &outcome, duration_us: None };
        render(&Record::Outcome(record), &mut out);
        let line = json::parse(&out, &json::Limits::EVENT).unwrap();
        ["type", "message"].map(|key| line.at(&["error", key]).and_then(Value::as_str).unwrap().to_owned())
    };
    // Three bytes each do not divide the bound.
    for (letter, kept) in [("x", MAX_ERROR_BYTES - 3), ("€", (MAX_ERROR_BYTES - 3) / 3)] {
        let [kind, message] = recorded("E".repeat(2_000), letter.repeat(9 << 20));
        assert_eq!(message, letter.repeat(kept) + "…");
        assert_eq!(kind.len(), 1 << 10);
    }
    let fits = "x".repeat(MAX_ERROR_BYTES);
    assert_eq!(recorded(String::new(), fits.clone()), [String::new(), fits]);
}

#[test]
fn a_key_has_one_shape_whatever_the_kind() {
    let all = columns();
    for column in LINES.iter().flat_map(|line| line.columns) {
        let known = all.iter().find(|other| other.name == column.name).unwrap();
        assert_eq!(known.shape, column.shape, "{}", column.name);
    }
}

fn kind_of(event: &str) -> &'static LineKind {
    let named = LINES.iter().find(|line| line.events.contains(&event));
    named.unwrap_or_else(|| LINES.iter().find(|line| line.events.is_empty()).unwrap())
}

fn paths(columns: &[Column], at: &str, into: &mut BTreeSet<String>) {
    for column in columns {
        let here = format!("{at}.{}", column.name);
        if let Shape::Object(inner) | Shape::Objects(inner) = column.shape {
            paths(inner, &here, into);
        }
        into.insert(here);
    }
}

/// Checks one object, given as its text: the order of its keys is part of the promise.
fn check(text: &str, columns: &[Column], tool_call: bool, at: &str, seen: &mut BTreeSet<String>) {
    let pairs = pairs(text);
    let mut rest = columns.iter();
    for (key, given) in &pairs {
        let column = rest.find(|column| column.name == key);
        let column = column.unwrap_or_else(|| panic!("{at}.{key} is no column, or stands in another order"));
        let here = format!("{at}.{key}");
        let read: serde_json::Value = match column.shape {
            // What a tool was called with may hold numbers beyond a double.
            Shape::Open => value(given).as_object().map(|_| serde_json::json!({})).unwrap(),
            Shape::Object(_) | Shape::Objects(_) => serde_json::Value::Null,
            _ => serde_json::from_str(given).unwrap(),
        };
        match column.shape {
            Shape::Text => assert!(read.is_string(), "{here}"),
            Shape::Time => assert_eq!(read, Timestamp(AT).to_string(), "{here}"),
            Shape::Flag => assert!(read.is_boolean(), "{here}"),
            Shape::Whole => assert!(read.is_u64(), "{here}"),
            Shape::Number => assert!(read.is_number(), "{here}"),
            Shape::Open => assert!(read.is_object(), "{here}"),
            Shape::Texts => assert!(read.as_array().unwrap().iter().all(|item| item.is_string()), "{here}"),
            Shape::Object(inner) => check(given, inner, tool_call, &here, seen),
            Shape::Objects(inner) => {
                let items: Vec<&serde_json::value::RawValue> = serde_json::from_str(given).unwrap();
                items.iter().for_each(|item| check(item.get(), inner, tool_call, &here, seen));
            }
        }
        seen.insert(here);
    }
    for column in columns {
        let must = match column.stands {
            Stands::Always => true,
            Stands::InToolCalls => tool_call,
            Stands::Sometimes => false,
        };
        assert!(!must || pairs.iter().any(|(key, _)| key == column.name), "{at}.{} is missing", column.name);
    }
}

fn text_at(object: &str, key: &str) -> Option<String> {
    let (_, text) = pairs(object).into_iter().find(|(name, _)| name == key)?;
    serde_json::from_str(&text).ok()
}

/// The keys of an object with the text of each value, in order.
fn pairs(text: &str) -> Vec<(String, String)> {
    struct Pairs;
    impl<'de> serde::de::Visitor<'de> for Pairs {
        type Value = Vec<(String, String)>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut pairs = Vec::new();
            while let Some((key, value)) = map.next_entry::<String, Box<serde_json::value::RawValue>>()? {
                pairs.push((key, value.get().to_owned()));
            }
            Ok(pairs)
        }
    }
    serde::Deserializer::deserialize_map(&mut serde_json::Deserializer::from_str(text), Pairs).unwrap()
}
