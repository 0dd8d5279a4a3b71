//! `kitelogik rego` beside `opa`: the same words, the same exit code, the same output. `opa` is the one that
//! KITELOGIK_OPA names, else the one in PATH; it must be the pinned version.

use super::rego::{files, run};
use kitelogik_value::{Value, json};
use std::{io::Write, process::Command};

/// The pinned version, as in `conformance/oracle/go.mod`.
const VERSION: &str = "1.22.2";

fn opa() -> Option<String> {
    let opa = std::env::var("KITELOGIK_OPA").unwrap_or_else(|_| "opa".to_owned());
    let told = Command::new(&opa).arg("version").output();
    let told = told.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    if told.contains(&format!("Version: {VERSION}\n")) {
        return Some(opa);
    }
    assert!(std::env::var_os("CI").is_none(), "opa {VERSION} is missing: put it into PATH or KITELOGIK_OPA");
    let skipped = format!("SKIPPED: no opa {VERSION} in PATH or KITELOGIK_OPA to compare with\n");
    std::io::stderr().write_all(skipped.as_bytes()).unwrap();
    None
}

/// Without `stack_trace`, and without `details` but those of errors of syntax: only `opa` has them.
fn comparable(value: &Value) -> Value {
    match value {
        Value::Object(pairs) => {
            let syntax = value.get("code").and_then(Value::as_str) == Some("rego_parse_error");
            let left_out = |key: &str| key == "stack_trace" || (key == "details" && !syntax);
            let pairs = pairs.iter().filter(|(key, _)| !key.as_str().is_some_and(left_out));
            Value::object(pairs.map(|(key, value)| (key.clone(), comparable(value))))
        }
        Value::Array(items) => Value::array(items.iter().map(comparable)),
        scalar => scalar.clone(),
    }
}

fn printed(out: &str) -> String {
    match json::parse(out.trim().as_bytes(), &json::Limits::DATA) {
        Ok(value) => json::to_string(&comparable(&value)),
        Err(_) => out.split("\n\nTraceback").next().unwrap().trim_end().to_owned(),
    }
}

const QUERIES: &[&str] = &[
    "data",
    "data.tools.deny",
    "data.tools.deny[why]",
    "data.tools.none",
    "x := data.tools.allow; y = data.tools.deny[_]",
    "data.tools.f(1)",
    "data.tools.f(1, x)",
    "data.tools.ratio",
    "input",
    "input.paths[i]",
    "input.a with input as {\"a\": \"<b>&\\u2028\"}",
    "1; 2",
    "true; true",
    "1 == 2",
    "1 == 2; 3 == 3",
    "x := false; x",
    "not false; true",
    "some x in [1, 2]; x > 1",
    "some x; x = 1",
    "every x in [1] { x > 0 }",
    "count([1], x)",
    "plus(1, 2, x); walk([1], y); count([1])",
    "0, 1 in [1]",
    "[x | x := 1][i]",
    "[1, 2][_]",
    "[true, false][_]",
    "[false][_]",
    "[x | x := [true, false][_]]",
    "false in [false]",
    "walk(false)",
    "{\"a\": [false, true][_]}",
    "not [false][_]",
    "{1: 2, \"a\": {3, 1}, null: [1.0, 1e3, 100000000000000000000000, 0.50]}",
    "x := {\"a\": 1}; x[\"a\"]; \"s\"",
    "x = {1, 2}[_]\ny := 2 ",
    "  # a comment\n true",
    "(1 + 2) * 3; (input.n)",
    "(1); x := (2)",
    "_ = 1",
    "_x = 1",
    "\"a\"",
    "trace(\"x\")",
    "\"\\\\<b>\\u007f\\u0001é😀/\"",
    "x := \"wide é\"; y := [1, {\"k\": null}]; y[1].k",
    "1 / 0",
    "x := 3; [x, 1 / 0]",
    "",
    "data.tools.none(1)",
];

