//! `kitelogik rego`: what it prints and how it ends.

use super::kitelogik;
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Policies and data for every test here, and for the comparison with `opa`.
const FILES: &[(&str, &str)] = &[
    (
        "policies/tools.rego",
        "package tools\n\ndefault allow := false\n\nallow if input.tool in data.limits.tools\n\n\
         deny contains msg if {\n\tsome path in input.paths\n\tnot startswith(path, \"/tmp/\")\n\
         \tmsg := sprintf(\"%s is outside of /tmp\", [path])\n}\n\nratio := 1 / input.n\n\nf(x) := x + 1\n",
    ),
    ("policies/limits/data.json", "{\"tools\": [\"search\", \"read\"]}"),
    ("policies/limits/more.yaml", "most: 10\nhours: {from: 8, to: 17.50}\n"),
    ("input.yaml", "tool: search\nn: 4\n"),
    ("bad.yaml", "a: ["),
    ("input.json", "{\"tool\": \"read\", \"paths\": [\"/tmp/a\", \"/etc/b\", \"/c\"], \"n\": 0}"),
    ("old.rego", "package old\n\np[x] { x := input.paths[_] }\n"),
    ("unused/a.rego", "package unused\n\nimport data.x\n\np if { y := 1 }\n"),
    ("wrong/unsafe.rego", "package wrong\n\np if x\n\nq if not y\n"),
    ("broken/syntax.rego", "package broken\n\np := 1 +* 2\n"),
    ("twice/a.json", "{\"k\": 1}"),
    ("twice/b.json", "{\"k\": 2}"),
    ("list.json", "[1]"),
    ("types.rego", "package types\n\np := 1 + \"a\"\n\nq if {1} == [1]\n"),
    ("over/m.rego", "package over\n\np := 1\n\nq.r := 2\n"),
    ("over/data.json", "{\"over\": {\"p\": 1, \"q\": 3}}"),
];

