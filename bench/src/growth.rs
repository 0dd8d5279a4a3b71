//! What does not grow: the time of a decision with the number of rules, and of a thread's with that of threads.
//! And what does: loading.

use crate::{
    cases,
    clock::{Contender, interleaved, median, middle},
    engines::{Asked, Ours},
};
use kitelogik::policy::Policies;
use kitelogik_rego::Input;
use kitelogik_value::json;
use std::{error::Error, fmt::Write as _, hint::black_box, time::Instant};

/// How often threads are measured, and how long one turn is, in decisions.
const ROUNDS: usize = 9;
const DECISIONS: usize = 60_000;

/// A package with a rule for each of so many tools.
fn guarded(rules: usize) -> String {
    let mut text = "package kitelogik.tool_call\n\ndefault decision := {\"allow\": true}\n\n".to_owned();
    for at in 0..rules {
        let _ = write!(
            text,
            "deny contains \"tool {at} is limited\" if {{\n\tinput.tool == \"tool.{at}\"\n\tinput.args.amount > 10\n}}\n\n"
        );
    }
    text
}

/// 1,000 rules that want another tool each, against 10.
pub(crate) fn rules() -> Result<(), Box<dyn Error>> {
    let rule = "data.kitelogik.tool_call.deny";
    let (mut few, mut many) = (Ours::new(&guarded(10), rule)?, Ours::new(&guarded(1_000), rule)?);
    let input = json::parse(br#"{"tool":"tool.7","args":{"amount":11}}"#, &json::Limits::EVENT)?;
    let mut all = [
        Contender::new(|| few.once(Input::Value(black_box(&input)))),
        Contender::new(|| many.once(Input::Value(black_box(&input)))),
    ];
    let times = interleaved(31, &mut all);
    if let [few, many] = times[..] {
        println!("10 rules {few:.0} ns, 1,000 rules {many:.0} ns: {:.2}x", many / few);
    }
    Ok(())
}

/// Two threads on one program and one input, against two that share nothing.
pub(crate) fn threads() -> Result<(), Box<dyn Error>> {
    let case = cases::named("files")?;
    let input = json::parse(case.input.as_bytes(), &json::Limits::EVENT)?;
    let ours = Asked::compile(&case.text, case.rule)?;
    let decide = || ours.again(&input, DECISIONS);
    // About as long as the decisions.
    let start = Instant::now();
    decide();
    let decided = start.elapsed().as_nanos();
    let start = Instant::now();
    count(10_000_000);
    let turns = (decided * 10_000_000 / start.elapsed().as_nanos().max(1)) as u64;
    let alone = || count(turns);
    let (mut gained, mut ceiling, mut ratios) = (vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let (ours, bare) = (gain(&decide), gain(&alone));
        gained.push(ours);
        ceiling.push(bare);
        ratios.push(ours / bare);
    }
    println!(
        "two threads: {:.2}x on one program, {:.2}x sharing nothing: {:.2}",
        middle(&mut gained),
        middle(&mut ceiling),
        middle(&mut ratios)
    );
    Ok(())
}

/// How much more two threads get done than one.
fn gain(work: &(dyn Fn() + Sync)) -> f64 {
    let start = Instant::now();
    work();
    let one = start.elapsed().as_secs_f64();
    let start = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
    2.0 * one / start.elapsed().as_secs_f64()
}

fn count(turns: u64) {
    let mut number = 1u64;
    for at in 0..turns {
        number = black_box(number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(at));
    }
    black_box(number);
}

/// A directory of 100 policies, read and compiled.
pub(crate) fn load() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let name = |at: usize| format!("policy_{at:03}.rego");
    let texts: Vec<String> =
        cases::all()?.into_iter().filter(|case| case.name != "tako").map(|case| case.text).collect();
    for (at, text) in (0..100).zip(texts.iter().cycle()) {
        std::fs::write(folder.path().join(name(at)), text)?;
    }
    Policies::load(folder.path())?;
    let nanos = median(|| _ = black_box(Policies::load(folder.path()).is_ok()));
    println!("load a directory of 100 policies {:.1} ms", nanos / 1e6);
    Ok(())
}
