//! The specification's six policies, verbatim: each alone and all together in every order of loading, against
//! the events of their pages, through the whole governor.

use kitelogik::{
    core::{Capabilities, Done, Governor, GovernorOptions, Pep, Request, SessionStore, ToolNames},
    model::{
        Decision, Effect, Event, EventKind, Identity, Outcome, OutcomeKind, Phase, SessionKey, Timestamp,
        Transport, Usage,
    },
    policy::{File, Policies},
    store::MemoryStore,
    value::{Value, json},
};
use kitelogik_testkit::{FakeEnv, MemorySink, spec};
use std::{path::Path, sync::Arc};

/// What is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Want {
    /// By a unit
    Allow,
    /// No unit applies, and this kind of event may go on
    Ungoverned,
    Deny(&'static str, &'static str),
    Escalate(&'static [&'static str], &'static str),
}
use Want::{Allow, Deny, Escalate, Ungoverned};

const NO_POLICY: Want = Deny("no_policy", "no policy covers this tool");
const ASKS: &str = "this action needs approval";
const BROKE: Want = Deny("policy", "session token budget exhausted");
const OUTSIDE: Want = Deny("policy", "write outside /tmp denied: /etc/a");
const UNLISTED: Want = Deny("policy", "MCP tool not in allowlist");
const HOSTED: Want = Deny("hosted_tool", "this hosted tool is not allowed");
const UNMAPPED: Want = Deny("tool_name_unmapped", "the tool has no policy name");

/// An event, and the session it happens in.
struct Case {
    name: &'static str,
    event: Event,
    /// Sessions above its own
    depth: usize,
    /// Tokens that its tree has spent
    spent: u64,
    /// What each policy says alone, in the order of `spec::POLICIES`, and what all say together
    want: [Want; 7],
}

fn object(text: &str) -> Value {
    json::parse(text.as_bytes(), &json::Limits::EVENT).unwrap()
}

fn call(tool: &str, args: &str, transport: Transport) -> Event {
    Event { transport: Some(transport), ..Event::tool_call(tool, object(args)) }
}

fn declared(tool: &str, transport: Transport) -> Event {
    Event { phase: Phase::Declare, args: None, ..call(tool, "{}", transport) }
}

fn local(tool: &str, args: &str) -> Event {
    call(tool, args, Transport::Function)
}

fn with(kind: EventKind, key: &'static str, value: Value) -> Event {
    Event { facts: vec![(key, value)], ..Event::new(kind) }
}

fn model_call() -> Event {
    with(EventKind::ModelCall, "model", "gpt-5".into())
}

