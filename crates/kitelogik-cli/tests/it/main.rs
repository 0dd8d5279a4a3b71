//! The command line, run as a user runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod opa;
mod policies;
mod query;
mod rego;
mod schema;
mod tako;
mod terminal;
mod wheel;

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Output, Stdio},
};

fn kitelogik(args: &[&str], log: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kitelogik"));
    command.args(args).env_remove("KITELOGIK_AUDIT_LOG");
    if let Some(log) = log {
        command.env("KITELOGIK_AUDIT_LOG", log);
    }
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn record(n: usize) -> String {
    format!(
        "{{\"schema\":1,\"timestamp\":\"2026-11-22T09:30:00.00000{n}Z\",\"event\":\"tool_call\",\"decision_id\":\"d{n}\",\
         \"tool\":\"fs.write\\u001b[2J\",\"decision\":{{\"allow\":false,\"effect\":\"deny\",\"reason\":\"outside /tmp\"}}}}\n"
    )
}

#[test]
fn tail_shows_the_last_records_and_no_terminal_codes_from_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("audit.jsonl");
    std::fs::write(&log, (0..9).map(record).collect::<String>()).unwrap();
    let output = kitelogik(&["audit", "tail", "-n", "2"], Some(&log));
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        text,
        "2026-11-22T09:30:00.000007Z  deny      tool_call      fs.write\\u{1b}[2J        outside /tmp\n\
         2026-11-22T09:30:00.000008Z  deny      tool_call      fs.write\\u{1b}[2J        outside /tmp\n"
    );
    let output = kitelogik(&["audit", "tail", log.to_str().unwrap(), "-n", "1", "--format", "json"], None);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), record(8));
}

#[test]
fn tail_finds_lines_across_blocks() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("audit.jsonl");
    let long =
        format!("{{\"schema\":1,\"timestamp\":\"\",\"event\":\"\",\"tool\":\"{}\"}}\n", "x".repeat(200_000));
    std::fs::write(&log, format!("{}{long}{}", record(1), record(2))).unwrap();
    let output = kitelogik(&["audit", "tail", "-n", "2", "--format", "json"], Some(&log));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{long}{}", record(2)));
}

#[test]
fn tail_leaves_out_what_is_no_record_and_says_so_in_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("audit.jsonl");
    let tail = |text: &[u8]| {
        std::fs::write(&log, [record(1).as_bytes(), text, record(2).as_bytes()].concat()).unwrap();
        let output = kitelogik(&["audit", "tail", "--format", "json"], Some(&log));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), record(1) + &record(2));
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    for (line, talk) in [
        (&b"{\"schema\":1,{\n"[..], "it is no JSON: expected a key in column 13"),
        (b"[]\n", "it is no JSON object"),
        (b"{\"a\":1}\n", "it is no record: its `schema` is not 1"),
        (b"{\"schema\":2,\"timestamp\":\"\",\"event\":\"\"}\n", "it is no record: its `schema` is not 1"),
        (b"{\"schema\":1,\"timestamp\":\"\"}\n", "it is no record: it has no `event`"),
        (b"{\"schema\":1,\"event\":\"outcome\",\"timestamp\":1}\n", "it is no record: it has no `timestamp`"),
        (
            b"{\"\x1b\":1,\"\xe2\x80\xae\":1,\"\xe2\x80\xae\":1}\n",
            "it is no JSON: string with a control character in column 3",
        ),
        (
            b"{\"\xe2\x80\xae\":1,\"\xe2\x80\xae\":1}\n",
            "it is no JSON: key `\\u{202e}` occurs twice in one object in column 14",
        ),
        (&vec![b'x'; 17 << 20][..], "it has more than 16777216 bytes"),
    ] {
        let line = if line.ends_with(b"\n") { line.to_vec() } else { [line, b"\n"].concat() };
        assert_eq!(tail(&line), format!("error: a line was left out: {talk}\n"));
    }
    std::fs::write(&log, record(1) + "{\"schema\"").unwrap();
    let output = kitelogik(&["audit", "tail"], Some(&log));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: the last line was left out: it has no end yet: it is being written, or a crash tore it\n"
    );
}

#[test]
fn tail_makes_what_is_invisible_visible() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("audit.jsonl");
    let show = |reason: &str| {
        std::fs::write(&log, format!("{{\"schema\":1,\"timestamp\":\"\",\"event\":\"\",\"decision\":{{\"reason\":\"{reason}\"}}}}\n")).unwrap();
        let output = kitelogik(&["audit", "tail"], Some(&log));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    // A terminal's codes, new directions of writing, widths of zero, line feeds, spaces that are none.
    for c in "\u{7f}\u{9b}\u{ad}\u{61c}\u{200b}\u{200e}\u{202a}\u{202e}\u{2066}\u{2069}\u{2028}\u{feff}\u{a0}\u{e0041}".chars() {
        assert_eq!(show(&format!("a{c}b")), format!("a\\u{{{:x}}}b", u32::from(c)));
    }
    assert_eq!(show("a\\u001b]0;x\\u0007\\n\\t\\u0000"), "a\\u{1b}]0;x\\u{7}\\n\\t\\0");
    for fine in ["it's", "C:/é", "日本", "नमस्ते", "a 😀"] {
        assert_eq!(show(fine), fine);
    }
    assert_eq!(show("C:\\\\x \\\"y\\\""), "C:\\x \"y\"");
}

