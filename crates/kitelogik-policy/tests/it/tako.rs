//! The dialect `tako.policy`.

use crate::{file, refused};
use kitelogik_core::{Answer, Document, Evaluator as _, Finding, Reading, Reason, combine};
use kitelogik_model::{Event, EventKind, ReasonCode, Timestamp, Transport};
use kitelogik_policy::{File, MAX_PATTERNS, Package, Policies};
use kitelogik_value::{Value, json};

use EventKind::{ModelCall, ModelResponse, ToolCall};

const STAGES: [EventKind; 3] = [ModelCall, ToolCall, ModelResponse];

fn tako(rules: &str) -> File {
    file("p.rego", &format!("package tako.policy\n\n{rules}\n"))
}

fn ask(files: &[File], kind: EventKind) -> Vec<Finding> {
    let policies = Policies::new(files).unwrap();
    let mut input = vec![("tool", Value::from("t"))];
    input.extend(kind.stage().map(|stage| ("stage", stage.into())));
    let reading = Reading { at: Timestamp(0), entropy: 0 };
    policies.evaluate(&Event::new(kind), &Document::from(&Value::object(input)), reading).applied
}

/// What one file says, in one line: the effect and its reasons, or how the unit failed; and the obligations.
fn said(rules: &str, kind: EventKind) -> String {
    let mut findings = ask(&[tako(rules)], kind);
    assert_eq!(findings.len(), 1, "one unit");
    let Finding { answer, obligations, .. } = findings.remove(0);
    let texts =
        |reasons: Vec<Reason>| reasons.iter().map(|r| r.text.to_string()).collect::<Vec<_>>().join(",");
    let word = match answer {
        Ok(Answer::Abstain) => "abstain".to_owned(),
        Ok(Answer::Allow { by_rule: true }) => "allow".to_owned(),
        Ok(Answer::Allow { by_rule: false }) => "default".to_owned(),
        Ok(Answer::Deny(reasons)) => format!("deny {}", texts(reasons)),
        Ok(Answer::Escalate { reviewers, reasons, quorum: 1 }) if reviewers.is_empty() => {
            format!("escalate {}", texts(reasons))
        }
        Ok(other) => panic!("{other:?}"),
        Err(failure) => failure.code.to_string(),
    };
    let obligations = json::to_string(&obligations);
    if obligations == "{}" { word } else { format!("{word} {obligations}") }
}

