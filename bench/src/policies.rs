//! The example policies, each alone and all together, decided on events that they know.

use crate::clock::{median, row};
use kitelogik::{
    core::{Document, Evaluator, Reading},
    model::{DecisionId, Event, Identity, SessionView, Timestamp},
    policy::{File, Policies},
    value::json,
};
use std::{hint::black_box, path::Path, sync::Arc};

const AT: Timestamp = Timestamp(1_795_000_000_000_000);

/// An event that the policy of this name has to look at.
fn event_text(policy: &str) -> String {
    let call = |tool: &str, more: &str, args: &str| {
        format!("{{\"event\":\"tool_call\",\"tool\":\"{tool}\",{more}\"args\":{args}}}")
    };
    match policy {
        "budget" => "{\"event\":\"model_call\",\"model\":\"m\",\"messages\":[]}".to_owned(),
        "finance" => call("finance.refund", "\"tool_tags\":[\"finance.write\"],", "{\"amount\":900}"),
        "mcp" => call("github.list_issues", "\"transport\":\"mcp\",\"server\":{\"alias\":\"github\"},", "{}"),
        "plans" => {
            let step = |at: usize| {
                let tool = if at < 3 { "fs.write" } else { "fs.read" };
                format!("{{\"type\":\"tool\",\"tool\":\"{tool}\",\"args\":{{}}}}")
            };
            let steps: Vec<String> = (0..21).map(step).collect();
            format!("{{\"event\":\"agent_plan\",\"plan\":{{\"steps\":[{}]}}}}", steps.join(","))
        }
        "spawn" => "{\"event\":\"agent_spawn\",\"agent\":{\"role\":\"reader\"}}".to_owned(),
        _ => call("fs.write", "\"tool_tags\":[\"fs\"],", "{\"path\":\"/tmp/a\",\"text\":\"x\"}"),
    }
}

fn session() -> SessionView {
    SessionView {
        id: "s".into(),
        identity: Arc::new(Identity { user: Some("ana".into()), ..Identity::default() }),
        parent: None,
        depth: 0,
        started_at: AT,
        seq: 1,
        counters: Default::default(),
    }
}

fn read(text: &str) -> Result<Event, Box<dyn std::error::Error>> {
    Ok(Event::from_value(&json::parse(text.as_bytes(), &json::Limits::EVENT)?)?)
}

/// One row for each policy with its input prebuilt, and one from the bytes of its event.
pub(crate) fn rows(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let reading = Reading { at: AT, entropy: 7 };
    let (view, id) = (session(), DecisionId::new(AT, 7));
    for name in ["files", "finance", "mcp", "plans", "spawn", "budget"] {
        let path = format!("{name}.rego");
        let bytes = std::fs::read(folder.join(&path))?;
        let policies = Policies::new(&[File { path, bytes }])?;
        let text = event_text(name);
        let event = read(&text)?;
        let input = Document::new(&event, &view, id, AT);
        // All of it, so that none is made while it is measured.
        let whole = input.to_value();
        let input = Document::from(&whole);
        row(
            &format!("{name}.rego, input prebuilt"),
            median(|| drop(black_box(policies.evaluate(&event, black_box(&input), reading)))),
        );
        row(
            &format!("{name}.rego, from an event of {} bytes", text.len()),
            median(|| {
                let value = json::parse(black_box(text.as_bytes()), &json::Limits::EVENT).unwrap_or_default();
                if let Ok(event) = Event::from_value(&value) {
                    let input = Document::new(&event, &view, id, AT);
                    drop(black_box(policies.evaluate(&event, &input, reading)));
                }
            }),
        );
    }
    Ok(())
}
