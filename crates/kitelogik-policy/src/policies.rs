//! A loaded policy set: its units, compiled, behind the governor's port.

use crate::{
    Diagnostic, File, Limits, LoadError,
    answer::{self, Place},
    directory,
    unit::{self, Parsed},
    version,
};
use kitelogik_core::{Answer, Evaluator, Finding, Findings, Reading, UnitFailure};
use kitelogik_model::{Event, EventKind, Match, ReasonCode, Transport};
use kitelogik_rego::{Context, Entry, Evaluator as Machine, Input, Options, Outcome, Program, Source};
use kitelogik_value::{Value, json};
use std::{cell::RefCell, collections::BTreeMap, collections::BTreeSet, fmt, path::Path, sync::Arc};

/// Session facts that other events change; a decision that read one must be committed against them.
const COUNTERS: [&str; 4] = ["tokens_spent", "cost_spent", "tool_calls", "tool_call_count"];

thread_local! {
    static MACHINE: RefCell<Machine> = RefCell::new(Machine::new());
}

/// The policies of a directory. Never changes; threads share it without a lock.
pub struct Policies {
    units: Vec<Unit>,
    version: Arc<str>,
    names: BTreeSet<Arc<str>>,
}

struct Unit {
    name: Arc<str>,
    kind: EventKind,
    program: Program,
    decision: Option<Entry>,
    deny: Option<Entry>,
    transport: Option<Transport>,
    only_restricts: bool,
    file: Arc<str>,
}

/// A unit, to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitView<'p> {
    /// Its name: the package, and the file where the package has several units
    pub name: &'p Arc<str>,
    /// The kind of event that it decides
    pub kind: EventKind,
    /// The one transport that it decides, if its scope is limited
    pub transport: Option<Transport>,
}

impl Policies {
    /// Loads a directory. The error holds everything that is wrong with what was looked at.
    pub fn load(root: &Path) -> Result<Self, LoadError> {
        Self::load_all(&[root])
    }

    /// Loads several directories as one.
    pub fn load_all<P: AsRef<Path>>(roots: &[P]) -> Result<Self, LoadError> {
        let (files, mut wrong) = directory::list(roots, &Limits::DEFAULT)?;
        if wrong.is_empty() {
            return Self::new(&files);
        }
        // What the missing files would have said is not known: only what each other file shows by itself.
        let rego = files.iter().filter(|file| file.path.ends_with(".rego"));
        wrong.extend(rego.filter_map(|file| Parsed::new(file).err()).flatten());
        Err(LoadError(wrong))
    }

    /// Compiles files; their order does not matter.
    pub fn new(files: &[File]) -> Result<Self, LoadError> {
        let mut sorted: Vec<&File> = files.iter().collect();
        sorted.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
        let (rego, data): (Vec<&File>, Vec<&File>) = sorted.iter().partition(|f| f.path.ends_with(".rego"));
        let mut wrong = Vec::new();
        let mut parsed = Vec::new();
        for file in rego {
            match Parsed::new(file) {
                Ok(file) => parsed.push(file),
                Err(errors) => wrong.extend(errors),
            }
        }
        let data = documents(&data).unwrap_or_else(|error| {
            wrong.push(error);
            Value::object::<&str>([])
        });
        let mut libraries = Vec::new();
        let mut packages: BTreeMap<EventKind, Vec<&Parsed>> = BTreeMap::new();
        for file in &parsed {
            let kind = match unit::kind(file) {
                Ok(kind) => kind,
                Err(error) => {
                    wrong.push(error);
                    continue;
                }
            };
            refuse_unread(file, kind.is_some(), &parsed, &mut wrong);
            match kind {
                Some(kind) => packages.entry(kind).or_default().push(file),
                None => libraries.push(file),
            }
        }
        let mut units = Vec::new();
        for (kind, files) in packages {
            for (name, files) in split(kind, &files, &mut wrong) {
                match compile(kind, name, &files, &libraries, &data) {
                    Ok(unit) => units.push(unit),
                    Err(errors) => wrong.extend(errors),
                }
            }
        }
        if !wrong.is_empty() {
            return Err(LoadError(wrong));
        }
        let mut names = BTreeSet::new();
        parsed.iter().for_each(|file| unit::strings(&file.module, &mut names));
        Ok(Self { units, version: version(files).into(), names })
    }

