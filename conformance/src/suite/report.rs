//! `docs/conformance.md`: the suite by group.

use super::{Case, EXCEPTED, Gap, Outcome};
use anyhow::bail;
use std::{collections::BTreeMap, fmt::Write as _, path::Path};

/// One group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its name
    pub group: String,
    /// How many cases it has
    pub cases: usize,
    /// How many pass
    pub passed: usize,
    /// How many are known gaps
    pub gaps: usize,
    /// Whether it is left out
    pub excepted: bool,
}

/// Counts by group, in the order of their names.
pub fn tally<'c>(done: impl Iterator<Item = (&'c Case, &'c Outcome, bool)>) -> Vec<Line> {
    let mut lines: BTreeMap<&str, Line> = BTreeMap::new();
    for (case, outcome, gap) in done {
        let line = lines.entry(&case.group).or_default();
        line.group.clone_from(&case.group);
        line.cases += 1;
        line.passed += usize::from(matches!(outcome, Outcome::Passed));
        line.gaps += usize::from(gap);
        line.excepted |= matches!(outcome, Outcome::Excepted);
    }
    lines.into_values().collect()
}

/// The page.
pub fn page(lines: &[Line], gaps: &[Gap]) -> String {
    let counted = || lines.iter().filter(|l| !l.excepted);
    let cases: usize = counted().map(|l| l.cases).sum();
    let passed: usize = counted().map(|l| l.passed).sum();
    let mut out = format!(
        "# Conformance to OPA\n\nWritten by `cargo xtask conformance`; do not edit.\n\n\
         {passed} of {cases} cases of OPA's compliance suite (Rego v1) pass. Left out by design: {}.\n\n",
        EXCEPTED.map(|g| format!("`{g}`")).join(", ")
    );
    if !gaps.is_empty() {
        out.push_str("| known gap | why |\n|---|---|\n");
        for gap in gaps {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "| {} (`{}`) | {} |", gap.note, gap.file, gap.reason);
        }
        out.push('\n');
    }
    out.push_str("| group | cases | pass | gaps |\n|---|---|---|---|\n");
    for line in lines {
        let passed = if line.excepted { "left out".to_owned() } else { line.passed.to_string() };
        let _ = writeln!(out, "| {} | {} | {passed} | {} |", line.group, line.cases, line.gaps);
    }
    out
}

/// Writes the page, or with `check` says when it is not current.
pub(super) fn keep(path: &Path, page: &str, check: bool) -> anyhow::Result<()> {
    if std::fs::read_to_string(path).is_ok_and(|old| old == page) {
        return Ok(());
    }
    if check {
        bail!("{} is not current: run cargo xtask conformance", path.display());
    }
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir)?;
    }
    Ok(std::fs::write(path, page)?)
}
