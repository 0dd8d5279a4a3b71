//! A governor opened on a directory and a log.

use kitelogik::{
    Config, ConfigError, OpenError, Opened, ReloadError, Tools,
    core::{Done, Evaluator as _, Request},
    model::{Decision, Event, Identity, Phase, ReasonCode, Transport},
    open,
    value::{Value, json},
};
use std::{fs, path::Path, sync::Arc};
use tempfile::TempDir;

const FILES: &str = r#"package kitelogik.tool_call

default decision := {"allow": true}

decision := {"allow": false, "reason": "outside /data"} if {
	input.tool == "fs.write"
	not startswith(input.args.path, "/data/")
}
"#;

fn house() -> (TempDir, Config) {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("policies")).unwrap();
    fs::write(dir.path().join("policies/files.rego"), FILES).unwrap();
    let config = Config::new([dir.path().join("policies")], dir.path().join("audit.jsonl"));
    (dir, config)
}

fn tools() -> Tools {
    let mut tools = Tools::default();
    tools.names.insert("fs_write".into(), "fs.write".into());
    tools.mcp.insert("refund".into(), "stripe.refund".into());
    tools.tags.insert("stripe.refund".into(), vec!["money".into()]);
    tools
}

fn decide(opened: &Opened, event: Event) -> Decision {
    let session = opened.session(&Identity::default(), None).unwrap();
    let pep = Arc::new(tools().pep("test", None).unwrap());
    match opened.governor().decide(Request { event, session, shared: false, args_hidden: vec![], pep }) {
        Done::Decision(decision) => decision,
        Done::Pending(_) => panic!("nothing escalates here"),
    }
}

fn write(path: &str) -> Event {
    let mut event = Event::tool_call("", Value::object([("path", path.into())]));
    (event.tool, event.wire_tool) = (None, Some("fs_write".into()));
    event
}

fn records(log: &Path) -> Vec<Value> {
    let text = fs::read_to_string(log).unwrap();
    text.lines().map(|line| json::parse(line.as_bytes(), &json::Limits::EVENT).unwrap()).collect()
}

#[test]
fn a_directory_and_a_log_are_enough() {
    let (dir, config) = house();
    let opened = open(config).unwrap();
    assert!(decide(&opened, write("/data/a")).allow());
    let denied = decide(&opened, write("/data/../etc/a"));
    assert_eq!((denied.code, denied.reason()), (ReasonCode::Policy, "outside /data"));
    let records = records(&dir.path().join("audit.jsonl"));
    assert_eq!(records.len(), 2);
    assert_eq!(records[1].get("tool").and_then(Value::as_str), Some("fs.write"));
    assert_eq!(records[1].get("policy_version").and_then(Value::as_str), Some(&*opened.policies().version()));
    let hash = records[1].get("config_hash").and_then(Value::as_str).unwrap();
    assert!(hash.starts_with("sha256:") && hash.len() == 71, "{hash}");
}

#[test]
fn policies_and_log_are_out_of_reach_however_they_are_spelled() {
    let (dir, config) = house();
    std::os::unix::fs::symlink(dir.path(), dir.path().join("link")).unwrap();
    let mut linked = config.clone();
    linked.policies = vec![dir.path().join("link/policies")];
    let root = dir.path().to_str().unwrap();
    for config in [config, linked] {
        let opened = open(config).unwrap();
        for path in [
            "policies/files.rego",
            "policies/new.rego",
            "policies",
            "./policies/../policies//files.rego",
            "audit.jsonl",
            "audit.jsonl.torn",
            "audit.jsonl.tlog/checkpoint",
        ] {
            let decision = decide(&opened, write(&format!("{root}/{path}")));
            assert_eq!(decision.code, ReasonCode::SelfProtection, "{path}");
        }
        assert_eq!(decide(&opened, write(&format!("{root}/policies2/a"))).code, ReasonCode::Policy);
    }
}

#[test]
fn a_log_behind_links_is_out_of_reach_at_every_one_of_them() {
    let (dir, mut config) = house();
    let root = fs::canonicalize(dir.path()).unwrap();
    fs::create_dir(root.join("real")).unwrap();
    let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, root.join(name)).unwrap();
    link("real", "folder");
    // The last one leads to a file that is not there yet.
    link("../second", "real/first");
    link("kept/log", "second");
    fs::create_dir(root.join("kept")).unwrap();
    config.audit_log = root.join("folder/first");
    let opened = open(config).unwrap();
    let root = root.to_str().unwrap();
    for path in ["folder/first", "real/first", "second", "kept/log", "kept/log.torn", "real/first.tlog/x"] {
        let decision = decide(&opened, write(&format!("{root}/{path}")));
        assert_eq!(decision.code, ReasonCode::SelfProtection, "{path}");
    }
    assert_eq!(decide(&opened, write(&format!("{root}/kept/other"))).code, ReasonCode::Policy);
    assert!(fs::metadata(format!("{root}/kept/log")).unwrap().len() > 0, "that is where the records are");
}

