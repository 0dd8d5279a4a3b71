//! The generator: reproducible, varied, and mostly meaningful to OPA.

use conformance::{
    generate::question,
    opa::{self, Manner, Opa},
    question::Answer,
};
use std::{collections::HashSet, path::Path};

#[test]
fn same_seed_same_question() {
    for number in 0..20 {
        assert_eq!(question(7, number), question(7, number));
    }
    let texts: HashSet<String> = (0..100).map(|n| format!("{:?}", question(7, n).modules)).collect();
    assert!(texts.len() > 95, "{} different policies of 100", texts.len());
    assert_ne!(question(7, 0), question(8, 0));
}

#[test]
fn opa_gives_most_questions_a_value() {
    if opa::go_version().is_none() {
        return conformance::skip("the generator against OPA: no Go here").unwrap();
    }
    let mut opa = Opa::start(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap();
    let answers: Vec<Answer> =
        (0..300).map(|n| opa.ask(&question(7, n), Manner::default()).unwrap()).collect();
    let values = answers.iter().filter(|a| matches!(a, Answer::Rows(rows) if !rows.is_empty())).count();
    let refused = answers.iter().filter(|a| matches!(a, Answer::Failed { .. })).count();
    assert!(values > 150, "{values} of 300 have a value");
    assert!(refused > 15, "{refused} of 300 are refused");
}
