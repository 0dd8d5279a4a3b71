//! The contract of a session store, run against every backend.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use kitelogik_core::{Commit, Committed, Reads, SessionStore, StoreError};
use kitelogik_model::*;
use kitelogik_store::MemoryStore;
use std::{sync::Arc, time::Instant};

fn backends() -> Vec<Box<dyn SessionStore>> {
    vec![Box::new(MemoryStore::default())]
}

fn identity(tenant: &str) -> Identity {
    Identity { tenant: tenant.into(), ..Identity::default() }
}

fn id(n: u128) -> DecisionId {
    DecisionId::new(Timestamp(1), n)
}

fn call(tool: &str) -> Option<CallEntry> {
    Some(CallEntry {
        tool: tool.into(),
        decision: "allow",
        outcome: Some("started"),
        args_hash: "sha256:0".into(),
        agent_id: None,
        at: Timestamp(1),
    })
}

fn commit<'a>(key: &'a SessionKey, n: u128, reserve: u64, version: Option<u64>) -> Commit<'a> {
    Commit { key, id: id(n), at: Timestamp(7), call: call("t"), reserve, allowed: true, holds: true, version }
}

fn said<'a>(call: &'a kitelogik_value::Value, key: &str) -> Option<&'a str> {
    call.get(key).and_then(kitelogik_value::Value::as_str)
}

fn used(tokens: u64) -> Outcome {
    let usage = Usage { total_tokens: Some(tokens), ..Usage::default() };
    Outcome { kind: OutcomeKind::Ok, usage: Some(usage), error: None }
}

#[test]
fn identity_never_changes_and_tenants_never_meet() {
    for store in backends() {
        let a = store.open("s", &identity("acme"), None, Timestamp(1)).unwrap();
        assert_eq!(store.open("s", &identity("acme"), None, Timestamp(2)), Ok(a.clone()));
        let other = Identity { user: Some("ana".into()), ..identity("acme") };
        assert_eq!(store.open("s", &other, None, Timestamp(2)), Err(StoreError::Identity));
        let b = store.open("s", &identity("other"), None, Timestamp(1)).unwrap();
        store.commit(&commit(&a, 1, 10, None)).unwrap();
        assert_eq!(store.view(&a, Reads::ALL).unwrap().counters.tokens_spent, 10);
        assert_eq!(store.view(&b, Reads::ALL).unwrap().counters.tokens_spent, 0);
        let stranger = SessionKey { tenant: "third".into(), id: "s".into() };
        assert_eq!(store.view(&stranger, Reads::ALL), Err(StoreError::Unknown));
    }
}

