//! Patterns that someone chose to be costly: each is answered within its bounds or ends in a typed error.

use super::{compile, value};
use kitelogik_rego::{Context, Evaluator, Failure, Input, Limit, Limits, Pattern};
use kitelogik_value::{Value, json};
use std::time::{Duration, Instant};

const MATCHES: &str = "p := count([x | some x in input; regex.match(x, \"abc\")])";

/// What `data.t.p` is, asked twice of one evaluator: what is kept changes no answer.
fn twice(rule: &str, input: &Value, steps: u64) -> Result<String, Failure> {
    let program = compile(&[&format!("package t\n{rule}")], "{}");
    let entry = program.entry("data.t.p").unwrap();
    let (context, limits) = (Context::at(0), Limits { steps, ..Limits::DEFAULT });
    let mut evaluator = Evaluator::new();
    let mut ask = || {
        let outcome = evaluator.eval(&program, &entry, Input::Value(input), &context, &limits)?;
        Ok(outcome.value.map_or("undefined".to_owned(), |value| json::to_string(&value)))
    };
    let first = ask();
    assert_eq!(ask(), first, "{rule}");
    first
}

fn strings(texts: impl IntoIterator<Item = String>) -> Value {
    Value::array(texts.into_iter().map(|text| Value::from(text.as_str())))
}

#[test]
fn a_pattern_of_more_than_64_kib_is_an_error() {
    let with = |bytes: usize| strings(["a".repeat(bytes)]);
    for rule in [MATCHES, "p := count([x | some x in input; not regex.is_valid(x)])"] {
        assert_eq!(twice(rule, &with(1 << 16), 1_000_000).as_deref(), Ok("0"), "{rule}");
        let failure = twice(rule, &with((1 << 16) + 1), 1_000_000).unwrap_err();
        assert_eq!(failure.code(), "eval_builtin_error", "{rule}");
    }
}

#[test]
fn compiling_is_charged_by_what_it_costs() {
    let costly = |count: usize| strings((0..count).map(|at| format!("\\pL{{60}}{at}")));
    let plain = strings((0..1_000).map(|at| format!("^a.*{at}$")));
    assert_eq!(twice(MATCHES, &plain, 1_000_000).as_deref(), Ok("0"));
    assert_eq!(twice(MATCHES, &costly(5), 1_000_000).as_deref(), Ok("0"));
    assert_eq!(twice(MATCHES, &costly(50), 1_000_000), Err(Failure::Limit(Limit::Steps)));
    let folded = strings([format!("(?i){}", "\\pL".repeat(15_000))]);
    assert_eq!(twice(MATCHES, &folded, 1_000_000), Err(Failure::Limit(Limit::Steps)));
    assert_eq!(twice(MATCHES, &value("[\"abc\"]"), 200), Err(Failure::Limit(Limit::Steps)));
}

/// One that is kept is charged once in an evaluation. Of three hundred some are no longer kept when they are
/// needed again.
#[test]
fn what_is_kept_is_bounded() {
    let rule = "p := count([1 | some _ in [1, 2]; some x in input; regex.match(x, \"x1\")])";
    let many = |count: usize| strings((0..count).map(|at| format!("x{at}")));
    assert_eq!(twice(rule, &many(200), 100_000).as_deref(), Ok("2"));
    assert_eq!(twice(rule, &many(300), 100_000), Err(Failure::Limit(Limit::Steps)));
}

#[test]
fn globs_are_charged_and_bounded_likewise() {
    let rule = "p := count([x | some x in input; glob.match(x, [\"/\"], \"abc\")])";
    let one = |text: String| strings([text]);
    assert_eq!(twice(rule, &one("a".repeat(1 << 14)), 1_000_000).as_deref(), Ok("0"));
    let failure = twice(rule, &one("a".repeat((1 << 16) + 1)), 1_000_000).unwrap_err();
    assert_eq!(failure.code(), "eval_builtin_error");
    let plain = strings((0..1_000).map(|at| format!("*.example{at}.?")));
    assert_eq!(twice(rule, &plain, 1_000_000).as_deref(), Ok("0"));
    let costly = strings((0..200).map(|at| format!("{}{at}", "?".repeat(1_000))));
    assert_eq!(twice(rule, &costly, 1_000_000), Err(Failure::Limit(Limit::Steps)));
    // Each `?` stands for a class of all delimiters.
    let rule = "p := glob.match(input[0], input[1], \"abc\")";
    let delimiters = strings((0..5_000).filter_map(|at| char::from_u32(0x4e00 + at)).map(String::from));
    let input = Value::array([Value::from("?".repeat(60_000).as_str()), delimiters]);
    assert_eq!(twice(rule, &input, 1_000_000).unwrap_err().code(), "eval_builtin_error");
}

