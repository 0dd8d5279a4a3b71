//! Three engines on the specification's rules: ours, regorus' interpreter and Cedar.

use crate::{
    cases::{self, Case},
    clock::{Contender, interleaved},
};
use kitelogik_rego::{Context, Dialect, Entry, Evaluator, Input, Limits, Options, Program, Source, Val};
use kitelogik_value::{Value, json};
use std::{collections::HashSet, error::Error, hint::black_box};

/// One rule of a compiled program.
pub(crate) struct Asked {
    program: Program,
    entry: Entry,
}

/// A rule and who evaluates it.
pub(crate) struct Ours {
    asked: Asked,
    evaluator: Evaluator,
}

impl Asked {
    pub(crate) fn compile(text: &str, rule: &str) -> Result<Self, String> {
        let source = Source { path: "policy.rego".to_owned(), text: text.to_owned(), dialect: Dialect::Auto };
        let options = Options { lenient_negation: true, ..Options::default() };
        let empty = Value::object::<&str>([]);
        let program = Program::compile(&[source], empty, &options).map_err(|errors| format!("{errors:?}"))?;
        let entry = program.entry(rule).ok_or("no such rule")?;
        Ok(Self { program, entry })
    }

    /// So many decisions by an evaluator of their own.
    pub(crate) fn again(&self, input: &Value, calls: usize) {
        let mut evaluator = Evaluator::new();
        (0..calls)
            .for_each(|_| _ = black_box(self.ask(&mut evaluator, Input::Value(black_box(input)), defined)));
    }

    /// One decision, and what is made of its value.
    fn ask<T>(
        &self,
        evaluator: &mut Evaluator,
        input: Input<'_>,
        of: impl FnOnce(Val<'_>) -> T,
    ) -> Option<T> {
        let context = Context::at(0);
        let mut run = evaluator.begin(&self.program, input, &context, &Limits::DEFAULT).ok()?;
        let value = run.ask(&self.entry).ok()??;
        black_box(run.fired().count());
        Some(of(value))
    }
}

/// What is read of a value that is only timed: it is looked at where it lies.
fn defined(value: Val<'_>) -> bool {
    black_box(value).is_truthy()
}

impl Ours {
    pub(crate) fn new(text: &str, rule: &str) -> Result<Self, String> {
        Ok(Self { asked: Asked::compile(text, rule)?, evaluator: Evaluator::new() })
    }

    /// One decision, to be timed.
    pub(crate) fn once(&mut self, input: Input<'_>) {
        black_box(self.asked.ask(&mut self.evaluator, input, defined));
    }

    /// What is decided, as JSON.
    fn said(&mut self, input: Input<'_>) -> Option<String> {
        self.asked.ask(&mut self.evaluator, input, |value| {
            value.to_value().map(|value| json::to_string(&value)).ok()
        })?
    }
}

/// One prepared engine; its input is set once, as ours is.
struct Regorus {
    engine: regorus::Engine,
    rule: &'static str,
}

impl Regorus {
    fn new(case: &Case) -> Result<Self, Box<dyn Error>> {
        let mut engine = regorus::Engine::new();
        engine.set_rego_v0(true);
        // It knows `in` only where it is imported; on the package's line, so that lines keep their numbers.
        let text = match case.text.split_once('\n') {
            Some((package, rest)) if case.text.contains(" in ") => {
                format!("{package} import future.keywords.in\n{rest}")
            }
            _ => case.text.clone(),
        };
        engine.add_policy("policy.rego".to_owned(), text)?;
        Ok(Self { engine, rule: case.rule })
    }