#[test]
fn an_identity_is_bounded() {
    let names = |count, bytes| vec![Arc::from("x".repeat(bytes)); count];
    let one = |bytes| Some(Arc::from("x".repeat(bytes)));
    type Change<'a> = &'a dyn Fn(&mut Identity);
    let cases: [(Change<'_>, Option<TooLarge>); 11] = [
        (&|i| i.user = one(1_024), None),
        (&|i| i.user = one(1_025), Some(TooLarge::Name("user"))),
        (&|i| i.tenant = one(1_025).unwrap(), Some(TooLarge::Name("tenant"))),
        (&|i| i.agent_id = one(1_025), Some(TooLarge::Name("agent_id"))),
        (&|i| i.agent_role = one(1_025), Some(TooLarge::Name("agent_role"))),
        (&|i| (i.roles, i.scope) = (names(1_000, 131), Some(names(128, 1_024))), None),
        (&|i| i.roles = names(129, 1_024), Some(TooLarge::Names("roles"))),
        (&|i| i.roles = names(1_001, 1), Some(TooLarge::Names("roles"))),
        (&|i| i.roles = names(1, 1_025), Some(TooLarge::Name("roles"))),
        (&|i| i.scope = Some(names(1_001, 1)), Some(TooLarge::Names("scope"))),
        (&|i| i.scope = Some(names(1, 1_025)), Some(TooLarge::Name("scope"))),
    ];
    for store in backends() {
        for (n, (change, want)) in cases.iter().enumerate() {
            let mut identity = identity("t");
            change(&mut identity);
            let opened = store.open(&format!("s{n}"), &identity, None, Timestamp(1));
            assert_eq!(opened.err(), want.map(StoreError::Large));
        }
    }
    assert!(StoreError::Large(TooLarge::Name("user")).to_string().contains("user is over 1024 bytes"));
}

#[test]
fn a_reservation_counts_until_it_is_settled_and_twice_is_once() {
    for store in backends() {
        let key = store.open("s", &identity("t"), None, Timestamp(1)).unwrap();
        assert_eq!(store.commit(&commit(&key, 1, 1_000, None)), Ok(Committed::Done));
        assert_eq!(store.commit(&commit(&key, 1, 1_000, None)), Ok(Committed::Done));
        assert_eq!(store.view(&key, Reads::NONE).unwrap().counters.tokens_spent, 1_000);
        assert_eq!(store.settle(id(1), &used(40)).unwrap().unwrap().since, Some(Timestamp(7)));
        assert_eq!(store.settle(id(1), &used(40)).unwrap().unwrap().since, None);
        let view = store.view(&key, Reads::ALL).unwrap();
        assert_eq!((view.counters.tokens_spent, view.seq), (40, 1));
        assert_eq!(view.counters.tool_call_count.get("t"), Some(&1));
        assert_eq!(said(&view.counters.tool_calls[0], "outcome"), Some("ok"));
        assert_eq!(store.settle(id(2), &used(40)), Ok(None));
    }
}

#[test]
fn no_usage_reported_settles_at_the_reservation() {
    for store in backends() {
        let key = store.open("s", &identity("t"), None, Timestamp(1)).unwrap();
        store.commit(&commit(&key, 1, 77, None)).unwrap();
        store.settle(id(1), &Outcome { kind: OutcomeKind::Error, usage: None, error: None }).unwrap();
        assert_eq!(store.view(&key, Reads::NONE).unwrap().counters.tokens_spent, 77);
    }
}

#[test]
fn what_is_spent_never_exceeds_what_every_reader_has_exactly() {
    for store in backends() {
        let key = store.open("s", &identity("t"), None, Timestamp(1)).unwrap();
        let spent = || store.view(&key, Reads::NONE).unwrap().counters.tokens_spent;
        for n in 1..=4 {
            store.commit(&commit(&key, n, MAX_INTEGER, None)).unwrap();
            assert_eq!(spent(), MAX_INTEGER);
        }
        // Three go back, and of the fourth both parts are reported as far as they go.
        (1..=3).for_each(|n| store.undo(&key, id(n)).unwrap());
        let usage = Usage { input_tokens: MAX_INTEGER, output_tokens: MAX_INTEGER, ..Usage::default() };
        assert_eq!(usage.tokens(), MAX_INTEGER);
        store.settle(id(4), &Outcome { kind: OutcomeKind::Ok, usage: Some(usage), error: None }).unwrap();
        assert_eq!(spent(), MAX_INTEGER);
        store.commit(&commit(&key, 5, 7, None)).unwrap();
        store.settle(id(5), &used(0)).unwrap();
        assert_eq!(spent(), MAX_INTEGER);
    }
}

#[test]
fn what_is_undone_gives_its_reservation_back() {
    for store in backends() {
        let key = store.open("s", &identity("t"), None, Timestamp(1)).unwrap();
        store.commit(&commit(&key, 1, 77, None)).unwrap();
        store.undo(&key, id(1)).unwrap();
        let counters = store.view(&key, Reads::ALL).unwrap().counters;
        assert_eq!((counters.tokens_spent, counters.tool_call_count["t"]), (0, 0));
        assert_eq!(
            (said(&counters.tool_calls[0], "decision"), said(&counters.tool_calls[0], "outcome")),
            (Some("deny"), None)
        );
        assert_eq!(store.settle(id(1), &used(1)), Ok(None));
    }
}

#[test]
fn a_conditional_commit_fails_when_the_tree_has_moved() {
    for store in backends() {
        let key = store.open("s", &identity("t"), None, Timestamp(1)).unwrap();
        let version = store.view(&key, Reads::NONE).unwrap().counters.version;
        assert_eq!(store.commit(&commit(&key, 1, 1, Some(version))), Ok(Committed::Done));
        assert_eq!(store.commit(&commit(&key, 2, 1, Some(version))), Ok(Committed::Stale));
        assert_eq!(store.view(&key, Reads::NONE).unwrap().counters.tokens_spent, 1);
    }
}

#[test]
fn children_count_at_the_root_and_stay_in_scope() {
    for store in backends() {
        let scoped = |scope: &[&str]| Identity {
            scope: Some(scope.iter().map(|s| Arc::from(*s)).collect()),
            ..identity("t")
        };
        let root = store.open("r", &scoped(&["a", "b"]), None, Timestamp(1)).unwrap();
        let child = store.open("c", &scoped(&["a"]), Some(&root), Timestamp(1)).unwrap();
        store.commit(&commit(&child, 1, 5, None)).unwrap();
        assert_eq!(store.view(&root, Reads::NONE).unwrap().counters.tokens_spent, 5);
        let view = store.view(&child, Reads::NONE).unwrap();
        assert_eq!((view.depth, view.parent.as_deref()), (1, Some("r")));
        for wider in [scoped(&["c"]), identity("t")] {
            assert_eq!(store.open("d", &wider, Some(&root), Timestamp(1)), Err(StoreError::Scope));
        }
    }
}

#[test]
fn a_closed_id_never_reopens() {
    for store in backends() {
        let key = store.open("s", &identity("t"), None, Timestamp(1)).unwrap();
        store.close(&key).unwrap();
        assert_eq!(store.view(&key, Reads::NONE), Err(StoreError::Closed));
        assert_eq!(store.commit(&commit(&key, 1, 1, None)), Err(StoreError::Closed));
        assert_eq!(store.open("s", &identity("t"), None, Timestamp(1)), Err(StoreError::Closed));
    }
}

#[test]
fn the_window_holds_a_hundred_calls_oldest_first() {
    for store in backends() {
        let key = store.open("s", &identity("t"), None, Timestamp(1)).unwrap();
        for n in 0..150 {
            let call = call(&format!("t{n}"));
            store
                .commit(&Commit {
                    key: &key,
                    id: id(n),
                    at: Timestamp(7),
                    call,
                    reserve: 0,
                    allowed: true,
                    holds: true,
                    version: None,
                })
                .unwrap();
        }
        let calls = store.view(&key, Reads::ALL).unwrap().counters.tool_calls;
        assert_eq!(
            (calls.len(), said(&calls[0], "tool"), said(&calls[99], "tool")),
            (100, Some("t50"), Some("t149"))
        );
        let counters = store.view(&key, Reads::NONE).unwrap().counters;
        assert!(counters.tool_calls.is_empty() && counters.tool_call_count.is_empty());
        let counted = Reads { tool_call_count: true, ..Reads::NONE };
        let counters = store.view(&key, counted).unwrap().counters;
        assert_eq!((counters.tool_calls.len(), counters.tool_call_count.len()), (0, 150));
    }
}

#[test]
fn threads_never_overspend() {
    for store in backends() {
        let key = store.open("s", &identity("t"), None, Timestamp(1)).unwrap();
        let spend = |base: u128| {
            for n in 0..200 {
                // Look, then spend only if the budget of 1,000 still holds it.
                let counters = store.view(&key, Reads::NONE).unwrap().counters;
                if counters.tokens_spent + 10 <= 1_000 {
                    store.commit(&commit(&key, base + n, 10, Some(counters.version))).unwrap();
                }
            }
        };
        std::thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || spend(thread * 1_000));
            }
        });
        assert_eq!(store.view(&key, Reads::NONE).unwrap().counters.tokens_spent, 1_000);
    }
}

