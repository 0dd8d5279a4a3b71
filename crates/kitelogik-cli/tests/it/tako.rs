//! `kitelogik check` and `kitelogik eval` on policies of Tako's dialect.

use crate::policies::{check, eval};
use std::fs;

const RULES: &str = r#"package tako.policy

default allow := true

deny contains "shell.exec is for admins" if {
	input.stage == "pre_tool"
	input.tool == "shell.exec"
	not "admin" in input.principal.roles
}

force_model contains "small" if {
	input.stage == "pre_chat"
	input.principal.tenant_id == "free"
}

redact_response contains `\d{16}` if input.stage == "post_chat"
"#;

#[test]
fn check_names_the_unit_its_dialect_and_what_it_decides() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("rules.rego"), RULES).unwrap();
    let ended = check(dir.path(), &["--opa-strict"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let unit = "units\n  tako.policy, dialect tako: decides tool_call, model_call, model_response\n";
    assert!(ended.stdout.contains(unit), "{}", ended.stdout);
    assert!(ended.stdout.contains("1 file, 1 unit, 0 warnings"), "{}", ended.stdout);
    let ended = check(dir.path(), &["--format", "json"]);
    let unit = r#""units":[{"dialect":"tako","events":["tool_call","model_call","model_response"],"files":["rules.rego"],"unit":"tako.policy"}]"#;
    assert!(ended.stdout.contains(unit), "{}", ended.stdout);
}

#[test]
fn eval_decides_at_each_stage() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("rules.rego"), RULES).unwrap();
    let shell = |roles: &str| {
        format!(
            r#"{{"event": "tool_call", "tool": "shell.exec", "args": {{}}, "principal": {{"roles": {roles}}}}}"#
        )
    };
    let model = r#"{"event": "model_call", "model": "large", "principal": {"tenant_id": "free"}}"#;
    let response = r#"{"event": "model_response", "response": "hi"}"#;
    for (event, says) in [
        (shell("[]").as_str(), "deny  policy\n  shell.exec is for admins\n"),
        (shell(r#"["admin"]"#).as_str(), "allow  allowed\n  rules: data.tako.policy.allow (rules.rego:3)"),
        (model, "allow  allowed\n  obligations: {\"force_model\":\"small\"}\n"),
        (response, "allow  allowed\n  obligations: {\"redact_response\":[\"\\\\d{16}\"]}\n"),
        (r#"{"event": "agent_spawn"}"#, "allow  ungoverned\n"),
    ] {
        let ended = eval(dir.path(), &[], event);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{event}");
        assert!(ended.stdout.starts_with(says), "{}", ended.stdout);
    }
}
