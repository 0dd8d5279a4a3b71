//! Policy sets from files: what loads, what does not, and what is decided.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod decide;
mod load;
mod redact;
mod scope;
mod tako;

use kitelogik_core::{Answer, Document, Evaluator as _, Findings, Reading, UnitFailure};
use kitelogik_model::{Event, Timestamp, Transport};
use kitelogik_policy::{File, Policies};
use kitelogik_value::Value;

fn file(path: &str, text: &str) -> File {
    File { path: path.into(), bytes: text.as_bytes().to_vec() }
}

/// The code of the first diagnostic.
fn refused(files: &[File]) -> &'static str {
    Policies::new(files).expect_err("must not load").0[0].code
}

fn decide(policies: &Policies, tool: &str, transport: Option<Transport>) -> Findings {
    let mut event = Event::tool_call(tool, Value::object::<&str>([]));
    event.transport = transport;
    let mut input = vec![("tool", Value::from(tool))];
    input.extend(transport.map(|transport| ("transport", transport.as_str().into())));
    let reading = Reading { at: Timestamp(0), entropy: 0 };
    policies.evaluate(&event, &Document::from(&Value::object(input)), reading)
}

/// What is found of a call with these arguments.
fn asked(policies: &Policies, args: Value) -> Findings {
    let event = Event::tool_call("t", args.clone());
    let input = Value::object([("tool", Value::from("t")), ("args", args)]);
    policies.evaluate(&event, &Document::from(&input), Reading { at: Timestamp(0), entropy: 0 })
}

/// The answer of the only unit that applies.
fn answer(text: &str, tool: &str) -> Result<Answer, UnitFailure> {
    let policies = Policies::new(&[file("p.rego", text)]).unwrap();
    let mut findings = decide(&policies, tool, None);
    assert_eq!(findings.applied.len(), 1);
    findings.applied.remove(0).answer
}