#[test]
fn costs_add_up_exactly_and_never_give_budget_back() {
    for store in backends() {
        let key = store.open("s", &identity("t"), None, Timestamp(1)).unwrap();
        let cost = |text: &str| kitelogik_value::Number::parse(text);
        for (n, (text, sum)) in [
            ("0.1", "0.1"),
            ("0.2", "0.3"),
            ("-5", "0.3"),
            ("1e-10", "0.300000001"),
            ("2e3", "2000.300000001"),
        ]
        .iter()
        .enumerate()
        {
            store.commit(&commit(&key, n as u128, 0, None)).unwrap();
            let usage = Usage { cost: cost(text), ..Usage::default() };
            let outcome = Outcome { kind: OutcomeKind::Ok, usage: Some(usage), error: None };
            store.settle(id(n as u128), &outcome).unwrap();
            let spent = store.view(&key, Reads::NONE).unwrap().counters.cost_spent.unwrap();
            assert_eq!(spent.to_string(), *sum);
        }
        store.commit(&commit(&key, 9, 0, None)).unwrap();
        let usage = Usage { cost: cost("1e400"), ..Usage::default() };
        store.settle(id(9), &Outcome { kind: OutcomeKind::Ok, usage: Some(usage), error: None }).unwrap();
        let spent = store.view(&key, Reads::NONE).unwrap().counters.cost_spent.unwrap();
        assert!(spent > kitelogik_value::Number::from(i64::MAX));
    }
}

