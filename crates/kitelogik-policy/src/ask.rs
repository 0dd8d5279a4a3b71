//! One unit asked about one event: its entry rules evaluated, and what they fired and read kept.

use crate::parsed::Parsed;
use kitelogik_core::{MAX_REASONS, Reading, Reason, UnitFailure};
use kitelogik_model::{Match, ReasonCode};
use kitelogik_rego::{Context, Entry, Evaluator, Failure, Program, Run, Val};
use kitelogik_value::json;
use std::{
    cell::{Cell, RefCell},
    sync::Arc,
    time::{Duration, Instant},
};

/// Bytes of reasons that are written out.
const MAX_WRITTEN: usize = 1 << 20;

thread_local! {
    static MACHINE: RefCell<Evaluator> = RefCell::new(Evaluator::new());
}

/// A rule that is asked for.
pub(crate) struct EntryRule {
    pub(crate) name: &'static str,
    entry: Entry,
    /// Its path, such as `data.kitelogik.tool_call.deny`
    path: Box<str>,
    /// True if a default says a part of it: then another rule's firing does not tell who gave the rest
    partial_default: bool,
}

impl EntryRule {
    /// The rule of this package, if the files of the unit define it.
    pub(crate) fn find(
        name: &'static str,
        package: &str,
        files: &[&Parsed],
        program: &Program,
    ) -> Option<Self> {
        let rules = || files.iter().flat_map(|file| file.rules(name));
        rules().next()?;
        let path = format!("data.{package}.{name}");
        let entry = program.entry(&path)?;
        let partial_default = rules().any(|rule| rule.default && rule.head.path.len() > 1);
        Some(Self { name, entry, path: path.into(), partial_default })
    }

    /// True if a rule that is no default gave the value, or its `allow`.
    fn by_rule(&self, run: &Run<'_>) -> bool {
        run.fired().filter(|fired| !fired.default).any(|fired| match fired.rule.strip_prefix(&*self.path) {
            Some("") => !self.partial_default,
            Some(part) => part == ".allow",
            None => false,
        })
    }
}

/// What an entry rule said.
pub(crate) struct Said<'a> {
    /// `None` where it is undefined
    pub(crate) value: Option<Val<'a>>,
    /// Where the rule stands that gave it
    pub(crate) place: Place,
    /// True if that was no default
    pub(crate) by_rule: bool,
}

/// The members of a set, at least one.
pub(crate) struct Members<T> {
    pub(crate) all: Vec<T>,
    /// Where the rule stands that gave them
    pub(crate) place: Place,
}

/// Where a rule stands: its file and line.
#[derive(Default)]
pub(crate) struct Place {
    file: Arc<str>,
    line: u32,
}

impl Place {
    pub(crate) fn reason(&self, text: Arc<str>) -> Reason {
        Reason { file: Arc::clone(&self.file), line: self.line, text }
    }
}

/// One event, as a unit is asked about it.
pub(crate) struct Asking<'a> {
    run: Run<'a>,
    /// Named where no rule of the unit fired
    file: &'a Arc<str>,
    /// Rules that fired so far
    pub(crate) matched: Vec<Match>,
    /// True once a counter was read
    pub(crate) read: bool,
}

impl<'a> Asking<'a> {
    pub(crate) fn new(run: Run<'a>, file: &'a Arc<str>) -> Self {
        Self { run, file, matched: Vec::new(), read: false }
    }

