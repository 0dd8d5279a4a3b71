//! What types alone forbid. Codes and places are OPA's, and the words up to the first colon behind the name.

use super::{ask, source, value};
use kitelogik_rego::{Options, Program};

fn refused(text: &str) -> String {
    let text = format!("package t\n{text}");
    let all = Program::compile(&[source(&text)], value("{}"), &Options::default()).unwrap_err();
    let one = |d: &kitelogik_rego::Diagnostic| {
        format!("{}:{} {}: {}", d.place.line, d.place.column, d.code, d.message)
    };
    all.iter().map(one).collect::<Vec<_>>().join("\n")
}

#[test]
fn constants_and_results_must_fit_what_builtins_take() {
    for (text, place, message) in [
        (
            "p if startswith(1, \"a\")",
            "2:6",
            "startswith: invalid argument(s): have (number, string), want (string, string)",
        ),
        ("p := startswith(null, true)", "2:6", "startswith: invalid argument(s)"),
        ("p if not startswith(1, \"a\")", "2:10", "startswith: invalid argument(s)"),
        ("p := [x | x := startswith(1, \"a\")]", "2:16", "startswith: invalid argument(s)"),
        ("p[x] := 1 if x := startswith(1, \"\")", "2:19", "startswith: invalid argument(s)"),
        ("p := startswith(upper(\"a\"), count([]))", "2:6", "startswith: invalid argument(s)"),
        ("p := sum([1, \"a\"])", "2:6", "sum: invalid argument(s): have (array<number, string>)"),
        ("p := sum({})", "2:6", "sum: invalid argument(s)"),
        ("p := concat(\",\", {1 | true})", "2:6", "concat: invalid argument(s)"),
        ("p := count(1)", "2:6", "count: invalid argument(s)"),
        ("p if count([1], \"a\")", "2:6", "count: invalid argument(s): have (array<number>, string)"),
        ("p := 1 + \"a\"", "2:6", "plus: invalid argument(s)"),
        ("p := $\"{1}\" + 1", "2:6", "plus: invalid argument(s)"),
        ("p := 1 | 2", "2:6", "or: invalid argument(s)"),
        ("p := object.get(1, \"a\", 2)", "2:6", "object.get: invalid argument(s)"),
        ("p := to_number([])", "2:6", "to_number: invalid argument(s)"),
        ("p := array.concat([1], {2})", "2:6", "array.concat: invalid argument(s)"),
        ("p if walk(1, 2)", "2:6", "walk: invalid argument(s)"),
        ("p if walk(1, [\"a\", x])", "2:6", "walk: invalid argument(s)"),
        ("p := sprintf(\"a\", 1)", "2:6", "sprintf: invalid argument(s)"),
        ("p := glob.match(\"a\", [1], \"a\")", "2:6", "glob.match: invalid argument(s)"),
        ("p := time.now_ns() + \"a\"", "2:6", "plus: invalid argument(s)"),
        ("p := upper(1, 2, 3)", "2:6", "upper: arity mismatch: takes 1, got 3 arguments"),
        ("p if 1 = upper(\"x\")", "2:6", "match error: left is number, right is string"),
        ("p if 1 == \"a\"", "2:6", "match error"),
        ("p if not 1 == \"a\"", "2:10", "match error"),
        ("p if every x in [1 | 1 == \"a\"] { x == 1 }", "2:22", "match error"),
        ("p := [1 | every x in [1] { x == 1; y := [1 | 1 == \"a\"]; y }]", "2:46", "match error"),
        ("p if 1 == 2 == 3", "2:6", "match error"),
        ("p if [1] = [1, 2]", "2:6", "match error"),
        ("p if {\"a\": 1} = {\"b\": 1}", "2:6", "match error"),
        ("p if {\"a\": 1} = {\"a\": \"b\"}", "2:6", "match error"),
        ("p if {} = {\"a\": 1}", "2:6", "match error"),
        ("p if {1} = {\"a\"}", "2:6", "match error: left is set[number], right is set[string]"),
        ("p if {1} = [1]", "2:6", "match error"),
    ] {
        let wrong = refused(text);
        let wanted = format!("{place} rego_type_error: {message}");
        assert!(wrong.starts_with(&wanted) && !wrong.contains('\n'), "{text}: {wrong}");
    }
}

#[test]
fn what_can_hold_is_compiled() {
    for (text, wanted) in [
        ("p if 1 != \"a\"", "true"),
        ("p if 1 < \"a\"", "true"),
        ("p := x if x := 1 == \"a\"", "false"),
        ("p if set() = {x | x := 1; false}", "true"),
        ("p := {1} - {1}", "[]"),
        ("p := concat(\",\", {x | x := input.a})", "\"b\""),
        ("p if some x in 1", "undefined"),
        ("p if every x in 1 { x }", "undefined"),
        ("p if 1 in 2", "undefined"),
        ("p if every x in [1] { x == 1; 1 == \"a\" }", "undefined"),
        ("p := [1 | every x in [1] { x == 1; every y in [1] { y == 1; 1 == \"a\" } }]", "[]"),
        ("p if {\"a\": 1, input.a: 2} = {\"a\": 1, \"b\": 2}", "true"),
        ("p if [1, x] = [1, 2]", "true"),
        ("startswith(x, y) := x\np := startswith(1, 2)", "1"),
        ("p := json.patch(1, [])", "1"),
    ] {
        assert_eq!(ask(text, r#"{"a": "b"}"#), wanted, "{text}");
    }
}