    fn ask(&mut self) -> Result<regorus::Value, Box<dyn Error>> {
        Ok(self.engine.eval_rule(self.rule.to_owned())?)
    }
}

struct Cedar {
    authorizer: cedar_policy::Authorizer,
    policies: cedar_policy::PolicySet,
    entities: cedar_policy::Entities,
    request: cedar_policy::Request,
}

impl Cedar {
    fn new(policy: &str, input: &str) -> Result<Self, Box<dyn Error>> {
        let context = cedar_policy::Context::from_json_str(input, None)?;
        let uid = |text: &str| text.parse::<cedar_policy::EntityUid>();
        let request = cedar_policy::Request::new(
            uid(r#"User::"ana""#)?,
            uid(r#"Action::"act""#)?,
            uid(r#"Resource::"any""#)?,
            context,
            None,
        )?;
        let (authorizer, entities) = (cedar_policy::Authorizer::new(), cedar_policy::Entities::empty());
        Ok(Self { authorizer, policies: policy.parse()?, entities, request })
    }

    fn ask(&self) -> cedar_policy::Response {
        self.authorizer.is_authorized(&self.request, &self.policies, &self.entities)
    }

    /// The number of rules that decided, and no errors on the way.
    fn fires(&self) -> bool {
        let response = self.ask();
        let rules: HashSet<_> = response.diagnostics().reason().collect();
        rules.len() == 1 && response.diagnostics().errors().next().is_none()
    }
}

/// A row for each rule. All engines must give the rule's answer, or nothing is measured.
pub(crate) fn rows() -> Result<(), Box<dyn Error>> {
    println!(
        "{:<10} {:>6} {:>10} {:>10} {:>10} {:>8} {:>10} {:>8}",
        "rule", "bytes", "ours ns", "from JSON", "regorus", "ratio", "cedar", "ratio"
    );
    for case in cases::all()? {
        let value = json::parse(case.input.as_bytes(), &json::Limits::EVENT)?;
        let ours = || Ours::new(&case.text, case.rule);
        let (mut prebuilt, mut from_text, mut regorus) = (ours()?, ours()?, Regorus::new(&case)?);
        let cedar = case.cedar.map(|policy| Cedar::new(policy, &case.input)).transpose()?;
        regorus.engine.set_input(regorus::Value::from_json_str(&case.input)?);
        let said = |said: Option<String>| said.is_some_and(|text| text.contains(case.answer));
        let agree = said(prebuilt.said(Input::Value(&value)))
            && said(from_text.said(Input::Json(case.input.as_bytes())))
            && said(Some(regorus.ask()?.to_string()))
            && cedar.as_ref().is_none_or(Cedar::fires);
        if !agree {
            return Err(format!("the engines give different answers to {}", case.name).into());
        }
        let mut all = vec![
            Contender::new(|| prebuilt.once(Input::Value(black_box(&value)))),
            Contender::new(|| {
                from_text.once(Input::Json(black_box(case.input.as_bytes())));
            }),
            Contender::new(|| _ = black_box(regorus.ask().is_ok())),
        ];
        if let Some(cedar) = &cedar {
            all.push(Contender::new(|| drop(black_box(cedar.ask()))));
        }
        let times = interleaved(31, &mut all);
        let [ours, json, regorus] = times[..3] else { continue };
        let cedar = times.get(3).map_or_else(
            || format!("{:>10} {:>8}", "-", "-"),
            |cedar| format!("{cedar:>10.0} {:>7.1}x", cedar / ours),
        );
        println!(
            "{:<10} {:>6} {ours:>10.0} {json:>10.0} {regorus:>10.0} {:>7.1}x {cedar}",
            case.name,
            case.input.len(),
            regorus / ours
        );
    }
    Ok(())
}

/// One rule decided again and again, for a profiler.
pub(crate) fn spin(name: &str, from_text: bool, calls: usize) -> Result<(), Box<dyn Error>> {
    let case = cases::named(name)?;
    let value = json::parse(case.input.as_bytes(), &json::Limits::EVENT)?;
    let mut ours = Ours::new(&case.text, case.rule)?;
    for _ in 0..calls {
        let input = if from_text { Input::Json(case.input.as_bytes()) } else { Input::Value(&value) };
        ours.once(black_box(input));
    }
    Ok(())
}
