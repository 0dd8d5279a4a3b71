//! What must hold of evaluations, whatever the policy and the input. Lines `=====` part the sources from each
//! other; the last piece is the input, JSON.

use kitelogik_rego::{Context, Dialect, Evaluator, Input, Limits, Options, Program, Source};
use kitelogik_value::{Value, json};

/// Small, so that a run is short.
const LIMITS: Limits = Limits {
    steps: 20_000,
    memory: 4 << 20,
    items: 5_000,
    depth: 200,
    deadline: None,
    strict_builtin_errors: false,
};

/// An evaluation ends within its limits and without a panic; says the same each time, from JSON bytes and from
/// a value, with the sources in any order; and its answer can be written as JSON.
pub(crate) fn hold(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut pieces: Vec<&str> = text.split("\n=====\n").collect();
    let input = pieces.pop().unwrap_or_default();
    let mut sources: Vec<Source> = pieces
        .iter()
        .enumerate()
        .map(|(at, text)| Source {
            path: format!("{at}.rego"),
            text: (*text).to_owned(),
            dialect: Dialect::Auto,
        })
        .collect();
    let data =
        || Value::object([("base", Value::object([("list", Value::array([1i64.into(), "a".into()]))]))]);
    let Ok(program) = Program::compile(&sources, data(), &Options::default()) else { return };
    let Some(entry) = program.entry("data") else { panic!("`data` is an entry of every program") };
    let mut evaluator = Evaluator::new();
    let context = Context::at(1_700_000_000_000_000_000);
    for strict_builtin_errors in [false, true] {
        let limits = Limits { strict_builtin_errors, ..LIMITS };
        let mut ask = |input: Input<'_>| evaluator.eval(&program, &entry, input, &context, &limits);
        let from_bytes = ask(Input::Json(input.as_bytes()));
        let parsed = json::parse(input.as_bytes(), &json::Limits::EVENT);
        let first = match &parsed {
            Ok(value) => {
                let first = ask(Input::Value(value));
                if let (Ok(bytes), Ok(first)) = (&from_bytes, &first) {
                    assert_eq!(bytes.value, first.value, "bytes and a value mean two things");
                }
                first
            }
            Err(_) => {
                assert!(from_bytes.is_err(), "bytes that are no JSON were an input");
                ask(Input::None)
            }
        };
        let input = parsed.as_ref().map_or(Input::None, Input::Value);
        assert_eq!(first, ask(input), "two evaluations, two answers");
        let Ok(outcome) = first else { continue };
        assert!(outcome.steps <= limits.steps, "more steps than allowed");
        let Some(value) = outcome.value else { continue };
        let written = json::to_string(&value);
        let read = json::parse_with(written.as_bytes(), &json::Limits::DATA, json::Duplicates::LastWins);
        assert!(read.is_ok(), "the answer is no JSON: {written}");
        if ["rand.", "uuid."].iter().any(|drawn| text.contains(drawn)) {
            continue;
        }
        sources.reverse();
        let Ok(reversed) = Program::compile(&sources, data(), &Options::default()) else {
            panic!("the order of the sources matters")
        };
        let entry = reversed.entry("data").unwrap_or_default();
        // The order decides which expression meets a limit or an error first, so only answers are compared;
        // and which draws a random number first, hence the names above.
        if let Ok(other) = evaluator.eval(&reversed, &entry, input, &context, &limits) {
            assert_eq!(Some(value), other.value, "the order of the sources matters");
        }
    }
}
