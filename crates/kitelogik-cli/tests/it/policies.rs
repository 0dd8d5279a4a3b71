//! `kitelogik check` and `kitelogik eval`: what people read, what programs read, how they end.

use kitelogik::value::{Value, json};
use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;

const FILES: &str = r#"package kitelogik.tool_call

default decision := {"allow": true}

decision := {"allow": false, "reason": sprintf("%v is outside of /data", [input.args.path])} if {
	input.tool == "fs.write"
	not startswith(input.args.path, "/data/")
}
"#;
const MONEY: &str = r#"package kitelogik.tool_call

default decision = {"allow": true}

decision = {"escalate": true, "reviewers": ["oncall"], "reason": "much money"} {
	"money" in input.tool_tags
	input.args.amount > 1000
}
"#;
const BUDGET: &str = r#"package kitelogik.agent_resource

deny contains "too deep" if input.parent.depth >= data.limits.depth

deny contains "too many tokens" if input.session.tokens_spent > data.limits.tokens
"#;

fn kitelogik(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kitelogik"));
    command.args(args);
    command
}

fn policies(more: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let files = [
        ("files.rego", FILES),
        ("money.rego", MONEY),
        ("budget.rego", BUDGET),
        ("limits/data.yaml", "depth: 2\ntokens: 100\n"),
    ];
    for (name, text) in files.iter().chain(more) {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the command; what differs from run to run is replaced.
fn run(args: &[&str], dir: &Path, stdin: impl AsRef<[u8]>) -> Ended {
    let mut child =
        kitelogik(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The command may end before it reads.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_ref());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap().replace(dir.to_str().unwrap(), "DIR");
        let text = masked(&text, "\"decision_id\":\"", 36);
        masked(&text, "sha256:", 64)
    };
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// The text with what follows a mark replaced.
fn masked(text: &str, mark: &str, length: usize) -> String {
    let mut parts = text.split(mark);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + mark + "…" + part.get(length..).unwrap_or(part))
}

pub(crate) fn check(dir: &Path, flags: &[&str]) -> Ended {
    run(&[&["check", dir.to_str().unwrap()], flags].concat(), dir, "")
}

pub(crate) fn eval(dir: &Path, flags: &[&str], event: impl AsRef<[u8]>) -> Ended {
    run(&[&["eval", "--policies", dir.to_str().unwrap(), "--event", "-"], flags].concat(), dir, event)
}

const OUTSIDE: &str = r#"{"event": "tool_call", "tool": "fs.write", "args": {"path": "/data/../etc/a"}}"#;
const MUCH: &str = r#"{"event": "tool_call", "tool": "refund", "args": {"amount": 1001}}"#;
const LITTLE: &str = r#"{"event": "tool_call", "tool": "refund", "args": {"amount": 1}}"#;

#[test]
fn check_says_what_decides() {
    let dir = policies(&[]);
    let ended = check(dir.path(), &[]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!("check", ended.stdout);
    let ended = check(dir.path(), &["--format", "json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!("check_json", ended.stdout);
}

#[test]
fn check_shows_every_error_in_its_file() {
    let dir = policies(&[
        ("broken.rego", "package kitelogik.tool_call\n\ndecision := {\"allow\" true}\n"),
        ("data.json", "{\"a\": 1,\n \"b\": [1,]}"),
        ("empty.rego", "\n"),
        ("typo.rego", "package kitelogik.toolcall\n\ndefault decision := {\"allow\": true}\n"),
    ]);
    let ended = check(dir.path(), &[]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
    insta::assert_snapshot!("check_errors", ended.stdout);
    let ended = check(dir.path(), &["--format", "json"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stdout.starts_with(
            "{\"errors\":[{\"code\":\"rego_parse_error\",\"column\":22,\"file\":\"broken.rego\""
        )
    );
    assert!(ended.stdout.contains("\"ok\":false,"), "{}", ended.stdout);
}

#[test]
fn check_shows_the_rule_that_a_data_file_contradicts() {
    let dir = policies(&[("kitelogik/tool_call/data.json", "{\"decision\": {\"allow\": true}}")]);
    let ended = check(dir.path(), &[]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
    let told = "error[data_conflict]: conflicting rule for data path kitelogik/tool_call/decision found\n \
                --> DIR/files.rego:3:1\n";
    assert!(ended.stdout.starts_with(told), "{}", ended.stdout);
    assert!(ended.stdout.contains("= help: a data file says it too"), "{}", ended.stdout);
}

#[test]
fn check_holds_policies_to_opa_if_asked() {
    let dir = policies(&[]);
    let ended = check(dir.path(), &["--opa-strict"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout.contains("money.rego:5:1"), "{}", ended.stdout);
    fs::remove_file(dir.path().join("money.rego")).unwrap();
    assert_eq!(check(dir.path(), &["--opa-strict"]).code, Some(0));
    // Each of two defaults is fine by itself; OPA takes one in a package.
    fs::write(dir.path().join("other.rego"), FILES).unwrap();
    assert_eq!(check(dir.path(), &[]).code, Some(0));
    assert_eq!(check(dir.path(), &["--opa-strict"]).code, Some(1));
}

#[test]
fn a_directory_that_is_missing_or_empty_is_told_with_its_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let ended = check(&dir.path().join("none"), &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""));
    assert!(ended.stderr.contains("kitelogik init"), "{}", ended.stderr);
    let ended = check(&dir.path().join("none"), &["--format", "json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(3), ""));
    assert!(ended.stdout.contains("\"code\":\"no_directory\""), "{}", ended.stdout);
    let ended = check(dir.path(), &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    insta::assert_snapshot!("check_empty", ended.stderr);
    let ended = eval(dir.path(), &[], OUTSIDE);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""));
}

#[test]
fn eval_prints_the_decision() {
    let dir = policies(&[]);
    let ended = eval(dir.path(), &[], OUTSIDE);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!("eval_deny", ended.stdout);
    let ended = eval(dir.path(), &["--format", "json"], OUTSIDE);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!("eval_deny_json", ended.stdout);
    let ended = eval(dir.path(), &["--tool-tag", "refund=money"], MUCH);
    insta::assert_snapshot!("eval_escalate", ended.stdout);
    let file = dir.path().join("event.json");
    fs::write(&file, LITTLE).unwrap();
    let args = ["eval", "--policies", dir.path().to_str().unwrap(), "--event", file.to_str().unwrap()];
    insta::assert_snapshot!("eval_allow", run(&args, dir.path(), "").stdout);
}

#[test]
fn fail_on_is_a_threshold() {
    let dir = policies(&[]);
    let tag = ["--tool-tag", "refund=money"];
    for (event, fail_on, code) in [
        (OUTSIDE, "deny", 1),
        (OUTSIDE, "escalate", 1),
        (MUCH, "deny", 0),
        (MUCH, "escalate", 1),
        (LITTLE, "deny", 0),
        (LITTLE, "escalate", 0),
    ] {
        let ended = eval(dir.path(), &[&tag[..], &["--fail-on", fail_on]].concat(), event);
        assert_eq!(ended.code, Some(code), "{event} {fail_on}");
    }
}

#[test]
fn wire_names_are_joined_by_the_operator_alone() {
    let dir = policies(&[]);
    let event = r#"{"event": "tool_call", "wire_tool": "fs_write", "args": {"path": "/etc/a"}}"#;
    let ended = eval(dir.path(), &["--format", "json"], event);
    assert!(ended.stdout.contains("\"reason_code\":\"tool_name_unmapped\""), "{}", ended.stdout);
    let ended = eval(dir.path(), &["--format", "json", "--tool-name", "fs_write=fs.write"], event);
    assert!(ended.stdout.contains("\"reason\":\"/etc/a is outside of /data\""), "{}", ended.stdout);
    for wrong in
        [&["--tool-name", "fs_write"][..], &["--tool-tag", "=x"], &["--fail-on", "allow"], &["--nope"]]
    {
        assert_eq!(eval(dir.path(), wrong, event).code, Some(2), "{wrong:?}");
    }
}

#[test]
fn one_name_with_two_meanings_is_a_wrong_command_line() {
    let dir = policies(&[]);
    let twice = |second: &str| eval(dir.path(), &["--tool-name", "a=b", "--tool-name", second], OUTSIDE);
    let ended = twice("a=c");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("`b` and as `c`"), "{}", ended.stderr);
    assert_eq!(twice("a=b").code, Some(0));
}

#[test]
fn what_check_prints_has_one_shape_whether_or_not_they_load() {
    let keys = |dir: &Path| {
        let ended = check(dir, &["--format", "json"]);
        let document = json::parse(ended.stdout.as_bytes(), &json::Limits::EVENT).unwrap();
        let pairs = document.as_object().unwrap();
        (pairs.iter().map(|(key, _)| key.as_str().unwrap().to_owned()).collect::<Vec<_>>(), document)
    };
    let (good, _) = keys(policies(&[]).path());
    let wrong = policies(&[("bad.rego", "package kitelogik.nothing\n")]);
    for dir in [wrong.path(), &wrong.path().join("none")] {
        let (bad, document) = keys(dir);
        assert_eq!(bad, good);
        assert_eq!(document.get("policy_version"), Some(&Value::Null));
    }
}

#[test]
fn the_document_says_what_a_store_would() {
    let dir = policies(&[]);
    let reason = |event: &str| {
        let ended = eval(dir.path(), &["--format", "json"], event);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let (_, after) = ended.stdout.split_once("\"reason\":\"").unwrap();
        after.split('"').next().unwrap().to_owned()
    };
    assert_eq!(reason(r#"{"event": "agent_spawn", "parent": {"id": "p", "depth": 2}}"#), "too deep");
    assert_eq!(reason(r#"{"event": "agent_spawn", "parent": {"id": "p", "depth": 1}}"#), "");
    let call = |more: &str| format!(r#"{{"event": "tool_call", "tool": "t", "args": {{}}, {more}}}"#);
    assert_eq!(reason(&call(r#""parent": {"depth": 2}"#)), "too deep");
    assert_eq!(reason(&call(r#""session": {"tokens_spent": 101}"#)), "too many tokens");
    let whole = r#""session": {"id": "s", "tenant": "acme", "user": "ana", "agent_id": "a", "agent_role": "billing",
        "scope": ["x"], "tokens_spent": 1, "cost_spent": 0.5, "started_at": "2026-11-24T10:15:00Z",
        "tool_calls": [{"tool": "t"}], "tool_call_count": {"t": 1}},
        "principal": {"tenant_id": "acme", "user_id": "ana", "roles": ["dev"]}"#;
    assert_eq!(reason(&call(whole)), "");
}

#[test]
fn a_document_that_is_no_event_is_a_denial_and_a_failure() {
    let dir = policies(&[]);
    let event = "{\"event\": \"tool_call\",\n \"tool\": \"t\",\n \"argz\": {}}";
    let ended = eval(dir.path(), &["--format", "json"], event);
    assert_eq!(ended.code, Some(3));
    insta::assert_snapshot!("eval_invalid", ended.stderr);
    assert!(ended.stdout.contains("\"reason_code\":\"invalid_event\""), "{}", ended.stdout);
    for (event, code, place) in [
        ("", "invalid_event", "1:1"),
        ("[]", "invalid_event", "1:1"),
        ("{\"event\": \"tool_call\",\n", "invalid_event", "2:1"),
        ("{\"event\": \"tool_cal\"}", "invalid_event", "1:2"),
        ("{\"event\": \"tool_call\", \"tool\": \"t\", \"args\": []}", "invalid_args", "1:37"),
        ("{\"event\": \"tool_call\", \"tool\": \"t\"}", "invalid_args", "1:1"),
        ("{\"event\": \"tool_call\", \"tool\": \"t\", \"args\": {}, \"id\": 1}", "invalid_event", "1:49"),
        (
            "{\"event\": \"agent_spawn\", \"session\": {\"user\": \"a\",\n \"tokens_spent\": -1}}",
            "invalid_event",
            "2:2",
        ),
        ("{\"event\": \"agent_spawn\", \"session\": {\"userr\": \"a\"}}", "invalid_event", "1:38"),
        (
            "{\"event\": \"agent_spawn\", \"session\": {\"user\": \"a\"}, \"principal\": {\"user_id\": \"b\"}}",
            "invalid_event",
            "1:66",
        ),
        ("{\"event\": \"agent_spawn\", \"parent\": 1}", "invalid_event", "1:26"),
        ("{\"event\": \"agent_spawn\", \"event\": \"tool_call\"}", "invalid_event", "1:26"),
    ] {
        let ended = eval(dir.path(), &["--format", "json"], event);
        assert_eq!(ended.code, Some(3), "{event}");
        assert!(ended.stdout.contains(&format!("\"reason_code\":\"{code}\"")), "{event}: {}", ended.stdout);
        assert!(ended.stderr.contains(&format!("standard input:{place}")), "{event}: {}", ended.stderr);
    }
    let long = format!(
        "{{\"event\": \"tool_call\", \"tool\": \"t\", \"args\": {{\"a\": \"{}\"}}}}",
        "x".repeat(2 << 20)
    );
    let deep = format!(
        "{{\"event\": \"tool_call\", \"tool\": \"t\", \"args\": {}{}}}",
        "[".repeat(20_000),
        "]".repeat(20_000)
    );
    for event in [long.into_bytes(), deep.into_bytes(), b"{\"event\": \"\xff\"}".to_vec()] {
        let ended = eval(dir.path(), &["--format", "json"], &event);
        assert_eq!(ended.code, Some(3));
        assert!(ended.stdout.contains("\"reason_code\":\"invalid_event\""), "{}", ended.stdout);
    }
}

#[test]
fn policies_that_do_not_load_decide_nothing() {
    for (name, text, code) in [
        ("malformed.rego", "package kitelogik.tool_call\n\ndecision := {\n", "rego_parse_error"),
        ("typo.rego", "package kitelogik.toolcall\n\ndefault decision := {}\n", "unknown_package"),
        ("inert.rego", "package helpers\n\nx := 1\n", "no_entry_rule"),
        ("empty.rego", "", "empty_file"),
        (
            "send.rego",
            "package kitelogik.agent_plan\n\ndeny contains \"a\" if http.send({}).ok\n",
            "reaches_out",
        ),
        (
            "loop.rego",
            "package kitelogik.agent_plan\n\ndeny contains \"a\" if a\n\na if a\n",
            "rego_recursion_error",
        ),
    ] {
        let dir = policies(&[(name, text)]);
        let ended = eval(dir.path(), &[], OUTSIDE);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""), "{name}");
        assert!(ended.stderr.contains(&format!("error[{code}]")), "{name}: {}", ended.stderr);
        assert!(ended.stderr.contains(&format!("DIR/{name}")), "{name}: {}", ended.stderr);
    }
    let dir = policies(&[]);
    std::os::unix::fs::symlink("nowhere", dir.path().join("gone.rego")).unwrap();
    let ended = eval(dir.path(), &[], OUTSIDE);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""));
    assert!(ended.stderr.contains("error[unreadable]: cannot read DIR/gone.rego"), "{}", ended.stderr);
}

#[test]
fn init_writes_policies_that_load_and_never_over_others() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("new/policies");
    let path = dir.to_str().unwrap();
    let ended = run(&["init", path], root.path(), "");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!("init", ended.stdout);
    let ended = check(&dir, &["--opa-strict"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    assert!(ended.stdout.contains("1 file, 1 unit, 0 warnings"), "{}", ended.stdout);
    for (path, allowed) in [("/tmp/a", true), ("/etc/a", false), ("/tmp/../etc/a", false)] {
        let event = format!(
            "{{\"event\": \"tool_call\", \"tool\": \"fs.write\", \"args\": {{\"path\": \"{path}\"}}}}"
        );
        let ended = eval(&dir, &["--fail-on", "deny"], &event);
        assert_eq!(ended.code, Some(i32::from(!allowed)), "{path}");
    }
    // The tests that come with them pass too.
    let query = "[data.kitelogik.tool_call_test[name] | name]";
    let ended = run(&["rego", "eval", "-d", path, "-f", "raw", &format!("count({query})")], root.path(), "");
    assert_eq!((ended.code, ended.stdout.trim()), (Some(0), "3"), "{}", ended.stderr);
    let ended = run(&["init", path], root.path(), "");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""));
    assert_eq!(ended.stderr, "error: DIR/new/policies holds something already; name a new directory\n");
}

#[test]
fn help_shows_examples() {
    for command in ["init", "check", "eval"] {
        let output = kitelogik(&[command, "--help"]).env("COLUMNS", "100").output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        insta::assert_snapshot!(format!("help_{command}"), String::from_utf8(output.stdout).unwrap());
    }
}

#[test]
fn colour_is_asked_for_or_left_out() {
    let dir = policies(&[]);
    let path = dir.path().to_str().unwrap();
    let coloured = |args: &[&str], no_color: bool| {
        let mut command = kitelogik(args);
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env_remove("FORCE_COLOR");
        if no_color {
            command.env("NO_COLOR", "1");
        }
        command.output().unwrap().stdout.contains(&0x1b)
    };
    assert!(!coloured(&["check", path], false), "no terminal");
    assert!(coloured(&["check", path, "--color", "always"], false));
    assert!(!coloured(&["check", path, "--color", "never"], false));
    assert!(!coloured(&["check", path], true));
}

#[test]
fn ctrl_c_ends_at_once() {
    use std::os::unix::process::ExitStatusExt as _;
    let dir = policies(&[]);
    let mut child = kitelogik(&["eval", "--policies", dir.path().to_str().unwrap(), "--event", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let status = child.wait().unwrap();
    // A shell says 130 for both.
    assert!(status.signal() == Some(2) || status.code() == Some(130), "{status:?}");
}
