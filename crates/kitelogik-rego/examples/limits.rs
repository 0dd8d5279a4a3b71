//! Limits: what an evaluation may cost. Each ends it with an error of its own, whatever the policy says.

use kitelogik_rego::{Context, Dialect, Evaluator, Failure, Input, Limit, Limits, Options, Program, Source};
use std::{
    error::Error,
    io::Write,
    time::{Duration, Instant},
};

const POLICY: &str = "package costly

pairs := count([1 | some x in numbers.range(1, input.n); some y in numbers.range(1, input.n); x == y])

text := concat(\"\", [\"0123456789\" | some x in numbers.range(1, input.n)])
";

fn main() -> Result<(), Box<dyn Error>> {
    let source = Source { path: "costly.rego".into(), text: POLICY.into(), dialect: Dialect::V1 };
    let program = Program::compile(&[source], Default::default(), &Options::default())
        .map_err(|all| format!("{all:?}"))?;
    let (start, mut evaluator) = (Instant::now(), Evaluator::new());
    let clock = || start.elapsed();
    let mut ask = |path: &str, n: u64, limits: Limits| {
        let entry = program.entry(path).unwrap_or_default();
        let input = format!("{{\"n\": {n}}}");
        let context = Context { clock: Some(&clock), ..Context::at(0) };
        evaluator.eval(&program, &entry, Input::Json(input.as_bytes()), &context, &limits).map(|o| o.value)
    };
    let pairs = "data.costly.pairs";
    let few = Limits { steps: 10_000, ..Limits::DEFAULT };
    assert_eq!(ask(pairs, 10, few)?, Some(10_i64.into()));
    assert_eq!(ask(pairs, 1_000, few), Err(Failure::Limit(Limit::Steps)));

    let small = Limits { items: 100, ..Limits::DEFAULT };
    assert_eq!(ask(pairs, 1_000, small), Err(Failure::Limit(Limit::Items)));
    let little = Limits { memory: 10_000, ..Limits::DEFAULT };
    assert_eq!(ask("data.costly.text", 10_000, little), Err(Failure::Limit(Limit::Memory)));

    let deadline = Some(start.elapsed() + Duration::from_millis(20));
    let short = Limits { steps: u64::MAX, deadline, ..Limits::DEFAULT };
    let failure = ask(pairs, 100_000, short).err().ok_or("too fast to be true")?;
    assert_eq!(failure, Failure::Limit(Limit::Deadline));
    writeln!(std::io::stdout(), "steps, items, memory and time were held; the last error: {failure}")?;
    Ok(())
}

#[test]
fn runs() -> Result<(), Box<dyn Error>> {
    main()
}