fn plan(steps: usize, kind: &str) -> Event {
    let step = || Value::object([("type", Value::from(kind)), ("tool", "fs.write".into())]);
    let steps = Value::object([("steps", Value::array((0..steps).map(|_| step())))]);
    with(EventKind::AgentPlan, "plan", steps)
}

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    let case = |name, event, want| Case { name, event, depth: 0, spent: 0, want };
    let spent = |spent, name, event, want| Case { spent, ..case(name, event, want) };
    let deep = |depth, name, want| Case { depth, ..case(name, Event::new(EventKind::AgentSpawn), want) };
    let mut tagged = local("refund", r#"{"amount": 1001}"#);
    tagged.tool_tags = vec!["finance.write".into()];
    let mut small = tagged.clone();
    small.args = Some(object(r#"{"amount": 1000}"#));
    let mut wire = local("", r#"{"path": "/etc/a"}"#);
    (wire.tool, wire.wire_tool) = (None, Some("fs_write".into()));
    let too_deep = Deny("policy", "delegation depth 2 exceeds limit (2)");
    let too_long = Deny("policy", "plan has 21 steps; limit is 20");
    let oncall = Escalate(&["finance-oncall"], ASKS);
    let four = Escalate(&[], "plan contains 4 write steps; require approval");
    let conflict = Deny("policy_error", "the policy could not be evaluated");
    vec![
        //                                      files        spawn       finance     budget      mcp         plans       all
        case("write inside", local("fs.write", r#"{"path": "/tmp/a"}"#),
                                               [Allow,       NO_POLICY,  Allow,      Allow,      NO_POLICY,  NO_POLICY,  Allow]),
        case("write outside", local("fs.write", r#"{"path": "/etc/a"}"#),
                                               [OUTSIDE,     NO_POLICY,  Allow,      Allow,      NO_POLICY,  NO_POLICY,  OUTSIDE]),
        case("write around", local("fs.write", r#"{"path": "/tmp/../etc/a"}"#),
                                               [OUTSIDE,     NO_POLICY,  Allow,      Allow,      NO_POLICY,  NO_POLICY,  OUTSIDE]),
        case("write encoded", local("fs.write", r#"{"path": "/tmp/%2e%2e/etc/a"}"#),
                                               [OUTSIDE,     NO_POLICY,  Allow,      Allow,      NO_POLICY,  NO_POLICY,  OUTSIDE]),
        case("write to a number", local("fs.write", r#"{"path": 42}"#),
                                               [conflict.clone(), NO_POLICY, Allow,  Allow,      NO_POLICY,  NO_POLICY,  conflict.clone()]),
        case("a wire name", wire,
                                               [UNMAPPED,    NO_POLICY,  Allow,      Allow,      NO_POLICY,  NO_POLICY,  UNMAPPED]),
        case("a local tool", local("web.search", "{}"),
                                               [Allow,       NO_POLICY,  Allow,      Allow,      NO_POLICY,  NO_POLICY,  Allow]),
        case("a listed mcp tool", call("zendesk.search", "{}", Transport::Mcp),
                                               [Allow,       NO_POLICY,  Allow,      Allow,      Allow,      NO_POLICY,  Allow]),
        case("an unlisted mcp tool", call("zendesk.delete", "{}", Transport::Mcp),
                                               [Allow,       NO_POLICY,  Allow,      Allow,      UNLISTED,   NO_POLICY,  UNLISTED]),
        case("another role's mcp tool", call("stripe.refund", "{}", Transport::Mcp),
                                               [Allow,       NO_POLICY,  Allow,      Allow,      UNLISTED,   NO_POLICY,  UNLISTED]),
        case("a tool of unproved transport", Event::tool_call("web.search", object("{}")),
                                               [Allow,       NO_POLICY,  Allow,      Allow,      UNLISTED,   NO_POLICY,  UNLISTED]),
        case("a declared hosted tool", declared("web_search", Transport::Hosted),
                                               [HOSTED,      HOSTED,     HOSTED,     HOSTED,     HOSTED,     HOSTED,     HOSTED]),
        case("a declared hosted server", declared("zendesk", Transport::Mcp),
                                               [HOSTED,      HOSTED,     HOSTED,     HOSTED,     UNLISTED,   HOSTED,     UNLISTED]),
        case("a refund of 1000", small,
                                               [Allow,       NO_POLICY,  Allow,      Allow,      NO_POLICY,  NO_POLICY,  Allow]),
        case("a refund of 1001", tagged,
                                               [Allow,       NO_POLICY,  oncall.clone(), Allow,  NO_POLICY,  NO_POLICY,  oncall]),
        deep(1, "a child's child",             [Ungoverned,  Allow,      Ungoverned, Allow,      Ungoverned, Ungoverned, Allow]),
        deep(2, "a third level",               [Ungoverned,  too_deep.clone(), Ungoverned, Allow, Ungoverned, Ungoverned, too_deep]),
        spent(100_000, "a call within the budget", local("web.search", "{}"),
                                               [Allow,       NO_POLICY,  Allow,      Allow,      NO_POLICY,  NO_POLICY,  Allow]),
        spent(100_001, "a call beyond the budget", local("web.search", "{}"),
                                               [Allow,       NO_POLICY,  Allow,      BROKE,      NO_POLICY,  NO_POLICY,  BROKE]),
        spent(100_001, "a model call beyond the budget", model_call(),
                                               [Ungoverned,  Ungoverned, Ungoverned, BROKE,      Ungoverned, Ungoverned, BROKE]),
        spent(100_001, "a spawn beyond the budget", Event::new(EventKind::AgentSpawn),
                                               [Ungoverned,  Allow,      Ungoverned, BROKE,      Ungoverned, Ungoverned, BROKE]),
        spent(100_001, "a plan beyond the budget", plan(1, "read"),
                                               [Ungoverned,  Ungoverned, Ungoverned, BROKE,      Ungoverned, Allow,      BROKE]),
        case("20 steps", plan(20, "read"),     [Ungoverned,  Ungoverned, Ungoverned, Allow,      Ungoverned, Allow,      Allow]),
        case("21 steps", plan(21, "read"),     [Ungoverned,  Ungoverned, Ungoverned, Allow,      Ungoverned, too_long.clone(), too_long]),
        case("3 writes", plan(3, "write"),     [Ungoverned,  Ungoverned, Ungoverned, Allow,      Ungoverned, Allow,      Allow]),
        case("4 writes", plan(4, "write"),     [Ungoverned,  Ungoverned, Ungoverned, Allow,      Ungoverned, four.clone(), four]),
        case("21 writes", plan(21, "write"),   [Ungoverned,  Ungoverned, Ungoverned, Allow,      Ungoverned, conflict.clone(), conflict]),
    ]
}

/// Decides the case in a session of its own, and looks at the record too.
fn decide(policies: &Arc<Policies>, case: &Case) -> Decision {
    let store = MemoryStore::default();
    let identity = Identity { agent_role: Some("support".into()), ..Identity::default() };
    let mut session: Option<SessionKey> = None;
    for level in 0..=case.depth {
        session = Some(store.open(&format!("s{level}"), &identity, session.as_ref(), Timestamp(1)).unwrap());
    }
    let session = session.unwrap();
    let sink = MemorySink::default();
    let governor = Governor::new(
        Box::new(FakeEnv::default()),
        Arc::<Policies>::clone(policies),
        Box::new(store),
        Box::new(sink.clone()),
        GovernorOptions::default(),
    );
    let pep = Arc::new(Pep {
        adapter: "test".into(),
        capabilities: Capabilities { escalate: true, ..Capabilities::default() },
        names: ToolNames::default(),
        ..Pep::default()
    });
    let ask = |event: Event| {
        let (session, pep) = (session.clone(), Arc::clone(&pep));
        governor.decide(Request { event, session, shared: false, args_hidden: vec![], pep })
    };
    if case.spent > 0 {
        let Done::Decision(spending) = ask(model_call()) else { panic!("a model call waits for nobody") };
        assert!(spending.allow(), "{}", case.name);
        let usage = Usage { input_tokens: case.spent, ..Usage::default() };
        governor
            .report(spending.id, &Outcome { kind: OutcomeKind::Ok, usage: Some(usage), error: None })
            .unwrap();
    }
    match ask(case.event.clone()) {
        Done::Pending(pending) => pending.decision,
        Done::Decision(decision) => {
            let entries = sink.entries();
            let record = entries.last().unwrap();
            let said = (record.effect, record.code, record.reason.as_str());
            assert_eq!(said, (decision.effect.as_str(), decision.code.as_str(), decision.reason()));
            decision
        }
    }
}

fn hold(policies: &Arc<Policies>, case: &Case, want: &Want, loaded: &str) {
    let got = decide(policies, case);
    let (code, reason) = (got.code.as_str(), got.reason());
    let reviewers: Vec<&str> = got.reviewers.iter().map(|name| &**name).collect();
    let fine = match want {
        Allow => (got.effect, code) == (Effect::Allow, "allowed"),
        Ungoverned => (got.effect, code) == (Effect::Allow, "ungoverned"),
        Deny(want, why) => (got.effect, code, reason) == (Effect::Deny, *want, *why),
        Escalate(who, why) => {
            (got.effect, code, reason) == (Effect::Escalate, "approval_required", *why) && reviewers == *who
        }
    };
    assert!(
        fine,
        "{loaded}, {}: wanted {want:?}, got {:?} {code} {reason:?} {reviewers:?}",
        case.name, got.effect
    );
}

fn load(files: &[(String, &str)]) -> Arc<Policies> {
    let file = |(path, text): &(String, &str)| File { path: path.clone(), bytes: text.as_bytes().to_vec() };
    let files: Vec<File> = files.iter().map(file).collect();
    Arc::new(Policies::new(&files).unwrap())
}

#[test]
fn each_policy_alone() {
    let Some(policies) = spec::snippets(&spec::POLICIES) else { return };
    for (at, (name, text)) in policies.iter().enumerate() {
        let loaded = load(&[((*name).to_owned(), text)]);
        for case in cases() {
            hold(&loaded, &case, &case.want[at], name);
        }
    }
}

#[test]
fn any_of_them_together_are_as_strict_as_the_strictest() {
    let Some(policies) = spec::snippets(&spec::POLICIES) else { return };
    for chosen in 1..1_usize << policies.len() {
        let members: Vec<usize> = (0..policies.len()).filter(|at| chosen >> at & 1 == 1).collect();
        let files: Vec<(String, &str)> =
            members.iter().map(|at| (policies[*at].0.to_owned(), policies[*at].1.as_str())).collect();
        let loaded = load(&files);
        for case in cases() {
            // Who does not apply has no say; if nobody does, the case says what follows.
            let rank = |want: &&Want| match **want {
                Ungoverned | NO_POLICY => 0,
                Allow => 1,
                HOSTED => 2,
                Escalate(..) => 3,
                Deny(..) => 4,
            };
            let strictest = members.iter().map(|at| &case.want[*at]).max_by_key(rank).unwrap();
            hold(&loaded, &case, strictest, &format!("{members:?}"));
        }
    }
}

#[test]
fn all_policies_in_every_order() {
    let Some(policies) = spec::snippets(&spec::POLICIES) else { return };
    let orders = permutations(policies.len());
    assert_eq!(orders.len(), 720);
    for order in orders {
        // Files are loaded in the order of their names.
        let files: Vec<(String, &str)> = order
            .iter()
            .zip(&policies)
            .map(|(place, (name, text))| (format!("{place}_{name}"), text.as_str()))
            .collect();
        let loaded = load(&files);
        for case in cases() {
            hold(&loaded, &case, &case.want[6], &format!("{order:?}"));
        }
    }
}

#[test]
fn the_example_policies_decide_the_same() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/policies");
    let loaded = Arc::new(Policies::load(&examples).unwrap());
    assert_eq!(loaded.warnings(), []);
    for case in cases() {
        let got = decide(&loaded, &case);
        let want = match case.want[6] {
            Allow | Ungoverned => Effect::Allow,
            Deny(..) => Effect::Deny,
            Escalate(..) => Effect::Escalate,
        };
        assert_eq!(got.effect, want, "{}: {} {:?}", case.name, got.code, got.reason());
    }
}

fn permutations(of: usize) -> Vec<Vec<usize>> {
    if of == 0 {
        return vec![vec![]];
    }
    let shorter = permutations(of - 1);
    let longer = shorter.iter().flat_map(|order| {
        (0..of).map(move |at| {
            let mut order = order.clone();
            order.insert(at, of - 1);
            order
        })
    });
    longer.collect()
}
