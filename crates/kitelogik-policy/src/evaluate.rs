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

/// A rule that is asked for, and its path, such as `data.kitelogik.tool_call.deny`.
struct EntryRule {
    entry: Entry,
    path: Box<str>,
}

/// What decides: the files of one package, compiled with the libraries.
pub(crate) struct Unit {
    pub(crate) name: Arc<str>,
    pub(crate) kind: EventKind,
    pub(crate) scope: Option<Scope>,
    pub(crate) files: Vec<Arc<str>>,
    pub(crate) program: Program,
    decision: Option<EntryRule>,
    deny: Option<EntryRule>,
    only_restricts: bool,
    /// True if a default says a part of `decision`
    partial_default: bool,
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
            files.iter().any(|file| file.rules(rule).next().is_some()).then_some(())?;
            let path = format!("data.kitelogik.{}.{rule}", kind.as_str());
            Some(EntryRule { entry: program.entry(&path)?, path: path.into() })
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
            partial_default: unit::partial_default(&files),
            file: deciding.unwrap_or_default().into(),
            files: files.iter().map(|file| Arc::from(file.path.as_str())).collect(),
        })
    }

    fn finding(&self, event: &Event, input: &Value, reading: Reading, limits: &Limits) -> (Finding, bool) {
        let (mut matched, mut read) = (Vec::new(), 0);
        let mut answer = self.answer(input, reading, limits, &mut matched, &mut read);
        if let Ok(Answer::Allow { by_rule }) = &mut answer {
            // A rule about resources says nothing of the tool.
            *by_rule &= self.kind == event.kind;
        }
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
        let mut ask = |rule: &EntryRule| {
            let outcome = eval(&self.program, &rule.entry, input, reading, limits).inspect_err(|_| {
                // What a failed evaluation had read is not told.
                *read = u64::MAX;
            })?;
            *read |= outcome.read;
            let (place, by_rule) = (self.place(&outcome, &rule.path), self.by_rule(&outcome, &rule.path));
            for fired in outcome.fired {
                let one = Match { file: fired.file.into(), rule: fired.rule.into(), line: fired.line };
                if !matched.contains(&one) {
                    matched.push(one);
                }
            }
            Ok((outcome.value, place, by_rule))
        };
        if let Some(deny) = &self.deny
            && let (Some(value), place, _) = ask(deny)?
        {
            let reasons = answer::denials(&value, &place)?;
            if !reasons.is_empty() {
                return Ok(Answer::Deny(reasons));
            }
        }
        let Some(decision) = &self.decision else { return Ok(Answer::Abstain) };
        match ask(decision)? {
            (Some(value), place, by_rule) => answer::decision(&value, &place, by_rule),
            (None, ..) if self.only_restricts => Ok(Answer::Abstain),
            (None, ..) => Err(answer::shape(format!("{}: `decision` is undefined", self.file))),
        }
    }

    /// True if a rule that is no default gave the `allow` of an entry.
    fn by_rule(&self, outcome: &Outcome, path: &str) -> bool {
        outcome.fired.iter().filter(|fired| !fired.default).any(|fired| match fired.rule.strip_prefix(path) {
            Some("") => !self.partial_default,
            Some(part) => part == ".allow",
            None => false,
        })
    }

    /// Where the rule stands that fired for an entry.
    fn place(&self, outcome: &Outcome, path: &str) -> Place {
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
            let (finding, read) = unit.finding(event, input, reading, &self.limits);
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
