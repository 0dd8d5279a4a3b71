//! The policies of the specification's pages, cut out when this runs and never kept, in the form that OPA
//! accepts, with events that make their rules fire and not fire.

use crate::{
    generate::Dice,
    question::{Module, Question, read_json},
};
use kitelogik_value::Value;
use std::path::{Path, PathBuf};

/// How many events each policy is asked about.
const EVENTS: u64 = 60;

/// What stands where in an event, `-` for absent.
const FIELDS: &[(&str, &[&str])] = &[
    ("stage", &["\"pre_tool\"", "\"pre_chat\"", "-"]),
    ("tool", &["\"fs.write\"", "\"shell.exec\"", "\"stripe.refund\"", "\"warehouse.read_query\"", "-"]),
    ("transport", &["\"mcp\"", "\"local\"", "-"]),
    ("tool_tags", &["[\"finance.write\"]", "[]", "[\"fs\", \"finance.write\"]", "-"]),
    (
        "args",
        &[
            "{\"path\": \"/tmp/a\"}",
            "{\"path\": \"/etc/passwd\"}",
            "{\"path\": 42}",
            "{\"amount\": 1000}",
            "{\"amount\": 1000.01}",
            "{\"amount\": \"5\"}",
            "{}",
            "-",
        ],
    ),
    ("parent", &["{\"depth\": 1}", "{\"depth\": 2}", "{\"depth\": 2.0}", "-"]),
    (
        "session",
        &[
            "{\"tokens_spent\": 100000}",
            "{\"tokens_spent\": 100001}",
            "{\"agent_role\": \"billing\"}",
            "{\"agent_role\": \"analyst\", \"tokens_spent\": 0}",
            "-",
        ],
    ),
    (
        "plan",
        &[
            "{\"steps\": []}",
            "{\"steps\": [{\"type\": \"write\"}, {\"type\": \"write\"}, {\"type\": \"write\"}, {\"type\": \"write\"}]}",
            "{\"steps\": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21]}",
            "{\"steps\": [{\"type\": \"read\"}, {}]}",
            "-",
        ],
    ),
    (
        "principal",
        &[
            "{\"tenant_id\": \"free\", \"roles\": []}",
            "{\"tenant_id\": \"acme\", \"roles\": [\"admin\"]}",
            "{\"tenant_id\": \"acme\", \"roles\": [\"dev\", \"admin\"]}",
            "{\"tenant_id\": \"acme\", \"roles\": [\"dev\"]}",
            "{\"tenant_id\": \"acme\"}",
            "-",
        ],
    ),
];

/// One question for each policy and event; none, said loudly, without the pages.
pub fn questions(root: &Path, seed: u64) -> anyhow::Result<Vec<(String, Question)>> {
    let shared = std::env::var_os("KITELOGIK_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let Ok(pages) = std::fs::read_dir(shared.join("spec")) else {
        crate::skip("the specification's policies: no pages (set KITELOGIK_SHARED)")?;
        return Ok(Vec::new());
    };
    let mut pages: Vec<PathBuf> = pages.map(|page| Ok(page?.path())).collect::<std::io::Result<_>>()?;
    pages.sort();
    let mut all = Vec::new();
    for page in pages {
        for (at, policy) in policies(&std::fs::read_to_string(&page)?).into_iter().enumerate() {
            let module = Module { path: format!("spec{at}.rego"), text: accepted(&policy), v0: true };
            for event in 0..EVENTS {
                let name = format!("policy {at} of {}, event {event}", page.display());
                all.push((name, question(&module, seed, event)?));
            }
        }
    }
    Ok(all)
}

fn question(module: &Module, seed: u64, event: u64) -> anyhow::Result<Question> {
    let mut dice = Dice::of_case(seed, event);
    let mut pairs = Vec::new();
    for (key, values) in FIELDS {
        match dice.word(values) {
            "-" => {}
            text => pairs.push((*key, read_json(text.as_bytes())?)),
        }
    }
    let package = module.text.split_whitespace().nth(1).unwrap_or_default();
    Ok(Question {
        query: format!("data.{package} = x"),
        modules: vec![module.clone()],
        data: Value::object::<Value>([]),
        input: Some(Value::object(pairs)),
        input_term: None,
        strict_builtin_errors: event.is_multiple_of(2),
    })
}

/// The policies on a page: from a line `package …` to the first line of prose.
fn policies(page: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open = false;
    for line in page.lines() {
        if line.starts_with("package ") {
            open = true;
            found.push(String::new());
        } else if line.starts_with(|c: char| c.is_uppercase()) {
            open = false;
        }
        if let (true, Some(policy)) = (open, found.last_mut()) {
            policy.push_str(line);
            policy.push('\n');
        }
    }
    found
}

/// The policy as OPA takes it: `in` imported, and a negation that asks for "none such" written as a count.
fn accepted(policy: &str) -> String {
    let mut out = String::new();
    for line in policy.lines() {
        let negated = line.trim_start().strip_prefix("not ").filter(|rest| rest.contains("[_]"));
        match negated {
            Some(rest) => out.push_str(&format!("    count([1 | {rest}]) == 0")),
            None => out.push_str(line),
        }
        if line.starts_with("package ") && policy.contains(" in ") {
            out.push_str(" import future.keywords.in");
        }
        out.push('\n');
    }
    out
}