#[test]
fn a_bridged_tool_is_its_servers() {
    let (dir, config) = house();
    let opened = open(config).unwrap();
    let mut event = Event::tool_call("", Value::object::<&str>([]));
    (event.tool, event.wire_tool) = (None, Some("refund".into()));
    assert!(decide(&opened, event).allow());
    let record = &records(&dir.path().join("audit.jsonl"))[0];
    let shown = |path: &[&str]| json::to_string(record.at(path).unwrap());
    assert_eq!(shown(&["tool"]), "\"stripe.refund\"");
    assert_eq!(shown(&["transport"]), "\"mcp\"");
    assert_eq!(shown(&["server", "alias"]), "\"stripe\"");
    assert_eq!(shown(&["tool_tags"]), "[\"money\"]");
}

#[test]
fn a_hosted_tool_is_declared_once_the_operator_writes_what_help_says() {
    let (dir, config) = house();
    let opened = open(config).unwrap();
    let event = || Event {
        transport: Some(Transport::Hosted),
        phase: Phase::Declare,
        args: None,
        ..Event::tool_call("web_search", Value::Null)
    };
    let refused = decide(&opened, event());
    assert_eq!(refused.code, ReasonCode::HostedTool);

    let named = Tools { hosted: ["web_search".into()].into(), ..Tools::default() };
    let pep = Arc::new(Tools::default().united(&named).unwrap().pep("test", None).unwrap());
    let session = opened.session(&Identity::default(), None).unwrap();
    let request = Request { event: event(), session, shared: false, args_hidden: vec![], pep };
    let Done::Decision(decision) = opened.governor().decide(request) else {
        panic!("nothing escalates here")
    };
    assert_eq!(decision.code, ReasonCode::Allowed);

    let rule =
        refused.help.split("`kitelogik.tool_call`: ").nth(1).unwrap().split(", or pass").next().unwrap();
    fs::write(dir.path().join("policies/files.rego"), format!("{FILES}\n{rule}\n")).unwrap();
    opened.reload().unwrap();
    assert_eq!(decide(&opened, event()).code, ReasonCode::Allowed);
    let records = records(&dir.path().join("audit.jsonl"));
    let shown = |at: usize, path: &[&str]| json::to_string(records[at].at(path).unwrap());
    for (at, code) in [(0, "\"hosted_tool\""), (1, "\"allowed\""), (3, "\"allowed\"")] {
        assert_eq!(shown(at, &["phase"]), "\"declare\"");
        assert_eq!(shown(at, &["decision", "reason_code"]), code);
    }
}

#[test]
fn what_cannot_be_opened_says_what_to_do() {
    let (dir, good) = house();
    let refused = |change: &dyn Fn(&mut Config)| {
        let mut config = good.clone();
        change(&mut config);
        open(config).expect_err("must not open").to_string()
    };
    let at = |name: &str| dir.path().join(name);
    let shown = |name: &str| at(name).display().to_string();
    fs::create_dir(at("empty")).unwrap();
    fs::write(at("other.jsonl"), "{\"ts\":1}\n").unwrap();

    let error = refused(&|c| c.policies = vec![at("none")]);
    assert!(error.contains(&format!("no such directory: {}", shown("none"))), "{error}");
    assert!(error.contains(&format!("kitelogik init {}", shown("none"))), "{error}");
    let error = refused(&|c| c.policies = vec![at("empty")]);
    assert!(error.contains(&format!("{} holds no .rego file", shown("empty"))), "{error}");
    assert!(error.contains(&format!("kitelogik init {}", shown("empty"))), "{error}");
    let error = refused(&|c| c.policies = vec![at("policies/files.rego")]);
    assert!(error.contains("not a directory"), "{error}");
    let error = refused(&|c| c.audit_log = at("none/audit.jsonl"));
    assert!(error.contains(&shown("none/audit.jsonl")), "{error}");
    let error = refused(&|c| c.audit_log = at("other.jsonl"));
    assert!(error.contains("no audit log of profile `kitelogik`"), "{error}");
    let error = refused(&|c| c.policies.clear());
    assert!(error.contains("kitelogik init"), "{error}");
    fs::write(at("policies/broken.rego"), "package kitelogik.tool_call\n\ndecision := {\n").unwrap();
    let Err(OpenError::Policies(wrong)) = open(good.clone()) else { panic!("must not load") };
    let found = &wrong.0[0];
    assert_eq!((found.file.as_str(), found.code), ("broken.rego", "rego_parse_error"));
    assert!(found.line > 0 && found.column > 0);
    fs::remove_file(at("policies/broken.rego")).unwrap();
    assert!(decide(&open(good).unwrap(), write("/data/a")).allow(), "no failure leaves anything behind");
}