#[test]
fn each_rule_says_what_it_is_named_for() {
    let default = "default allow := true";
    let table: [(&str, [&str; 3]); 25] = [
        // rules                                                              pre_chat, pre_tool, post_chat
        (default, ["default"; 3]),
        ("default allow := false", ["deny denied by policy"; 3]),
        ("allow if input.stage == \"pre_tool\"", ["policy_undefined", "allow", "policy_undefined"]),
        ("allow := false if input.stage == \"pre_tool\"", ["abstain", "deny denied by policy", "abstain"]),
        ("allow := input.stage == \"pre_tool\"", ["deny denied by policy", "allow", "deny denied by policy"]),
        ("allow := input.stage", ["policy_undefined"; 3]),
        ("allow := true if input.tool\nallow := false if input.stage", ["policy_error"; 3]),
        ("deny contains \"no\" if input.stage == \"pre_tool\"", ["abstain", "deny no", "abstain"]),
        ("default allow := true\ndeny[x] if some x in [\"b\", \"a\"]", ["deny a,b"; 3]),
        ("deny[\"no\"] := true if input.stage == \"pre_tool\"", ["abstain", "deny no", "abstain"]),
        ("deny := {input.tool: 1}", ["deny t"; 3]),
        ("deny := input.tool", ["policy_undefined"; 3]),
        // A denial stands also where the rest fails.
        ("deny contains \"no\"\nallow := count([0])\nforce_model contains 2", ["deny no"; 3]),
        (
            "allow := false\nrequire_approval contains \"ask\"\nforce_model contains \"m\"",
            ["deny denied by policy"; 3],
        ),
        (
            "default allow := true\nrequire_approval contains x if some x in [\"b\", \"a\"]",
            ["escalate a,b"; 3],
        ),
        (
            "require_approval contains \"ask\" if input.stage == \"pre_tool\"",
            ["abstain", "escalate ask", "abstain"],
        ),
        ("allow if input.none\nrequire_approval contains \"ask\"", ["policy_undefined"; 3]),
        (
            "default allow := true\nforce_model contains \"m\"",
            [r#"default {"force_model":"m"}"#, "policy_error", "policy_error"],
        ),
        (
            "default allow := true\nrequire_approval[\"ask\"]\nforce_model[\"m\"] := 1",
            [r#"escalate ask {"force_model":"m"}"#, "policy_error", "policy_error"],
        ),
        (
            "default allow := true\nforce_model contains x if some x in [\"m\", \"n\"]",
            ["deny policies ask for two different values of force_model", "policy_error", "policy_error"],
        ),
        // What obliges is no mere restriction: something must allow.
        ("force_model contains \"m\" if input.stage == \"pre_chat\"", ["policy_undefined"; 3]),
        (
            "default allow := true\nforce_model contains 1",
            ["policy_undefined", "policy_error", "policy_error"],
        ),
        (
            "default allow := true\nredact_messages contains x if some x in [\"b+\", \"a\", \"b+\"]",
            [r#"default {"redact_messages":["a","b+"]}"#, "policy_error", "policy_error"],
        ),
        (
            "default allow := true\nredact_response contains \"\\\\d{4}\"",
            ["policy_error", "policy_error", r#"default {"redact_response":["\\d{4}"]}"#],
        ),
        (
            "default allow := true\nredact_response contains [\"a\"]",
            ["policy_error", "policy_error", "policy_undefined"],
        ),
    ];
    for (rules, wanted) in table {
        assert_eq!(STAGES.map(|kind| said(rules, kind)), wanted, "{rules}");
    }
}

#[test]
fn a_pattern_that_cannot_redact_denies() {
    let many = format!(
        "redact_messages contains sprintf(\"a%d\", [x]) if some x in numbers.range(0, {MAX_PATTERNS})"
    );
    let long = format!("redact_messages contains \"{}\"", "a".repeat(5_000));
    for (rules, says) in [
        ("redact_messages contains \"(\"", "redact_messages"),
        ("redact_messages contains \"(?=a)\"", "redact_messages"),
        ("redact_messages contains \"a{1001}\"", "invalid repeat count"),
        ("redact_messages contains \"(a{1000}){1000}\"", "size limit"),
        ("redact_messages contains \"a*\"", "matches where there is nothing"),
        ("redact_messages contains \"\"", "matches where there is nothing"),
        (many.as_str(), "33 patterns"),
        (long.as_str(), "5000 bytes"),
    ] {
        let rules = format!("default allow := true\n{rules}");
        let failure = ask(&[tako(&rules)], ModelCall).remove(0).answer.expect_err(&rules);
        assert_eq!(failure.code, ReasonCode::PolicyError, "{rules}");
        assert!(failure.detail.contains(says), "{}", failure.detail);
    }
}

#[test]
fn it_is_one_unit_for_its_three_kinds_and_no_other() {
    let two = [
        file("a.rego", "package tako.policy\n\ndefault allow := true\n\nforbidden := {\"t\"}\n"),
        file("b.rego", "package tako.policy\n\ndeny contains \"no\" if input.tool in forbidden\n"),
    ];
    let policies = Policies::new(&two).unwrap();
    assert_eq!(policies.warnings(), [], "it decides tool calls");
    let unit = policies.units().next().unwrap();
    assert_eq!((&**unit.name, unit.package, unit.package.dialect()), ("tako.policy", Package::Tako, "tako"));
    assert_eq!(unit.package.kinds().collect::<Vec<_>>(), [ToolCall, ModelCall, ModelResponse]);
    for kind in EventKind::ALL {
        let findings = ask(&two, kind);
        assert_eq!(findings.len(), usize::from(STAGES.contains(&kind)), "{kind:?}");
        for finding in findings {
            let Ok(Answer::Deny(reasons)) = &finding.answer else { panic!("{finding:?}") };
            assert_eq!((&*reasons[0].file, reasons[0].line), ("b.rego", 3));
            assert!(finding.matched.iter().any(|fired| &*fired.rule == "data.tako.policy.deny"));
        }
    }
}

#[test]
fn files_with_a_default_each_are_units_and_what_they_oblige_to_is_united() {
    let named = |path: &str, rules: &str| {
        file(path, &format!("package tako.policy\n\ndefault allow := true\n\n{rules}\n"))
    };
    let combined = |a: &str, b: &str| combine(&ask(&[named("a.rego", a), named("b.rego", b)], ModelCall));
    let same = combined("force_model contains \"m\"", "force_model contains \"m\"");
    assert_eq!(json::to_string(&same.obligations), r#"{"force_model":"m"}"#);
    let other = combined("force_model contains \"m\"", "force_model contains \"n\"");
    assert_eq!(other.code, ReasonCode::Policy);
    assert_eq!(other.reasons, ["policies ask for two different values of force_model".into()]);
    assert_eq!(json::to_string(&other.obligations), "{}");
    let both = combined(
        "redact_messages contains \"b\"",
        "redact_messages contains x if some x in [\"c\", \"a\", \"b\"]",
    );
    assert_eq!(json::to_string(&both.obligations), r#"{"redact_messages":["a","b","c"]}"#);

    let bare = file("c.rego", "package tako.policy\n\ndeny contains \"no\"\n");
    assert_eq!(refused(&[named("a.rego", ""), named("b.rego", ""), bare]), "mixed_defaults");
}

#[test]
fn a_stated_scope_limits_its_tools_and_nothing_is_inferred() {
    let rules = "allow if {\n\tinput.transport == \"mcp\"\n}\n";
    let applied = |text: String| {
        let policies = Policies::new(&[file("p.rego", &text)]).unwrap();
        let event = Event { transport: Some(Transport::Function), ..Event::new(ToolCall) };
        let reading = Reading { at: Timestamp(0), entropy: 0 };
        policies.evaluate(&event, &Document::from(&Value::object::<&str>([])), reading).applied.len()
    };
    let stated = "# METADATA\n# custom: {kitelogik: {applies_to: {transport: mcp}}}\n";
    assert_eq!(applied(format!("package tako.policy\n\n{rules}")), 1);
    assert_eq!(applied(format!("{stated}package tako.policy\n\n{rules}")), 0);
}

#[test]
fn what_could_never_decide_is_refused_at_load() {
    for (text, code) in [
        ("package tako.polcy\n\ndefault allow := true\n", "unknown_package"),
        ("package tako\n\ndefault allow := true\n", "unknown_package"),
        ("package tako.policy.x\n\ndefault allow := true\n", "unknown_package"),
        ("package tako.policy\n\nforce_modell contains \"m\"\n", "no_entry_rule"),
        ("package tako.policy\n\nallow(x) := x\n", "entry_shape"),
        ("package tako.policy\n\nallow if true\ndeny if true\n", "entry_shape"),
        ("package tako.policy\n\nallow if true\nforce_model := \"m\"\n", "entry_shape"),
        ("package tako.policy\n\nallow if true\nredact_messages := [\"a\"]\n", "entry_shape"),
        ("package tako.policy\n\ndefault allow := true\ndefault allow := true\n", "rego_type_error"),
    ] {
        assert_eq!(refused(&[file("p.rego", text)]), code, "{text}");
    }
    let refers =
        file("q.rego", "package kitelogik.tool_call\n\ndeny contains \"a\" if data.tako.policy.allow\n");
    assert_eq!(refused(&[tako("default allow := true"), refers]), "refers_to_decision");
    let helper = "default allow := true\nhelper := 1\nforce_modell contains \"m\"";
    assert_eq!(said(helper, ToolCall), "default", "a rule that is asked by nobody is a helper");
}