#[test]
fn tail_follows_the_file_and_its_successor() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("audit.jsonl");
    std::fs::write(&log, record(1)).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_kitelogik"))
        .args(["audit", "tail", "-f", "--format", "json"])
        .env("KITELOGIK_AUDIT_LOG", &log)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap() + "\n";
    assert_eq!(next(), record(1));
    std::fs::OpenOptions::new().append(true).open(&log).unwrap().write_all(record(2).as_bytes()).unwrap();
    assert_eq!(next(), record(2));
    std::fs::rename(&log, dir.path().join("old.jsonl")).unwrap();
    std::fs::write(&log, record(3)).unwrap();
    assert_eq!(next(), record(3));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn tail_reads_a_log_that_was_cut_from_its_start_again() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("audit.jsonl");
    std::fs::write(&log, (0..3).map(record).collect::<String>()).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_kitelogik"))
        .args(["audit", "tail", "-f", "--format", "json"])
        .env("KITELOGIK_AUDIT_LOG", &log)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut talk = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap() + "\n";
    (0..3).for_each(|n| assert_eq!(next(), record(n)));
    // In place, as `copytruncate` does; the new line ends in the midst of what was read.
    std::fs::write(&log, record(4)).unwrap();
    assert_eq!(next(), record(4));
    let said = talk.next().unwrap().unwrap();
    assert!(said.contains("became shorter"), "{said}");
    std::fs::OpenOptions::new().append(true).open(&log).unwrap().write_all(record(5).as_bytes()).unwrap();
    assert_eq!(next(), record(5));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn an_environment_that_names_no_log_leaves_the_default() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("audit.jsonl"), record(1)).unwrap();
    for command in ["tail", "query"] {
        let output = Command::new(env!("CARGO_BIN_EXE_kitelogik"))
            .args(["audit", command, "--format", "json"])
            .current_dir(dir.path())
            .env("KITELOGIK_AUDIT_LOG", "")
            .output()
            .unwrap();
        assert_eq!(text(&output.stdout), record(1), "{command}");
    }
}

#[test]
fn errors_have_their_exit_codes_and_say_what_to_do() {
    let output = kitelogik(&["audit", "tail", "/no/such.jsonl"], None);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0));
    let talk = String::from_utf8(output.stderr).unwrap();
    assert!(talk.starts_with("error: cannot read the audit log /no/such.jsonl: "), "{talk}");
    for wrong in [&["audit", "tial"][..], &["--no-such-flag"], &[], &["--color", "never"]] {
        assert_eq!(kitelogik(wrong, None).status.code(), Some(2), "{wrong:?}");
    }
    for fine in [&["--help"][..], &["--version"], &["audit", "tail", "--help"], &["completions", "bash"]] {
        let output = kitelogik(fine, None);
        assert_eq!(output.status.code(), Some(0), "{fine:?}");
        assert!(!output.stdout.is_empty());
    }
}

#[test]
fn the_version_is_told_in_the_form_that_is_asked_for() {
    let said = |args: &[&str]| text(&kitelogik(args, None).stdout);
    assert_eq!(said(&["-V"]), format!("kitelogik {}\n", env!("CARGO_PKG_VERSION")));
    let json = format!("{{\"name\":\"kitelogik\",\"version\":\"{}\"}}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(said(&["--version", "--format", "json"]), json);
    assert_eq!(said(&["--format=json", "--version"]), json);
}

#[test]
fn every_help_shows_examples() {
    for command in [
        &[][..],
        &["init"],
        &["check"],
        &["eval"],
        &["audit"],
        &["audit", "tail"],
        &["audit", "query"],
        &["audit", "schema"],
        &["rego"],
        &["rego", "eval"],
        &["rego", "check"],
        &["rego", "parse"],
        &["completions"],
    ] {
        let help = text(&kitelogik(&[command, &["--help"]].concat(), None).stdout);
        assert!(help.contains("Example"), "{command:?}: {help}");
    }
}

#[test]
fn every_command_takes_color() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.rego"), "package a\n\nx := 1\n").unwrap();
    let dir = dir.path().to_str().unwrap();
    for (words, code) in [
        (&["rego", "check", "--color", "never", dir][..], 0),
        (&["rego", "--color=always", "eval", "1"], 0),
        (&["--color", "never", "rego", "parse", &format!("{dir}/a.rego")], 0),
        (&["check", "--color", "never", dir], 1),
        (&["completions", "bash", "--color", "never"], 0),
        (&["rego", "check", "--color", "sometimes", dir], 1),
    ] {
        assert_eq!(kitelogik(words, None).status.code(), Some(code), "{words:?}");
    }
}
