//! Deep, large and odd values: an answer or a typed error, on the stack that threads have by default.

use super::{ask, compile, eval, value};
use kitelogik_rego::{
    Context, Dialect, Evaluator, Failure, Input, Limit, Limits, Options, Outcome, Program, Source,
};
use kitelogik_value::{Value, json};

const STACK: usize = 2 << 20;

/// What `data.t.p` is where the input is an array nested so deep.
fn on_deep_input(rules: &str, levels: usize) -> Result<Outcome, Failure> {
    let text = format!("package t\n{rules}");
    let run = move || {
        let program = compile(&[&text], "{}");
        let input = (0..levels).fold(Value::from(1i64), |inner, _| Value::array([inner]));
        let entry = program.entry("data.t.p").unwrap();
        let (context, limits) = (Context::at(0), Limits::DEFAULT);
        let outcome = Evaluator::new().eval(&program, &entry, Input::Value(&input), &context, &limits);
        let copied = outcome.clone();
        drop(outcome);
        copied
    };
    std::thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap()
}

#[test]
fn values_two_thousand_levels_deep_are_evaluated_copied_and_dropped() {
    for rules in [
        "p := input",
        "p if input == input",
        "p := x if some x in {input, input}",
        "p := {\"k\": input}.k",
        "p if [input] != [[input]]",
        "p := y if { x := input; y := [z | z := x][0] }",
        "p := f(input)\nf(x) := x",
        "p := x if x := q with input.a as 1\nq := input.a",
    ] {
        assert!(on_deep_input(rules, 1_990).is_ok_and(|found| found.value.is_some()), "{rules}");
    }
}

#[test]
fn what_a_result_borrows_counts_towards_its_depth() {
    for rules in
        ["p := [[[[[input]]]]]", "p := {\"k\": {{1: [[input]]}}}", "p := [1, [2, [x | x := [[input]]]]]"]
    {
        assert!(on_deep_input(rules, 1_990).is_ok_and(|found| found.value.is_some()), "{rules}");
        assert_eq!(on_deep_input(rules, 1_997).unwrap_err(), Failure::Limit(Limit::Depth), "{rules}");
    }
}

#[test]
fn calls_nest_as_deep_as_the_limit() {
    let chain: String = (0..600).map(|at| format!("f{at}(x) := f{}(x)\n", at + 1)).collect();
    let failure =
        eval(&compile(&[&format!("package t\np := f0(1)\n{chain}f600(x) := x")], "{}"), "data.t.p", "{}");
    assert_eq!(failure.unwrap_err(), Failure::Limit(Limit::Depth));
}

#[test]
fn odd_values_are_values() {
    for (text, wanted) in [
        ("p := count({{1}, {1.0}, {{1}}, {{1}, 2}})", "3"),
        ("p := {{2}, {1, 3}, {1}} == {{1}, {3, 1}, {2}}", "true"),
        ("p := {{1}: 2}[{1}]", "2"),
        ("p := [x | some x in {{2}, {1, 3}, {1}}]", "[[1],[1,3],[2]]"),
        ("p := strings.count(\"\", \"\")", "1"),
        ("p := strings.count(\"aaa\", \"\")", "4"),
        ("p := 1e400 > 1e399", "true"),
        ("p := 1e400", "1e400"),
    ] {
        assert_eq!(ask(text, "{}"), wanted, "{text}");
    }
}

/// These take a backtracking engine longer than the universe is old.
#[test]
fn patterns_that_look_catastrophic_are_answered() {
    let text = "a".repeat(5_000) + "!";
    let input = format!(r#"{{"text": "{text}"}}"#);
    for (call, wanted) in [
        ("regex.match(`^(a+)+$`, input.text)", "false"),
        ("regex.match(`^(a|aa)+$`, input.text)", "false"),
        ("regex.match(`(.*a){20}!$`, input.text)", "true"),
        ("count(regex.find_n(`(a*)*b`, input.text, -1))", "0"),
        ("count(regex.split(`(a?){50}!`, input.text))", "2"),
    ] {
        let program = compile(&[&format!("package t\np := {call}")], "{}");
        let outcome = eval(&program, "data.t.p", &input).unwrap();
        assert_eq!(outcome.value.map(|value| json::to_string(&value)).as_deref(), Some(wanted), "{call}");
    }
    let program = compile(&["package t\np := regex.match(`((a{1000}){1000}){1000}`, input.text)"], "{}");
    assert_eq!(eval(&program, "data.t.p", &input).unwrap_err().code(), "eval_builtin_error");
}

#[test]
fn an_input_of_a_hundred_thousand_levels_is_refused() {
    let program = compile(&["package t\np := input"], "{}");
    let entry = program.entry("data.t.p").unwrap();
    let text = "[".repeat(100_000) + &"]".repeat(100_000);
    let (context, limits) = (Context::at(0), Limits::DEFAULT);
    let failure = Evaluator::new().eval(&program, &entry, Input::Json(text.as_bytes()), &context, &limits);
    assert_eq!(failure.unwrap_err().code(), "invalid_input");
}

#[test]
fn a_data_document_of_fifty_megabytes() {
    let item = format!("{:01000}", 7);
    let items: Vec<Value> = (0..50_000).map(|at| Value::from(format!("{at}-{item}").as_str())).collect();
    let data = Value::object([("items", Value::array(items)), ("key", Value::object([("a", value("1"))]))]);
    assert!(json::to_string(&data).len() > 50_000_000);
    let text = "package t\np := [count(data.items), data.key.a, startswith(data.items[49999], \"49999-\")]";
    let source = Source { path: "t.rego".into(), text: text.into(), dialect: Dialect::V1 };
    let program = Program::compile(&[source], data, &Options::default()).unwrap();
    let outcome = eval(&program, "data.t.p", "{}").unwrap();
    assert_eq!(outcome.value, Some(value("[50000, 1, true]")));
    assert!(outcome.steps < 100, "{} steps", outcome.steps);
}
