//! The specification's rule for Tako, verbatim, and what its dialect obliges to, through the whole governor.

use kitelogik::{
    core::{
        Capabilities, Document, Done, Evaluator as _, Governor, GovernorOptions, Pep, Reading, Request,
        SessionStore,
    },
    model::{Decision, Effect, Event, EventKind, Identity, Timestamp, Verdict},
    policy::{File, Policies},
    store::MemoryStore,
    value::{Value, json},
};
use kitelogik_testkit::{FakeEnv, MemorySink, spec};
use std::sync::Arc;

const CAN: Capabilities =
    Capabilities { escalate: true, force_model: true, redact_messages: true, redact_response: true };

fn load(text: &str) -> Arc<Policies> {
    let file = File { path: "my_rules.rego".into(), bytes: text.as_bytes().to_vec() };
    Arc::new(Policies::new(&[file]).unwrap())
}

/// The page's rule; `None` where the page is not at hand.
fn page() -> Option<Arc<Policies>> {
    spec::snippets(&spec::TAKO).map(|rules| load(&rules[0].1))
}

fn shell() -> Event {
    Event::tool_call("shell.exec", Value::object([("cmd", "ls".into())]))
}

fn model_call() -> Event {
    Event { facts: vec![("model", "gpt-5".into())], ..Event::new(EventKind::ModelCall) }
}

/// Decides in a session of its own and looks at the record too; what waits is approved.
fn decide(
    policies: &Arc<Policies>,
    event: Event,
    tenant: &str,
    roles: &[&str],
    can: Capabilities,
) -> Decision {
    let store = MemoryStore::default();
    let roles = roles.iter().map(|role| Arc::from(*role)).collect();
    let identity = Identity { tenant: tenant.into(), roles, ..Identity::default() };
    let session = store.open("s", &identity, None, Timestamp(1)).unwrap();
    let sink = MemorySink::default();
    let governor = Governor::new(
        Box::new(FakeEnv::default()),
        Arc::<Policies>::clone(policies),
        Box::new(store),
        Box::new(sink.clone()),
        GovernorOptions::default(),
    );
    let pep = Arc::new(Pep { adapter: "test".into(), capabilities: can, ..Pep::default() });
    let decision = match governor.decide(Request { event, session, shared: false, args_hidden: vec![], pep })
    {
        Done::Decision(decision) => decision,
        Done::Pending(pending) => governor.resolve(*pending, Verdict::Approved { by: "ana".into() }),
    };
    let entries = sink.entries();
    let record = entries.last().unwrap();
    assert_eq!(
        (record.effect, record.code, record.reason.as_str()),
        (decision.effect.as_str(), decision.code.as_str(), decision.reason())
    );
    decision
}

#[test]
fn a_shell_is_for_admins_as_the_page_means_it() {
    let Some(policies) = page() else { return };
    let denied = "shell.exec requires admin (tenant acme)";
    for (roles, want) in [
        (&[][..], denied),
        (&["dev"], denied),
        (&["dev", "admin"], ""),
        (&["admin"], ""),
        (&["admins"], denied),
    ] {
        let decision = decide(&policies, shell(), "acme", roles, CAN);
        assert_eq!(decision.reason(), want, "{roles:?}");
        let code = if want.is_empty() { "allowed" } else { "policy" };
        assert_eq!(decision.code.as_str(), code, "{roles:?}");
        assert!(
            decide(&policies, Event::tool_call("ls", Value::object::<&str>([])), "acme", roles, CAN).allow()
        );
    }
    // An input without roles comes from no session of ours; the rule still means what it says.
    let input = r#"{"stage": "pre_tool", "tool": "shell.exec", "principal": {"tenant_id": "acme"}}"#;
    let input = json::parse(input.as_bytes(), &json::Limits::EVENT).unwrap();
    let reading = Reading { at: Timestamp(0), entropy: 0 };
    let findings = policies.evaluate(&shell(), &Document::from(&input), reading);
    assert_eq!(kitelogik::core::combine(&findings.applied).reasons, [denied.into()]);
}

#[test]
fn the_free_tier_gets_its_model_where_that_can_be_honoured() {
    let Some(policies) = page() else { return };
    let decision = decide(&policies, model_call(), "free", &[], CAN);
    assert!(decision.allow());
    assert_eq!(json::to_string(&decision.obligations), r#"{"force_model":"gpt-3.5-turbo"}"#);
    let paying = decide(&policies, model_call(), "acme", &[], CAN);
    assert_eq!((paying.allow(), json::to_string(&paying.obligations).as_str()), (true, "{}"));
    let unable = decide(&policies, model_call(), "free", &[], Capabilities::default());
    assert_eq!((unable.effect, unable.code.as_str()), (Effect::Deny, "cannot_enforce"));
    assert!(unable.help.contains("`force_model`"), "{}", unable.help);
    assert!(decide(&policies, shell(), "free", &["admin"], CAN).allow(), "another stage");
}

#[test]
fn the_page_is_read_with_a_warning_that_opa_would_refuse_it() {
    let Some(policies) = page() else { return };
    let warned: Vec<(&str, u32)> = policies.warnings().iter().map(|w| (w.code, w.line)).collect();
    assert_eq!(warned, [("rego_unsafe_var_error", 9)]);
}

#[test]
fn obligations_survive_an_approval_and_a_response_waits_for_nobody() {
    let policies = load(
        "package tako.policy\n\ndefault allow := true\n\nrequire_approval contains \"ask\"\n\n\
        redact_messages contains \"[0-9]+\" if input.stage == \"pre_chat\"\n",
    );
    let decision = decide(&policies, model_call(), "acme", &[], CAN);
    assert_eq!(decision.code.as_str(), "approved");
    assert_eq!(json::to_string(&decision.obligations), r#"{"redact_messages":["[0-9]+"]}"#);
    let only_send = Capabilities { redact_response: true, escalate: true, ..Capabilities::default() };
    assert_eq!(decide(&policies, model_call(), "acme", &[], only_send).code.as_str(), "cannot_enforce");
    let response = Event { facts: vec![("response", "hi".into())], ..Event::new(EventKind::ModelResponse) };
    assert_eq!(decide(&policies, response, "acme", &[], CAN).code.as_str(), "cannot_enforce");
    assert_eq!(decide(&policies, shell(), "acme", &[], CAN).code.as_str(), "approved");
}

#[test]
fn what_cannot_be_redacted_is_denied_and_the_model_learns_no_pattern() {
    let policies =
        load("package tako.policy\n\ndefault allow := true\n\nredact_messages contains \"secret(\"\n");
    let decision = decide(&policies, model_call(), "acme", &[], CAN);
    assert_eq!((decision.effect, decision.code.as_str()), (Effect::Deny, "policy_error"));
    assert_eq!(decision.reasons, ["the policy could not be evaluated".into()]);
    assert!(decision.help.contains("secret("), "{}", decision.help);
}