/// Eight times the text may take up to thirty times as long in the best of a few tries; a square takes sixty-four
/// times as long in each.
#[test]
fn reading_a_pattern_takes_time_linear_in_it() {
    let read = |pattern: &str| -> Duration {
        let start = Instant::now();
        assert!(Pattern::new(pattern, 1 << 10).is_err());
        start.elapsed()
    };
    // What stands at the end is wrong, so that nothing is compiled.
    for (before, unit, after) in [("", "{", ")"), ("[", "[:", "])"), ("", "{1,", ")"), ("[", "[:a", ":])")] {
        let of = |count: usize| format!("{before}{}{after}", unit.repeat(count));
        let (few, many) = (of(10_000), of(80_000));
        assert!((0..5).any(|_| read(&many) < read(&few) * 30), "{unit} grows with the square of the pattern");
    }
}

#[test]
fn braces_and_brackets_that_are_none_are_text() {
    for (pattern, text, wanted) in [
        ("^a{2}$", "aa", "true"),
        ("^a{1,}$", "aaa", "true"),
        ("^a{1,2}$", "aaa", "false"),
        ("^a{,2}$", "a{,2}", "true"),
        ("^a{}$", "a{}", "true"),
        ("^a{1,2,3}$", "a{1,2,3}", "true"),
        ("^a{1,2$", "a{1,2", "true"),
        ("^a{1x}$", "a{1x}", "true"),
        ("^[[:digit:]]+$", "12", "true"),
        ("^[[:^digit:]]+$", "12", "false"),
        ("^[[:d]+$", "[:d", "true"),
        ("^[[:D:]+$", "[D:", "true"),
    ] {
        assert_eq!(
            super::ask(&format!("p := regex.match(`{pattern}`, `{text}`)"), "{}"),
            wanted,
            "{pattern}"
        );
    }
}

const SEARCHES: [&str; 4] = [
    "count(regex.split(PATTERN, input))",
    "count(regex.find_n(PATTERN, input, -1))",
    "count(regex.find_all_string_submatch_n(PATTERN, input, -1))",
    "count(regex.replace(input, PATTERN, \".\"))",
];

/// After each match the pattern looks for what is not there, to the end of the text.
#[test]
fn searches_that_read_the_rest_again_and_again_end_at_the_deadline() {
    let text = Value::from(";".repeat(3_000).as_str());
    for call in SEARCHES {
        let call = call.replace("PATTERN", "`;(?:.*#)?`");
        let program = compile(&[&format!("package t\np := {call}")], "{}");
        let entry = program.entry("data.t.p").unwrap();
        let looks = std::cell::Cell::new(0);
        let clock = || {
            looks.set(looks.get() + 1);
            Duration::from_millis(looks.get())
        };
        let context = Context { clock: Some(&clock), ..Context::at(0) };
        // The steps of so few matches alone would not have the clock read so often.
        let limits = Limits { deadline: Some(Duration::from_millis(20)), ..Limits::DEFAULT };
        let outcome = Evaluator::new().eval(&program, &entry, Input::Value(&text), &context, &limits);
        assert_eq!(outcome.unwrap_err(), Failure::Limit(Limit::Deadline), "{call}");
    }
}

#[test]
fn a_mebibyte_of_ordinary_text_is_searched() {
    let text = Value::from("words, words".repeat((1 << 20) / 12).as_str());
    for (call, wanted) in SEARCHES.into_iter().zip(["87382", "87381", "87381", "1048572"]) {
        let call = call.replace("PATTERN", "`,`");
        assert_eq!(twice(&format!("p := {call}"), &text, 1_000_000).as_deref(), Ok(wanted), "{call}");
    }
}

#[test]
fn a_replacement_is_charged_for_each_match() {
    let input =
        Value::array(["a".repeat(100_000), "$x".repeat(50_000)].map(|text| Value::from(text.as_str())));
    let rule = "p := regex.replace(input[0], `a`, input[1])";
    assert_eq!(twice(rule, &input, 1_000_000), Err(Failure::Limit(Limit::Steps)));
}
