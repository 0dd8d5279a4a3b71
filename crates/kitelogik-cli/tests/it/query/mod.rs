//! `kitelogik audit query`: what matches, and how it ends.

mod bounds;
mod printed;

use super::text;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};
use tempfile::TempDir;

/// A line of every kind, as the log writes them.
const EVERY_LINE: &str =
    include_str!("../../../../kitelogik-audit/tests/it/snapshots/it__lines__every_line.snap.jsonl");

/// Decisions, an outcome and a reload, each named by its id.
const LOG: &str = r#"{"schema":1,"timestamp":"2026-11-22T09:30:00.000001Z","event":"reload","decision_id":"r","policy_version":"sha256:aa","previous":"sha256:00","added":[],"removed":[]}
{"schema":1,"timestamp":"2026-11-22T09:30:00.000002Z","event":"tool_call","decision_id":"a","tool":"fs.write","args":{"path":"/tmp/a"},"session":{"id":"s-1","agent_id":"a-1","agent_role":"billing","user":"ana","tenant":"acme"},"decision":{"allow":true,"effect":"allow","reason":"","reason_code":"allowed"},"policy_version":"sha256:aa"}
{"schema":1,"timestamp":"2026-11-22T09:30:00.000003Z","event":"outcome","decision_id":"a","outcome":"error","error":{"type":"OSError","message":"disk full"}}
{"schema":1,"timestamp":"2026-11-22T10:00:00.000000Z","event":"tool_call","decision_id":"b","tool":"fs.read","session":{"id":"s-2","user":"bo","tenant":"acme"},"decision":{"allow":false,"effect":"deny","reason":"outside of /tmp","reason_code":"policy"},"policy_version":"sha256:aa"}
{"schema":1,"timestamp":"2026-11-22T11:00:00.000000Z","event":"tool_call","decision_id":"c","tool":"","wire_tool":"fs_write","session":{"id":"s-3","tenant":"default"},"decision":{"allow":false,"effect":"deny","reason":"no such tool","reason_code":"tool_name_unmapped"},"policy_version":"sha256:ab"}
{"schema":1,"timestamp":"2026-11-23T00:00:00.000000Z","event":"model_call","decision_id":"d","model":"gpt","session":{"id":"s-1","user":"ana","tenant":"acme"},"decision":{"allow":false,"effect":"escalate","reason":"much money","reason_code":"approval_required"},"policy_version":"sha256:bb"}
"#;

fn command(args: &[&str], dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kitelogik"));
    command.args(["audit", "query"]).args(args).current_dir(dir).env_remove("KITELOGIK_AUDIT_LOG");
    command
}

fn folder(log: impl AsRef<[u8]>) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("audit.jsonl"), log).unwrap();
    dir
}

struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn ended(output: Output) -> Ended {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn query(args: &[&str], log: impl AsRef<[u8]>) -> Ended {
    ended(command(args, folder(log).path()).output().unwrap())
}

/// The ids of the records that match.
fn found(args: &[&str]) -> String {
    let ended = query(&[args, &["--format", "json"]].concat(), LOG);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{args:?}");
    let ids =
        ended.stdout.lines().map(|line| line.split("\"decision_id\":\"").nth(1).unwrap().chars().next());
    ids.map(Option::unwrap).collect()
}

#[test]
fn each_flag_asks_for_any_of_its_values_and_all_flags_together() {
    for (args, ids) in [
        (&[][..], "raabcd"),
        (&["--tool", "fs.write"], "a"),
        (&["--tool", "fs_write"], "c"),
        (&["--tool", "fs*"], "abc"),
        (&["--tool", "fs?write"], "ac"),
        (&["--tool", "FS.write"], ""),
        (&["--tool", "fs.read", "--tool", "fs.write"], "ab"),
        (&["--effect", "deny"], "bc"),
        (&["--effect", "allow", "--effect", "escalate"], "ad"),
        (&["--event", "model_call"], "d"),
        (&["--event", "outcome", "--event", "reload"], "ra"),
        (&["--reason-code", "tool_name_unmapped"], "c"),
        (&["--user", "ana"], "ad"),
        (&["--session", "s-1"], "ad"),
        (&["--session", "s-1", "--event", "tool_call"], "a"),
        (&["--tenant", "default"], "c"),
        (&["--agent", "a-1"], "a"),
        (&["--agent", "billing"], "a"),
        (&["--decision-id", "a"], "aa"),
        (&["--policy-version", "sha256:aa"], "rab"),
        (&["--policy-version", "sha256:a*"], "rabc"),
        (&["--effect", "deny", "--user", "ana"], ""),
        (&["--limit", "2"], "cd"),
        (&["-n", "1", "--effect", "deny"], "c"),
        (&["--limit", "99", "--user", "ana"], "ad"),
    ] {
        assert_eq!(found(args), ids, "{args:?}");
    }
}

#[test]
fn a_time_is_a_moment_or_how_long_ago() {
    for (args, ids) in [
        (&["--since", "2026-11-22T10:00:00Z"][..], "bcd"),
        (&["--since", "2026-11-22T10:00:00.000001Z"], "cd"),
        (&["--until", "2026-11-22T10:00:00Z"], "raa"),
        (&["--until", "2026-11-22T10:00:00.000001Z"], "raab"),
        (&["--since", "2026-11-22T11:00:00+01:00", "--until", "2026-11-22T11:00:00Z"], "b"),
        (&["--since", "2026-11-22T10:30"], "cd"),
        (&["--since", "2026-11-23"], "d"),
        (&["--until", "2026-11-23"], "raabc"),
        (&["--since", "2000-01-01", "--until", "2000-01-02"], ""),
    ] {
        assert_eq!(found(args), ids, "{args:?}");
    }
    // What happened just now, two hours and ten days ago.
    let ago = |hours: u64| {
        let then = std::time::SystemTime::now() - std::time::Duration::from_secs(hours * 3_600 + 60);
        let micros = then.duration_since(std::time::UNIX_EPOCH).unwrap().as_micros();
        let at = kitelogik::model::Timestamp(micros.try_into().unwrap());
        format!("{{\"timestamp\":\"{at}\",\"schema\":1,\"event\":\"\",\"hours\":{hours}}}\n")
    };
    let log = [ago(240), ago(2), ago(0)].concat();
    for (args, hours) in [
        (&["--since", "1h"][..], &[0][..]),
        (&["--since", "2h 30m"], &[2, 0]),
        (&["--since", "9d"], &[2, 0]),
        (&["--since", "1 month", "--until", "1h"], &[240, 2]),
        (&["--until", "1w"], &[240]),
        (&["--until", "P1D"], &[240]),
        (&["--since", "3 hours ago"], &[2, 0]),
    ] {
        let expected: String = hours.iter().map(|hours| format!("\"hours\":{hours}}}\n")).collect();
        let printed = query(&[args, &["--format", "json"]].concat(), &log).stdout;
        let printed: String =
            printed.split_inclusive('\n').map(|line| line.rsplit_once(',').unwrap().1).collect();
        assert_eq!(printed, expected, "{args:?}");
    }
    // What says no time is at none.
    let log = "{\"schema\":1,\"event\":\"outcome\",\"timestamp\":\"soon\"}\n";
    assert_eq!(query(&["--since", "2000-01-01", "--format", "json"], log).stdout, "");
    assert_eq!(query(&["--format", "json"], log).stdout, log);
}

#[test]
fn the_log_is_named_or_that_of_the_environment_or_of_the_directory() {
    let dir = folder(LOG);
    fs::write(dir.path().join("other.jsonl"), EVERY_LINE).unwrap();
    let args = ["--format", "json"];
    let with = |args: &[&str]| {
        ended(command(args, dir.path()).env("KITELOGIK_AUDIT_LOG", "other.jsonl").output().unwrap())
    };
    assert_eq!(with(&args).stdout, EVERY_LINE);
    assert_eq!(with(&["audit.jsonl", "--format", "json"]).stdout, LOG);
    assert_eq!(query(&args, LOG).stdout, LOG);
    let log = fs::File::open(dir.path().join("audit.jsonl")).unwrap();
    let ended =
        ended(command(&["-", "--format", "json", "--user", "bo"], dir.path()).stdin(log).output().unwrap());
    assert_eq!((ended.code, ended.stdout.lines().count()), (Some(0), 1));
}

#[test]
fn each_exit_code_has_its_reason() {
    for wrong in [
        &["--effect", "maybe"][..],
        &["--event", "tool"],
        &["--reason-code", "none"],
        &["--format", "xml"],
        &["--limit", "0"],
        &["--limit", "-1"],
        &["--since", "yesterday"],
        &["--since", "1"],
        &["--since", ""],
        &["--since", "2026-11-22T09:30[Europe/Paris]"],
        &["--since", "2026-11-22T09:30+99:00"],
        &["--since", "1h", "--until", "2h"],
        &["--since", "2026-11-22", "--until", "2026-11-22"],
        &["a", "b"],
        &["--no-such-flag"],
    ] {
        let ended = query(wrong, LOG);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{wrong:?}");
        assert!(ended.stderr.starts_with("error: "), "{wrong:?}: {}", ended.stderr);
    }
    for (file, why) in [("none.jsonl", "No such file"), (".", "Is a directory")] {
        let ended = query(&[file], LOG);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""), "{file}");
        assert!(ended.stderr.starts_with(&format!("error: cannot read the audit log {file}: {why}")));
    }
    // A command without a table has no CSV.
    let other =
        Command::new(env!("CARGO_BIN_EXE_kitelogik")).args(["check", ".", "--format", "csv"]).output();
    assert_eq!(other.unwrap().status.code(), Some(2));
    let ended = query(&["--help"], "");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let help = command(&["--help"], folder("").path()).env("COLUMNS", "100").output().unwrap();
    insta::assert_snapshot!("help_query", text(&help.stdout));
}

#[test]
fn the_commands_of_the_page_run() {
    let page = include_str!("../../../../../docs/audit.md");
    let (_, section) = page.split_once("\n## Query\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    let lines: Vec<&str> = blocks.flat_map(str::lines).filter(|line| !line.is_empty()).collect();
    assert!(lines.len() > 3);
    let dir = folder(LOG);
    let gzip = Command::new("gzip").args(["-k", "audit.jsonl"]).current_dir(dir.path()).status();
    assert!(gzip.unwrap().success());
    let own = Path::new(env!("CARGO_BIN_EXE_kitelogik")).parent().unwrap();
    let path = format!("{}:{}", own.display(), std::env::var("PATH").unwrap());
    for line in lines {
        let output =
            Command::new("sh").args(["-c", line]).current_dir(dir.path()).env("PATH", &path).output();
        let ended = ended(output.unwrap());
        assert_eq!(ended.code, Some(0), "{line}: {}", ended.stderr);
    }
}
