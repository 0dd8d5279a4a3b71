//! What units answer.

use crate::{answer, asked, decide, file};
use kitelogik_core::{Answer, Evaluator as _};
use kitelogik_model::{ReasonCode, Transport};
use kitelogik_policy::{LoadOptions, Policies};
use kitelogik_value::Value;
use std::time::Duration;

const ALLOW: Answer = Answer::Allow { by_rule: true };

fn decision(value: &str) -> String {
    format!("package kitelogik.tool_call\n\ndecision := {value}\n")
}

#[test]
fn decisions_of_known_shape() {
    assert_eq!(answer(&decision(r#"{"allow": true}"#), "t"), Ok(ALLOW));
    let Ok(Answer::Deny(reasons)) = answer(&decision(r#"{"allow": false, "reason": "no"}"#), "t") else {
        panic!("not denied")
    };
    assert_eq!((&*reasons[0].text, &*reasons[0].file, reasons[0].line), ("no", "p.rego", 3));
    let escalated = answer(&decision(r#"{"escalate": true, "reviewers": ["ana"]}"#), "t");
    let reviewers = vec!["ana".into()];
    assert_eq!(escalated, Ok(Answer::Escalate { reviewers, reasons: vec![], quorum: 1 }));
}

#[test]
fn an_allow_says_whether_a_rule_gave_it() {
    let allow = r#"{"allow": true}"#;
    let default = format!("default decision := {allow}");
    for (rules, by_rule) in [
        (format!("decision := {allow}"), true),
        (default.clone(), false),
        (format!("{default}\n\ndecision := {allow} if input.tool == \"t\""), true),
        (format!("{default}\n\ndecision := {allow} if input.tool == \"u\""), false),
        (format!("{default}\n\ndecision := {{\"allow\": false}} if input.tool == \"u\""), false),
        (format!("decision := {{\"allow\": false}} if input.tool == \"u\" else := {allow}"), true),
        (format!("{default}\n\ndeny contains \"no\" if {{ decision.allow; input.tool == \"u\" }}"), false),
        ("decision.allow := true".to_owned(), true),
        ("decision[\"allow\"] := true".to_owned(), true),
        // A rule's reason is no rule's allow.
        ("default decision.allow := true\n\ndecision.reason := \"x\"".to_owned(), false),
        // What a function says by default is said by the rule that calls it.
        ("decision := {\"allow\": f(1)}\n\ndefault f(_) := true".to_owned(), true),
    ] {
        let text = format!("package kitelogik.tool_call\n\n{rules}\n");
        assert_eq!(answer(&text, "t"), Ok(Answer::Allow { by_rule }), "{rules}");
    }
    let resource = format!("package kitelogik.agent_resource\n\ndecision := {allow}\n");
    assert_eq!(answer(&resource, "t"), Ok(Answer::Allow { by_rule: false }), "it says nothing of the tool");
}

#[test]
fn any_other_shape_fails() {
    for value in [
        "true",
        "{}",
        r#"{"allow": 1}"#,
        r#"{"allow": true, "deny": "x"}"#,
        r#"{"allow": true, "alow": true}"#,
        r#"{"allow": true, "escalate": true}"#,
        r#"{"escalate": false}"#,
        r#"{"escalate": true, "quorum": 0}"#,
        r#"{"escalate": true, "reviewers": [1]}"#,
        r#"{"allow": false, "reason": 1}"#,
    ] {
        // A constant would not load.
        let text = format!("package kitelogik.tool_call\n\ndecision := said\n\nsaid := {value}\n");
        let failure = answer(&text, "t").expect_err(value);
        assert_eq!(failure.code, ReasonCode::PolicyUndefined, "{value}");
    }
}

#[test]
fn deny_wins_also_over_a_conflict() {
    let text = "package kitelogik.tool_call\n\ndeny contains \"no\" if { input.tool == \"t\" }\n\
        decision := {\"allow\": true} if { input.tool != \"\" }\n\
        decision := {\"allow\": false} if { input.tool != \"\" }\n";
    assert!(matches!(answer(text, "t"), Ok(Answer::Deny(_))));
    assert_eq!(answer(text, "u").expect_err("conflict").code, ReasonCode::PolicyError);
}

#[test]
fn undefined_abstains_only_where_nothing_can_be_allowed() {
    let rule = |value: &str| {
        format!("package kitelogik.tool_call\n\ndecision := {value} if {{ input.tool == \"t\" }}\n")
    };
    assert_eq!(answer(&rule(r#"{"escalate": true}"#), "u"), Ok(Answer::Abstain));
    assert_eq!(answer(&rule(r#"{"allow": false}"#), "u"), Ok(Answer::Abstain));
    let failure = answer(&rule(r#"{"allow": true}"#), "u").expect_err("undefined");
    assert_eq!(failure.code, ReasonCode::PolicyUndefined);
}

#[test]
fn every_form_of_deny_gives_its_reasons() {
    for rule in [
        "deny contains \"no\" if input.tool == \"t\"",
        "deny[\"no\"] := true if input.tool == \"t\"",
        "deny := {\"no\"} if input.tool == \"t\"",
        "deny := {\"no\": 1} if input.tool == \"t\"",
        "deny := {reason | input.tool == \"t\"; reason := \"no\"}",
        "default deny := set()\n\ndeny := reasons if {\n\tinput.tool == \"t\"\n\treasons := {\"no\"}\n}",
    ] {
        let text = format!("package kitelogik.tool_call\n\n{rule}\n");
        let Ok(Answer::Deny(reasons)) = answer(&text, "t") else { panic!("{rule}") };
        assert_eq!(reasons.iter().map(|reason| &*reason.text).collect::<Vec<_>>(), ["no"], "{rule}");
        assert_eq!(answer(&text, "u"), Ok(Answer::Abstain), "{rule}");
    }
}

#[test]
fn old_syntax_with_and_without_imports_is_read() {
    let old = "package kitelogik.tool_call\n\ndefault decision = {\"allow\": false}\n\
        decision = {\"allow\": true} { input.tool == \"t\" }\n";
    assert_eq!(answer(old, "t"), Ok(ALLOW));
    let lenient = old.replace("input.tool ==", "input.tool in").replace("\"t\" }", "[\"t\"] }");
    assert_eq!(answer(&lenient, "t"), Ok(ALLOW));
}

#[test]
fn two_defaults_are_two_units_and_an_inferred_scope_skips() {
    let local = "package kitelogik.tool_call\n\ndefault decision := {\"allow\": true}\n";
    let mcp = "package kitelogik.tool_call\n\ndefault decision := {\"allow\": false}\n\
        decision := {\"allow\": true} if { input.transport == \"mcp\"; input.tool == \"gh.list\" }\n";
    for files in [[file("a.rego", local), file("b.rego", mcp)], [file("b.rego", mcp), file("a.rego", local)]]
    {
        let policies = Policies::new(&files).unwrap();
        let shape = |transport| {
            let findings = decide(&policies, "x", transport);
            (findings.applied.len(), findings.skipped.len())
        };
        assert_eq!(shape(Some(Transport::Function)), (1, 1));
        assert_eq!(shape(Some(Transport::Mcp)), (2, 0));
        assert_eq!(shape(None), (2, 0), "nobody proved another transport");
        assert_eq!(policies.spellings("gh_list"), ["gh.list".into()]);
    }
}

#[test]
fn reading_a_counter_is_told() {
    let text =
        "package kitelogik.tool_call\n\ndeny contains \"spent\" if { input.session.tokens_spent > 5 }\n";
    let policies = Policies::new(&[file("p.rego", text)]).unwrap();
    assert!(decide(&policies, "t", None).applied[0].read_counters);
    let plain = Policies::new(&[file("p.rego", "package kitelogik.tool_call\n\ndefault decision := {}\n")]);
    assert!(!decide(&plain.unwrap(), "t", None).applied[0].read_counters);
}

#[test]
fn what_grows_with_a_session_is_built_only_for_who_can_read_it() {
    for (body, reads) in [
        ("input.tool == \"t\"", false),
        ("input.session.tokens_spent > 5", false),
        ("input.session.tool_call_count.t > 5", false),
        ("input.principal.tool_calls", false),
        ("count(input.session.tool_calls) > 5", true),
        ("input.session.tool_calls[_].tool == \"t\"", true),
        ("input.session[input.tool]", true),
        ("input[\"session\"][\"tool_calls\"]", true),
        ("walk(input, [_, \"t\"])", true),
        ("count(input.session) > 5", true),
        ("some s in [input.session]; s.x", true),
        ("object.get(input, [\"session\", \"agent_role\"], \"\") == \"t\"", false),
        ("object.get(input.session, \"agent_role\", \"\") == \"t\"", false),
        ("object.get(input.session, \"tool_calls\", []) == []", true),
        ("object.get(input, \"session\", {}) == {}", true),
        ("object.get(input, [\"session\", input.tool], {}) == {}", true),
        ("object.get(input, input.tool, {}) == {}", true),
    ] {
        let text = format!("package kitelogik.tool_call\n\ndeny contains \"a\" if {{ {body} }}\n");
        let policies = Policies::new(&[file("p.rego", &text)]).unwrap();
        assert_eq!(policies.reads().tool_calls, reads, "{body}");
        // The same, said of the other part.
        let swap = text
            .replace("tool_calls", "X")
            .replace("tool_call_count", "tool_calls")
            .replace("X", "tool_call_count");
        let policies = Policies::new(&[file("p.rego", &swap)]).unwrap();
        assert_eq!(policies.reads().tool_call_count, reads, "{swap}");
    }
    for (import, reads) in
        [("input.session", true), ("input.session.tool_calls as c", true), ("input.args", false)]
    {
        let text = format!(
            "package kitelogik.tool_call\n\nimport {import}\n\ndeny contains \"a\" if input.tool == \"t\"\n"
        );
        assert_eq!(Policies::new(&[file("p.rego", &text)]).unwrap().reads().tool_calls, reads, "{import}");
    }
}

#[test]
fn data_files_are_seen_under_their_folders() {
    let text = "package kitelogik.tool_call\n\ndeny contains \"listed\" if input.tool in data.lists.blocked\n\
        deny contains \"named\" if data.blocked[input.tool]\n";
    let files = [
        file("p.rego", text),
        file("lists/data.yaml", "blocked: [shell]\n"),
        file("data.json", "{\"blocked\": {\"eval\": true}}"),
    ];
    let policies = Policies::new(&files).unwrap();
    let said = |tool| match decide(&policies, tool, None).applied.remove(0).answer {
        Ok(Answer::Deny(reasons)) => reasons[0].text.to_string(),
        Ok(Answer::Abstain) => String::new(),
        other => panic!("{other:?}"),
    };
    assert_eq!((said("shell"), said("eval"), said("ls")), ("listed".into(), "named".into(), String::new()));
}

#[test]
fn every_bound_of_an_evaluation_denies() {
    let nested = "some a in numbers.range(1, 3000); some b in numbers.range(1, 3000); a * b < 0";
    let text = format!("package kitelogik.tool_call\n\ndeny contains \"a\" if {{ {nested} }}\n");
    let with = |change: &dyn Fn(&mut kitelogik_rego::Limits)| {
        let mut options = LoadOptions::DEFAULT;
        change(&mut options.limits);
        let policies = Policies::with_options(&[file("p.rego", &text)], &options).unwrap();
        decide(&policies, "t", None).applied.remove(0).answer.expect_err("bounded")
    };
    let steps = with(&|_| {});
    assert_eq!(steps.code, ReasonCode::PolicyError);
    assert!(steps.detail.contains("more steps"), "{}", steps.detail);
    assert!(with(&|l| l.items = 10).detail.contains("more members"));
    assert!(with(&|l| l.memory = 100).detail.contains("more memory"));
    assert!(with(&|l| l.deadline = Some(Duration::ZERO)).detail.contains("longer than"));
}

#[test]
fn the_tags_that_are_tested_are_told() {
    let text = "package kitelogik.tool_call\n\ndeny contains \"a\" if \"money\" in input.tool_tags\n\n\
        deny contains \"b\" if {\n\tinput.tool_tags[_] == \"fs\"\n\tnot \"safe\" in input.tool_tags\n\t\"x\" in input.args\n\t\
        some tag in input.tool_tags\n}\n";
    let policies = Policies::new(&[file("p.rego", text)]).unwrap();
    let mut told: Vec<(&str, u32)> = policies.tags().iter().map(|test| (&*test.tag, test.line)).collect();
    told.sort();
    assert_eq!(told, [("fs", 6), ("money", 3), ("safe", 7)]);
}

#[test]
fn reasons_that_carry_an_argument_cost_no_more_than_they_say() {
    let text = "package kitelogik.tool_call\n\ndeny contains {\"args\": input.args, \"i\": i} if some i, _ in input.args.items\n";
    let policies = Policies::new(&[file("p.rego", text)]).unwrap();
    let items = Value::array((0..20_000i64).map(|_| Value::from("an argument")));
    let findings = asked(&policies, Value::object([("items", items)]));
    let Ok(Answer::Deny(reasons)) = &findings.applied[0].answer else { panic!("{findings:?}") };
    // Each is as large as the event: a MiB of them is written out.
    assert!((2..20).contains(&reasons.len()), "{}", reasons.len());
    assert_eq!(&*reasons.last().unwrap().text, &*format!("and {} more reasons", 20_001 - reasons.len()));
}

#[test]
fn a_function_of_all_arguments_costs_no_more_for_each_call() {
    let text = "package kitelogik.tool_call\n\ndefault decision := {\"allow\": true}\n\nbad(args, item) if {\n\tcount(args.items) < 5\n\titem == \"x\"\n}\n\n\
        deny contains item if {\n\tsome item in input.args.items\n\tbad(input.args, item)\n}\n\n\
        deny contains item if {\n\tsome item in input.args.items\n\tbad(input, item)\n}\n";
    let policies = Policies::new(&[file("p.rego", text)]).unwrap();
    let items = Value::array((0..20_000i64).map(|i| Value::from(format!("item {i}"))));
    // To go through the arguments at each call would take minutes, and end at the deadline.
    let findings = asked(&policies, Value::object([("items", items)]));
    assert_eq!(findings.applied[0].answer, Ok(Answer::Allow { by_rule: false }));
}
