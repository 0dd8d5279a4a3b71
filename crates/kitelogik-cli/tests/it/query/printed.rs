//! What is printed: JSON, a table, CSV.

use super::{super::terminal::Terminal, EVERY_LINE, LOG, command, folder, query, text};
use std::process::Command;

#[test]
fn json_is_the_record_byte_for_byte() {
    let odd = "{ \"event\":\"\",\"schema\" : 1,\"timestamp\":\"\", \"a\" :1e2,\"\u{7f}\u{9b}31m\":\"ä\\u00e4\", \"tool\":\"t\"}\r\n";
    let ended = query(&["--format", "json", "--tool", "*", "--color", "always"], odd);
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(0), odd, ""));
    assert_eq!(query(&["--format", "json", "-n", "5"], odd).stdout, odd);
    let before = Command::new(env!("CARGO_BIN_EXE_kitelogik"))
        .args(["--format", "json", "audit", "query"])
        .current_dir(folder(odd).path())
        .output()
        .unwrap();
    assert_eq!(text(&before.stdout), odd);
    assert_eq!(query(&["--format", "json"], EVERY_LINE).stdout, EVERY_LINE);
}

#[test]
fn people_read_a_table() {
    let ended = query(&[], LOG);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!("query_table", ended.stdout);
    let ended = query(&["--tool", "none"], LOG);
    assert_eq!(
        (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
        (Some(0), "", "no record matches\n")
    );
    let coloured = query(&["--color", "always", "-n", "1"], LOG).stdout;
    assert!(coloured.contains("\u{1b}[33mescalate\u{1b}[0m"), "{coloured:?}");
    // Widths are those of the first thousand; a longer cell after them moves only its own line.
    let line = |tool: &str| {
        format!(
            "{{\"schema\":1,\"timestamp\":\"\",\"event\":\"\",\"tool\":\"{tool}\",\"decision\":{{\"reason\":\"r\"}}}}\n"
        )
    };
    let table = query(&[], line("t").repeat(1_000) + &line("longer") + &line("t")).stdout;
    let lines: Vec<&str> = table.lines().map(str::trim_start).collect();
    assert_eq!(lines.len(), 1_003);
    assert_eq!((lines[1], lines[1_000], lines[1_002]), (lines[2], lines[1], lines[1]));
    assert_eq!(lines[1_001], format!("longer  {}r", " ".repeat("USER/SESSION".len() + 2)));
    // One endless name does not move the others.
    let table = query(&[], line(&"x".repeat(10_000)) + &line("t")).stdout;
    assert!(table.lines().nth(2).unwrap().len() < 120, "{table}");
}

#[test]
fn a_table_is_as_wide_as_its_terminal() {
    let long = LOG.replace("outside of /tmp", &"outside of /tmp ".repeat(20)).replace("bo", "日本語");
    let dir = folder(long);
    let shown = |columns: u16| {
        let terminal = Terminal::new(columns);
        let status = command(&[], dir.path()).env("NO_COLOR", "1").stdout(terminal.end()).status().unwrap();
        assert_eq!(status.code(), Some(0));
        terminal.text()
    };
    insta::assert_snapshot!("query_terminal", shown(90));
    for columns in [1, 2, 20, 40, 200] {
        let widths = shown(columns).lines().map(unicode_width::UnicodeWidthStr::width).max();
        assert!(widths.unwrap() <= columns.into(), "{columns}: {widths:?}");
    }
}

#[test]
fn spreadsheets_read_csv_and_run_none_of_it() {
    let ended = query(&["--format", "csv"], LOG);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!("query_csv", ended.stdout);
    let header = ended.stdout.lines().next().unwrap();
    let none = query(&["--format", "csv", "--tool", "none"], LOG);
    assert_eq!((none.stdout, none.stderr.as_str()), (format!("{header}\n"), ""));
    for (reason, cell) in [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@a", "'@a"),
        ("＝1", "'＝1"),
        ("a=1", "a=1"),
        ("\\t=1", "\\t=1"),
        ("\\r\\n=1", "\\r\\n=1"),
        ("a,b;c", "\"a,b;c\""),
        ("=a\\\"b", "\"'=a\"\"b\""),
        ("\\u001b[2J", "\\u{1b}[2J"),
        ("\\u202e", "\\u{202e}"),
    ] {
        let record = format!(
            "{{\"schema\":1,\"timestamp\":\"\",\"event\":\"\",\"decision\":{{\"reason\":\"{reason}\"}}}}\n"
        );
        let row = query(&["--format", "csv"], record).stdout;
        assert_eq!(row, format!("{header}\n,,,,,{cell},,,,,,,,,,,,\n"), "{reason}");
    }
}

#[test]
fn no_cell_drives_a_terminal() {
    let hostile = "\\u001b]0;x\\u0007\\u009b2J\\r\\n\\u202e";
    let shown = "\\u{1b}]0;x\\u{7}\\u{9b}2J\\r\\n\\u{202e}";
    let record = |text: &str| {
        format!(
            "{{\"schema\":1,\"timestamp\":\"{text}\",\"event\":\"{text}\",\"tool\":\"{text}\",\"session\":{{\"user\":\"{text}\"}},\
             \"decision\":{{\"effect\":\"{text}\",\"reason\":\"{text}\"}}}}\n"
        )
    };
    let table = query(&[], record(hostile)).stdout;
    assert_eq!(table.lines().nth(1).unwrap(), [shown; 6].join("  "));
}
