//! The pipeline, part by part, under a policy that costs nothing and under the six example policies.

use crate::clock::{median, row};
use kitelogik::{
    SystemEnv,
    audit::JsonlLog,
    core::{
        Answer, AuditSink, Document, Done, Evaluator, Findings, Governor, GovernorOptions, OutcomeRecord,
        Pep, Reading, Reads, Record, Request, SessionStore, SinkError, hash,
    },
    model::{DecisionId, Event, Identity, Outcome, OutcomeKind, Timestamp},
    policy::Policies,
    store::MemoryStore,
    value::{canonical, json},
};
use kitelogik_testkit::{finding, findings};
use std::{error::Error, hint::black_box, path::Path, sync::Arc};

struct NoLog;

impl AuditSink for NoLog {
    fn append(&self, record: &Record<'_>) -> Result<(), SinkError> {
        black_box(record);
        Ok(())
    }
}

/// A governor, the event that it is asked about, and what became of it.
struct Bench {
    governor: Governor,
    request: Request,
    outcome: Outcome,
}

impl Bench {
    fn new(evaluator: Arc<dyn Evaluator>, audit: Box<dyn AuditSink>) -> Result<Self, Box<dyn Error>> {
        let store = MemoryStore::default();
        let session = store.open("s", &Identity::default(), None, Timestamp(1))?;
        let event = Event::from_value(&json::parse(event_text().as_bytes(), &json::Limits::EVENT)?)?;
        let pep = Arc::new(Pep { adapter: "bench".into(), ..Pep::default() });
        let options = GovernorOptions::default();
        Ok(Self {
            governor: Governor::new(Box::new(SystemEnv), evaluator, Box::new(store), audit, options),
            request: Request { event, session, shared: false, args_hidden: vec![], pep },
            outcome: Outcome { kind: OutcomeKind::Ok, usage: None, error: None },
        })
    }

    /// One decision and its report.
    fn once(&self) {
        let id = match self.governor.decide(self.request.clone()) {
            Done::Decision(decision) => decision.id,
            Done::Pending(pending) => pending.decision.id,
        };
        black_box(self.governor.report(id, &self.outcome).is_ok());
    }
}

fn event_text() -> String {
    format!(
        "{{\"event\":\"tool_call\",\"tool\":\"fs.write\",\"tool_tags\":[\"fs\"],\"transport\":\"function\",\"args\":\
         {{\"path\":\"/tmp/a\",\"mode\":420,\"text\":\"{}\"}}}}",
        "lorem ipsum ".repeat(15)
    )
}

/// A policy that allows and costs nothing: what is left is the pipeline.
struct Allowing;

impl Evaluator for Allowing {
    fn evaluate(&self, _event: &Event, input: &Document<'_>, _reading: Reading) -> Findings {
        black_box(input);
        findings(vec![finding(Ok(Answer::Allow { by_rule: false }))])
    }

    fn version(&self) -> Arc<str> {
        "sha256:none".into()
    }

    fn reads(&self) -> Reads {
        Reads::NONE
    }

    fn spellings(&self, _wire: &str) -> Vec<Arc<str>> {
        Vec::new()
    }
}

/// A row for each part.
pub(crate) fn rows(policies: &Path) -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let text = event_text();
    row(
        &format!("read an event of {} bytes", text.len()),
        median(|| {
            let value = json::parse(black_box(text.as_bytes()), &json::Limits::EVENT).unwrap_or_default();
            black_box(Event::from_value(&value).is_ok());
        }),
    );
    let quiet = Bench::new(Arc::new(Allowing), Box::new(NoLog))?;
    let args = quiet.request.event.args.clone().unwrap_or_default();
    row(
        "canonical bytes of its arguments",
        median(|| {
            let mut out = Vec::with_capacity(512);
            canonical::write(black_box(&args), &mut out);
            black_box(out);
        }),
    );
    row("canonical bytes and SHA-256", median(|| drop(black_box(hash(black_box(&args))))));
    row("decide and report, a policy that costs nothing, no log", median(|| quiet.once()));
    let log = |name: &str| JsonlLog::open(&dir.path().join(name)).map(Box::new);
    let logged = Bench::new(Arc::new(Allowing), log("a.jsonl")?)?;
    row("the same with both lines written", median(|| logged.once()));
    let whole = Bench::new(Arc::new(Policies::load(policies)?), log("b.jsonl")?)?;
    row("the same under the six example policies", median(|| whole.once()));

    let log = log("c.jsonl")?;
    let record = || {
        let id = DecisionId::new(Timestamp(0), 7);
        Record::Outcome(OutcomeRecord { at: Timestamp(0), id, outcome: &quiet.outcome, duration_us: None })
    };
    let append = median(|| drop(black_box(log.append(&record()))));
    row("append one outcome line, unsynced", append);
    println!("{:<58} {:>9.0} lines/s", "", 1e9 / append);
    Ok(())
}

/// The whole pipeline under the example policies, for a profiler.
pub(crate) fn spin(policies: &Path, calls: usize) -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let log = JsonlLog::open(&dir.path().join("audit.jsonl"))?;
    let whole = Bench::new(Arc::new(Policies::load(policies)?), Box::new(log))?;
    (0..calls).for_each(|_| whole.once());
    Ok(())
}
