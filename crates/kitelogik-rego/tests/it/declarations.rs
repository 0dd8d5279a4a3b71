//! Declarations, and what strictness adds. Codes, places and words are OPA's.

use super::value;
use kitelogik_rego::{Dialect, Options, Program, Source};

fn errors(text: &str, dialect: Dialect, strict: bool) -> String {
    let source = Source { path: "t.rego".into(), text: format!("package t\n{text}"), dialect };
    match Program::compile(&[source], value("{}"), &Options { strict, ..Options::default() }) {
        Ok(_) => "none".to_owned(),
        Err(all) => {
            let one = |d: &kitelogik_rego::Diagnostic| {
                let code = d.code.strip_prefix("rego_").unwrap_or(d.code);
                format!("{}:{} {code}: {}", d.place.line, d.place.column, d.message)
            };
            all.iter().map(one).collect::<Vec<_>>().join("\n")
        }
    }
}

#[test]
fn names_are_declared_once_and_before_they_are_used() {
    for (text, wanted) in [
        ("p if { x == 1; x := 1 }", "2:16 compile_error: var x referenced above"),
        ("p if { some x; x == 1; x := 1 }", "2:24 compile_error: var x declared above"),
        ("p if { x := 1; some x; x == 2 }", "2:16 compile_error: var x assigned above"),
        ("p if { x := 1; x := 2 }", "2:16 compile_error: var x assigned above"),
        ("p if { some x; some x; x == 1 }", "2:16 compile_error: var x declared above"),
        ("f(x) := 1 if { x := 2 }", "2:16 compile_error: arg x redeclared"),
        ("f(x) := 1 if { some x; x == 1 }", "2:16 compile_error: arg x redeclared"),
        ("p if { not x := 1 }", "2:8 compile_error: cannot assign vars inside negated expression"),
        ("p if { [x, 1] := [1, 1] }", "2:12 compile_error: cannot assign to number"),
        ("p if { 1 := 2 }", "2:8 compile_error: cannot assign to number"),
        ("p if { input.x := 2 }", "2:8 compile_error: cannot assign to ref"),
        ("p if { f(y) := 2 }", "2:8 compile_error: cannot assign to call"),
        ("p if { some x in x }", "2:8 compile_error: var x assigned before"),
        ("p if { x := 1; some x in [x] }", "2:16 compile_error: var x assigned before"),
        ("p if { some x in [1]; some x in [2] }", "2:23 compile_error: var x declared above"),
        ("p if { some x in [1]; x := 2 }", "2:23 compile_error: var x declared above"),
        ("p if { x := x }", "2:8 compile_error: var x referenced above"),
        ("p if { every x in [1] { x := 2 } }", "2:25 compile_error: var x declared above"),
        ("q := 1\np if { q == 1; q := 2 }", "3:16 compile_error: var q referenced above"),
        (
            "p if { x := 1; input.x == x with input.x as y; y := 2 }",
            "2:48 compile_error: var y referenced above",
        ),
        ("p if { y := 1; {x | x := y; x := 1} }", "2:29 compile_error: var x assigned above"),
        ("p if { $\"{x}\"; x := 1 }", "2:16 compile_error: var x referenced above"),
        ("p if { x(1); x := 1 }", "2:14 compile_error: var x referenced above"),
    ] {
        assert_eq!(errors(text, Dialect::V1, false), wanted, "{text}");
    }
}

#[test]
fn what_is_declared_is_used() {
    for (text, wanted) in [
        ("p if { some x; 1 == 1 }", "2:8 compile_error: declared var x unused"),
        ("p if { every x in [1] { 1 == 1 } }", "2:25 compile_error: declared var x unused"),
        ("p if { every x, y in [1] { x == 1 } }", "2:28 compile_error: declared var y unused"),
        // Beside other errors.
        (
            "p if { some x, y; x == 1 }",
            "2:8 compile_error: declared var y unused\n2:19 unsafe_var_error: var x is unsafe",
        ),
    ] {
        assert_eq!(errors(text, Dialect::V1, false), wanted, "{text}");
    }
    for text in [
        "f(x) := y if { y := x } else := y if { y := 2 }",
        "p if { x := 1; y := [x | x := 2]; y == [x] }",
        "p if { {\"a\": x} := {\"a\": 1}; x == 1 }",
        "p if { every x in [1] { every x in [2] { x == 1 }; x == 1 } }",
        "p if { x := 1; every x in [1] { x == 1 }; x == 1 }",
        "f(x, x) := x",
        "p if { some x in [1]; 1 == 1 }",
        "p if { f := 1; f == 1 }",
        "p if { some x; [1, 2][x] == 2 }",
        "p if { some x; y := [z | z := [1][x]]; y == 1 }",
    ] {
        let found = errors(text, Dialect::V1, false);
        assert!(!found.contains("compile_error"), "{text}: {found}");
    }
}