#[test]
fn queries_have_the_same_answers() {
    let Some(opa) = opa() else { return };
    let dir = files();
    let mut different = Vec::new();
    for query in QUERIES {
        for format in ["json", "pretty", "values", "bindings", "raw"] {
            // `opa` tells people of an error in the query by its text, we by its place.
            let strict = (format == "json").then_some("--strict-builtin-errors");
            for strict in [None, strict] {
                let args = ["eval", "-d", "policies", "-i", "input.json", "-f", format];
                let args: Vec<&str> = args.into_iter().chain(strict).chain([*query]).collect();
                compare(&opa, dir.path(), &args, "", &mut different);
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn commands_end_the_same_way() {
    let Some(opa) = opa() else { return };
    let dir = files();
    let mut different = Vec::new();
    for args in [
        &["eval", "--fail", "data.none"][..],
        &["eval", "--fail", "1"],
        &["eval", "--fail-defined", "1"],
        &["eval", "--fail-defined", "data.none"],
        &["eval", "--fail-defined", "false"],
        &["eval", "-d", "none", "1"],
        &["eval", "-d", "twice", "1"],
        &["eval", "-d", "list.json", "1"],
        &["eval", "-d", "a.b:list.json", "data"],
        &["eval", "-d", "wrong", "1"],
        &["eval", "-d", "over", "1"],
        &["eval", "-d", "over", "-f", "pretty", "1"],
        &["check", "over"],
        &["check", "list.json"],
        &["check", "-f", "json", "types.rego"],
        &["eval", "-d", "types.rego", "1"],
        &["eval", "-d", "old.rego", "1"],
        &["eval", "-d", "old.rego", "--v0-compatible", "-i", "input.json", "data"],
        &["eval", "-d", "policies/tools.rego", "-d", "policies/tools.rego", "data.tools.allow"],
        &["eval", "-i", "none.json", "1"],
        &["eval", "-I", "input"],
        &["eval", "-i", "input.yaml", "input"],
        &["eval", "nothing.here(1)"],
        &["eval", "--stdin", "-f", "raw"],
        &["eval", "-d", "broken", "-f", "pretty", "1"],
        &["eval", "-d", "broken", "1"],
        &["check", "policies"],
        &["check", "wrong"],
        &["check", "-f", "json", "wrong"],
        &["check", "-f", "json", "none"],
        &["check", "none"],
        &["check", "old.rego"],
        &["check", "-f", "json", "old.rego"],
        &["check", "broken"],
        &["check", "-f", "json", "broken", "wrong"],
        &["check", "--v0-compatible", "old.rego"],
        &["check", "-f", "json", "--strict", "unused"],
        &["check", "-S", "unused"],
        &["eval", "-S", "-d", "unused", "data"],
        &["eval", "-d", "unused", "data"],
    ] {
        compare(&opa, dir.path(), args, "[\"a\", {\"b\": 1, \"c\": 2}]", &mut different);
    }
    for wrong in
        [&["eval"][..], &["eval", "1", "2"], &["eval", "-f", "odd", "1"], &["check"], &["eval", "--odd", "1"]]
    {
        let code = |command: &mut Command| run(command, dir.path(), "").0;
        let (theirs, ours) = (code(Command::new(&opa).args(wrong)), code(&mut ours(wrong)));
        assert_eq!(theirs, ours, "{wrong:?}");
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// Each is read as v1 and as v0; where one refuses it, so must the other.
const MODULES: &[&str] = &[
    r#"package a

p["a"] := 1
p.a := 1
p[x] := 1 if x := 2
p[x] if x := 1
p.q[x] if x := 1
p[x][y] = 1 if { x := 1; y := 2}
p[1] = 2
p["a b"] if true
p.q contains 1
p[1] contains 2
"#,
    r#"package a

p["a"] = 1
p.a = 1
p[x] = 1 { x := 2}
p[x] { x := 1}
p.q[x] { x := 1}
p[x][y] = 1 { x := 1; y := 2}
p[1] = 2
p["a b"] { true}
p.a { true }
 p["x"]
p[1] {true}
p := 3
"#,
    r#"package a

p := {3, 1, "a", null, x, [2], [1], {"b": 1}, {1}, f(x), [x | x], x.y}
q := {"b": 1, "a": 2, x: 3, 1: 4, [1]: 3}
"#,
    r#"package a

f.g(x) := 1
f.h(x) if x
f["a b"](x) = 2
p[1] if true
q[null] if true
r[[1]] if true
p.x.y if true
p := 1 if true
else := 2
p := false
default f(_) := 1
p[x.y] := 1
 p[x.y] if true
p contains x if some x in [1]
 p[true] := 1
"#,
    r#"package a

p := $"{f(x)}{x.y}{"a"}{[1]}{null}{true}{[x]}{{1}}{set()}{x == 1}{-1}{1.5}{[y | y]}a"
q := $`a
{1}`
r := $""
s := $"x\{y\}"
"#,
    r#"package a

p := x.y[0]["z"][i].w
q := f(x)[0]
r := [1][0]
s := {"a":1}.a
t:= a.b.c(1).d
u := 1 + 2 * 3 - 4 / 5 % 6
v := x in y
w := (x, y in z)
x := a | b & c
y := 1 < 2
z if { a >= b; a != b; c, d in e; 1 + 1 == 2; x = y }
"#,
    r#"package a

p if some x, y in [1]
q if some x in {1}
r if { some a, b; a = b }
s if every k, v in {} { k == v }
t if every _ in [] { not x; y := _ }
u if { not x.y with input as 1 with data.z as {} }
v if f(_) == _
"#,
    r#"package a
import input
import data.b["c d"] as e
import future.keywords.in
import data.x.y
import rego.v1
"#,
    r#"package a.b["c d"]
"#,
    r#"package a

p { true } { false }
q[x] { x := 1 }
r[x] = y { y := x }
s = 1
t { 1 } else = 2 { 2 } else = 3 { 3 }
default u = 3
f(x) { x } { y }
f(x) = 1 { 1 } else = 2
g(x, [y, {"a": z}]) = z
"#,
    r#"package a

p := "\\ \" \n \t \u00e9 \/ é <>&"
q := `\n"`
r := -1
s := 1e3
t := 0.50
u := -0.0
v := [-1, - 1]
"#,
    r#"package a

p := 1 if { true } else := 2 if false else := 3
q if false
else := x if { x := 1 }
f(x) := 1 if x else := 2
"#,
    r#"package a

p if input.x
p if { input.x; { "a" } ; {"b": 1}.b }
q if {1, 2}
r if {x | x := 1}
s if {"a": 1}
t if { x := {} }
"#,
    r#"package a
p = {"a"} { true }
p = x { x = {"a": 1} }
"#,
    r#"package a
import rego.v2

p if { a or {b; c} and d; not e; not {f}; not (g or h) }
q if a and b and {c} or d or not e
r if { (a or b) with input as 1; (a with input as 2) and and({1}, {2}) }
"#,
];

#[test]
fn syntax_trees_are_the_same() {
    let Some(opa) = opa() else { return };
    let dir = files();
    let mut different = Vec::new();
    let mut parsed = 0;
    for module in MODULES {
        std::fs::write(dir.path().join("module.rego"), module).unwrap();
        for v0 in [None, Some("--v0-compatible")] {
            for format in ["json", "pretty"] {
                let args = ["parse", "module.rego", "-f", format].into_iter().chain(v0);
                let args: Vec<&str> = args.collect();
                let (code, out, _) = run(Command::new(&opa).args(&args), dir.path(), "");
                let (our_code, our_out, talk) = run(&mut ours(&args), dir.path(), "");
                parsed += usize::from(code == 0);
                if code != our_code || (code == 0 && tree(&out) != tree(&our_out)) {
                    different.push(format!("{module}\nopa {code}: {out}\nours {our_code}: {our_out}{talk}"));
                }
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert!(parsed > MODULES.len() * 2, "only {parsed} were no error");
}

/// Without comments and METADATA, which `opa` prints too.
fn tree(out: &str) -> String {
    match json::parse(out.as_bytes(), &json::Limits::DATA) {
        Ok(value) => {
            let pairs = value.as_object().unwrap().iter();
            let pairs = pairs.filter(|(key, _)| !matches!(key.as_str(), Some("comments" | "annotations")));
            json::to_string(&Value::object(pairs.cloned()))
        }
        Err(_) => out.lines().filter(|line| !matches!(*line, " comment" | " annotations")).collect(),
    }
}

fn ours(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kitelogik"));
    command.arg("rego").args(args);
    command
}

fn compare(opa: &str, dir: &std::path::Path, args: &[&str], stdin: &str, different: &mut Vec<String>) {
    let (code, out, talk) = run(Command::new(opa).args(args), dir, stdin);
    let (our_code, our_out, our_talk) = run(&mut ours(args), dir, stdin);
    let same = code == our_code && printed(&out) == printed(&our_out) && printed(&talk) == printed(&our_talk);
    if !same {
        different.push(format!("{args:?}\nopa {code}: {out}{talk}\nours {our_code}: {our_out}{our_talk}"));
    }
}
