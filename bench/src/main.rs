//! What a decision costs, part by part. Medians of batches, in one process. The pipeline's own cost is taken
//! under scripted policies, that of a policy without the pipeline.

use kitelogik::{
    SystemEnv,
    audit::JsonlLog,
    core::{
        Answer, AuditSink, Done, Governor, GovernorOptions, OutcomeRecord, Pep, Record, Request,
        SessionStore, SinkError, hash,
    },
    model::{DecisionId, Event, Identity, Outcome, OutcomeKind, SessionKey, Timestamp},
    store::MemoryStore,
    value::{canonical, json},
};
use kitelogik_testkit::{Script, finding, findings};
use std::{hint::black_box, path::Path, sync::Arc, time::Instant};

mod policies;

const BATCHES: usize = 31;

struct NoLog;

impl AuditSink for NoLog {
    fn append(&self, record: &Record<'_>) -> Result<(), SinkError> {
        black_box(record);
        Ok(())
    }
}

/// The median time of one call in nanoseconds.
fn median(calls: usize, mut f: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..BATCHES)
        .map(|_| {
            let start = Instant::now();
            (0..calls).for_each(|_| f());
            start.elapsed().as_nanos() as f64 / calls as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times.get(BATCHES / 2).copied().unwrap_or_default()
}

/// One line of the table.
fn row(name: &str, nanos: f64) {
    println!("{name:<58} {nanos:>9.0} ns");
}

fn event_text() -> String {
    format!(
        "{{\"event\":\"tool_call\",\"tool\":\"fs.write\",\"tool_tags\":[\"fs\"],\"transport\":\"function\",\"args\":\
         {{\"path\":\"/tmp/a\",\"mode\":420,\"text\":\"{}\"}}}}",
        "lorem ipsum ".repeat(15)
    )
}

fn governor(audit: Box<dyn AuditSink>) -> Governor {
    let script = Script::new(|_, input| {
        black_box(input);
        findings(vec![finding(Ok(Answer::Allow { by_rule: false }))])
    });
    let store = MemoryStore::default();
    if let Err(error) = store.open("s", &Identity::default(), None, Timestamp(1)) {
        eprintln!("no session: {error}");
    }
    Governor::new(Box::new(SystemEnv), Arc::new(script), Box::new(store), audit, GovernorOptions::default())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let text = event_text();
    let document = json::parse(text.as_bytes(), &json::Limits::EVENT)?;
    let event = Event::from_value(&document)?;
    let args = event.args.clone().unwrap_or_default();
    let request = Request {
        event,
        session: SessionKey { tenant: "default".into(), id: "s".into() },
        args_hidden: vec![],
        pep: Arc::new(Pep { adapter: "bench".into(), ..Pep::default() }),
    };
    let outcome = Outcome { kind: OutcomeKind::Ok, usage: None, error: None };

    row(
        &format!("read an event of {} bytes", text.len()),
        median(20_000, || {
            let value = json::parse(black_box(text.as_bytes()), &json::Limits::EVENT).unwrap_or_default();
            black_box(Event::from_value(&value).is_ok());
        }),
    );
    row(
        "canonical bytes of its arguments",
        median(50_000, || {
            let mut out = Vec::with_capacity(512);
            canonical::write(black_box(&args), &mut out);
            black_box(out);
        }),
    );
    row("canonical bytes and SHA-256", median(50_000, || drop(black_box(hash(black_box(&args))))));

    let decide = |governor: &Governor| match governor.decide(request.clone()) {
        Done::Decision(decision) => decision.id,
        Done::Pending(pending) => pending.decision.id,
    };
    let quiet = governor(Box::new(NoLog));
    row(
        "decide and report, scripted policy, no log",
        median(5_000, || {
            let id = decide(&quiet);
            black_box(quiet.report(id, &outcome).is_ok());
        }),
    );
    let logged = governor(Box::new(JsonlLog::open(&dir.path().join("a.jsonl"))?));
    row(
        "the same with both lines written",
        median(5_000, || {
            let id = decide(&logged);
            black_box(logged.report(id, &outcome).is_ok());
        }),
    );

    let log = JsonlLog::open(&dir.path().join("b.jsonl"))?;
    let record = || {
        let id = DecisionId::new(Timestamp(0), 7);
        Record::Outcome(OutcomeRecord { at: Timestamp(0), id, outcome: &outcome, duration_us: None })
    };
    let append = median(20_000, || drop(black_box(log.append(&record()))));
    row("append one outcome line, unsynced", append);
    println!("{:<58} {:>9.0} lines/s", "", 1e9 / append);
    policies::rows(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/policies")))?;
    Ok(())
}
