//! When two answers agree.

use crate::{
    engine,
    opa::{Manner, Opa, TIMEOUT},
    question::{Answer, Fault, Question, Stage},
};
use kitelogik_value::{Value, json};

/// What came of holding two answers against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same values, or the same kind of error
    Same,
    /// OPA refuses by type inference; with that check left out it answers as we do
    TypesOnly,
    /// An evaluation error on one side; OPA answers as we do when it does not skip what its rule index and early exit
    /// skip: whether an error is met at all hangs on them
    Shortcut,
    /// Both end in an error of a builtin or a conflict, of several that there are in another one: OPA goes on with the
    /// first value of a rule before it evaluates the rule's other definitions. With errors of builtins as undefined the
    /// answers are the same
    Another,
    /// OPA did not answer in time
    Late,
    /// They disagree; the class says how
    Differ(String),
}

/// The manners in which OPA is asked again: each with less of what it skips.
const SHORTCUTS: [(bool, bool); 3] = [(true, false), (false, true), (true, true)];

/// Compares, and asks OPA again in other manners where the first answers differ.
pub fn agree(opa: &mut Opa, question: &Question, ours: &Answer, theirs: &Answer) -> anyhow::Result<Verdict> {
    if theirs.codes().contains(&TIMEOUT) {
        return Ok(Verdict::Late);
    }
    let Some(class) = difference(ours, theirs) else { return Ok(Verdict::Same) };
    let skip_type_check = by_inference(theirs);
    let mut theirs = theirs.clone();
    if skip_type_check {
        theirs = opa.ask(question, Manner { skip_type_check, ..Manner::default() })?;
        if same(ours, &theirs) {
            return Ok(Verdict::TypesOnly);
        }
    }
    // Only an error may hang on what is skipped, never a value.
    if static_failure(&theirs) || static_failure(ours) || !(is_failure(&theirs) || is_failure(ours)) {
        return Ok(Verdict::Differ(class));
    }
    if is_failure(&theirs) && is_failure(ours) && question.strict_builtin_errors {
        let lenient = Question { strict_builtin_errors: false, ..question.clone() };
        let manner = Manner { skip_type_check, ..Manner::default() };
        if same(&engine::ask(&lenient), &opa.ask(&lenient, manner)?) {
            return Ok(if skip_type_check { Verdict::TypesOnly } else { Verdict::Another });
        }
    }
    for (no_index, no_early_exit) in SHORTCUTS {
        let fuller = opa.ask(question, Manner { skip_type_check, no_index, no_early_exit })?;
        if same(ours, &fuller) {
            return Ok(if skip_type_check { Verdict::TypesOnly } else { Verdict::Shortcut });
        }
    }
    Ok(Verdict::Differ(class))
}

/// Whether two answers say the same.
pub fn same(ours: &Answer, theirs: &Answer) -> bool {
    difference(ours, theirs).is_none()
}

/// `None` where the answers agree, else how they differ, in words that stay the same for one cause.
fn difference(ours: &Answer, theirs: &Answer) -> Option<String> {
    let class = || Some(format!("{} instead of {}", kind(ours), kind(theirs)));
    match (ours, theirs) {
        (Answer::Rows(a), Answer::Rows(b)) => {
            if Value::set(a.iter().cloned()) != Value::set(b.iter().cloned()) {
                return class();
            }
            (texts(a) != texts(b)).then(|| "another text of a number".to_owned())
        }
        (Answer::Failed { stage: a, .. }, Answer::Failed { stage: b, .. }) => {
            // OPA's compiler stops after the first stage that finds errors, ours tells all of them.
            let told = ours.codes();
            let stages = (*a == Stage::Eval) == (*b == Stage::Eval);
            if stages && theirs.codes().iter().all(|code| told.contains(code)) { None } else { class() }
        }
        _ => class(),
    }
}

fn kind(answer: &Answer) -> String {
    match answer {
        Answer::Rows(rows) if rows.is_empty() => "undefined".to_owned(),
        Answer::Rows(_) => "a value".to_owned(),
        Answer::Failed { stage, .. } => format!("{} {}", stage.name(), answer.codes().join(" ")),
    }
}

fn texts(rows: &[Value]) -> Vec<String> {
    let mut texts: Vec<String> = rows.iter().map(|row| json::to_string(&crate::tagged::tag(row))).collect();
    texts.sort();
    texts
}

fn is_failure(answer: &Answer) -> bool {
    matches!(answer, Answer::Failed { stage: Stage::Eval, .. })
}

fn static_failure(answer: &Answer) -> bool {
    matches!(answer, Answer::Failed { stage, .. } if *stage != Stage::Eval)
}

/// True if type inference refuses.
fn by_inference(answer: &Answer) -> bool {
    let inferred = |f: &Fault| {
        f.code == "rego_type_error"
            && (f.message == "match error"
                || f.message.starts_with("undefined ref: ")
                || f.message.ends_with("invalid argument(s)")
                || f.message.contains("must not be a"))
    };
    match answer {
        Answer::Failed { stage: Stage::Compile | Stage::Query, faults } => faults.iter().any(inferred),
        _ => false,
    }
}
