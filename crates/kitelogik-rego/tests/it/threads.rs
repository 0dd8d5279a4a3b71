//! Programs are shared by threads as they are; an evaluator goes from thread to thread.

use super::{compile, value};
use kitelogik_rego::{
    Context, Diagnostic, Entry, Evaluator, Failure, Input, Limits, Options, Outcome, Program, Source,
    builtin::BuiltinDef,
};

fn shared<T: Send + Sync>() {}
fn sent<T: Send>() {}

#[test]
fn what_threads_share_is_shareable() {
    shared::<Program>();
    shared::<Entry>();
    shared::<Outcome>();
    shared::<Failure>();
    shared::<Diagnostic>();
    shared::<Source>();
    shared::<Options>();
    shared::<Limits>();
    shared::<BuiltinDef>();
    sent::<Evaluator>();
}

#[test]
fn threads_get_the_same_answers_from_one_program() {
    let text = "package t\np contains x * y if { some x in data.xs; some y in input.ys; regex.match(`^[a-z]$`, input.s) }";
    let program = compile(&[text], r#"{"xs": [1, 2, 3]}"#);
    let entry = program.entry("data.t.p").unwrap();
    let ask = |evaluator: &mut Evaluator, n: i64| {
        let input = value(&format!(r#"{{"ys": [{n}], "s": "a"}}"#));
        let context = Context::at(n);
        evaluator.eval(&program, &entry, Input::Value(&input), &context, &Limits::DEFAULT).unwrap()
    };
    let alone: Vec<Outcome> = (0..200).map(|n| ask(&mut Evaluator::new(), n)).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut evaluator = Evaluator::new();
                let beside: Vec<Outcome> = (0..200).map(|n| ask(&mut evaluator, n)).collect();
                assert_eq!(alone, beside);
            });
        }
    });
}
