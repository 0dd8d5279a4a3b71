//! Several documents asked for over one input, and an input that is looked up.

use crate::{compile, value};
use kitelogik_rego::{Context, Evaluator, Input, InputRoots, Limits, Val};
use kitelogik_value::Value;
use std::cell::RefCell;

const RULES: &str = r#"package t

default p := "no"

p := "yes" if input.a

# In another world, and deep in it, two values for one rule.
torn if clash with input as {"a": false}

clash := x if { p == "no"; some x in [1, 2] }

shared if { count(numbers.range(1, 50)) == 50; p == "yes" }
"#;

/// An input of two members that says which were asked for.
struct Parts {
    a: Value,
    rest: Value,
    asked: RefCell<Vec<String>>,
}

impl InputRoots for Parts {
    fn get(&self, name: &str) -> Option<&Value> {
        self.asked.borrow_mut().push(name.to_owned());
        match name {
            "a" => Some(&self.a),
            "rest" => Some(&self.rest),
            _ => None,
        }
    }

    fn names(&self) -> &[&str] {
        &["a", "rest"]
    }
}

#[test]
fn each_document_is_evaluated_by_itself_also_after_a_failure() {
    let program = compile(&[RULES], "{}");
    let entry = |name: &str| program.entry(&format!("data.t.{name}")).unwrap();
    let (p, torn, shared) = (entry("p"), entry("torn"), entry("shared"));
    let (input, context) = (value(r#"{"a": true}"#), Context::at(0));
    let mut evaluator = Evaluator::new();
    let mut run = evaluator.begin(&program, Input::Value(&input), &context, &Limits::DEFAULT).unwrap();
    assert_eq!(run.ask(&p).unwrap(), Some(Val::Str("yes")));
    let fired = |run: &kitelogik_rego::Run<'_>| -> Vec<String> {
        run.fired().map(|fired| fired.rule.to_string()).collect()
    };
    let (steps, first) = (run.steps(), fired(&run));
    assert_eq!(first, ["data.t.p"]);
    assert_eq!(run.ask(&torn).unwrap_err().code(), "eval_conflict_error");
    assert_eq!(run.ask(&shared).unwrap(), Some(Val::Bool(true)));
    assert_eq!(fired(&run), ["data.t.p", "data.t.shared"]);
    assert!(run.steps() > steps);
    // As if nothing had been before it.
    assert_eq!(run.ask(&p).unwrap(), Some(Val::Str("yes")));
    assert_eq!((run.steps(), fired(&run)), (steps, first));
}

#[test]
fn the_limits_are_those_of_one_document() {
    let program = compile(&[RULES], "{}");
    let shared = program.entry("data.t.shared").unwrap();
    let (input, context) = (value(r#"{"a": true}"#), Context::at(0));
    let asked_thrice = |steps: u64| {
        let limits = Limits { steps, ..Limits::DEFAULT };
        let mut evaluator = Evaluator::new();
        let mut run = evaluator.begin(&program, Input::Value(&input), &context, &limits).unwrap();
        let answers = [(); 3].map(|()| run.ask(&shared).is_ok_and(|value| value == Some(Val::Bool(true))));
        (answers, run.steps())
    };
    let (_, enough) = asked_thrice(Limits::DEFAULT.steps);
    assert_eq!(asked_thrice(enough).0, [true; 3]);
    assert_eq!(asked_thrice(enough - 1).0, [false; 3]);
}

#[test]
fn only_the_members_that_a_policy_names_are_looked_up() {
    let rules =
        "package t\n\np := object.get(input, [\"rest\", \"x\"], 0)\n\nq := input\n\nr := input.none\n";
    let program = compile(&[rules], "{}");
    let parts = Parts { a: 1i64.into(), rest: value(r#"{"x": 7}"#), asked: RefCell::default() };
    let context = Context::at(0);
    let ask = |name: &str| {
        let entry = program.entry(&format!("data.t.{name}")).unwrap();
        let outcome =
            Evaluator::new().eval(&program, &entry, Input::Roots(&parts), &context, &Limits::DEFAULT);
        (outcome.unwrap().value, parts.asked.take())
    };
    assert_eq!(ask("p"), (Some(7i64.into()), vec!["rest".to_owned()]));
    assert_eq!(ask("r"), (None, vec!["none".to_owned()]));
    let (whole, asked) = ask("q");
    assert_eq!(whole, Some(value(r#"{"a": 1, "rest": {"x": 7}}"#)));
    assert_eq!(asked, ["a", "rest"]);
}