#[test]
fn names_that_contradict_each_other_are_refused() {
    let with = |change: &dyn Fn(&mut Tools)| {
        let mut tools = tools();
        change(&mut tools);
        tools
    };
    let both = with(&|t| drop(t.mcp.insert("fs_write".into(), "a.b".into())));
    let error = both.pep("test", None).expect_err("twice").to_string();
    assert!(error.contains("`fs_write` stands in tool_names and in mcp_tools"), "{error}");
    let bare = with(&|t| drop(t.mcp.insert("list".into(), "list".into())));
    let error = bare.pep("test", None).expect_err("no alias").to_string();
    assert!(error.contains("such as `github.list`"), "{error}");

    let other = with(&|t| drop(t.names.insert("fs_write".into(), "disk.write".into())));
    let error = tools().united(&other).expect_err("contradiction").to_string();
    assert_eq!(error, "tool_names gives `fs_write` as `fs.write` and as `disk.write`; say one of them");
    let tagged = with(&|t| drop(t.tags.insert("stripe.refund".into(), vec!["audit".into(), "money".into()])));
    let pep = tools().united(&tagged).unwrap().pep("test", None).unwrap();
    assert_eq!(pep.names.tags["stripe.refund"], ["audit".into(), "money".into()]);
    let hash = |tools: &Tools, ungoverned| tools.pep("test", ungoverned).unwrap().config_hash;
    assert_eq!(
        hash(&tools(), None),
        tools().united(&tools()).unwrap().pep("test", None).unwrap().config_hash
    );
    assert_ne!(hash(&tools(), None), hash(&tools(), Some(true)));
    assert_ne!(hash(&tools(), None), hash(&tagged, None));
    let hosted = with(&|t| t.hosted = ["web_search".into()].into());
    assert_ne!(hash(&tools(), None), hash(&hosted, None));
}

#[test]
fn a_program_inside_of_the_policies_is_refused() {
    let root = std::env::current_dir().unwrap();
    let error = open(Config::new([&root], root.join("no/audit.jsonl"))).expect_err("must not open");
    assert!(matches!(error, OpenError::Config(ConfigError::WorksInPolicies(_))), "{error}");
}

#[test]
fn a_reload_swaps_good_policies_and_keeps_the_last_good_ones() {
    let (dir, config) = house();
    let opened = open(config).unwrap();
    let before = opened.policies().version();
    let same = opened.reload().unwrap();
    assert!(!same.changed && same.version == before);

    let file = dir.path().join("policies/files.rego");
    fs::write(&file, "package kitelogik.tool_call\n\ndecision := {\n").unwrap();
    let Err(ReloadError::Policies(wrong)) = opened.reload() else { panic!("it is broken") };
    assert_eq!(wrong.0[0].code, "rego_parse_error");
    assert_eq!(opened.policies().version(), before);
    assert_eq!(decide(&opened, write("/etc/a")).reason(), "outside /data");

    fs::write(&file, FILES.replace("outside /data", "nowhere but /data")).unwrap();
    fs::write(
        dir.path().join("policies/plan.rego"),
        "package kitelogik.agent_plan\n\ndeny contains \"no\" if { input.plan.steps[3] }\n",
    )
    .unwrap();
    let reloaded = opened.reload().unwrap();
    assert!(reloaded.changed && reloaded.version != before);
    assert_eq!(
        (reloaded.added.as_slice(), reloaded.removed.len()),
        (&["kitelogik.agent_plan".into()][..], 0)
    );
    let decision = decide(&opened, write("/etc/a"));
    assert_eq!((decision.reason(), &decision.policy_version), ("nowhere but /data", &reloaded.version));

    fs::remove_file(dir.path().join("policies/plan.rego")).unwrap();
    assert_eq!(opened.reload().unwrap().removed, ["kitelogik.agent_plan".into()]);
    let records = records(&dir.path().join("audit.jsonl"));
    let reloads: Vec<&Value> =
        records.iter().filter(|r| r.get("event").and_then(Value::as_str) == Some("reload")).collect();
    let text = |record: &Value, key: &str| json::to_string(record.get(key).unwrap());
    assert_eq!(reloads.len(), 2, "one for each change");
    assert_eq!(text(reloads[0], "previous"), format!("\"{before}\""));
    assert_eq!(text(reloads[0], "policy_version"), text(reloads[1], "previous"));
    assert_eq!(text(reloads[1], "removed"), "[\"kitelogik.agent_plan\"]");

    // What cannot be recorded does not happen.
    fs::remove_file(dir.path().join("audit.jsonl")).unwrap();
    fs::write(&file, FILES).unwrap();
    let deciding = opened.policies().version();
    assert!(matches!(opened.reload(), Err(ReloadError::Audit(_))));
    assert_eq!(opened.policies().version(), deciding);
}
