//! Sources that nest deep: read and compiled up to a limit, refused beyond it, on a small stack either way.

use super::{source, value};
use kitelogik_rego::{Options, Program, syntax::ast::Version, syntax::parse_module};

/// The stack of the threads that these tests run on: the default of Rust's threads.
const STACK: usize = 2 << 20;

fn on_small_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap()
}

/// What tells that a shape needs `and` and `or`.
const OPERATORS: [&str; 2] = [" and ", " or "];

/// A module whose rule nests one construct `levels` deep.
fn nested(before: &str, core: &str, after: &str, levels: usize) -> String {
    let import = if OPERATORS.iter().any(|word| after.contains(word)) { "import rego.v2\n" } else { "" };
    format!("package t\n{import}p := {}{core}{}", before.repeat(levels), after.repeat(levels))
}

const SHAPES: [(&str, &str, &str); 16] = [
    ("[", "1", "]"),
    ("(", "1", ")"),
    ("{", "1", "}"),
    ("{1: ", "1", "}"),
    ("{", "1", ": 1}"),
    ("f(", "1", ")"),
    ("input.x[", "1", "]"),
    ("[1 | x := ", "1", "]"),
    ("{1 | not ", "1", "}"),
    ("{1: 1 | every x in ", "[1]", " { x == 1 }}"),
    ("$\"{", "1", "}\""),
    ("1 + ", "1", ""),
    ("", "input", ".f(1)"),
    ("[1 | true or (", "true", " and true)]"),
    ("[1 | {", "1", "} or true]"),
    ("[1 | {[1 | (", "1", ")]} or 1]"),
];

#[test]
fn trees_of_the_greatest_depth_are_compiled_cloned_and_dropped() {
    for (before, core, after) in SHAPES {
        // As deep as this shape may be: some count twice or three times a level.
        let reads = |levels| {
            let text = nested(before, core, after, levels);
            on_small_stack(move || parse_module(&text, 0, Version::V1).map(|_| text).ok())
        };
        let text = [1_997, 998, 664, 499, 285].into_iter().find_map(reads);
        let text = text.unwrap_or_else(|| panic!("{before:?} is not read"));
        let clone = on_small_stack({
            let text = text.clone();
            move || parse_module(&text, 0, Version::V1).unwrap().clone()
        });
        on_small_stack(move || drop(clone));
        // Whether it compiles is another matter: it ends, and in an error if not.
        let codes = on_small_stack(move || {
            let result = Program::compile(&[source(&text)], value("{}"), &Options::default());
            result.err().map_or_else(Vec::new, |all| all.into_iter().map(|wrong| wrong.code).collect())
        });
        let known = ["rego_type_error", "rego_unsafe_var_error"];
        assert!(codes.iter().all(|code| known.contains(code)), "{before:?}: {codes:?}");
    }
}

/// What is known of a parameter nests as it does.
#[test]
fn patterns_of_the_greatest_depth_are_compiled() {
    let text = format!("package t\np := f(1)\nf({}x{}) := x", "[".repeat(1_990), "]".repeat(1_990));
    let codes = on_small_stack(move || {
        let result = Program::compile(&[source(&text)], value("{}"), &Options::default());
        result.map(drop).map_err(|all| all.into_iter().map(|wrong| wrong.code).collect::<Vec<_>>())
    });
    assert_eq!(codes, Err(vec!["rego_type_error"]));
}

/// Trying each level twice would never end.
#[test]
fn braces_that_hold_no_operand_are_tried_once() {
    for (before, core, after) in [
        ("[1 | not {[1 | ", "1", "], not 1}]"),
        ("[1 | {[1 | ", "1", "], 1} or 1]"),
        ("[1 | ([1 | ", "1", "])]"),
    ] {
        let text = nested(before, core, after, 100).replace("import rego.v2\n", "");
        let text = text.replace("package t", "package t\nimport rego.v2");
        let errors = on_small_stack(move || parse_module(&text, 0, Version::V1).err());
        assert_eq!(errors.is_none(), before.ends_with("([1 | "), "{before:?}: {errors:?}");
    }
}

#[test]
fn a_hundred_thousand_levels_are_an_error() {
    for (before, core, after) in SHAPES {
        let text = nested(before, core, after, 100_000);
        let message = on_small_stack(move || {
            let all = Program::compile(&[source(&text)], value("{}"), &Options::default()).unwrap_err();
            format!("{}: {}", all[0].code, all[0].message)
        });
        assert_eq!(message, "rego_parse_error: max nesting depth exceeded", "{before:?}");
    }
}

#[test]
fn bodies_nest_in_bodies_on_a_small_stack() {
    let compiled = |levels: usize| {
        let (before, after) = ("every x in [x, 1] { ".repeat(levels), " }".repeat(levels));
        let text = format!("package t\np if {{ x := 1; {before}x == x{after} }}");
        on_small_stack(move || {
            let result = Program::compile(&[source(&text)], value("{}"), &Options::default());
            result.map(|_| ()).map_err(|all| all[0].message.clone())
        })
    };
    assert_eq!(compiled(48), Ok(()));
    assert_eq!(compiled(50), Err("max nesting depth exceeded".to_owned()));
    assert_eq!(compiled(100_000), Err("max nesting depth exceeded".to_owned()));
}

#[test]
fn any_number_of_else_fits_a_small_stack() {
    let text = format!("package t\np := 1 if {{ false }}{}\n", " else := 2 if { false }".repeat(20_000));
    let compiled =
        on_small_stack(move || Program::compile(&[source(&text)], value("{}"), &Options::default()).is_ok());
    assert!(compiled);
}
