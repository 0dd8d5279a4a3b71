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
fn every_unsafe_name_is_told_once_and_in_its_place() {
    for (text, wanted) in [
        ("p := [x, y]", "2:7 x\n2:10 y"),
        ("p[x].y[z] := 1", "2:3 x\n2:8 z"),
        ("f[x](y) := 1", "2:3 x"),
        ("p := count(x)", "2:6 x"),
        ("p if { x > 1; y > x }", "2:8 x\n2:15 y"),
        ("p if { not x; not y }", "2:8 x\n2:15 y"),
        ("p if { x := y; z := x; w }", "2:8 y\n2:24 w"),
        ("p if { x := x_; x > 1 }", "2:8 x_"),
        ("p if { input[x] == y; z }", "2:8 y\n2:23 z"),
        // Names in heads come first.
        ("p := x if { y > 1 }", "2:6 x"),
        ("p if { y > 1 }\nq := x", "3:6 x"),
        ("p if y else := x if z", "2:16 x"),
    ] {
        let found = refused(text).replace("t.rego:", "").replace(": rego_unsafe_var_error: var", "");
        assert_eq!(found.replace(" is unsafe", ""), wanted, "{text}");
    }
    // A reference in a head belongs to the body.
    compile(&["package t\np := {\"q\": q[_]} if q[_]\nq := [1]"], "{}");
    let late = "p if { y := x; x := 1; y == 1 }";
    let options = Options { strict: true, ..Options::default() };
    let strict = Program::compile(&[source(&format!("package t\n{late}"))], value("{}"), &options);
    assert_eq!(strict.unwrap_err().len(), 1, "what is declared too late is not unused");
    let hint = "var or is unsafe (hint: `import future.keywords.or` to import a future keyword)";
    assert!(refused("p := or").ends_with(hint));
}

