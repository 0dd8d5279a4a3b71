//! What is not tried again: rules that cannot match, results that a `with` does not change.

use super::{ask, compile, eval};
use std::fmt::Write as _;

/// A program of so many rules, each for another tool.
fn guarded(rules: usize, guard: &dyn Fn(usize) -> String) -> String {
    let mut text = "package t\n".to_owned();
    for at in 0..rules {
        writeln!(text, "p contains {at} if {{ {}; input.args.n > 0 }}", guard(at)).unwrap();
    }
    text
}

fn steps(text: &str, input: &str) -> u64 {
    eval(&compile(&[text], "{}"), "data.t.p", input).unwrap().steps
}

#[test]
fn of_a_thousand_rules_for_one_tool_each_one_is_tried() {
    let input = r#"{"tool": "t0", "args": {"n": 1}}"#;
    let forms: [&dyn Fn(usize) -> String; 5] = [
        &|at| format!("input.tool == \"t{at}\""),
        &|at| format!("\"t{at}\" == input.tool"),
        &|at| format!("input.tool = \"t{at}\""),
        &|at| format!("tool := input.tool; tool == \"t{at}\""),
        &|at| format!("input.tool in {{\"t{at}\", \"u{at}\"}}"),
    ];
    for guard in forms {
        // A body that is tried takes a step at least, one that is not takes none.
        let one = steps(&guarded(1, guard), input);
        for rules in [10, 1_000] {
            let taken = steps(&guarded(rules, guard), input);
            assert!(taken <= one + 1, "{rules} rules: {taken} steps, one rule: {one}; {}", guard(0));
        }
    }
}

#[test]
fn no_rule_is_tried_for_another_tool_or_none() {
    let text = guarded(1_000, &|at| format!("input.tool == \"t{at}\""));
    for input in [r#"{"tool": "x"}"#, r#"{"tool": 5}"#, "{}"] {
        assert!(steps(&text, input) <= 2, "{input}");
    }
}

#[test]
fn a_guard_that_all_share_is_no_index() {
    let shared = |at| format!("input.event == \"call\"; input.tool == \"t{at}\"");
    let input = r#"{"event": "call", "tool": "t7", "args": {"n": 1}}"#;
    assert!(steps(&guarded(1_000, &shared), input) < 10);
}

#[test]
fn an_index_changes_no_answer() {
    let text = "p contains 1 if input.x == 1\n\
                p contains 2 if input.x == 2.0\n\
                p contains 3 if { x := input.x; x == \"a\" }\n\
                p contains 4 if input.x in [1, \"a\", {\"b\"}]\n\
                p contains 5 if input.y\n\
                p contains 7 if input.x != 9\n\
                p contains 8 if not input.x == 1\n\
                p contains 9 if { some x in [input.x]; x == 1 }";
    for (input, wanted) in [
        (r#"{"x": 1}"#, "[1,4,7,9]"),
        (r#"{"x": 1.0}"#, "[1,4,7,9]"),
        (r#"{"x": 2}"#, "[2,7,8]"),
        (r#"{"x": "a"}"#, "[3,4,7,8]"),
        (r#"{"x": ["b"]}"#, "[7,8]"),
        (r#"{"x": 9, "y": 1}"#, "[5,8]"),
        ("{}", "[8]"),
    ] {
        assert_eq!(ask(text, input), wanted, "{input}");
    }
}

#[test]
fn functions_and_branches_are_indexed_too() {
    let text = "p := [f(1), q]\n\
                f(x) := 1 if input.k == \"a\"\nf(x) := 2 if input.k == \"b\"\nf(x) := 3 if input.k == \"c\"\n\
                default q := 0\n\
                q := 1 if input.k == \"a\"\nq := 2 if input.k == \"b\"\n\
                q := 3 if input.k == \"x\" else := 4 if input.k == \"c\"";
    for (k, wanted) in [("a", "[1,1]"), ("b", "[2,2]"), ("c", "[3,4]")] {
        assert_eq!(ask(text, &format!(r#"{{"k": "{k}"}}"#)), wanted, "{k}");
    }
    let changed = "p := [x | some k in [\"c\", \"a\", \"z\"]; x := q with input.k as k]\ndefault q := 0\n\
                   q := 1 if input.k == \"a\"\nq := 2 if input.k == \"b\"\nq := 3 if input.k == \"c\"";
    assert_eq!(ask(changed, "{}"), "[3,1,0]");
}

#[test]
fn what_does_not_read_the_input_is_kept_while_it_changes() {
    let text = |calls: usize| {
        format!(
            "package t\np if every i in numbers.range(1, {calls}) {{ q with input.i as i }}\n\
             q if {{ input.i > 0; big > 0; f(1) > 0 }}\n\
             big := count([x | some x in numbers.range(1, 2000)])\n\
             f(_) := count([x | some x in numbers.range(1, 2000)])"
        )
    };
    let (one, many) = (steps(&text(1), "{}"), steps(&text(50), "{}"));
    assert!(one > 4_000 && many < one + 2_000, "{one} steps for one, {many} for fifty");
}

#[test]
fn what_stands_for_a_function_may_read_the_input() {
    let function = "p := x if { x := g with count as mine }\n\
                    g := [x | some i in [1, 2]; x := q with input.i as i]\n\
                    q := count([])\nmine(_) := input.i";
    assert_eq!(ask(function, "{}"), "[1,2]");
}
