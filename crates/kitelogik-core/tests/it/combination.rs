//! deny > escalate > allow, whatever the order and however often.

use kitelogik_core::{Answer, Finding, Reason, UnitFailure, combine};
use kitelogik_model::{Effect, ReasonCode};
use kitelogik_value::Value;
use proptest::prelude::*;

fn reason() -> impl Strategy<Value = Reason> {
    ("[ab]", 0u32..3, "[xyz ]?").prop_map(|(file, line, text)| Reason {
        file: file.into(),
        line,
        text: text.into(),
    })
}

fn answer() -> impl Strategy<Value = Result<Answer, UnitFailure>> {
    prop_oneof![
        Just(Ok(Answer::Abstain)),
        any::<bool>().prop_map(|by_rule| Ok(Answer::Allow { by_rule })),
        prop::collection::vec(reason(), 0..3).prop_map(|r| Ok(Answer::Deny(r))),
        (prop::collection::vec("[pq]", 0..2), prop::collection::vec(reason(), 0..3), 1u32..3).prop_map(
            |(reviewers, reasons, quorum)| {
                let reviewers = reviewers.into_iter().map(Into::into).collect();
                Ok(Answer::Escalate { reviewers, reasons, quorum })
            }
        ),
        prop_oneof![
            Just(ReasonCode::PolicyError),
            Just(ReasonCode::PolicyUndefined),
            Just(ReasonCode::Unavailable)
        ]
        .prop_map(|code| Err(UnitFailure { code, detail: format!("{code} at f:1") })),
    ]
}

fn obligations() -> impl Strategy<Value = Value> {
    prop::collection::vec(
        prop_oneof![
            "[ab]".prop_map(|m| ("force_model", Value::from(m))),
            "[ab]".prop_map(|p| ("redact_messages", Value::array([Value::from(p)]))),
        ],
        0..2,
    )
    .prop_map(Value::object)
}

fn finding() -> impl Strategy<Value = Finding> {
    ("[uvw]", answer(), obligations()).prop_map(|(unit, answer, obligations)| Finding {
        unit: unit.into(),
        answer,
        obligations,
        matched: vec![],
        read_counters: false,
    })
}

fn findings() -> impl Strategy<Value = Vec<Finding>> {
    prop::collection::vec(finding(), 0..6)
}

proptest! {
    #[test]
    fn order_changes_nothing(findings in findings().prop_flat_map(|f| (Just(f.clone()), Just(f).prop_shuffle()))) {
        prop_assert_eq!(combine(&findings.0), combine(&findings.1));
    }

    #[test]
    fn saying_it_twice_changes_nothing(findings in findings()) {
        let twice = [findings.clone(), findings.clone()].concat();
        prop_assert_eq!(combine(&findings), combine(&twice));
    }

    #[test]
    fn deny_dominates(findings in findings(), reasons in prop::collection::vec(reason(), 0..3)) {
        let deny = Finding { unit: "d".into(), answer: Ok(Answer::Deny(reasons)), obligations: Value::object::<&str>([]), matched: vec![], read_counters: false };
        let combined = combine(&[findings, vec![deny]].concat());
        prop_assert_eq!((combined.effect, combined.code), (Effect::Deny, ReasonCode::Policy));
        prop_assert!(!combined.reasons.is_empty());
    }

    #[test]
    fn a_reason_always_says_something(findings in findings()) {
        let combined = combine(&findings);
        prop_assert_eq!(combined.reasons.is_empty(), combined.effect == Effect::Allow);
        prop_assert!(combined.reasons.iter().all(|reason| !reason.trim().is_empty()), "{:?}", combined.reasons);
    }

    #[test]
    fn a_failing_unit_denies(findings in findings(), code in prop_oneof![Just(ReasonCode::PolicyError), Just(ReasonCode::PolicyUndefined)]) {
        let failed = Finding { unit: "f".into(), answer: Err(UnitFailure { code, detail: "d".into() }), obligations: Value::object::<&str>([]), matched: vec![], read_counters: false };
        prop_assert_eq!(combine(&[findings, vec![failed]].concat()).effect, Effect::Deny);
    }

    #[test]
    fn an_allow_by_default_is_the_identity(findings in findings().prop_filter("not empty", |f| !f.is_empty())) {
        let allow = Finding { unit: "z".into(), answer: Ok(Answer::Allow { by_rule: false }), obligations: Value::object::<&str>([]), matched: vec![], read_counters: false };
        prop_assert_eq!(combine(&[findings.clone(), vec![allow]].concat()), combine(&findings));
    }

    #[test]
    fn one_more_unit_never_loosens(findings in findings(), more in finding()) {
        let before = if findings.is_empty() { Effect::Allow } else { combine(&findings).effect };
        prop_assert!(combine(&[findings, vec![more]].concat()).effect >= before);
    }
}

#[test]
fn two_models_are_a_denial() {
    let force = |model: &str| Finding {
        unit: model.into(),
        answer: Ok(Answer::Allow { by_rule: false }),
        obligations: Value::object([("force_model", model.into())]),
        matched: vec![],
        read_counters: false,
    };
    let combined = combine(&[force("a"), force("b")]);
    assert_eq!(combined.effect, Effect::Deny);
    assert_eq!(&*combined.reasons[0], "policies ask for two different values of force_model");
    assert_eq!(combine(&[force("a"), force("a")]).effect, Effect::Allow);
}

#[test]
fn a_text_that_says_nothing_gives_way_to_the_codes_own() {
    let of = |answer| Finding {
        unit: "u".into(),
        answer: Ok(answer),
        obligations: Value::object::<&str>([]),
        matched: vec![],
        read_counters: false,
    };
    let empty = || vec![Reason { file: "a.rego".into(), line: 1, text: "".into() }];
    let deny = of(Answer::Deny(empty()));
    assert_eq!(combine(std::slice::from_ref(&deny)).reasons, [ReasonCode::Policy.text().into()]);
    let escalate = |reasons| of(Answer::Escalate { reviewers: vec![], reasons, quorum: 1 });
    assert_eq!(combine(&[escalate(empty())]).reasons, [ReasonCode::ApprovalRequired.text().into()]);
    // What another unit asks approval for is no reason of a denial's own.
    let asks = Reason { file: "b.rego".into(), line: 1, text: "a refund".into() };
    let combined = combine(&[deny, escalate(vec![asks])]);
    assert_eq!(combined.reasons, [ReasonCode::Policy.text().into(), "a refund".into()]);
}
