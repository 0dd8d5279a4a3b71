//! Rego from its text: what policies answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod checks;
mod corpus;
mod declarations;
mod index;
mod language;
mod metadata;
mod nesting;
mod parse_errors;
mod patterns;
mod refusals;
mod run;
mod scale;
mod size;
mod threads;
mod types;
mod work;

use kitelogik_rego::{
    Context, Dialect, Evaluator, Failure, Input, Limits, Options, Outcome, Program, Source,
};
use kitelogik_value::{Value, json};

fn value(text: &str) -> Value {
    json::parse(text.as_bytes(), &json::Limits::DATA).unwrap()
}

fn source(text: &str) -> Source {
    Source { path: "t.rego".into(), text: text.into(), dialect: Dialect::Auto }
}

fn compile(texts: &[&str], data: &str) -> Program {
    let sources: Vec<Source> = texts.iter().map(|text| source(text)).collect();
    Program::compile(&sources, value(data), &Options::default()).unwrap()
}

fn eval(program: &Program, path: &str, input: &str) -> Result<Outcome, Failure> {
    let entry = program.entry(path).unwrap();
    let input = value(input);
    Evaluator::new().eval(program, &entry, Input::Value(&input), &Context::at(0), &Limits::DEFAULT)
}

/// The value of `data.t.p` as JSON, sets as arrays; `undefined` where it is.
fn ask(text: &str, input: &str) -> String {
    let program = compile(&[&format!("package t\n{text}")], "{}");
    match eval(&program, "data.t.p", input).unwrap().value {
        Some(value) => json::to_string(&value),
        None => "undefined".to_owned(),
    }
}
