//! Units that decide: the governor's port.

use crate::{
    Diagnostic, Package, Policies, Scope,
    answer::Kitelogik,
    ask::{Asking, Began, EntryRule, evaluating, failed},
    data,
    parsed::Parsed,
    tako::Tako,
    tree,
    unit::{self, Group},
};
use kitelogik_core::{Answer, Document, Evaluator, Finding, Findings, Reading, Reads};
use kitelogik_model::Event;
use kitelogik_rego::{Input, InputRoots, Limits, Options, Program, Source};
use kitelogik_value::Value;
use std::sync::Arc;

/// Session facts that other events change; a decision that read one must be committed against them.
const COUNTERS: [&str; 4] = ["tokens_spent", "cost_spent", "tool_calls", "tool_call_count"];

/// What decides: the files of one package, compiled with the libraries.
pub(crate) struct Unit {
    pub(crate) name: Arc<str>,
    pub(crate) package: Package,
    pub(crate) scope: Option<Scope>,
    pub(crate) files: Vec<Arc<str>>,
    pub(crate) program: Program,
    rules: Rules,
    /// Named where no rule of the unit fired
    file: Arc<str>,
}

/// The entry rules, by dialect.
enum Rules {
    Kitelogik(Kitelogik),
    Tako(Box<Tako>),
}

impl Unit {
    pub(crate) fn compile(
        group: Group<'_>,
        libraries: &[&Parsed],
        data: &Value,
    ) -> Result<Self, Vec<Diagnostic>> {
        let Group { name, package, files } = group;
        let scope = unit::scope(package, &files).map_err(|error| vec![error])?;
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
        let conflicts = data::conflicts(&program);
        if !conflicts.is_empty() {
            return Err(conflicts);
        }
        let path = package.name();
        let entry = |name| EntryRule::find(name, &path, &files, &program);
        let rules = match package {
            Package::Event(_) => Rules::Kitelogik(Kitelogik::new(&entry, &files)),
            Package::Tako => Rules::Tako(Box::new(Tako::new(&entry, &files))),
        };
        let deciding = files.iter().find(|file| file.decides(package)).map(|file| file.path.as_str());
        Ok(Self {
            name,
            package,
            rules,
            program,
            scope,
            file: deciding.unwrap_or_default().into(),
            files: files.iter().map(|file| Arc::from(file.path.as_str())).collect(),
        })
    }

    fn finding(
        &self,
        event: &Event,
        input: &Document<'_>,
        reading: Reading,
        limits: &Limits,
        began: &Began,
    ) -> Finding {
        let (said, matched, read_counters) = evaluating(reading, began, |machine, context| {
            let members = Members(input);
            let run = match machine.begin(&self.program, Input::Roots(&members), context, limits) {
                Ok(run) => run,
                Err(failure) => return (Err(failed(&failure)), Vec::new(), false),
            };
            let mut asking = Asking::new(run, &self.file);
            let said = match &self.rules {
                Rules::Kitelogik(rules) => rules.answer(&mut asking).map(|answer| (answer, Vec::new())),
                Rules::Tako(rules) => rules.answer(event.kind, &mut asking),
            };
            (said, asking.matched, asking.read)
        });
        let (mut answer, obligations) = match said {
            Ok((answer, obligations)) => (Ok(answer), obligations),
            Err(failure) => (Err(failure), Vec::new()),
        };
        if let Ok(Answer::Allow { by_rule }) = &mut answer {
            // A rule about resources says nothing of the tool.
            *by_rule &= self.package.decides(event.kind);
        }
        let obligations = Value::object(obligations);
        Finding { unit: Arc::clone(&self.name), answer, obligations, matched, read_counters }
    }
}

/// The input, looked up member by member.
struct Members<'d, 'i>(&'d Document<'i>);

impl InputRoots for Members<'_, '_> {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    fn names(&self) -> &[&str] {
        self.0.names()
    }
}

impl Evaluator for Policies {
    fn evaluate(&self, event: &Event, input: &Document<'_>, reading: Reading) -> Findings {
        let (mut findings, began) = (Findings::default(), Began::default());
        for unit in self.units.iter().filter(|unit| unit.package.asked_for(event.kind)) {
            if unit.scope.as_ref().is_some_and(|scope| !scope.holds(event.transport)) {
                findings.skipped.push(Arc::clone(&unit.name));
                continue;
            }
            findings.applied.push(unit.finding(event, input, reading, &self.limits, &began));
        }
        findings
    }

    fn version(&self) -> Arc<str> {
        Arc::clone(&self.version)
    }

    fn reads(&self) -> Reads {
        self.reads
    }

    fn spellings(&self, wire: &str) -> Vec<Arc<str>> {
        self.spellings.get(&tree::folded(wire)).into_iter().flatten().cloned().collect()
    }
}