    /// The units, by kind of event and name.
    pub fn units(&self) -> impl Iterator<Item = UnitView<'_>> {
        self.units.iter().map(|Unit { name, kind, transport, .. }| UnitView {
            name,
            kind: *kind,
            transport: *transport,
        })
    }

    /// What loads here although OPA refuses it.
    pub fn warnings(&self) -> BTreeSet<String> {
        self.units.iter().flat_map(|unit| unit.program.warnings()).map(ToString::to_string).collect()
    }
}

/// What this loader does not read yet must not be passed over in silence.
fn refuse_unread(file: &Parsed, decides: bool, all: &[Parsed], wrong: &mut Vec<Diagnostic>) {
    if file.text.lines().any(|line| line.trim_start().starts_with('#') && line.contains("applies_to")) {
        let message = "a stated scope (applies_to) is not supported yet";
        wrong.push(Diagnostic::file(&file.path, "unsupported", message, "remove the annotation"));
    }
    let package = format!("data.{}", file.package());
    let others = || all.iter().filter(|other| other.package() != file.package());
    let referred = others().any(|other| other.text.contains(&package));
    if decides && referred {
        let message = format!("another package refers to {package}; decision packages stand alone");
        wrong.push(Diagnostic::file(&file.path, "unsupported", message, "move what they share to a library"));
    } else if !decides && !referred {
        let message = format!("no entry rule, and no other file refers to {package}");
        wrong.push(Diagnostic::file(&file.path, "no_entry_rule", message, "check the package's name"));
    }
}

/// The units of a package: all its files, or each file that says a default where more than one does.
fn split<'p>(
    kind: EventKind,
    files: &[&'p Parsed],
    wrong: &mut Vec<Diagnostic>,
) -> Vec<(String, Vec<&'p Parsed>)> {
    let package = format!("kitelogik.{}", kind.as_str());
    if !files.iter().any(|file| file.decides()) {
        let path = files.first().map(|file| file.path.as_str()).unwrap_or_default();
        let message = format!("no entry rule in {package}");
        wrong.push(Diagnostic::file(path, "no_entry_rule", message, "write `decision` or `deny`"));
        return Vec::new();
    }
    if files.iter().filter(|file| file.has_default()).count() < 2 {
        return vec![(package, files.to_vec())];
    }
    let mut units = Vec::new();
    for file in files.iter().filter(|file| file.decides()) {
        if file.has_default() {
            let shared = files.iter().filter(|other| !other.decides());
            units.push((format!("{package}:{}", file.path), shared.chain([file]).copied().collect()));
        } else {
            let message =
                format!("other files of {package} have a default for `decision`, this one has none");
            let help = "add `default decision`, or keep one default in the package";
            wrong.push(Diagnostic::file(&file.path, "mixed_defaults", message, help));
        }
    }
    units
}

fn compile(
    kind: EventKind,
    name: String,
    files: &[&Parsed],
    libraries: &[&Parsed],
    data: &Value,
) -> Result<Unit, Vec<Diagnostic>> {
    let source =
        |file: &&Parsed| Source { path: file.path.clone(), text: file.text.clone(), dialect: file.dialect };
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
    let file = files.iter().find(|file| file.decides()).map(|file| file.path.as_str()).unwrap_or_default();
    Ok(Unit {
        name: name.into(),
        kind,
        decision,
        deny,
        program,
        transport: unit::scope(files),
        only_restricts: unit::only_restricts(files),
        file: file.into(),
    })
}