#[test]
fn unknown_functions_are_named() {
    assert_eq!(refused("p := nosuch({})"), "t.rego:2:6: rego_type_error: undefined function nosuch");
    // OPA has them, so that they are no errors of the language.
    let wanted = "t.rego:2:6: reaches_out: http.send is not offered: evaluating reaches nothing outside of its process";
    assert_eq!(refused("p := http.send({})"), wanted);
    assert!(refused("p if http.send({}, x)").contains("reaches_out"));
    assert_eq!(
        refused("p := graphql.parse(\"\", \"\")"),
        "t.rego:2:6: not_offered: graphql.parse is not offered"
    );
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

#[test]
fn names_are_declared_once_and_before_their_use() {
    for (text, wanted) in [
        ("p if { x == 1; x := 1 }", "2:16: rego_compile_error: var x referenced above"),
        ("p if { x := x }", "2:8: rego_compile_error: var x referenced above"),
        ("p if { x := 1; x := 2 }", "2:16: rego_compile_error: var x assigned above"),
        ("p if { some x; x := 2 }", "2:16: rego_compile_error: var x declared above"),
        ("p if { x = 1; some x in [1] }", "2:15: rego_compile_error: var x referenced above"),
        ("p if { every x in [1] { x := 2 } }", "2:25: rego_compile_error: var x declared above"),
        ("p(x) if { some x; x = 1 }", "2:11: rego_compile_error: arg x redeclared"),
        ("p := y if { y := q; q := 1 }\nq := 5", "2:21: rego_compile_error: var q referenced above"),
        ("p := y if { y := [q | true]; q := 1 }\nq := 5", "2:18: rego_unsafe_var_error: var q is unsafe"),
        ("p if { count := 1; count([]) == 0 }", "2:20: rego_compile_error: called function count shadowed"),
        ("p if { [1, y] := [1, 2]; y }", "2:9: rego_compile_error: cannot assign to number"),
        ("p if { input := 1 }", "variables must not shadow input (use a different variable name)"),
        ("p(data) := 1", "args must not shadow data (use a different variable name)"),
        ("input := 1", "rules must not shadow input (use a different rule name)"),
    ] {
        assert!(refused(text).ends_with(wanted), "{text}: {}", refused(text));
    }
}

#[test]
fn operands_bind_nothing_around_them() {
    for (body, wanted) in [
        ("x = 1 or x = 2", "unsafe_var_error: var x is unsafe"),
        ("input.xs[_] == 1 and true", "unsafe_var_error: var _ is unsafe"),
        ("{ x = 1 } and x", "unsafe_var_error: var x is unsafe"),
        ("true or x := 1", "compile_error: cannot assign vars inside implicit or operand"),
        ("x := 1 and true", "compile_error: cannot assign vars inside implicit and operand"),
        ("{ x := 1; x == y } or { y == 2 }; y := 1", "compile_error: var y referenced above"),
        ("{ some x } or true", "compile_error: declared var x unused"),
    ] {
        let found = refused(&format!("import rego.v2\np if {{ {body} }}"));
        assert!(found.ends_with(wanted), "{body}: {found}");
    }
}

#[test]
fn parameters_hold_no_references_and_no_calls() {
    for (text, wanted) in [
        ("f(input.x) := 1", "t.rego:2:3: rego_unsafe_var_error: var input is unsafe"),
        ("f([x, data.t.q]) := x\nq := 1", "t.rego:2:3: rego_unsafe_var_error: var data is unsafe"),
        ("f({\"a\": q.x}) := 1\nq.x := 2", "t.rego:2:3: rego_unsafe_var_error: var q is unsafe"),
        ("f(g(1)) := 1\ng(x) := x", "t.rego:2:3: rego_compile_error: rule arguments cannot contain calls"),
        ("f([x, 1 + 2]) := x", "t.rego:2:7: rego_compile_error: rule arguments cannot contain calls"),
        ("f(-x) := 1", "t.rego:2:3: rego_compile_error: rule arguments cannot contain calls"),
    ] {
        assert_eq!(refused(text), wanted, "{text}");
    }
    for text in
        ["f($\"{input.x}\") := 1", "f({input.x: y}) := y", "f({input.x}) := 1", "f([x | x := 1]) := 1"]
    {
        compile(&[&format!("package t\n{text}")], "{}");
    }
}

#[test]
fn what_is_declared_must_be_used() {
    for (text, wanted) in [
        ("p if { some x; true }", "declared var x unused"),
        ("p if { some x, y; x = 1 }", "declared var y unused"),
        ("p if every x in [1] { true }", "declared var x unused"),
        ("p if every k, v in [1] { v }", "declared var k unused"),
    ] {
        assert_eq!(refused(text).rsplit(": ").next(), Some(wanted), "{text}");
    }
    for text in ["p if { some x in [1] }", "p if { some x; [1 | x = 1] }", "p if { some x, x in [1] }"] {
        compile(&[&format!("package t\n{text}")], "{}");
    }
    // It hides no other error.
    let both = refused("p if { some x; true }\nq if q");
    assert!(both.contains("declared var x unused") && both.contains("rego_recursion_error"), "{both}");
}

#[test]
fn patterns_that_never_fit_bind_nothing() {
    for text in
        ["[x, y] := []", "[x, y] := 0", "[x, _] = {1, 2}", "{\"a\": x} = {\"b\": 1}", "[[x], 1] = [0, 1]"]
    {
        let found = refused(&format!("p if {{ {text} }}"));
        assert!(found.contains("rego_unsafe_var_error: var x is unsafe"), "{text}: {found}");
    }
}

#[test]
fn version_1_forbids_what_version_0_allowed() {
    for body in ["any([true])", "input := 1"] {
        assert!(refused(&format!("p if {{ {body} }}")).contains("rego_"), "{body}");
        assert_eq!(super::ask(&format!("p {{ {body} }}"), "{}"), "true", "{body}");
    }
    let wanted = "rego_type_error: deprecated built-in function calls in expression: any";
    assert!(refused("p if any([true])").ends_with(wanted));
    assert!(refused("p if not x := 1").ends_with("cannot assign vars inside negated expression"));
}
