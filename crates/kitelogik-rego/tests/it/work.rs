//! What builtins cost is charged as they go: none of these may take long, or much memory.

use super::{ask, compile, eval};
use kitelogik_rego::{Failure, Limit};

/// The limit that ends `data.t.p`.
fn ended(text: &str, input: &str) -> Limit {
    let program = compile(&[&format!("package t\n{text}")], "{}");
    match eval(&program, "data.t.p", input) {
        Err(Failure::Limit(limit)) => limit,
        other => panic!("{:?}", other.map(|outcome| outcome.value)),
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
