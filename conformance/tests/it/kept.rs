//! Kept cases: what once told the engines apart.

use conformance::{
    engine, kept,
    opa::{self, Manner, Opa},
    oracle::same,
    question::Answer,
};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn hold(ask: &mut dyn FnMut(&kept::Kept) -> Answer) {
    let cases = kept::read(&root()).unwrap();
    assert!(cases.len() >= 30, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let answer = ask(case);
        if !same(&answer, &case.expected) {
            wrong.push(format!("{}\n  got {answer:?}\n  not {:?}", case.path.display(), case.expected));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn we_answer_kept_cases_as_opa_did() {
    hold(&mut |case| engine::ask(&case.question));
}

#[test]
fn opa_still_answers_them_so() {
    if opa::go_version().is_none() {
        return conformance::skip("kept cases on OPA: no Go here").unwrap();
    }
    let mut opa = Opa::start(&root()).unwrap();
    hold(&mut |case| opa.ask(&case.question, Manner::default()).unwrap());
}
