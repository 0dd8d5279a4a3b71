//! Units that decide: the governor's port.

use crate::{
    Diagnostic, Policies, Scope,
    answer::{self, Place},
    parsed::Parsed,
    tree,
    unit::{self, Group},
};
use kitelogik_core::{Answer, Evaluator, Finding, Findings, Reading, UnitFailure};
use kitelogik_model::{Event, EventKind, Match, ReasonCode};
use kitelogik_rego::{
    Context, Entry, Evaluator as Machine, Input, Limits, Options, Outcome, Program, Source,
};
use kitelogik_value::Value;
use std::{
    cell::{Cell, RefCell},
    sync::Arc,
    time::{Duration, Instant},
};

/// Session facts that other events change; a decision that read one must be committed against them.
const COUNTERS: [&str; 4] = ["tokens_spent", "cost_spent", "tool_calls", "tool_call_count"];

thread_local! {
    static MACHINE: RefCell<Machine> = RefCell::new(Machine::new());
}

/// What decides: the files of one package, compiled with the libraries.
pub(crate) struct Unit {
    pub(crate) name: Arc<str>,
    pub(crate) kind: EventKind,
    pub(crate) scope: Option<Scope>,
    pub(crate) files: Vec<Arc<str>>,
    pub(crate) program: Program,
    decision: Option<Entry>,
    deny: Option<Entry>,
    only_restricts: bool,
    /// Named where no rule of the unit fired
    file: Arc<str>,
}

impl Unit {
    pub(crate) fn compile(
        group: Group<'_>,
        libraries: &[&Parsed],
        data: &Value,
    ) -> Result<Self, Vec<Diagnostic>> {
        let Group { name, kind, files } = group;
        let scope = unit::scope(&files).map_err(|error| vec![error])?;
        let source = |file: &&Parsed| Source {
            path: file.path.clone(),
            text: file.text.clone(),
            dialect: file.dialect(),
        };
        let sources: Vec<Source> = files.iter().chain(libraries).map(source).collect();
        let watch = COUNTERS.iter().map(|name| vec!["session".into(), (*name).into()]).collect();
        let options = Options { watch, lenient_negation: true, ..Options::default() };
        let program = Program::compile(&sources, data.clone(), &options)
            .map_err(|all| all.iter().map(Diagnostic::from).collect::<Vec<_>>())?;
        let entry = |rule: &str| {
            let defined = files.iter().any(|file| file.rules(rule).next().is_some());
            defined.then(|| program.entry(&format!("data.kitelogik.{}.{rule}", kind.as_str()))).flatten()
        };
        let (decision, deny) = (entry("decision"), entry("deny"));
        let deciding = files.iter().find(|file| file.decides()).map(|file| file.path.as_str());
        Ok(Self {
            name,
            kind,
            decision,
            deny,
            program,
            scope,
            only_restricts: unit::only_restricts(&files),
            file: deciding.unwrap_or_default().into(),
            files: files.iter().map(|file| Arc::from(file.path.as_str())).collect(),
        })
    }

    fn finding(&self, input: &Value, reading: Reading, limits: &Limits) -> (Finding, bool) {
        let (mut matched, mut read) = (Vec::new(), 0);
        let answer = self.answer(input, reading, limits, &mut matched, &mut read);
        let obligations = Value::object::<&str>([]);
        (Finding { unit: Arc::clone(&self.name), answer, obligations, matched }, read != 0)
    }

    fn answer(
        &self,
        input: &Value,
        reading: Reading,
        limits: &Limits,
        matched: &mut Vec<Match>,
        read: &mut u64,
    ) -> Result<Answer, UnitFailure> {
        let mut ask = |entry: &Entry, rule: &str| {
            let outcome = eval(&self.program, entry, input, reading, limits).inspect_err(|_| {
                // What a failed evaluation had read is not told.
                *read = u64::MAX;
            })?;
            *read |= outcome.read;
            let place = self.place(&outcome, rule);
            for fired in outcome.fired {
                let one = Match { file: fired.file.into(), rule: fired.rule.into(), line: fired.line };
                if !matched.contains(&one) {
                    matched.push(one);
                }
            }
            Ok((outcome.value, place))
        };
        if let Some(deny) = &self.deny
            && let (Some(value), place) = ask(deny, "deny")?
        {
            let reasons = answer::denials(&value, &place)?;
            if !reasons.is_empty() {
                return Ok(Answer::Deny(reasons));
            }
        }
        let Some(decision) = &self.decision else { return Ok(Answer::Abstain) };
        match ask(decision, "decision")? {
            (Some(value), place) => answer::decision(&value, &place),
            (None, _) if self.only_restricts => Ok(Answer::Abstain),
            (None, _) => Err(answer::shape(format!("{}: `decision` is undefined", self.file))),
        }
    }

    /// Where the rule stands that fired for an entry.
    fn place(&self, outcome: &Outcome, rule: &str) -> Place {
        let path = format!("data.kitelogik.{}.{rule}", self.kind.as_str());
        let fired = outcome.fired.iter().rfind(|fired| fired.rule == path);
        fired.map_or_else(|| (Arc::clone(&self.file), 1), |fired| (fired.file.as_str().into(), fired.line))
    }
}

fn eval(
    program: &Program,
    entry: &Entry,
    input: &Value,
    reading: Reading,
    limits: &Limits,
) -> Result<Outcome, UnitFailure> {
    let mut seed = [0; 32];
    for (to, from) in seed.iter_mut().zip(reading.entropy.to_be_bytes()) {
        *to = from;
    }
    let now_ns = i64::try_from(reading.at.0.saturating_mul(1_000)).unwrap_or(i64::MAX);
    // The engine asks once when it begins and then every few thousand steps: most evaluations never come to
    // need the system's clock.
    let (asked, started) = (Cell::new(false), Cell::new(None::<Instant>));
    let clock = || {
        if !asked.replace(true) {
            return Duration::ZERO;
        }
        let start = started.get().unwrap_or_else(Instant::now);
        started.set(Some(start));
        start.elapsed()
    };
    let context = Context { now_ns, seed, clock: Some(&clock) };
    let run = |machine: &mut Machine| machine.eval(program, entry, Input::Value(input), &context, limits);
    MACHINE
        .with(|machine| match machine.try_borrow_mut() {
            Ok(mut machine) => run(&mut machine),
            Err(_) => run(&mut Machine::new()),
        })
        .map_err(|failure| UnitFailure { code: ReasonCode::PolicyError, detail: failure.to_string() })
}

impl Evaluator for Policies {
    fn evaluate(&self, event: &Event, input: &Value, reading: Reading) -> Findings {
        let mut findings = Findings::default();
        let resource = event.kind.starts_something();
        for unit in &self.units {
            let applies = unit.kind == event.kind || (resource && unit.kind == EventKind::AgentResource);
            if !applies {
                continue;
            }
            if unit.scope.as_ref().is_some_and(|scope| !scope.holds(event.transport)) {
                findings.skipped.push(Arc::clone(&unit.name));
                continue;
            }
            let (finding, read) = unit.finding(input, reading, &self.limits);
            findings.applied.push(finding);
            findings.read_counters |= read;
        }
        findings
    }

    fn version(&self) -> Arc<str> {
        Arc::clone(&self.version)
    }

    fn reads_tool_calls(&self) -> bool {
        self.reads_tool_calls
    }

    fn spellings(&self, wire: &str) -> Vec<Arc<str>> {
        self.spellings.get(&tree::folded(wire)).into_iter().flatten().cloned().collect()
    }
}