/// Base documents, each under the path of its folder.
fn documents(files: &[&File]) -> Result<Value, Diagnostic> {
    let mut all = Value::object::<&str>([]);
    for file in files {
        let Some(folder) = file.path.strip_suffix("data.json") else {
            let message = "data in YAML is not supported yet";
            return Err(Diagnostic::file(&file.path, "unsupported", message, "write it as data.json"));
        };
        let value = json::parse(&file.bytes, &json::Limits::DATA)
            .map_err(|e| Diagnostic::file(&file.path, "invalid_data", e.to_string(), ""))?;
        if value.as_object().is_none() {
            return Err(Diagnostic::file(&file.path, "invalid_data", "not an object at the top", ""));
        }
        let names: Vec<&str> = folder.split('/').filter(|name| !name.is_empty()).collect();
        let nested = names.into_iter().rev().fold(value, |value, name| Value::object([(name, value)]));
        all = merge(&all, &nested, 0).ok_or_else(|| {
            Diagnostic::file(&file.path, "data_conflict", "another data file defines the same document", "")
        })?;
    }
    Ok(all)
}

/// Two documents in one; `None` where both say something, or nest too deep to tell.
fn merge(a: &Value, b: &Value, depth: usize) -> Option<Value> {
    let (a, b) = (a.as_object()?, b.as_object()?);
    if depth > 128 {
        return None;
    }
    let mut pairs: BTreeMap<Value, Value> = a.iter().cloned().collect();
    for (key, value) in b {
        let merged = match pairs.get(key) {
            Some(old) => merge(old, value, depth + 1)?,
            None => value.clone(),
        };
        pairs.insert(key.clone(), merged);
    }
    Some(Value::object(pairs))
}

impl Unit {
    fn finding(&self, input: &Value, context: &Context<'_>) -> (Finding, bool) {
        let (mut matched, mut read) = (Vec::new(), 0);
        let answer = self.answer(input, context, &mut matched, &mut read);
        let obligations = Value::object::<&str>([]);
        (Finding { unit: Arc::clone(&self.name), answer, obligations, matched }, read != 0)
    }

    fn answer(
        &self,
        input: &Value,
        context: &Context<'_>,
        matched: &mut Vec<Match>,
        read: &mut u64,
    ) -> Result<Answer, UnitFailure> {
        let mut ask = |entry: &Entry, rule: &str| {
            let outcome = eval(&self.program, entry, input, context).inspect_err(|_| {
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
            (None, _) => Err(answer::shape("`decision` is undefined".to_owned())),
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
    context: &Context<'_>,
) -> Result<Outcome, UnitFailure> {
    let limits = kitelogik_rego::Limits::DEFAULT;
    let run = |machine: &mut Machine| machine.eval(program, entry, Input::Value(input), context, &limits);
    MACHINE
        .with(|machine| match machine.try_borrow_mut() {
            Ok(mut machine) => run(&mut machine),
            Err(_) => run(&mut Machine::new()),
        })
        .map_err(|failure| UnitFailure { code: ReasonCode::PolicyError, detail: failure.to_string() })
}

impl Evaluator for Policies {
    fn evaluate(&self, event: &Event, input: &Value, reading: Reading) -> Findings {
        let mut seed = [0; 32];
        for (to, from) in seed.iter_mut().zip(reading.entropy.to_be_bytes()) {
            *to = from;
        }
        let now_ns = i64::try_from(reading.at.0.saturating_mul(1_000)).unwrap_or(i64::MAX);
        let context = Context { now_ns, seed, clock: None };
        let mut findings = Findings::default();
        let resource = event.kind.starts_something();
        for unit in &self.units {
            let applies = unit.kind == event.kind || (resource && unit.kind == EventKind::AgentResource);
            if !applies {
                continue;
            }
            if let (Some(scope), Some(proved)) = (unit.transport, event.transport)
                && scope != proved
            {
                findings.skipped.push(Arc::clone(&unit.name));
                continue;
            }
            let (finding, read) = unit.finding(input, &context);
            findings.applied.push(finding);
            findings.read_counters |= read;
        }
        findings
    }

    fn version(&self) -> Arc<str> {
        Arc::clone(&self.version)
    }

    fn reads_tool_calls(&self) -> bool {
        // Saying no wrongly would hide calls from a policy; `input` can be asked for as a whole.
        true
    }

    fn spellings(&self, wire: &str) -> Vec<Arc<str>> {
        let fold = |name: &str| name.to_lowercase().replace(['.', '_', '-'], "");
        let folded = fold(wire);
        self.names.iter().filter(|name| fold(name) == folded).cloned().collect()
    }
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policies").field("version", &self.version).finish_non_exhaustive()
    }
}
