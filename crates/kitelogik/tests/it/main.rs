//! The parts together: real store, real log, real clock; policies are scripted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod open;
mod table;
mod tako;

use kitelogik::{
    SystemEnv,
    audit::JsonlLog,
    core::{Answer, Done, Env as _, Governor, GovernorOptions, Pep, Reason, Request, SessionStore},
    model::{Event, Identity, SessionKey, Timestamp},
    store::MemoryStore,
    value::{Value, json},
};
use kitelogik_testkit::{Script, finding, findings};
use std::{
    collections::{BTreeSet, HashSet},
    path::Path,
    process::Command,
    sync::Arc,
};

fn governor(log: &Path) -> Governor {
    let script = Script::new(|event, _| {
        let path =
            event.args.as_ref().and_then(|a| a.get("path")).and_then(Value::as_str).unwrap_or_default();
        let reason = Reason { file: "files.rego".into(), line: 6, text: "outside /tmp".into() };
        let answer = if path.starts_with("/tmp/") {
            Answer::Allow { by_rule: true }
        } else {
            Answer::Deny(vec![reason])
        };
        findings(vec![finding(Ok(answer))])
    });
    let store = MemoryStore::default();
    let identity = Identity { user: Some("ana".into()), ..Identity::default() };
    store.open("s", &identity, None, Timestamp(1)).unwrap();
    let log = JsonlLog::open(log).unwrap();
    Governor::new(
        Box::new(SystemEnv),
        Arc::new(script),
        Box::new(store),
        Box::new(log),
        GovernorOptions::default(),
    )
}

fn write(path: &str) -> Request {
    Request {
        event: Event::tool_call("fs.write", Value::object([("path", path.into())])),
        session: SessionKey { tenant: "default".into(), id: "s".into() },
        shared: false,
        args_hidden: vec![],
        pep: Arc::new(Pep { adapter: "test".into(), ..Pep::default() }),
    }
}

fn decide(governor: &Governor, path: &str) -> String {
    match governor.decide(write(path)) {
        Done::Decision(decision) => decision.id.to_string(),
        Done::Pending(_) => panic!("nothing escalates here"),
    }
}

fn lines(log: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(log).unwrap();
    text.lines().map(|line| json::parse(line.as_bytes(), &json::Limits::EVENT).unwrap()).collect()
}

#[test]
fn a_decision_line_has_the_contracts_keys_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("audit.jsonl");
    decide(&governor(&log), "/etc/a");
    let text = std::fs::read_to_string(&log).unwrap();
    let record = &lines(&log)[0];
    for (key, want) in [
        ("schema", "1"),
        ("event", "\"tool_call\""),
        ("tool", "\"fs.write\""),
        ("args", "{\"path\":\"/etc/a\"}"),
        ("matched", "[]"),
        ("policy_version", "\"sha256:script\""),
        ("adapter", "\"test\""),
    ] {
        assert_eq!(json::to_string(record.get(key).unwrap()), want, "{key}");
    }
    assert_eq!(record.at(&["decision", "reason"]).and_then(Value::as_str), Some("outside /tmp"));
    assert_eq!(record.at(&["decision", "allow"]), Some(&Value::Bool(false)));
    assert_eq!(record.at(&["session", "user"]).and_then(Value::as_str), Some("ana"));
    let order = [
        "schema",
        "timestamp",
        "event",
        "decision_id",
        "tool",
        "tool_tags",
        "phase",
        "args",
        "args_hash",
        "session",
        "decision",
        "matched",
        "policy_version",
        "config_hash",
        "adapter",
        "duration_us",
    ];
    let places: Vec<usize> = order.iter().map(|key| text.find(&format!("\"{key}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{text}");
}

#[test]
fn the_program_stands_where_it_stands() {
    assert_eq!(SystemEnv.directory().as_deref(), std::env::current_dir().unwrap().to_str());
}

#[test]
fn processes_and_threads_share_one_log() {
    const THREADS: usize = 8;
    const EACH: usize = 500;
    if let Some(log) = std::env::var_os("KITELOGIK_TEST_LOG") {
        // The child: decides and prints the ids it was given.
        let governor = governor(Path::new(&log));
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| (0..EACH).for_each(|_| println!("id:{}", decide(&governor, "/tmp/a"))));
            }
        });
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("audit.jsonl");
    let children: Vec<_> = (0..2)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "processes_and_threads_share_one_log", "--nocapture"])
                .env("KITELOGIK_TEST_LOG", &log)
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut returned = BTreeSet::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        returned.extend(text.lines().filter_map(|line| line.split_once("id:")).map(|(_, id)| id.to_owned()));
    }
    let logged: Vec<String> = lines(&log)
        .iter()
        .map(|record| record.get("decision_id").and_then(Value::as_str).unwrap().to_owned())
        .collect();
    assert_eq!(logged.len(), 2 * THREADS * EACH);
    assert_eq!(logged.iter().collect::<HashSet<_>>().len(), logged.len(), "ids are distinct");
    assert_eq!(logged.into_iter().collect::<BTreeSet<_>>(), returned);
}

#[test]
fn long_arguments_leave_their_hash_and_size() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("audit.jsonl");
    decide(&governor(&log), &"x".repeat(70_000));
    let record = &lines(&log)[0];
    assert!(record.get("args").is_none());
    assert_eq!(record.at(&["args_omitted", "bytes"]).and_then(Value::as_i64), Some(70_011));
    assert!(record.get("args_hash").is_some());
}
