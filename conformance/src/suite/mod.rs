//! OPA's own suite: its cases, how they compare, what is known to differ, and the page about it.

mod case;
mod folder;
mod gaps;
mod outcome;
mod report;

pub use case::{Case, EXCEPTED, case, read};
pub use folder::read_folder;
pub use gaps::{Gap, MAX_GAPS, gaps};
pub use outcome::{Outcome, judge};
pub use report::{Line, page, tally};

use crate::question::{Answer, Question};
use anyhow::bail;
use kitelogik_value::{Value, json};
use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// What the command was asked to do.
pub struct Options {
    /// A folder of OPA's own case files instead of the suite, and whether their modules are Rego v0
    pub cases: Option<(PathBuf, bool)>,
    /// Only this group
    pub group: Option<String>,
    /// Only cases whose group, file or note contains this
    pub filter: Option<String>,
    /// One JSON object a failing case
    pub json: bool,
    /// Compare the page with what it should be instead of writing it
    pub check: bool,
    /// Where the page about the whole suite is written
    pub page: Option<PathBuf>,
}

/// Runs the suite and says what fails; an error when something fails that should not, or passes that is listed
/// as a gap.
///
/// `ask` is the engine to be held against the suite.
pub fn command(
    root: &Path,
    options: &Options,
    ask: &mut dyn FnMut(&Question) -> anyhow::Result<Answer>,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let cases = match &options.cases {
        Some((dir, v0)) => read_folder(dir, *v0)?,
        None => match read(root)? {
            Some(cases) => cases,
            None => return Ok(()),
        },
    };
    let gaps = gaps(&root.join("conformance/known-gaps.toml"))?;
    let chosen = |case: &Case| {
        options.group.as_ref().is_none_or(|g| *g == case.group)
            && options
                .filter
                .as_ref()
                .is_none_or(|f| [&case.group, &case.file, &case.note].iter().any(|s| s.contains(f)))
    };
    let partial = options.group.is_some() || options.filter.is_some() || options.cases.is_some();
    let mut done = Vec::new();
    for case in cases.iter().filter(|c| chosen(c)) {
        let skipped = case.is_excepted() && options.group.as_ref() != Some(&case.group);
        let outcome = if skipped { Outcome::Excepted } else { judge(case, ask(&case.question)?) };
        let gap = gaps.iter().find(|g| same_file(&g.file, &case.file) && g.note == case.note);
        done.push((case, outcome, gap));
    }
    let mut wrong = 0;
    for (case, outcome, gap) in &done {
        match (outcome, gap) {
            (Outcome::Failed { why, answer }, None) => {
                wrong += 1;
                say(out, case, why, answer, options.json)?;
            }
            // What another version of the suite wants is no matter of the list.
            (Outcome::Passed, Some(_)) if options.cases.is_none() => {
                wrong += 1;
                writeln!(out, "{} {}: passes, take it out of known-gaps.toml", case.file, case.note)?;
            }
            _ => {}
        }
    }
    let lines = tally(done.iter().map(|(case, outcome, gap)| (*case, outcome, gap.is_some())));
    let total: usize = lines.iter().map(|l| l.cases).sum();
    let passed: usize = lines.iter().map(|l| l.passed).sum();
    if !options.json {
        writeln!(out, "{passed} of {total} cases pass, {} known gaps, {wrong} wrong", gaps.len())?;
    }
    if let (Some(path), false) = (&options.page, partial) {
        report::keep(path, &page(&lines, &gaps), options.check)?;
    }
    if wrong > 0 {
        bail!("{wrong} cases are not as they should be");
    }
    Ok(())
}

/// True if two case files are one, in JSON and in YAML.
fn same_file(a: &str, b: &str) -> bool {
    Path::new(a).file_stem() == Path::new(b).file_stem()
}

fn say(out: &mut impl Write, case: &Case, why: &str, answer: &Answer, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        let pairs =
            [("group", &case.group), ("file", &case.file), ("note", &case.note), ("why", &why.to_owned())];
        let line = Value::object(pairs.map(|(k, v)| (k, Value::from(v.as_str()))));
        writeln!(out, "{}", json::to_string(&line))?;
        return Ok(());
    }
    writeln!(out, "{} {}\n    {why}", case.file, case.note)?;
    if let Answer::Failed { stage, faults } = answer {
        for f in faults.iter().take(3) {
            writeln!(out, "    {}: {}:{}:{} {}: {}", stage.name(), f.file, f.row, f.col, f.code, f.message)?;
        }
    }
    Ok(())
}
