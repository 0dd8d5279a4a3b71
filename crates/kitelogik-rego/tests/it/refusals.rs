//! What is refused, when it is compiled or evaluated.

use super::{compile, eval, source, value};
use kitelogik_rego::{Context, Evaluator, Input, Limits, Options, Program};

fn refused(text: &str) -> String {
    let text = format!("package t\n{text}");
    let all = Program::compile(&[source(&text)], value("{}"), &Options::default()).unwrap_err();
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn unsafe_variables() {
    for (text, wanted) in [
        ("p := x", "t.rego:2:6: rego_unsafe_var_error: var x is unsafe"),
        ("p if not input.roles[_] == \"admin\"", "t.rego:2:6: rego_unsafe_var_error: var _ is unsafe"),
        ("p if { x > 1; y := x }", "t.rego:2:8: rego_unsafe_var_error: var x is unsafe"),
    ] {
        assert_eq!(refused(text), wanted, "{text}");
    }
}

#[test]
fn unknown_functions_are_named() {
    let wanted = "t.rego:2:6: rego_type_error: undefined function http.send";
    assert_eq!(refused("p := http.send({})"), wanted);
    assert_eq!(refused("p if http.send({}, x)"), wanted);
}

#[test]
fn what_is_absent_must_be_replaced_where_it_is_called() {
    let text = "package t\np := http.send({})\nq := x if x := p with http.send as 1";
    let program = compile(&[text], "{}");
    assert_eq!(eval(&program, "data.t.q", "{}").unwrap().value, Some(value("1")));
    let entry = program.entry("data.t.p").unwrap();
    let limits = Limits { strict_builtin_errors: false, ..Limits::DEFAULT };
    let failure = Evaluator::new().eval(&program, &entry, Input::None, &Context::at(0), &limits);
    assert_eq!(failure.unwrap_err().code(), "eval_builtin_error");
}

#[test]
fn sources_that_are_no_rego() {
    for text in ["p := ", "p if {", "p := \"a", "p := {1, 2", "p := 1e9999999999", "p := \u{1}"] {
        assert!(refused(text).contains("rego_parse_error"), "{text}");
    }
    let deep = format!("p := {}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(refused(&deep).contains("max nesting depth exceeded"));
}

#[test]
fn two_values_are_a_conflict() {
    let program = compile(&["package t\np := 1 if input.a\np := 2 if input.b"], "{}");
    assert_eq!(eval(&program, "data.t.p", r#"{"a": 1}"#).unwrap().value, Some(value("1")));
    let failure = eval(&program, "data.t.p", r#"{"a": 1, "b": 1}"#).unwrap_err();
    assert_eq!(failure.code(), "eval_conflict_error");
    assert_eq!(failure.place().map(|at| at.line), Some(3));
}
