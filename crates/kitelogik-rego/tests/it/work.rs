//! What builtins cost is charged as they go: none of these may take long, or much memory.

use super::{ask, compile, value};
use kitelogik_rego::{Context, Evaluator, Failure, Input, Limit, Limits};

/// The limit that ends `data.t.p` within a tenth of the steps that an evaluation has.
fn ended(text: &str, input: &str) -> Limit {
    let program = compile(&[&format!("package t\n{text}")], "{}");
    let (entry, input) = (program.entry("data.t.p").unwrap(), value(input));
    let limits = Limits { steps: Limits::DEFAULT.steps / 10, ..Limits::DEFAULT };
    match Evaluator::new().eval(&program, &entry, Input::Value(&input), &Context::at(0), &limits) {
        Err(Failure::Limit(limit)) => limit,
        Err(other) => panic!("{text}: {other:?}"),
        Ok(outcome) => panic!("{text}: {} steps", outcome.steps),
    }
}

#[test]
fn walk_does_not_copy_paths_for_what_waits() {
    let wide = format!("[{}0]", "0,".repeat(120_000));
    let deep = format!("{}{wide}{}", "[".repeat(1_000), "]".repeat(1_000));
    let program = "p := count([v | walk(json.unmarshal(input), [_, v]); v == 1])";
    assert_eq!(ended(program, &format!("\"{deep}\"")), Limit::Steps);
    assert_eq!(
        ask("p := [path | walk(input, [path, _])]", r#"{"a": [1, {"b": 2}], "c": {}}"#),
        r#"[[],["a"],["a",0],["a",1],["a",1,"b"],["c"]]"#
    );
    assert_eq!(ask("p := [x | walk({1, {2}}, x)]", "{}"), "[[[],[1,[2]]],[[1],1],[[[2]],[2]],[[[2],2],2]]");
}

#[test]
fn paths_through_a_graph_are_not_copied_for_what_waits() {
    let chain: String = (0..1_000).map(|at| format!("\"{at}\": [\"{}\"], ", at + 1)).collect();
    let many = "\"z\",".repeat(200_000);
    let graph = format!("{{{chain}\"1000\": [{many}\"z\"], \"z\": []}}");
    assert_eq!(ended("p := count(graph.reachable_paths(input, {\"0\"}))", &graph), Limit::Steps);
    let paths = |graph: &str, from: &str| ask(&format!("p := graph.reachable_paths(input, {from})"), graph);
    let graph = r#"{"a": ["b", "c", "x"], "b": ["a", "c"], "c": [], "s": ["s", "c"]}"#;
    assert_eq!(paths(graph, r#"["a"]"#), r#"[["a"],["a","b"],["a","b","c"],["a","c"]]"#);
    assert_eq!(paths(graph, r#"{"s", "x"}"#), r#"[["s","c"],["s","s"],["s","s","c"]]"#);
}

#[test]
fn a_node_reached_again_is_not_looked_at_again() {
    let graph =
        format!("{{\"r\": [{0}\"A\"], \"A\": [{1}0]}}", "\"A\",".repeat(100_000), "0,".repeat(200_000));
    assert_eq!(ask("p := graph.reachable(input, {\"r\"})", &graph), r#"["A","r"]"#);
}

#[test]
fn numbers_are_charged_by_their_digits_and_the_zeros_of_their_exponents() {
    let many = |number: &str| format!("[0.5{}]", format!(",{number}").repeat(20_000));
    assert_eq!(ended("p := product(input)", &many("5e-324")), Limit::Memory);
    for program in [
        "p := product(input)",
        "p := sum(input)",
        "p := [y | y := input[_] * 2]",
        "p := [y | y := input[_] / 3]",
        "p := [y | y := abs(input[_])]",
        "p := [y | y := ceil(input[_])]",
        "p := [y | y := format_int(input[_], 10)]",
    ] {
        let limit = ended(program, &many("1e-9999"));
        assert!(matches!(limit, Limit::Steps | Limit::Memory), "{program}");
    }
    let long = format!("[1{}]", format!(",{}", "9".repeat(5_000)).repeat(400));
    for program in [
        "p := product(input)",
        "p := [y | x := input[_]; y := x * x]",
        "p := [y | y := bits.negate(input[_])]",
    ] {
        assert_eq!(ended(program, &long), Limit::Steps, "{program}");
    }
}

#[test]
fn numbers_that_policies_meet_cost_little() {
    assert_eq!(ask("p := [1e-9999 * 1e-9999, 1e-9999 * 2]", "{}"), "[1e-19998,2e-9999]");
    assert_eq!(ask("p := product(input)", &format!("[0.5{}]", ",0.0".repeat(5_000))), "0");
    assert_eq!(ask("p := sum(input)", &format!("[0.5{}]", ",0.25".repeat(100_000))), "25000.5");
    assert_eq!(ask("p := product([5e-1, 2.25])", "{}"), "1.125");
}

#[test]
fn long_texts_are_charged_for_what_is_compared() {
    let input = |long: usize, short: usize, tail: &str| {
        format!("{{\"text\": \"{}\", \"part\": \"{}{tail}\"}}", "a".repeat(long), "a".repeat(short))
    };
    let nearly = input(200_000, 100_000, "b");
    for call in ["replace(input.text, input.part, `x`)", "indexof_n(input.text, input.part)"] {
        assert_eq!(ended(&format!("p := {call}"), &nearly), Limit::Steps, "{call}");
    }
    assert_eq!(
        ask(
            "p := [count(trim(input.text, input.part)), trim_left(`axa`, `ya`), trim_right(`aéé`, `é`)]",
            &nearly
        ),
        "[0,\"xa\",\"a\"]"
    );
    assert_eq!(
        ask("p := [indexof_n(`éaéaé`, `éaé`), replace(`aab`, `ab`, `x`), replace(`ab`, ``, `-`)]", "{}"),
        "[[0,2],\"ax\",\"-a-b-\"]"
    );
}

#[test]
fn documents_are_cut_by_many_paths() {
    let paths: Vec<String> = (0..20_000).map(|at| format!("\"a/{}\"", at * 2)).collect();
    let document =
        format!("{{\"doc\": {{\"a\": [{}0]}}, \"paths\": [{}]}}", "0,".repeat(39_999), paths.join(","));
    let start = std::time::Instant::now();
    for call in ["remove", "filter"] {
        let program = format!("p := count(json.{call}(input.doc, input.paths).a)");
        assert_eq!(ask(&program, &document), "20000", "{call}");
    }
    // A search through all the paths for each item took minutes.
    assert!(start.elapsed().as_secs() < 20);
}
