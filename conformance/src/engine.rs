//! Our engine, asked the way OPA is.

use crate::question::{Answer, Fault, Question, Stage};
use kitelogik_rego::{
    Context, Diagnostics, Dialect, Evaluator, Failure, Input, Limits, Options, Program, Source,
};
use kitelogik_value::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Compiles, evaluates and gives the bindings. A panic is an answer too, with the code `panic`.
pub fn ask(question: &Question) -> Answer {
    catch_unwind(AssertUnwindSafe(|| answer(question))).unwrap_or_else(|_| {
        let fault = Fault { code: "panic".to_owned(), message: "panicked".to_owned(), ..Fault::default() };
        Answer::Failed { stage: Stage::Eval, faults: vec![fault] }
    })
}

fn answer(question: &Question) -> Answer {
    let input = match &question.input_term {
        Some(term) => match value_of(term) {
            Ok(value) => Some(value),
            Err(answer) => return answer,
        },
        None => question.input.clone(),
    };
    let sources: Vec<Source> = question
        .modules
        .iter()
        .map(|m| Source {
            path: m.path.clone(),
            text: m.text.clone(),
            dialect: if m.v0 { Dialect::V0 } else { Dialect::V1 },
        })
        .collect();
    let program = match Program::compile(&sources, question.data.clone(), &Options::default()) {
        Ok(program) => program,
        Err(diagnostics) => return refused(Stage::Compile, diagnostics),
    };
    rows(&program, &question.query, input.as_ref(), question.strict_builtin_errors)
}

/// The value of a term such as `{1, "a"}`.
fn value_of(term: &str) -> Result<Value, Answer> {
    let program = Program::compile(&[], Value::object::<Value>([]), &Options::default());
    let program = program.map_err(|diagnostics| refused(Stage::Query, diagnostics))?;
    match rows(&program, &format!("x = {term}"), None, true) {
        Answer::Rows(rows) => Ok(rows.first().and_then(|row| row.get("x")).cloned().unwrap_or_default()),
        failed => Err(failed),
    }
}

fn rows(program: &Program, query: &str, input: Option<&Value>, strict: bool) -> Answer {
    let (program, entry) = match program.query(query) {
        Ok(made) => made,
        Err(diagnostics) => return refused(Stage::Query, diagnostics),
    };
    let input = input.map_or(Input::None, Input::Value);
    let limits = Limits { strict_builtin_errors: strict, ..Limits::DEFAULT };
    match Evaluator::new().eval(&program, &entry, input, &Context::at(crate::NOW_NS), &limits) {
        Ok(outcome) => {
            let rows = outcome.value.as_ref().and_then(Value::as_array).unwrap_or_default();
            Answer::Rows(rows.to_vec())
        }
        Err(failure) => Answer::Failed { stage: Stage::Eval, faults: vec![fault(&failure)] },
    }
}

fn refused(stage: Stage, diagnostics: Diagnostics) -> Answer {
    let parse = diagnostics.iter().any(|d| d.code == "rego_parse_error");
    let stage = if parse && stage == Stage::Compile { Stage::Parse } else { stage };
    let faults = diagnostics.into_iter().map(|d| Fault {
        code: d.code.to_owned(),
        message: d.message,
        file: d.place.file,
        row: d.place.line.into(),
        col: d.place.column.into(),
    });
    Answer::Failed { stage, faults: faults.collect() }
}

fn fault(failure: &Failure) -> Fault {
    let place = failure.place().cloned().unwrap_or_default();
    Fault {
        code: failure.code().to_owned(),
        message: failure.message(),
        file: place.file,
        row: place.line.into(),
        col: place.column.into(),
    }
}
