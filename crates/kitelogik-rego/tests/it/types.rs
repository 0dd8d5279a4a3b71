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
        ("p if not startswith(1, \"a\")", "2:6", "startswith: invalid argument(s)"),
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
        ("p if not 1 == \"a\"", "2:6", "match error"),
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
fn references_lead_where_something_can_be() {
    for (text, message) in [
        ("p := [0].c", "2:6 rego_type_error: undefined ref: [0].c"),
        ("p := [0][1]", "2:6 rego_type_error: undefined ref: [0][1]"),
        ("p := [][0]", "2:6 rego_type_error: undefined ref: [][0]"),
        ("p := {1}[1].x", "2:6 rego_type_error: undefined ref: {1}[1].x"),
        ("p := {\"a b\": 1}[\"c d\"]", "2:6 rego_type_error: undefined ref: {\"a b\": 1}[\"c d\"]"),
        ("p := {1: 2}[\"1\"]", "2:6 rego_type_error: undefined ref: {1: 2}[\"1\"]"),
        ("p := count([1]).a", "2:6 rego_type_error: undefined ref: count([1]).a"),
        ("p := split(\"a\", \",\")[0].x", "2:6 rego_type_error: undefined ref: split(\"a\", \",\")[0].x"),
        ("p := q.x\nq := \"a\"", "2:6 rego_type_error: undefined ref: data.t.q.x"),
        (
            "p := q.b.c\nq := {\"b\": 1} if input.a\nq := {\"b\": [1]} if input.b",
            "2:6 rego_type_error: undefined ref: data.t.q.b.c",
        ),
        ("p := x[0].c if x := [0]", "2:6 rego_type_error: undefined ref: x[0].c"),
        ("p if { some k, x in {\"a\": 1}; x.y == k }", "2:31 rego_type_error: undefined ref: x.y"),
        ("p := rego.metadata.rule().foo", "2:6 rego_type_error: undefined ref: {}.foo"),
        ("p if q\nq(x) := x", "2:6 rego_type_error: function data.t.q used as reference, not called"),
        ("p := q.a\nq(x) := x", "2:6 rego_type_error: function data.t.q.a used as reference, not called"),
    ] {
        assert_eq!(refused(text), message, "{text}");
    }
}

#[test]
fn what_names_stand_for_is_known_where_one_place_says_it() {
    for (text, message) in [
        ("p := x + 1 if x := \"a\"", "2:6 rego_type_error: plus: invalid argument(s)"),
        ("p if { x := 1; x == \"a\" }", "2:16 rego_type_error: match error: left is number, right is string"),
        ("p if { x := {2}; not x = 1 }", "2:18 rego_type_error: match error"),
        (
            "p if { some x in {1}; startswith(x, \"a\") }",
            "2:23 rego_type_error: startswith: invalid argument(s)",
        ),
        ("p if [1][x] == \"a\"", "2:6 rego_type_error: match error: left is number, right is string"),
        ("p if { [1][x]; x == \"a\" }", "2:16 rego_type_error: match error"),
        ("p if \"a\" in [1]", "2:6 rego_type_error: match error: left is string, right is number"),
        ("p if { \"a\", 1 in [1] }", "2:8 rego_type_error: match error: left is string, right is number"),
        ("p if q == 1\nq := \"a\"", "2:6 rego_type_error: match error: left is string, right is number"),
        (
            "p := f(1) + 1\nf(x) := $\"{x}\"",
            "2:6 rego_type_error: plus: invalid argument(s): have (string, number)",
        ),
        (
            "p := f(\"a\")\nf(x) := x + 1",
            "2:6 rego_type_error: data.t.f: invalid argument(s): have (string), want (number)",
        ),
        ("p := f(\"a\")\nf(x) := 1 if x == 1", "2:6 rego_type_error: data.t.f: invalid argument(s)"),
        ("p := f(1)\nf(\"a\") := 1\nf(\"b\") := 2", "2:6 rego_type_error: data.t.f: invalid argument(s)"),
        (
            "p := f([1, 2])\nf([x]) := x",
            "2:6 rego_type_error: data.t.f: invalid argument(s): have (array<number, number>), want (array<any>)",
        ),
    ] {
        let wrong = refused(text);
        assert!(wrong.starts_with(message) && !wrong.contains('\n'), "{text}: {wrong}");
    }
}

#[test]
fn what_opa_does_not_look_at_is_compiled() {
    for text in [
        // Which of two places comes first hangs on the order of the body.
        "p if { x = input.a; x == 1; x == \"b\" }",
        "p := f(\"b\")\nf(x) := x if { x = input.a; 1 != x }",
        "p := f(1)\nf(x) := y if { y := [x]; x != \"a\" }",
        // What a `with` replaces may be anything.
        "p if q.x with q as {\"x\": true}\nq := 1",
        "p if f(\"a\") with g as 1\nf(x) := x if g == 1\ng := 2",
        // References within these are looked at only where they lead to rules.
        "import rego.v2\np if every x in [1] { x == 1; not { [0].c } }",
        "import rego.v2\np if { input.a == \"b\" or [0].c }",
        // Of the members of an empty set nothing is known.
        "p if { x := q; not x == 1 }\nq := set()",
        "p if { xs := [x | x := input.a]; xs[0] == \"b\" }",
    ] {
        let text = format!("package t\n{text}");
        let result = Program::compile(&[source(&text)], value("{}"), &Options::default());
        assert!(result.is_ok(), "{text}: {:?}", result.err());
    }
    // In a query `==` compares anything.
    let program = super::compile(&["package t\np := {1}"], "{}");
    assert!(program.query("data.t.p == 1").is_ok());
    assert!(program.query("data.t.p = 1").is_err());
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
