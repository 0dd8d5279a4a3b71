//! What the constructs of the language mean.

use super::{ask, compile, eval, source, value};
use kitelogik_rego::{Context, Evaluator, Input, Limits, Options, Program};

#[test]
fn rules_of_every_form() {
    for (text, input, wanted) in [
        ("p := 1", "{}", "1"),
        ("p if input.a", r#"{"a": 0}"#, "true"),
        ("default p := false\np if input.a", "{}", "false"),
        ("p := \"a\" if input.a == 1 else := \"b\" if input.a == 2 else := \"c\"", r#"{"a": 2}"#, "\"b\""),
        ("p contains x if some x in input.xs", r#"{"xs": [2, 1, 2]}"#, "[1,2]"),
        ("p contains 1 if false", "{}", "[]"),
        ("p[k] := v if some k, v in input.o", r#"{"o": {"a": 1}}"#, r#"{"a":1}"#),
        ("p.q[x].r := i if x := input.xs[i]", r#"{"xs": ["u", "v"]}"#, r#"{"q":{"u":{"r":0},"v":{"r":1}}}"#),
        ("p.q := 1\np.r contains 2", "{}", r#"{"q":1,"r":[2]}"#),
        ("p := f(2)\nf(x) := x + 1 if x > 1\nf(1) := 5", "{}", "3"),
        ("p := [f(1), f([7, 2])]\nf(1) := 5\nf([_, y]) := y", "{}", "[5,2]"),
        ("p := f(3)\ndefault f(_) := 9\nf(1) := 5", "{}", "9"),
    ] {
        assert_eq!(ask(text, input), wanted, "{text}");
    }
}

#[test]
fn references_enumerate_and_join() {
    let input = r#"{"xs": [{"id": 1, "t": ["a", "b"]}, {"id": 2, "t": ["b"]}], "ids": [2]}"#;
    for (text, wanted) in [
        ("p contains t if t := input.xs[_].t[_]", r#"["a","b"]"#),
        ("p contains id if { some i; input.xs[i].t[_] == \"a\"; id := input.xs[i].id }", "[1]"),
        ("p := {x.id: count(x.t) | some x in input.xs}", r#"{"1":2,"2":1}"#),
        ("p := [i | input.xs[i].id = input.ids[_]]", "[1]"),
        ("p := [k | some k, \"b\" in input.xs[1].t]", "[0]"),
        ("p := {y | q[[x, y]]; x == 1}\nq contains [1, 2]\nq contains [3, 4]", "[2]"),
        ("p := x if { [x, 1] = [2, y]; y == 2 }", "undefined"),
        ("p := [x, y] if [x, 1] = [2, y]", "[2,1]"),
        ("p[k] := v if { some k, x in input.xs[0]; {k: [x]} = {k: [v]}; k == \"id\" }", r#"{"id":1}"#),
        ("p := x if {\"a\": x, \"b\": _} = {\"a\": 1, \"b\": 2}", "1"),
        ("p if every x in input.xs { count(x.t) > 0 }", "true"),
        ("p if every x in input.xs { count(x.t) > 1 }", "undefined"),
        ("p if not 3 in input.ids", "true"),
        ("p := [x, y] if { not.a = x; with[\"b\"] = y }\nnot.a := 1\nwith.b := 2", "[1,2]"),
        ("p := $`\\{{input.ids[0]}`", "\"{2\""),
        ("p := {s | s := {1, 2}}", "[[1,2]]"),
        ("p := $\"{input.xs[0].id} {input.none} {{1}} \\{x}\"", r#""1 <undefined> {1} {x}""#),
    ] {
        assert_eq!(ask(text, input), wanted, "{text}");
    }
}

#[test]
fn a_fired_default_says_so() {
    let rules = "default p := 1\np := 2 if { input.a; q }\nq if f(0) == 9\ndefault f(_) := 9\nf(1) := 5\n";
    let program = compile(&[&format!("package t\n{rules}")], "{}");
    let fired = |input: &str| -> Vec<(String, bool)> {
        let fired = eval(&program, "data.t.p", input).unwrap().fired;
        fired.into_iter().map(|fired| (fired.rule.to_string(), fired.default)).collect()
    };
    assert_eq!(fired("{}"), [("data.t.p".to_owned(), true)]);
    let wanted = [("data.t.f", true), ("data.t.q", false), ("data.t.p", false)];
    assert_eq!(fired(r#"{"a": 1}"#), wanted.map(|(rule, default)| (rule.to_owned(), default)));
}

#[test]
fn operators_ask_whether_their_operands_have_a_solution() {
    let input = r#"{"yes": true, "no": false, "xs": [1, 2, 3]}"#;
    for (body, holds) in [
        ("input.yes and input.yes", true),
        ("input.yes and input.none", false),
        ("input.no or input.yes", true),
        ("input.none or input.no", false),
        ("true or false and false", true),
        ("(true or false) and false", false),
        ("((false or true))", true),
        ("not (false or true)", false),
        ("not { some x in input.xs; x < 1 or x > 3 }", true),
        ("not true or not false", true),
        ("{ some x in input.xs; x > 2 } and { x := 5; x > 4 }", true),
        ("{ x := 1; x > 1 } or { x := 2; x > 1 }", true),
        ("x or false; x = input.yes", true),
        ("input.none or true with input as {\"none\": false}", true),
        ("(input.yes with input.yes as false) or input.no", false),
        ("{ input.no with input.no as true } and not input.no", true),
        ("or({1}, {2}) == {1, 2} and true", true),
        ("every x in input.xs { x > 1 or x == 1 }", true),
        ("count([1 | { some x in input.xs } and { some y in input.xs }]) == 1", true),
        ("and.x or false; and[\"x\"]", true),
        // What comes after the answer is clear is not evaluated.
        ("true or 1 / 0 == 1", true),
        ("false and 1 / 0 == 1", false),
    ] {
        let text = format!("import rego.v2\np if {{ {body} }}\nand.x := true");
        assert_eq!(ask(&text, input), if holds { "true" } else { "undefined" }, "{body}");
    }
    for head in ["import future.keywords.or\np", "import future.keywords\np", "import rego.v2\np if"] {
        assert_eq!(ask(&format!("{head} {{ false or input.yes }}"), input), "true", "{head}");
    }
}

#[test]
fn a_parameter_that_is_a_set_with_names_equals_nothing() {
    for text in [
        "p := f({1})\nf({x}) := x",
        "p := f({2}, 2)\nf({x}, x) := 1",
        "p := f([1, {{2}}])\nf([_, {{x}}]) := 1",
    ] {
        assert_eq!(ask(text, "{}"), "undefined", "{text}");
    }
    assert_eq!(ask("p := f({1, 2})\nf({2, 1}) := 3", "{}"), "3");
}

#[test]
fn what_takes_no_arguments_is_no_function() {
    assert_eq!(ask("p := [q, r]\nq() := 1\nr() := x if { x := 2 }", "{}"), "[1,2]");
    assert_eq!(ask("p() { input.a }", r#"{"a": 1}"#), "true");
    let text = "package t\np := q()\nq() := 1";
    let all = Program::compile(&[source(text)], value("{}"), &Options::default()).unwrap_err();
    assert_eq!(all[0].message, "undefined function data.t.q");
}

#[test]
fn a_number_may_begin_with_its_point() {
    assert_eq!(ask("p := [1 + .5, .50 == 0.5, -.5e1]", "{}"), "[1.5,true,-0.5e1]");
}

#[test]
fn version_0_reads_as_it_always_did() {
    for (text, wanted) in [
        ("p { input.a == 1 }", "true"),
        ("p = x { x := input.a }", "1"),
        ("p[x] { x := input.a }", "[1]"),
        ("p[x] = y { x := \"k\"; y := input.a }", r#"{"k":1}"#),
        ("p { input.a == 2 } { input.a == 1 }", "true"),
    ] {
        assert_eq!(ask(text, r#"{"a": 1}"#), wanted, "{text}");
    }
}

#[test]
fn with_replaces_input_data_rules_and_functions() {
    for (text, wanted) in [
        ("p := [input.a, q] if q := r with input.a as 5\nr := input.a", "[1,5]"),
        ("p := x if x := r with data.x as 7\nr := data.x", "7"),
        ("p := x if x := r with data.t.q as 7\nr := q\nq := 1", "7"),
        ("p := x if x := r with f as 3\nr := f(1)\nf(x) := x", "3"),
        ("p := x if x := r with f as g\nr := f(1)\nf(x) := x\ng(x) := x + 10", "11"),
        ("p := x if x := r with f as g\nr := f(1)\nf(x) := x\ng(x) := f(x) + 10", "11"),
        ("p := x if x := r with count as 3\nr := count([])", "3"),
    ] {
        assert_eq!(ask(text, r#"{"a": 1}"#), wanted, "{text}");
    }
}

#[test]
fn packages_imports_and_base_documents_meet() {
    let program = compile(
        &[
            "package a.b\nimport data.lib.double\nimport input.n as number\np := double(number)",
            "package lib\ndouble(x) := x * 2",
            "package top\nall := data.a\none := data.a[k].p if k == \"b\"",
        ],
        r#"{"a": {"base": 1}}"#,
    );
    let input = r#"{"n": 21}"#;
    assert_eq!(eval(&program, "data.a.b.p", input).unwrap().value, Some(value("42")));
    let all = eval(&program, "data.top.all", input).unwrap().value;
    assert_eq!(all, Some(value(r#"{"b": {"p": 42}, "base": 1}"#)));
    assert_eq!(eval(&program, "data.a.base", input).unwrap().value, Some(value("1")));
    assert_eq!(eval(&program, "data.none.at.all", input).unwrap().value, None);
}

#[test]
fn queries_bind_their_variables() {
    let program = compile(&["package t\np contains x if some x in [1, 2]"], "{}");
    let (program, entry) = program.query("data.t.p[x]; y = x + 1").unwrap();
    let mut evaluator = Evaluator::new();
    let outcome = evaluator.eval(&program, &entry, Input::None, &Context::at(0), &Limits::DEFAULT).unwrap();
    assert_eq!(outcome.value, Some(value(r#"[{"x": 1, "y": 2}, {"x": 2, "y": 3}]"#)));

    let (all, entry) = program.query("data = x").unwrap();
    let outcome = evaluator.eval(&all, &entry, Input::None, &Context::at(0), &Limits::DEFAULT).unwrap();
    assert_eq!(kitelogik_value::json::to_string(&outcome.value.unwrap()), r#"[{"x":{"t":{"p":[1,2]}}}]"#);
}

#[test]
fn escaped_braces_are_text() {
    assert_eq!(ask(r#"p := $"\{{1 + 1}""#, "{}"), r#""{2""#);
    assert_eq!(ask(r"p := $`\{{42}`", "{}"), r#""{42""#);
}

#[test]
fn a_replaced_function_takes_the_other_ones_name() {
    for (text, wanted) in [
        ("p if startswith(\"ab\", \"b\") with startswith as endswith", "true"),
        ("p := x if x := f([1]) with f as count\nf(_) := 2", "1"),
        ("p := x if x := q with time.now_ns as opa.runtime\nq := time.now_ns()", "{}"),
        ("p := x if x := count([7]) with count as count\ncount(_) := 9", "9"),
        ("p := x if x := q with http.send as f\nq := http.send({})\nf(_) := 3", "3"),
        ("p := x if { some count; count = 4; x := f(1) with f as count }\nf(_) := 2", "4"),
    ] {
        assert_eq!(ask(text, "{}"), wanted, "{text}");
    }
}

#[test]
fn with_makes_objects_on_its_way() {
    for (text, wanted) in [
        ("p := x if x := input with input.a.b as 1", r#"{"a":{"b":1}}"#),
        ("p := x if x := input with input.a as 1 with input.a.b as 2", r#"{"a":{"b":2}}"#),
        ("p := x if x := data.d with data.d.k.z as 1", r#"{"k":{"z":1}}"#),
    ] {
        assert_eq!(ask(text, r#""no object""#), wanted, "{text}");
    }
}

#[test]
fn templates_change_the_world_and_stand_for_parameters() {
    assert_eq!(ask("p := $\"v {q with input as 42}\"\nq := input", "1"), "\"v 42\"");
    assert_eq!(ask("p := f(\"a b\")\nf($\"{x} {input.y}\") := 42 if x = \"a\"", r#"{"y": "b"}"#), "42");
}

#[test]
fn base_documents_are_looked_up_as_in_a_store() {
    let data = r#"{"list": ["a", "b"], "map": {"1": ["u"]}, "t": {"k": "base", "o": {"a": 1}}}"#;
    let text = "package t\np := [data.list[\"1\"], data.map[1][0]]\nq := x[\"1\"] if x := data.list\n\
                k := \"rule\"\no := {\"a\": 2, \"b\": 3}\nr := data.t.k";
    let program = compile(&[text], data);
    let of = |path: &str| eval(&program, path, "{}").unwrap().value;
    assert_eq!(of("data.t.p"), Some(value(r#"["b", "u"]"#)));
    assert_eq!(of("data.t.q"), None);
    assert_eq!(of("data.t.r"), Some(value("\"rule\"")));
    let whole = of("data.t").unwrap();
    assert_eq!(whole.get("k"), Some(&value("\"base\"")));
    assert_eq!(whole.get("o"), Some(&value(r#"{"a": 1, "b": 3}"#)));
}

#[test]
fn of_equal_keys_in_a_literal_the_last_stays() {
    for (text, wanted) in [
        ("p := {\"a\": 1, \"a\": 2}", r#"{"a":2}"#),
        ("p := {\"a\": input.x, \"a\": 1}", r#"{"a":1}"#),
        ("p := {input.k: 1, input.k: 2}", r#"{"a":2}"#),
        ("p := {input.k: 1, \"a\": 2}", r#"{"a":1}"#),
    ] {
        assert_eq!(ask(text, r#"{"k": "a", "x": 7}"#), wanted, "{text}");
    }
}

#[test]
fn not_negates_as_a_whole_where_that_is_imported() {
    for (body, wanted) in [
        ("not input.no < 3", "true"),
        ("not 1 in input.no", "true"),
        ("not input.xs[1] == 2", "undefined"),
        ("not { some x in input.xs; x > 2 }", "true"),
    ] {
        let text = format!("import future.keywords.not\np if {{ {body} }}");
        assert_eq!(ask(&text, r#"{"xs": [1, 2]}"#), wanted, "{body}");
    }
}

/// Only the outermost call is negated, and only equality negates a reference without a value.
#[test]
fn a_negated_call_needs_its_operands() {
    let input = r#"{"a": 1, "ss": ["Ab", "Bc"]}"#;
    for (body, wanted) in [
        ("not input.no", "true"),
        ("not input.no.b == 1", "true"),
        ("not input.no == input.ss[0]", "true"),
        ("not input.no < 3", "undefined"),
        ("not input.no != 1", "undefined"),
        ("not 1 in input.no", "undefined"),
        ("not startswith(input.no, \"a\")", "undefined"),
        ("not f(input.a) == f(input.no)", "undefined"),
        ("not [input.no] == [1]", "undefined"),
        ("not input.ss[input.no]", "undefined"),
        ("not input.ss[input.a] == [input.no]", "undefined"),
        ("not {x | x := input.no} == {1}", "true"),
        ("not $\"{input.no}\" == \"\"", "true"),
        ("not f(f(input.no)) with input.no as false", "true"),
        ("not startswith(lower(input.ss[_]), \"a\")", "true"),
        ("not startswith(lower(input.ss[_]), \"\")", "undefined"),
    ] {
        assert_eq!(ask(&format!("f(x) := x\np if {body}"), input), wanted, "{body}");
    }
}
