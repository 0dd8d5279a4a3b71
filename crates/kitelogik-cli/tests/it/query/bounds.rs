//! Lines that are no records, logs and rows of any length, readers that have gone.

use super::{super::terminal::Terminal, LOG, command, ended, folder, query, text};
use std::{
    io::{Read, Write},
    process::{Command, Stdio},
};

#[test]
fn what_is_no_record_is_told_by_its_line_and_the_rest_is_found() {
    let first = LOG.lines().nth(1).unwrap();
    let long = "x".repeat(17 << 20);
    let log = format!("{first}\n{{\"schema\":1,\"ti{first}\n[]\n{long}\n{first}\n{{\"schema\":1");
    let ended = query(&["--tool", "fs.write", "--format", "json"], log);
    assert_eq!((ended.code, ended.stdout), (Some(1), format!("{first}\n{first}\n")));
    insta::assert_snapshot!("query_left_out", ended.stderr);
    let ended = query(&["--tool", "fs.write"], "\n".repeat(1_000));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    let talk: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(talk[19], "error: line 20 was left out: it is no JSON: expected a value in column 1");
    assert_eq!(talk[20..], ["no record matches", "error: 1000 lines were left out in all"]);
}

#[test]
fn a_reader_that_has_enough_ends_it_quietly() {
    let dir = folder(LOG.repeat(10_000));
    for form in ["json", "csv", "table"] {
        let mut child = command(&["--format", form], dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ended = ended(child.wait_with_output().unwrap());
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{form}");
    }
}

#[test]
fn memory_is_bounded_whatever_the_log_holds() {
    let big = |n: usize| {
        format!(
            "{{\"schema\":1,\"timestamp\":\"\",\"event\":\"\",\"n\":{n},\"text\":\"{}\"}}\n",
            "x".repeat(7 << 20)
        )
    };
    let log: String = (0..12).map(big).collect();
    let dir = folder(&log);
    let in_kib = |kib: usize, args: &str| {
        let line = format!("ulimit -v {kib} && exec {} audit query {args}", env!("CARGO_BIN_EXE_kitelogik"));
        let output = Command::new("sh").args(["-c", &line]).current_dir(dir.path()).output().unwrap();
        (output.status.code(), output.stdout.len(), text(&output.stderr))
    };
    let less_than_the_log = 80_000;
    assert!(less_than_the_log << 10 < log.len());
    assert_eq!(in_kib(less_than_the_log, "--format json"), (Some(0), log.len(), String::new()));
    assert_eq!(in_kib(less_than_the_log, "--format json --limit 1"), (Some(0), big(11).len(), String::new()));
    assert_eq!(in_kib(less_than_the_log, "--user ana"), (Some(0), 0, "no record matches\n".to_owned()));
    let too_much = "error: the last 12 records have more than 64 MiB; give a smaller --limit\n";
    assert_eq!(in_kib(200_000, "--format json --limit 12"), (Some(3), 0, too_much.to_owned()));
}

#[test]
fn rows_wait_for_their_widths_only_so_long() {
    let row = |length: usize| {
        format!(
            "{{\"schema\":1,\"timestamp\":\"\",\"event\":\"\",\"decision\":{{\"reason\":\"{}\"}}}}\n",
            "x".repeat(length)
        )
    };
    // As many rows as are measured, with enough after them to fill a buffer; and fewer long ones.
    for rows in [row(10).repeat(2_000), row(600 << 10).repeat(2)] {
        let dir = folder("");
        let mut child =
            command(&["-"], dir.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(rows.as_bytes()).unwrap();
        let mut first = [0; 4];
        // More is still to come.
        child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
        assert_eq!(&first, b"TIME");
        drop(stdin);
        let rest = child.wait_with_output().unwrap();
        assert_eq!(
            (rest.status.code(), rest.stdout.iter().filter(|b| **b == b'\n').count()),
            (Some(0), rows.lines().count() + 1)
        );
    }
}

#[test]
fn progress_is_for_terminals_and_long_work() {
    let slowly = |command: &mut Command| {
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        for line in LOG.split_inclusive('\n') {
            stdin.write_all(line.as_bytes()).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(300));
        }
        drop(stdin);
        child.wait_with_output().unwrap()
    };
    let dir = folder("");
    let args = ["-", "--format", "json"];
    let terminal = Terminal::new(80);
    let output = slowly(command(&args, dir.path()).stdout(Stdio::piped()).stderr(terminal.end()));
    assert_eq!(text(&output.stdout), LOG);
    let shown = terminal.text();
    assert!(shown.contains(" read"), "{shown:?}");
    let last = shown.rsplit('\r').next().unwrap();
    assert_eq!(last, "\u{1b}[2K", "the bar goes: {shown:?}");
    let output = slowly(command(&args, dir.path()).stdout(Stdio::piped()).stderr(Stdio::piped()));
    assert_eq!((text(&output.stdout), text(&output.stderr)), (LOG.to_owned(), String::new()));
    // On one terminal the bar goes before the first row comes.
    let terminal = Terminal::new(80);
    slowly(command(&args[..1], dir.path()).stdout(terminal.end()).stderr(terminal.end()));
    let shown = terminal.text();
    let (before, table) = shown.split_once("TIME").unwrap();
    assert!(before.contains(" read") && !table.contains(" read"), "{shown:?}");
}
