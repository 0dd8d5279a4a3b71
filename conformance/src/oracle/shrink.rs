//! Makes a disagreement small: drops lines, modules and members of documents as long as the engines still
//! disagree in the same way.

use super::{Verdict, agree};
use crate::{
    engine,
    opa::{Manner, Opa},
    question::Question,
};
use kitelogik_value::Value;

/// How often the engines are asked at most.
const MAX_TRIES: usize = 400;

/// The smallest question found that differs as `class` says.
pub fn shrink(opa: &mut Opa, question: &Question, class: &str) -> anyhow::Result<Question> {
    let mut best = question.clone();
    let mut tries = 0;
    loop {
        let mut smaller = false;
        for candidate in candidates(&best) {
            tries += 1;
            if tries > MAX_TRIES {
                return Ok(best);
            }
            let theirs = opa.ask(&candidate, Manner::default())?;
            let ours = engine::ask(&candidate);
            if agree(opa, &candidate, &ours, &theirs)? == Verdict::Differ(class.to_owned()) {
                best = candidate;
                smaller = true;
                break;
            }
        }
        if !smaller {
            return Ok(best);
        }
    }
}

/// Smaller forms of a question, the boldest first.
fn candidates(question: &Question) -> Vec<Question> {
    let mut all = Vec::new();
    for at in 0..question.modules.len() {
        let mut without = question.clone();
        without.modules.remove(at);
        all.push(without);
    }
    for (at, module) in question.modules.iter().enumerate() {
        for text in with_less(&module.text) {
            let mut shorter = question.clone();
            if let Some(module) = shorter.modules.get_mut(at) {
                module.text = text;
                all.push(shorter);
            }
        }
    }
    for data in members_less(&question.data) {
        all.push(Question { data, ..question.clone() });
    }
    if let Some(input) = &question.input {
        all.push(Question { input: None, ..question.clone() });
        for input in members_less(input) {
            all.push(Question { input: Some(input), ..question.clone() });
        }
    }
    all
}

/// The text without whole paragraphs, then without runs of lines, from half of them down to one.
fn with_less(text: &str) -> Vec<String> {
    let rules: Vec<&str> = text.split("\n\n").collect();
    let lines: Vec<&str> = text.lines().collect();
    let mut out = without_runs(&rules, "\n\n");
    out.extend(without_runs(&lines, "\n"));
    out
}

fn without_runs(parts: &[&str], glue: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut run = parts.len() / 2;
    while run > 0 {
        for start in (0..parts.len()).step_by(run) {
            let kept = parts.iter().enumerate().filter(|(at, _)| *at < start || *at >= start + run);
            out.push(kept.map(|(_, part)| *part).collect::<Vec<_>>().join(glue));
        }
        run /= 2;
    }
    out
}

/// An object without each of its members, down to the second level.
fn members_less(value: &Value) -> Vec<Value> {
    let Some(pairs) = value.as_object() else { return Vec::new() };
    let mut out = Vec::new();
    for (at, (key, inner)) in pairs.iter().enumerate() {
        let others =
            || pairs.iter().enumerate().filter(move |(other, _)| *other != at).map(|(_, pair)| pair.clone());
        out.push(Value::object(others()));
        for less in inner.as_object().map(|_| members_less(inner)).unwrap_or_default() {
            out.push(Value::object(others().chain([(key.clone(), less)])));
        }
    }
    out
}
