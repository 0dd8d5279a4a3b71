//! Input without a detour: JSON bytes are read straight into the evaluator's memory; an object whose members the
//! program has apart is looked up one member at a time.

use kitelogik_rego::{Context, Dialect, Evaluator, Input, InputRoots, Limits, Options, Program, Source};
use kitelogik_value::Value;
use std::{error::Error, io::Write};

const POLICY: &str = r#"package requests

deny contains "the body is too large" if input.body.size > 1000

deny contains "not on Sundays" if input.day == "Sunday"
"#;

/// A request whose parts stand in different places.
struct Request {
    body: Value,
    day: Value,
}

impl InputRoots for Request {
    fn get(&self, name: &str) -> Option<&Value> {
        match name {
            "body" => Some(&self.body),
            "day" => Some(&self.day),
            _ => None,
        }
    }

    fn names(&self) -> &[&str] {
        &["body", "day"]
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let source = Source { path: "requests.rego".into(), text: POLICY.into(), dialect: Dialect::V1 };
    let program = Program::compile(&[source], Default::default(), &Options::default())
        .map_err(|all| format!("{all:?}"))?;
    let deny = program.entry("data.requests.deny").ok_or("not a path below data")?;
    let mut evaluator = Evaluator::new();
    let mut ask = |input| evaluator.eval(&program, &deny, input, &Context::at(0), &Limits::DEFAULT);

    let from_bytes = ask(Input::Json(br#"{"body": {"size": 5000}, "day": "Sunday"}"#))?.value;
    let body = Value::object([("size", 5000_i64.into())]);
    let request = Request { body, day: "Sunday".into() };
    let looked_up = ask(Input::Roots(&request))?.value;
    assert_eq!(from_bytes, looked_up);
    assert_eq!(from_bytes.as_ref().and_then(Value::as_set).map(<[Value]>::len), Some(2));

    // What is no JSON, or says one key twice, is an error and no input.
    let twice = ask(Input::Json(br#"{"day": "Monday", "day": "Sunday"}"#));
    let failure = twice.err().ok_or("two days at once")?;
    assert!(failure.to_string().contains("key `day` occurs twice in one object at line 1 column"));
    writeln!(std::io::stdout(), "both inputs: {from_bytes:?}\n{failure}")?;
    Ok(())
}

#[test]
fn runs() -> Result<(), Box<dyn Error>> {
    main()
}