pub(super) fn files() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in FILES {
        let path: PathBuf = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

/// Exit code, stdout and stderr of a command run in a directory.
pub(super) fn run(command: &mut Command, dir: &Path, stdin: &str) -> (i32, String, String) {
    let pipes = [Stdio::piped(), Stdio::piped(), Stdio::piped()];
    let [a, b, c] = pipes;
    let mut child = command.current_dir(dir).stdin(a).stdout(b).stderr(c).spawn().unwrap();
    // A command that reads no stdin may have gone by now.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn rego(args: &[&str]) -> (i32, String, String) {
    let dir = files();
    run(Command::new(env!("CARGO_BIN_EXE_kitelogik")).arg("rego").args(args), dir.path(), "{\"n\": 4}")
}

#[test]
fn an_answer_is_laid_out_as_by_opa() {
    let (code, out, talk) =
        rego(&["eval", "-d", "policies", "-i", "input.json", "data.tools.deny[why]; x := 1"]);
    assert_eq!((code, talk.as_str()), (0, ""));
    let expected = r#"{
  "result": [
    {
      "expressions": [
        {
          "value": "/c is outside of /tmp",
          "text": "data.tools.deny[why]",
          "location": {
            "row": 1,
            "col": 1
          }
        },
        {
          "value": true,
          "text": "x := 1",
          "location": {
            "row": 1,
            "col": 23
          }
        }
      ],
      "bindings": {
        "why": "/c is outside of /tmp",
        "x": 1
      }
    },
    {
"#;
    assert!(out.starts_with(expected), "{out}");
    assert_eq!(rego(&["eval", "data.none"]).1, "{}\n");
}

#[test]
fn formats() {
    let ask = |format: &str, query: &str| rego(&["eval", "-d", "policies", "-I", "-f", format, query]).1;
    assert_eq!(ask("raw", "data.tools.ratio; data.limits.tools; \"a\""), "0.25 [\"search\",\"read\"] a\n");
    assert_eq!(ask("values", "1; x := 2"), "[\n  1,\n  true\n]\n");
    assert_eq!(ask("bindings", "x := {1}[_]"), "{\n  \"x\": 1\n}\n");
    assert_eq!(ask("pretty", "data.tools.f(1)"), "2\n");
    assert_eq!(ask("pretty", "data.none"), "undefined\n");
    let table = "┌────────────────┬───┐\n│ [input.n, \"é\"] │ y │\n├────────────────┼───┤\n\
                 │ [4,\"é\"]        │ 1 │\n└────────────────┴───┘\n";
    assert_eq!(ask("pretty", "y := 1; [input.n, \"é\"]"), table);
}

#[test]
fn yaml_is_data_and_input_too() {
    let (_, out, talk) = rego(&[
        "eval",
        "-d",
        "policies",
        "-i",
        "input.yaml",
        "-f",
        "raw",
        "data.limits; input; data.tools.ratio",
    ]);
    let limits = r#"{"hours":{"from":8,"to":17.5},"most":10,"tools":["search","read"]}"#;
    assert_eq!(out, format!("{limits} {{\"n\":4,\"tool\":\"search\"}} 0.25\n"), "{talk}");
    let (code, out, _) = rego(&["eval", "-d", "bad.yaml", "1"]);
    assert_eq!(code, 2);
    assert!(out.contains("bad.yaml: "), "{out}");
}

#[test]
fn exit_codes() {
    for (args, wanted) in [
        (&["eval", "1"][..], 0),
        (&["eval", "data.none"], 0),
        (&["eval", "--fail", "data.none"], 1),
        (&["eval", "--fail", "1"], 0),
        (&["eval", "--fail-defined", "1"], 1),
        (&["eval", "--fail-defined", "1 == 2"], 1),
        (&["eval", "--fail-defined", "1 == 2; 1 == 1"], 0),
        (&["eval", "x"], 2),
        (&["eval", "x ="], 2),
        (&["eval", ""], 2),
        (&["eval", "-d", "none.rego", "1"], 2),
        (&["eval", "-d", "twice", "1"], 2),
        (&["eval", "-d", "list.json", "1"], 2),
        (&["eval", "-d", "over", "1"], 2),
        (&["eval", "-d", "over/m.rego", "1"], 0),
        (&["eval", "-d", "wrong", "1"], 2),
        (&["eval", "-d", "old.rego", "1"], 2),
        (&["eval", "-d", "old.rego", "--v0-compatible", "1"], 0),
        (&["eval", "-i", "none.json", "1"], 2),
        (&["eval", "1 / 0"], 0),
        (&["eval", "--strict-builtin-errors", "1 / 0"], 2),
        (&["eval", "--no-such-flag", "1"], 1),
        (&["eval"], 1),
        (&["eval", "1", "2"], 1),
        (&["check", "policies"], 0),
        (&["check", "wrong"], 1),
        (&["check", "broken", "wrong"], 1),
        (&["check", "old.rego"], 1),
        (&["check", "--v0-compatible", "old.rego"], 0),
        (&["check", "unused"], 0),
        (&["check", "list.json"], 0),
        (&["check", "types.rego"], 1),
        (&["check", "-S", "unused"], 1),
        (&["eval", "-S", "-d", "unused", "1"], 2),
        (&["check"], 1),
        (&["parse", "policies/tools.rego"], 0),
        (&["parse", "old.rego"], 1),
        (&["parse", "--v0-compatible", "-f", "json", "old.rego"], 0),
        (&["parse", "none.rego"], 1),
        (&["parse"], 1),
        (&["nothing"], 1),
        (&["--help"], 0),
        (&["eval", "--help"], 0),
        (&["check", "--help"], 0),
        (&["parse", "--help"], 0),
    ] {
        let (code, out, talk) = rego(args);
        assert_eq!(code, wanted, "{args:?}\n{out}\n{talk}");
    }
}

#[test]
fn errors_of_the_query_stand_where_the_user_wrote_them() {
    let (code, out, _) = rego(&["eval", "--strict-builtin-errors", "y := 0; \"é\"; [1,\n  2 / y]; 3"]);
    assert_eq!(code, 2);
    let expected = r#"{
  "errors": [
    {
      "message": "div: divide by zero",
      "code": "eval_builtin_error",
      "location": {
        "file": "",
        "row": 2,
        "col": 3
      }
    }
  ]
}
"#;
    assert_eq!(out, expected);
    let (_, _, talk) = rego(&["check", "wrong"]);
    assert_eq!(
        talk,
        "2 errors occurred:\nwrong/unsafe.rego:3: rego_unsafe_var_error: var x is unsafe\n\
         wrong/unsafe.rego:5: rego_unsafe_var_error: var y is unsafe\n"
    );
}

#[test]
fn types_are_told_apart_from_the_message() {
    let (_, _, talk) = rego(&["check", "types.rego"]);
    assert_eq!(
        talk,
        "2 errors occurred:\ntypes.rego:3: rego_type_error: plus: invalid argument(s)\n\
         \thave: (number, string)\n\twant: (number, number)\n\
         types.rego:5: rego_type_error: match error\n\tleft  : set[number]\n\tright : array<number>\n"
    );
    let (_, _, talk) = rego(&["check", "-f", "json", "types.rego"]);
    assert!(talk.contains(r#""message": "plus: invalid argument(s)","#), "{talk}");
}

#[test]
fn a_syntax_tree_as_lines() {
    let (_, out, _) = rego(&["parse", "--v0-compatible", "old.rego"]);
    let expected = "\
module
 package
  ref
   data
   \"old\"
 rule
  head
   ref
    p
  body
   expr index=0
    ref
     assign
    x
    ref
     input
     \"paths\"
     _
";
    assert_eq!(out, expected);
    let (_, _, talk) = rego(&["parse", "broken/syntax.rego"]);
    assert!(talk.contains("\"code\": \"rego_parse_error\""), "{talk}");
}

#[test]
fn completions_know_the_flags() {
    let script = String::from_utf8(kitelogik(&["completions", "bash"], None).stdout).unwrap();
    assert!(script.contains("--strict-builtin-errors"), "{script}");
}
