//! Both engines, side by side, on generated questions and on the policies of the specification.

mod agree;
mod shrink;
mod spec;

pub use agree::{Verdict, agree, same};
pub use shrink::shrink;
pub use spec::questions as spec_questions;

use crate::{
    engine, generate, kept,
    opa::{self, Manner, Opa},
    question::{Answer, Question},
};
use anyhow::bail;
use std::{collections::BTreeMap, io::Write, path::Path};

/// What the command was asked to do.
pub struct Options {
    /// How many generated questions
    pub pairs: u64,
    /// The seed that fixes them
    pub seed: u64,
    /// Only the question of this number
    pub only: Option<u64>,
    /// Stop after so many disagreements
    pub stop_after: usize,
    /// Keep each disagreement as a case in `conformance/rego`
    pub keep: bool,
}

/// Asks both engines and says where they disagree; an error when they do anywhere.
pub fn command(root: &Path, options: &Options, out: &mut impl Write) -> anyhow::Result<()> {
    let Some(_) = opa::go_version() else {
        return crate::skip("the oracle: no Go on this machine");
    };
    let mut opa = Opa::start(root)?;
    let mut count = Count::default();
    let numbers = options.only.map_or(0..options.pairs, |n| n..n + 1);
    let generated =
        numbers.map(|n| (format!("seed {} number {n}", options.seed), generate::question(options.seed, n)));
    let written = if options.only.is_none() { spec_questions(root, options.seed)? } else { Vec::new() };
    for (name, question) in written.into_iter().chain(generated) {
        opa.send(&question, Manner::default())?;
        let ours = engine::ask(&question);
        let theirs = opa.receive()?;
        let verdict = agree(&mut opa, &question, &ours, &theirs)?;
        count.add(&verdict, &ours, &theirs);
        let Verdict::Differ(class) = verdict else { continue };
        let small = shrink(&mut opa, &question, &class)?;
        show(out, &name, &class, &small, &mut opa)?;
        if options.keep {
            let expected = opa.ask(&small, Manner::default())?;
            writeln!(out, "kept as {}", kept::save(root, &small, &expected)?.display())?;
        }
        if count.verdicts.get(DIFFER).is_some_and(|n| *n >= options.stop_after) {
            break;
        }
    }
    count.print(out)?;
    match count.verdicts.get(DIFFER).copied().unwrap_or_default() {
        0 => Ok(()),
        n => bail!("the engines disagree on {n} questions"),
    }
}

/// Prints a disagreement and what each engine says of its smallest form.
fn show(
    out: &mut impl Write,
    name: &str,
    class: &str,
    question: &Question,
    opa: &mut Opa,
) -> anyhow::Result<()> {
    writeln!(out, "==== {name}: {class}")?;
    for m in &question.modules {
        writeln!(out, "-- {} ({})\n{}", m.path, if m.v0 { "v0" } else { "v1" }, m.text.trim_end())?;
    }
    writeln!(out, "-- data {:?}\n-- input {:?}", question.data, question.input)?;
    writeln!(out, "-- query {} strict {}", question.query, question.strict_builtin_errors)?;
    writeln!(out, "ours: {}", brief(&engine::ask(question)))?;
    writeln!(out, "OPA:  {}\n", brief(&opa.ask(question, Manner::default())?))?;
    Ok(())
}

fn brief(answer: &Answer) -> String {
    match answer {
        Answer::Rows(rows) => format!("{rows:?}"),
        Answer::Failed { stage, faults } => {
            let one = |f: &crate::question::Fault| {
                format!("{}:{}:{} {}: {}", f.file, f.row, f.col, f.code, f.message)
            };
            format!("{} {}", stage.name(), faults.iter().take(4).map(one).collect::<Vec<_>>().join(" | "))
        }
    }
}

const DIFFER: &str = "disagree";

#[derive(Default)]
struct Count {
    verdicts: BTreeMap<&'static str, usize>,
    answers: BTreeMap<String, usize>,
    errors: usize,
    same_place: usize,
    same_message: usize,
}

impl Count {
    fn add(&mut self, verdict: &Verdict, ours: &Answer, theirs: &Answer) {
        let name = match verdict {
            Verdict::Same => "agree",
            Verdict::TypesOnly => "agree, but OPA refuses by type inference",
            Verdict::Shortcut => "agree with OPA without its rule index and early exit",
            Verdict::Another => "agree that there is an error, in another one of several",
            Verdict::Late => "not answered by OPA in time",
            Verdict::Differ(_) => DIFFER,
        };
        *self.verdicts.entry(name).or_default() += 1;
        let kind = match theirs {
            Answer::Rows(rows) if rows.is_empty() => "undefined".to_owned(),
            Answer::Rows(_) => "value".to_owned(),
            Answer::Failed { stage, faults } => {
                format!("{} {}", stage.name(), faults.first().map(|f| f.code.as_str()).unwrap_or_default())
            }
        };
        *self.answers.entry(kind).or_default() += 1;
        if let (Answer::Failed { faults: a, .. }, Answer::Failed { faults: b, .. }, Verdict::Same) =
            (ours, theirs, verdict)
            && let (Some(a), Some(b)) = (a.first(), b.first())
        {
            self.errors += 1;
            self.same_place += usize::from((&a.file, a.row, a.col) == (&b.file, b.row, b.col));
            self.same_message += usize::from(a.message == b.message);
        }
    }

    fn print(&self, out: &mut impl Write) -> anyhow::Result<()> {
        for (name, n) in &self.verdicts {
            writeln!(out, "{n:7} {name}")?;
        }
        writeln!(out, "what OPA answered:")?;
        for (name, n) in &self.answers {
            writeln!(out, "{n:7} {name}")?;
        }
        writeln!(
            out,
            "of {} errors agreed on, the first has the same place in {} and the same message in {}",
            self.errors, self.same_place, self.same_message
        )?;
        Ok(())
    }
}
