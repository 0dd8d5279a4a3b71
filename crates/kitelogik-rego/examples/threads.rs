//! Compile once, evaluate from several threads: a program is shared as it is, an evaluator is a thread's own.

use kitelogik_rego::{Context, Dialect, Evaluator, Failure, Input, Limits, Options, Program, Source};
use kitelogik_value::Value;
use std::{error::Error, io::Write, thread};

const POLICY: &str = r#"package access

default allow := false

allow if {
    some role in input.roles
    input.tool in data.tools[role]
}
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let tools = Value::object([
        ("reader", Value::array(["search".into(), "read".into()])),
        ("writer", Value::array(["write".into()])),
    ]);
    let source = Source { path: "access.rego".into(), text: POLICY.into(), dialect: Dialect::V1 };
    let data = Value::object([("tools", tools)]);
    let program = Program::compile(&[source], data, &Options::default()).map_err(|all| format!("{all:?}"))?;
    let allow = program.entry("data.access.allow").ok_or("not a path below data")?;

    let allowed: Vec<Result<usize, Failure>> = thread::scope(|scope| {
        let threads: Vec<_> = ["search", "read", "write", "delete"]
            .into_iter()
            .map(|tool| {
                let (program, allow) = (&program, &allow);
                scope.spawn(move || {
                    let mut evaluator = Evaluator::new();
                    let mut count = 0;
                    for role in ["reader", "writer", "admin"] {
                        let roles = Value::array([role.into()]);
                        let input = Value::object([("tool", Value::from(tool)), ("roles", roles)]);
                        let input = Input::Value(&input);
                        let outcome =
                            evaluator.eval(program, allow, input, &Context::at(0), &Limits::DEFAULT)?;
                        count += usize::from(outcome.value == Some(true.into()));
                    }
                    Ok(count)
                })
            })
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    let allowed = allowed.into_iter().collect::<Result<Vec<usize>, Failure>>()?;
    assert_eq!(allowed, [1, 1, 1, 0]);
    writeln!(std::io::stdout(), "roles that may search, read, write, delete: {allowed:?}")?;
    Ok(())
}

#[test]
fn runs() -> Result<(), Box<dyn Error>> {
    main()
}
