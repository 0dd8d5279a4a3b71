//! The comparison of the suite: what passes, what does not.

use conformance::{
    engine,
    opa::{self, Manner, Opa},
    question::{Answer, Fault, Stage, read_json},
    suite::{self, Outcome, judge},
};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn case(want: &str) -> suite::Case {
    let text = format!(r#"{{"group":"g","file":"f","note":"n","query":"q = x","modules":[],{want}}}"#);
    suite::case(&read_json(text.as_bytes()).unwrap()).unwrap()
}

fn rows(text: &str) -> Answer {
    let rows = read_json(text.as_bytes()).unwrap();
    Answer::Rows(rows.as_array().unwrap().iter().map(conformance::tagged::untag).collect())
}

fn failed(code: &str, message: &str) -> Answer {
    let fault =
        Fault { code: code.into(), message: message.into(), file: "test-0.rego".into(), row: 4, col: 1 };
    Answer::Failed { stage: Stage::Eval, faults: vec![fault] }
}

fn passes(want: &str, answer: Answer) -> bool {
    matches!(judge(&case(want), answer), Outcome::Passed)
}

#[test]
fn results_compare_as_sets_of_bindings() {
    assert!(passes(r#""want_result":[{"x":1},{"x":[2]}]"#, rows(r#"[{"x":{"$set":[2]}},{"x":1.0}]"#)));
    assert!(passes(r#""want_result":[]"#, rows("[]")));
    assert!(passes(r#""want_result":[{"x":{"1":2}}]"#, rows(r#"[{"x":{"$object":[[1,2]]}}]"#)));
    assert!(!passes(r#""want_result":[{"x":1}]"#, rows("[]")));
    assert!(!passes(r#""want_result":[{"x":1}]"#, rows(r#"[{"x":1},{"x":2}]"#)));
    assert!(!passes(r#""want_result":[{"x":1}]"#, failed("eval_conflict_error", "")));
}

#[test]
fn order_counts_unless_bindings_are_sorted() {
    assert!(!passes(r#""want_result":[{"x":[1,2]}]"#, rows(r#"[{"x":[2,1]}]"#)));
    assert!(passes(r#""sort_bindings":true,"want_result":[{"x":[1,2]}]"#, rows(r#"[{"x":[2,1]}]"#)));
}

#[test]
fn generated_variables_can_be_ignored() {
    let got = || rows(r#"[{"x":1,"__localq0__":2}]"#);
    assert!(!passes(r#""want_result":[{"x":1}]"#, got()));
    assert!(passes(r#""ignore_generated_vars":true,"want_result":[{"x":1}]"#, got()));
}

#[test]
fn errors_compare_by_code_else_by_text() {
    let coded = r#""want_error_code":"eval_type_error","want_error":"old wording""#;
    assert!(passes(coded, failed("eval_type_error", "new wording")));
    assert!(!passes(coded, failed("eval_builtin_error", "old wording")));
    assert!(!passes(coded, rows("[]")));
    let worded = r#""want_error":"test-0.rego:4: eval_type_error: f: operand""#;
    assert!(passes(worded, failed("eval_type_error", "f: operand 1")));
    assert!(!passes(worded, failed("eval_type_error", "g: operand 1")));
}

/// The comparison is fair: OPA itself passes all but the known gaps.
#[test]
fn opa_passes_its_own_suite() {
    if opa::go_version().is_none() {
        return conformance::skip("OPA on its own suite: no Go here").unwrap();
    }
    let Some(cases) = suite::read(&root()).unwrap() else { return };
    let gaps = suite::gaps(&root().join("conformance/known-gaps.toml")).unwrap();
    let mut opa = Opa::start(&root()).unwrap();
    for case in cases.iter().filter(|c| !c.is_excepted()) {
        let answer = opa.ask(&case.question, Manner::default()).unwrap();
        let outcome = judge(case, answer);
        let gap = gaps.iter().any(|g| g.file == case.file && g.note == case.note);
        assert!(gap || matches!(outcome, Outcome::Passed), "{} {}: {outcome:?}", case.file, case.note);
    }
}

#[test]
fn case_files_of_a_folder_are_read_by_group() {
    let dir = std::env::temp_dir().join(format!("kitelogik-cases-{}", std::process::id()));
    let write = |name: &str, text: &str| {
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let one = "---\ncases:\n  - note: one\n    query: data.t.p = x\n    modules:\n      - |\n        package t\n        p[1]\n";
    write("sets/b.yaml", &format!("{one}    want_result:\n      - x:\n          - 1\n"));
    write("sets/note.txt", "no case");
    write("arrays/a.yaml", &format!("{one}    want_error_code: eval_type_error\n    strict_error: true\n"));
    let cases = suite::read_folder(&dir, true).unwrap();
    let told: Vec<_> = cases.iter().map(|c| (c.group.as_str(), c.file.as_str(), c.note.as_str())).collect();
    assert_eq!(told, [("arrays", "a.yaml", "one"), ("sets", "b.yaml", "one")]);
    let passed = |case: &suite::Case| matches!(judge(case, engine::ask(&case.question)), Outcome::Passed);
    assert_eq!(cases.iter().map(passed).collect::<Vec<_>>(), [false, true], "Rego v0 gives [1]");
    assert!(!suite::read_folder(&dir, false).unwrap().iter().any(passed), "Rego v1 refuses it");
    write("sets/b.yaml", "cases: [");
    let wrong = suite::read_folder(&dir, true).unwrap_err();
    assert!(format!("{wrong:#}").contains("b.yaml: yaml.unmarshal: "), "{wrong:#}");
    std::fs::remove_dir_all(&dir).unwrap();
    assert!(suite::read_folder(&dir, true).is_err());
}
