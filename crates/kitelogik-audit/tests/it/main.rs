//! The log's file: who may open it, and what becomes of a broken one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod lines;
mod reader;

use kitelogik_audit::{JsonlLog, MAX_LINE_BYTES, OpenError, render};
use kitelogik_core::{AuditSink, OutcomeRecord, Record, ReloadRecord};
use kitelogik_model::{DecisionId, Outcome, OutcomeKind, Timestamp, Usage};
use std::{fs, sync::Arc};

fn outcome() -> Outcome {
    let usage = Usage { input_tokens: 3, output_tokens: 4, ..Usage::default() };
    Outcome {
        kind: OutcomeKind::Error,
        usage: Some(usage),
        error: Some(("ValueError".into(), "näh\n".into())),
    }
}

fn record(outcome: &Outcome) -> Record<'_> {
    let id = DecisionId::new(Timestamp(0), 7);
    Record::Outcome(OutcomeRecord { at: Timestamp(1_795_339_800_123_456), id, outcome, duration_us: Some(9) })
}

#[test]
fn an_outcome_is_one_ascii_line_in_the_contract_order() {
    let mut line = Vec::new();
    render(&record(&outcome()), &mut line);
    assert_eq!(
        String::from_utf8(line).unwrap(),
        "{\"schema\":1,\"timestamp\":\"2026-11-22T09:30:00.123456Z\",\"event\":\"outcome\",\"decision_id\":\
         \"00000000-0000-7000-8000-000000000007\",\"outcome\":\"error\",\"usage\":{\"input_tokens\":3,\
         \"output_tokens\":4,\"total_tokens\":7},\"duration_us\":9,\"error\":{\"type\":\"ValueError\",\
         \"message\":\"n\\u00e4h\\n\"}}\n"
    );
}

#[test]
fn a_reload_is_a_line_without_a_decision() {
    let removed = ["kitelogik.agent_plan".into()];
    let record = ReloadRecord {
        at: Timestamp(1_795_339_800_123_456),
        policy_version: "sha256:b",
        previous: "sha256:a",
        added: &[],
        removed: &removed,
    };
    let mut line = Vec::new();
    render(&Record::Reload(record), &mut line);
    assert_eq!(
        String::from_utf8(line).unwrap(),
        "{\"schema\":1,\"timestamp\":\"2026-11-22T09:30:00.123456Z\",\"event\":\"reload\",\
         \"policy_version\":\"sha256:b\",\"previous\":\"sha256:a\",\"added\":[],\
         \"removed\":[\"kitelogik.agent_plan\"]}\n"
    );
}

#[test]
fn a_torn_last_line_is_set_aside_by_the_next_sole_writer() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit.jsonl");
    let outcome = outcome();
    JsonlLog::open(&path).unwrap().append(&record(&outcome)).unwrap();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, [&whole[..], b"{\"schema\":1,\"timest"].concat()).unwrap();
    let log = JsonlLog::open(&path).unwrap();
    log.append(&record(&outcome)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), [&whole[..], &whole[..]].concat());
    assert_eq!(fs::read(dir.path().join("audit.jsonl.torn")).unwrap(), b"{\"schema\":1,\"timest\n");
}

#[test]
fn a_writer_leaves_the_file_alone_while_another_lives() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit.jsonl");
    let outcome = outcome();
    let first = JsonlLog::open(&path).unwrap();
    first.append(&record(&outcome)).unwrap();
    let before = fs::read(&path).unwrap();
    let second = JsonlLog::open(&path).unwrap();
    second.append(&record(&outcome)).unwrap();
    first.append(&record(&outcome)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), before.repeat(3));
}

#[test]
fn another_file_is_refused_and_untouched() {
    let dir = tempfile::tempdir().unwrap();
    for text in [
        "{\"ts\":\"2026\",\"stage\":\"pre_tool\"}\n",
        "hello\n",
        "[]\n",
        "{\"schema\":2,\"timestamp\":\"\"}\n",
    ] {
        let path = dir.path().join("other.jsonl");
        fs::write(&path, text).unwrap();
        assert!(matches!(JsonlLog::open(&path), Err(OpenError::OtherProfile(_))), "{text}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    assert!(matches!(JsonlLog::open(dir.path()), Err(OpenError::Io(..))));
    assert!(matches!(JsonlLog::open(&dir.path().join("no/such")), Err(OpenError::Io(..))));
}

#[test]
fn a_deleted_log_refuses_further_records() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit.jsonl");
    let log = JsonlLog::open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let error = log.append(&record(&outcome())).unwrap_err();
    assert!(error.to_string().ends_with("the file was deleted"), "{error}");
}

#[test]
fn a_line_that_no_reader_takes_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let log = JsonlLog::open(&dir.path().join("a.jsonl")).unwrap();
    let huge: Arc<str> = "x".repeat(MAX_LINE_BYTES).into();
    let reload = Record::Reload(ReloadRecord {
        at: Timestamp(0),
        policy_version: "sha256:b",
        previous: "sha256:a",
        added: &[huge],
        removed: &[],
    });
    let refused = log.append(&reload).unwrap_err();
    assert!(refused.to_string().contains("which no reader takes"), "{refused}");
    log.append(&record(&outcome())).unwrap();
    assert_eq!(fs::read_to_string(log.path()).unwrap().lines().count(), 1);
}

#[test]
fn threads_never_mix_lines() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit.jsonl");
    let (a, b) = (JsonlLog::open(&path).unwrap(), JsonlLog::open(&path).unwrap());
    std::thread::scope(|scope| {
        for log in [&a, &b, &a, &b] {
            scope.spawn(move || (0..500).for_each(|_| log.append(&record(&outcome())).unwrap()));
        }
    });
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 2_000);
    assert!(text.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
}