#[test]
fn strict() {
    for (text, wanted) in [
        ("p if { x := 1 }", "2:8 compile_error: assigned var x unused"),
        ("f(x) := 1", "2:1 compile_error: unused argument x. (hint: use _ (wildcard variable) instead)"),
        ("f([x, y]) := x", "2:1 compile_error: unused argument y. (hint: use _ (wildcard variable) instead)"),
        ("p := x if { x := 1; y := x }", "2:21 compile_error: assigned var y unused"),
        ("p if { x := 1; [y | y := 2] }", "2:8 compile_error: assigned var x unused"),
        ("p if { [x, y] := [1, 2]; x == 1 }", "2:8 compile_error: assigned var y unused"),
        ("f(x) := y if { y := 1 } else := x if { z := 2 }", "2:40 compile_error: assigned var z unused"),
        ("p if { every x in [1] { y := x } }", "2:25 compile_error: assigned var y unused"),
        (
            "default f(x) := 1\nf(x) := x",
            "2:9 compile_error: unused argument x. (hint: use _ (wildcard variable) instead)",
        ),
        ("import data.x\np if { x := 1; x == 1 }", "2:1 compile_error: import data.x unused"),
        ("import data.x\np(x) := x", "2:1 compile_error: import data.x unused"),
        ("import data.a", "2:1 compile_error: import data.a unused"),
        ("import data.a\np := data.a", "2:1 compile_error: import data.a unused"),
        ("import data.a\nimport data.b as c\np := a if a", "3:1 compile_error: import data.b as c unused"),
    ] {
        assert_eq!(errors(text, Dialect::V1, true), wanted, "{text}");
        assert_eq!(errors(text, Dialect::V1, false), "none", "{text}");
    }
    for text in [
        "p if { some x in [1] }",
        "f(_) := 1",
        "default f(_) := 1\nf(x) := x",
        "import data.x\np if { true with data.y as x }",
        "import data.a as b\np := b",
        "import data.lib\np := lib.f(1)\nq := lib.x",
        "import rego.v1",
        "p contains 1 if { x = 1 }",
        "f(x) := y if { y := 1 } else := x",
    ] {
        let found = errors(text, Dialect::V1, true);
        assert!(!found.contains("compile_error"), "{text}: {found}");
    }
}

#[test]
fn version_1_forbids_what_strictness_forbids_version_0() {
    let rules = "2:1 compile_error: rules must not shadow input (use a different rule name)";
    let import = "3:1 compile_error: import must not shadow import data.x";
    let any = "type_error: deprecated built-in function calls in expression: any";
    let variables = "compile_error: variables must not shadow data (use a different variable name)";
    for (v0, v1, wanted) in [
        ("input = 1", "input := 1", [rules.to_owned(), rules.to_owned()]),
        (
            "import data.x\nimport data.y as x\np { x }",
            "import data.x\nimport data.y as x\np if x",
            [import.to_owned(), import.to_owned()],
        ),
        ("p { any([1]) }", "p := any([1])", [format!("2:5 {any}"), format!("2:6 {any}")]),
        (
            "p { data := 1 }",
            "p if data := 1",
            [
                format!("2:5 {variables}\n2:5 compile_error: assigned var data unused"),
                format!("2:6 {variables}"),
            ],
        ),
    ] {
        assert_eq!(errors(v0, Dialect::V0, true), wanted[0], "{v0}");
        assert_eq!(errors(v1, Dialect::V1, false), wanted[1], "{v1}");
        let lax = errors(v0, Dialect::V0, false);
        assert!(!lax.contains("shadow") && !lax.contains("deprecated"), "{v0}: {lax}");
    }
}

#[test]
fn no_more_errors_are_told_than_ten() {
    let text = "p if { some x; true }\n".repeat(30);
    assert_eq!(errors(&text, Dialect::V1, false).lines().count(), 10);
}