    /// What a rule says.
    pub(crate) fn ask(&mut self, rule: &'a EntryRule) -> Result<Said<'a>, UnitFailure> {
        let value = self.run.ask(&rule.entry).map_err(|failure| failed(&failure));
        self.read |= self.run.read() != 0;
        let value = value?;
        let fired = self.run.fired().rfind(|fired| *fired.rule == *rule.path);
        let place = match fired {
            Some(fired) => Place { file: Arc::clone(&fired.file), line: fired.line },
            None => Place { file: Arc::clone(self.file), line: 1 },
        };
        let by_rule = rule.by_rule(&self.run);
        for fired in self.run.fired() {
            let known =
                |one: &Match| one.line == fired.line && one.rule == fired.rule && one.file == fired.file;
            if !self.matched.iter().any(known) {
                let (file, rule) = (Arc::clone(&fired.file), Arc::clone(&fired.rule));
                self.matched.push(Match { file, rule, line: fired.line });
            }
        }
        Ok(Said { value, place, by_rule })
    }

    /// The members of a set, or the keys of an object; none of a rule that the unit lacks, or that is undefined.
    pub(crate) fn members(
        &mut self,
        rule: Option<&'a EntryRule>,
    ) -> Result<Option<Members<Val<'a>>>, UnitFailure> {
        let Some(rule) = rule else { return Ok(None) };
        let Said { value, place, .. } = self.ask(rule)?;
        let all: Vec<Val<'a>> = match value {
            None => return Ok(None),
            Some(Val::Set(members)) => members.iter().collect(),
            Some(Val::Object(pairs)) => pairs.iter().map(|(key, _)| key).collect(),
            Some(other) => {
                return Err(shape(format!("`{}` is {}, not a set", rule.name, other.kind().name())));
            }
        };
        Ok((!all.is_empty()).then_some(Members { all, place }))
    }

    /// The reasons in the set of a rule such as `deny`.
    pub(crate) fn reasons(&mut self, rule: Option<&'a EntryRule>) -> Result<Vec<Reason>, UnitFailure> {
        let Some(Members { all, place }) = self.members(rule)? else { return Ok(Vec::new()) };
        let (mut reasons, mut bytes) = (Vec::new(), 0);
        for (at, member) in all.iter().enumerate() {
            let left = all.len() - at;
            // The last place tells of those that are not written out: each may be as large as the event.
            if left > 1 && (at == MAX_REASONS - 1 || bytes > MAX_WRITTEN) {
                let more = place.reason(format!("and {left} more reasons").into());
                // Reasons are said in the order of their places.
                reasons.push(Reason { line: u32::MAX, ..more });
                break;
            }
            let text: Arc<str> = match member {
                Val::Str(text) => (*text).into(),
                other => as_json(*other)?.into(),
            };
            bytes += text.len();
            reasons.push(place.reason(text));
        }
        Ok(reasons)
    }

    /// An entry rule that is undefined although it could have allowed.
    pub(crate) fn undefined(&self, rule: &str) -> UnitFailure {
        shape(format!("{}: `{rule}` is undefined", self.file))
    }
}

/// A value that the dialect does not know: a denial.
pub(crate) fn shape(detail: String) -> UnitFailure {
    UnitFailure { code: ReasonCode::PolicyUndefined, detail }
}

/// An evaluation that failed.
pub(crate) fn failed(failure: &Failure) -> UnitFailure {
    UnitFailure { code: ReasonCode::PolicyError, detail: failure.to_string() }
}

/// A value's JSON text.
pub(crate) fn as_json(value: Val<'_>) -> Result<String, UnitFailure> {
    let text = value.to_value().map(|value| json::to_string(&value));
    text.map_err(|limit| UnitFailure { code: ReasonCode::PolicyError, detail: limit.to_string() })
}

/// When it was first looked at the clock for an event: its units have one deadline.
pub(crate) type Began = Cell<Option<Instant>>;

/// Runs with this thread's evaluator, in the world of a reading.
pub(crate) fn evaluating<T>(
    reading: Reading,
    began: &Began,
    run: impl FnOnce(&mut Evaluator, &Context<'_>) -> T,
) -> T {
    let mut seed = [0; 32];
    for (to, from) in seed.iter_mut().zip(reading.entropy.to_be_bytes()) {
        *to = from;
    }
    let now_ns = i64::try_from(reading.at.0.saturating_mul(1_000)).unwrap_or(i64::MAX);
    // The engine asks once when it begins and then every few thousand steps: most evaluations never come to
    // need the system's clock.
    let asked = Cell::new(false);
    let clock = || {
        if began.get().is_none() && !asked.replace(true) {
            return Duration::ZERO;
        }
        let start = began.get().unwrap_or_else(Instant::now);
        began.set(Some(start));
        start.elapsed()
    };
    let context = Context { now_ns, seed, clock: Some(&clock) };
    MACHINE.with(|machine| match machine.try_borrow_mut() {
        Ok(mut machine) => run(&mut machine, &context),
        Err(_) => run(&mut Evaluator::new(), &context),
    })
}
