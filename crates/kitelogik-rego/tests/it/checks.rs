//! Checks over whole programs: recursion, conflicting rules, duplicate defaults; the lenient negation.

use super::{ask, source, value};
use kitelogik_rego::{Context, Dialect, Evaluator, Input, Limits, Options, Program, Source};

fn refused(text: &str) -> String {
    let text = format!("package t\n{text}");
    let all = Program::compile(&[source(&text)], value("{}"), &Options::default()).unwrap_err();
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn recursion_is_refused_with_its_cycle() {
    for (text, wanted) in [
        ("p if p", "t.rego:2:1: rego_recursion_error: rule data.t.p is recursive: data.t.p -> data.t.p"),
        (
            "p if q\nq if p",
            "t.rego:2:1: rego_recursion_error: rule data.t.p is recursive: data.t.p -> data.t.q -> data.t.p\n\
             t.rego:3:1: rego_recursion_error: rule data.t.q is recursive: data.t.q -> data.t.p -> data.t.q",
        ),
        (
            "f(x) := f(x)",
            "t.rego:2:1: rego_recursion_error: rule data.t.f is recursive: data.t.f -> data.t.f",
        ),
        (
            "f(x) := g(x)\ng(x) := f(x)",
            "t.rego:2:1: rego_recursion_error: rule data.t.f is recursive: data.t.f -> data.t.g -> data.t.f\n\
             t.rego:3:1: rego_recursion_error: rule data.t.g is recursive: data.t.g -> data.t.f -> data.t.g",
        ),
        (
            "p := data.t[x] if x := \"p\"",
            "t.rego:2:1: rego_recursion_error: rule data.t.p is recursive: data.t.p -> data.t.p",
        ),
        (
            "p if { every x in [1] { [x | p] } }",
            "t.rego:2:1: rego_recursion_error: rule data.t.p is recursive: data.t.p -> data.t.p",
        ),
    ] {
        assert_eq!(refused(text), wanted, "{text}");
    }
}

#[test]
fn calls_have_as_many_arguments_as_their_function() {
    let wanted = "t.rego:3:6: rego_type_error: function data.t.f has arity 1, got 3 arguments";
    assert_eq!(refused("f(x) := x\np := f(1, 2, 3)"), wanted);
    assert!(refused("f(x) := x\np := f()").contains("has arity 1, got 0 arguments"));
    assert_eq!(ask("f(x) := x + 1\np := y if f(1, y)", "{}"), "2");
    assert_eq!(ask("f(x) := x\np if f(input.a, y) with input.a as 1", "{}"), "true");
    assert_eq!(ask("f(x) := x\np if not f(1, 2)", "{}"), "true");
}

#[test]
fn a_chain_without_a_cycle_is_no_recursion() {
    assert_eq!(ask("p := q + 1\nq := r + 1\nr := 1", "{}"), "3");
    assert_eq!(ask("p := o.b\no.a := 1\no.b := o.a", "{}"), "1");
}

#[test]
fn rules_that_contradict_each_other() {
    for (text, wanted) in [
        ("p := 1\np contains 2", "t.rego:2:1: rego_type_error: conflicting rules data.t.p found"),
        ("f(x) := x\nf(x, y) := y", "t.rego:2:1: rego_type_error: conflicting rules data.t.f found"),
        ("p[x] := 1 if x := 1\np := 2", "t.rego:2:1: rego_type_error: conflicting rules data.t.p found"),
        (
            "p := 1\np.q := 2",
            "t.rego:2:1: rego_type_error: rule data.t.p conflicts with:\n  rule data.t.p.q at t.rego:3",
        ),
        (
            "default p := 1\ndefault p := 2",
            "t.rego:1:1: rego_type_error: multiple default rules data.t.p found at t.rego:2, t.rego:3",
        ),
    ] {
        assert_eq!(refused(text), wanted, "{text}");
    }
}

#[test]
fn a_package_within_a_rule_is_refused() {
    let told = |texts: [&str; 2]| {
        let all = Program::compile(&texts.map(source), value("{}"), &Options::default());
        all.err().map(|all| all.into_iter().map(|found| found.message).collect::<Vec<_>>())
    };
    let within = told(["package a\nb := 1", "package a.b.c\np := 1"]);
    assert_eq!(within.unwrap(), ["rule data.a.b conflicts with:\n  rule data.a.b.c.p at t.rego:2"]);
    let same = told(["package a\nb.c := 1", "package a.b.c\np := 1"]).unwrap();
    assert_eq!(same[0], "package a.b.c conflicts with rule b.c defined at t.rego:2");
    // A package without rules is in no one's way.
    assert_eq!(told(["package a\nb := 1", "package a.b.c"]), None);
}

#[test]
fn rules_over_base_documents_are_told_when_asked() {
    let rules =
        "package a.b\np := 1\np := 1\nq.r := 2\nt[x] := 1 if x := 2\nu[1] := 1\nv := 1\ndefault w := 1";
    for (data, wanted) in [
        (
            r#"{"a": {"b": {"p": null, "q": {}, "t": {}, "u": 1, "w": 1}}}"#,
            &["a/b/p 2", "a/b/t 5", "a/b/w 8"][..],
        ),
        (r#"{"a": {"b": {"q": 3}}}"#, &["a/b/q/r 4"]),
        (r#"{"a": 1}"#, &["a/b/p 2", "a/b/q/r 4", "a/b/t 5", "a/b/v 7", "a/b/w 8"]),
        (r#"{"a": {"b": {"other": 1}}}"#, &[]),
    ] {
        let program = Program::compile(&[source(rules)], value(data), &Options::default()).unwrap();
        let found: Vec<String> = program.conflicts_with_data().iter().map(ToString::to_string).collect();
        let wanted: Vec<String> = wanted
            .iter()
            .filter_map(|wanted| wanted.split_once(' '))
            .map(|(path, line)| {
                format!("t.rego:{line}:1: rego_compile_error: conflicting rule for data path {path} found")
            })
            .collect();
        assert_eq!(found, wanted, "{data}");
    }
}

const ROLES: &str =
    "package t\ndeny[msg] { input.stage == \"x\"; not input.principal.roles[_] == \"admin\"; msg := \"no\" }";

fn lenient(text: &str) -> Result<Program, Vec<kitelogik_rego::Diagnostic>> {
    let source = Source { path: "t.rego".into(), text: text.into(), dialect: Dialect::V0 };
    Program::compile(&[source], value("{}"), &Options { lenient_negation: true, ..Options::default() })
}

#[test]
fn no_such_role_denies() {
    let program = lenient(ROLES).unwrap();
    assert_eq!(program.warnings().len(), 1);
    assert_eq!(program.warnings()[0].place.line, 2);
    for (principal, denied) in [
        (r#"{"roles": []}"#, true),
        ("{}", true),
        (r#"{"roles": ["dev"]}"#, true),
        (r#"{"roles": ["dev", "admin"]}"#, false),
        (r#"{"roles": ["admin"]}"#, false),
    ] {
        let input = value(&format!(r#"{{"stage": "x", "principal": {principal}}}"#));
        let entry = program.entry("data.t.deny").unwrap();
        let (context, limits) = (Context::at(0), Limits::DEFAULT);
        let outcome = Evaluator::new().eval(&program, &entry, Input::Value(&input), &context, &limits);
        let empty = kitelogik_value::json::to_string(&outcome.unwrap().value.unwrap()) == "[]";
        assert_eq!(!empty, denied, "{principal}");
    }
}

#[test]
fn other_unsafe_negations_stay_refused() {
    for body in [
        "not startswith(input.paths[_], \"/a\")",
        "not input.x[i] == 1",
        "not input.x[_] == y",
        "not input.x[_] != 1",
        "not input.x[_][_] == 1",
    ] {
        let all = lenient(&format!("package t\np {{ {body} }}")).unwrap_err();
        assert_eq!(all[0].code, "rego_unsafe_var_error", "{body}");
    }
}

/// What OPA does, and we too unless told otherwise.
#[test]
fn strictly_no_negation_binds() {
    let strict = |text: &str| {
        let source = Source { path: "t.rego".into(), text: text.into(), dialect: Dialect::V0 };
        let all = Program::compile(&[source], value("{}"), &Options::default()).unwrap_err();
        all.iter().map(|wrong| format!("{}: {}", wrong.code, wrong.message)).collect::<Vec<_>>()
    };
    assert_eq!(strict(ROLES), ["rego_unsafe_var_error: var _ is unsafe"]);
    let paths = "package t\ndeny { not startswith(input.paths[_], \"/tmp\") }";
    assert_eq!(strict(paths), ["rego_unsafe_var_error: var _ is unsafe"]);
    let named = "package t\ndeny { not startswith(input.paths[i], \"/tmp\") }";
    assert_eq!(strict(named), ["rego_unsafe_var_error: var i is unsafe"]);
}

#[test]
fn none_such_is_read_so_wherever_a_body_stands() {
    for body in [
        "count([1 | not input.x[_] == 1]) == 1",
        "{1 | not input.x[_] == 1} == {1}",
        "{1: 2 | not input.x[_] == 1}[1] == 2",
        "[1 | y := [2 | not input.x[_] == 1]; y == [2]] == [1]",
        "every z in [1] { z == 1; not input.x[_] == 1 }",
    ] {
        let text = format!("package t\nimport future.keywords\np {{ {body} }}");
        let program = lenient(&text).unwrap_or_else(|all| panic!("{body}: {all:?}"));
        assert_eq!(program.warnings().len(), 1, "{body}");
        let entry = program.entry("data.t.p").unwrap();
        for (input, holds) in [(r#"{"x": [2, 3]}"#, true), ("{}", true), (r#"{"x": [2, 1]}"#, false)] {
            let (context, limits) = (Context::at(0), Limits::DEFAULT);
            let input = value(input);
            let outcome = Evaluator::new().eval(&program, &entry, Input::Value(&input), &context, &limits);
            assert_eq!(outcome.unwrap().value.is_some(), holds, "{body}: {input:?}");
        }
    }
}

/// These hung the compiler once.
#[test]
fn replacing_an_unknown_function_ends_in_an_error() {
    for text in [
        "p if x := 1 with nosuch as 2",
        "p if count([1]) with nosuch.fn as 2",
        "p if count(x) with nosuch as y",
        "p if y == 1 with count as nosuch",
        "p if { y = f(1) with f as nosuch.g }\nf(x) := x",
    ] {
        assert!(refused(text).contains("rego_"), "{text}");
    }
}