#[test]
fn a_released_session_closes_once_nothing_of_it_is_open() {
    for store in backends() {
        let root = store.open("s", &identity("t"), None, Timestamp(1)).unwrap();
        store.commit(&commit(&root, 1, 0, None)).unwrap();
        let child = store.open("c", &identity("t"), Some(&root), Timestamp(1)).unwrap();
        store.release(&root).unwrap();
        assert!(store.view(&root, Reads::NONE).is_ok(), "a call runs, a child lives");
        store.settle(id(1), &used(1)).unwrap();
        assert!(store.view(&root, Reads::NONE).is_ok(), "the child lives");
        store.commit(&commit(&child, 2, 0, None)).unwrap();
        store.release(&child).unwrap();
        assert!(store.view(&child, Reads::NONE).is_ok(), "its call runs");
        store.settle(id(2), &used(1)).unwrap();
        assert_eq!(store.view(&child, Reads::NONE), Err(StoreError::Closed));
        assert_eq!(store.view(&root, Reads::NONE), Err(StoreError::Closed));
        assert_eq!(store.open("s", &identity("t"), None, Timestamp(1)), Err(StoreError::Closed));
    }
}

#[test]
fn what_nothing_is_open_of_closes_at_once_and_a_late_report_still_counts_once() {
    for store in backends() {
        let idle = store.open("idle", &identity("t"), None, Timestamp(1)).unwrap();
        store.release(&idle).unwrap();
        assert_eq!(store.view(&idle, Reads::NONE), Err(StoreError::Closed));
        let busy = store.open("busy", &identity("t"), None, Timestamp(1)).unwrap();
        store.commit(&commit(&busy, 3, 10, None)).unwrap();
        store.close(&busy).unwrap();
        let first = store.settle(id(3), &used(1)).unwrap().unwrap();
        let again = store.settle(id(3), &used(1)).unwrap().unwrap();
        assert_eq!((first.since, again.since), (Some(Timestamp(7)), None));
    }
}

#[test]
fn a_forked_child_finds_every_session_closed() {
    let store = MemoryStore::default();
    let key = store.open("s", &identity("t"), None, Timestamp(1)).unwrap();
    store.close_all();
    assert_eq!(store.view(&key, Reads::NONE), Err(StoreError::Closed));
    assert!(store.open("new", &identity("t"), None, Timestamp(1)).is_ok());
}

#[test]
fn a_call_that_was_handed_over_holds_no_session_open() {
    for store in backends() {
        let key = store.open("s", &identity("t"), None, Timestamp(1)).unwrap();
        store.commit(&Commit { holds: false, ..commit(&key, 1, 0, None) }).unwrap();
        store.release(&key).unwrap();
        assert_eq!(store.view(&key, Reads::NONE), Err(StoreError::Closed));
        assert!(store.settle(id(1), &used(0)).unwrap().unwrap().since.is_some(), "a report is still taken");
    }
}

#[test]
fn what_nobody_reports_on_is_settled_at_its_reservation_in_the_end() {
    let store = MemoryStore::default();
    let key = store.open("s", &identity("t"), None, Timestamp(1)).unwrap();
    for n in 0..=100_000 {
        store.commit(&Commit { call: None, ..commit(&key, n, 1, None) }).unwrap();
    }
    assert_eq!(store.view(&key, Reads::NONE).unwrap().counters.tokens_spent, 100_001);
    assert!(store.settle(id(0), &used(9)).unwrap().unwrap().since.is_none(), "the oldest one is settled");
    assert_eq!(store.view(&key, Reads::NONE).unwrap().counters.tokens_spent, 100_001);
    assert!(store.settle(id(1), &used(9)).unwrap().unwrap().since.is_some());
    for n in 1_000_000..1_300_000 {
        store.commit(&Commit { call: None, ..commit(&key, n, 0, None) }).unwrap();
        assert!(
            store.settle(id(n), &used(0)).unwrap().unwrap().since.is_some(),
            "what is reported pushes nobody out"
        );
    }
}

/// The best of a few tries may take up to ten times as long, as a machine may be busy with something else; a copy of
/// the counts takes some thousand times as long in each.
#[test]
fn looking_costs_the_same_after_many_tools() {
    for store in backends() {
        let look = |tools: u128| {
            let key = store.open(&format!("s{tools}"), &identity("t"), None, Timestamp(1)).unwrap();
            for n in 0..tools {
                let call = call(&format!("t{n}"));
                store.commit(&Commit { call, ..commit(&key, tools * 100_000 + n, 0, None) }).unwrap();
            }
            move |store: &dyn SessionStore| {
                let start = Instant::now();
                (0..100).for_each(|_| drop(store.view(&key, Reads::NONE).unwrap()));
                start.elapsed()
            }
        };
        let (few, many) = (look(1), look(15_000));
        assert!((0..5).any(|_| many(&*store) < few(&*store) * 10));
    }
}
