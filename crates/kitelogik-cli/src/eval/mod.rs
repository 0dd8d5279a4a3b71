//! `kitelogik eval`: one event, decided without a store and without a record.

mod document;
mod place;
mod session;
mod still;

use crate::{
    exit::Exit,
    output::{Format, complain, effect_style, plain, print, talk_styled},
    snippet::{self, Weight},
};
use document::{Asked, Wrong};
use kitelogik::{
    SystemEnv, Tools,
    core::{Capabilities, Done, Governor, GovernorOptions, Pep, Request},
    model::{Decision, Effect},
    policy::{Diagnostic, LoadError, Policies},
    value::json,
};
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};
use still::{Nowhere, Still};

/// A longer document is no event.
const MAX_BYTES: u64 = json::Limits::EVENT.max_bytes as u64;

#[derive(clap::Args)]
#[command(
    about = "Decide one event, as an agent's would be; nothing is recorded",
    long_about = "Decide one event, as an agent's would be; nothing is recorded. The event is a JSON object, as for \
    Governor.decide; beside that it may say session, principal and parent, which an agent's never may.",
    after_help = "Examples:\n  kitelogik eval --policies policies --event event.json\n  \
    echo '{\"event\": \"tool_call\", \"tool\": \"fs.write\", \"args\": {\"path\": \"/etc/a\"}}' | \\\n    \
    kitelogik eval --policies policies --event - --format json\n  \
    kitelogik eval --policies policies --event event.json --tool-name fs_write=fs.write --fail-on deny\n\n\
    Exit codes: 0 decided, 1 as --fail-on says, 2 the command line is wrong, 3 it could not be decided."
)]
pub(crate) struct Args {
    /// A policy directory; may be given more than once
    #[arg(long, required = true, value_name = "DIR")]
    policies: Vec<PathBuf>,
    /// The event; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    event: PathBuf,
    /// What the model calls a tool, and what policy calls it
    #[arg(long, value_name = "WIRE=NAME", value_parser = pair)]
    tool_name: Vec<(Arc<str>, Arc<str>)>,
    /// A tag of a tool
    #[arg(long, value_name = "NAME=TAG", value_parser = pair)]
    tool_tag: Vec<(Arc<str>, Arc<str>)>,
    /// End with 1 if the event is denied, or also if it is escalated
    #[arg(long, value_enum, value_name = "EFFECT")]
    fail_on: Option<FailOn>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    /// Denied
    Deny,
    /// Denied or escalated
    Escalate,
}

fn pair(text: &str) -> Result<(Arc<str>, Arc<str>), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() && !value.is_empty() => Ok((key.into(), value.into())),
        _ => Err("two names with `=` between them".to_owned()),
    }
}

pub(crate) fn run(args: &Args, format: Format) -> Result<Exit, String> {
    let pep = match pep(args) {
        Ok(pep) => pep,
        Err(error) => {
            complain(&error);
            return Ok(Exit::Usage);
        }
    };
    let policies = match Policies::load_all(&args.policies) {
        Ok(policies) => policies,
        Err(error) => {
            show_wrong(&error, &args.policies);
            return Ok(Exit::Failed);
        }
    };
    let (name, bytes) = read(&args.event).map_err(|(name, error)| format!("cannot read {name}: {error}"))?;
    let governor = |asked: Option<&Asked>| {
        Governor::new(
            Box::new(SystemEnv),
            Arc::new(policies),
            Box::new(Still(asked.map(|asked| asked.session.clone()))),
            Box::new(Nowhere),
            GovernorOptions::default(),
        )
    };
    match document::read(&bytes) {
        Ok(asked) => {
            let governor = governor(Some(&asked));
            let decision = decide(&governor, asked, pep);
            print(&shown(&decision, format)).map_err(|error| error.to_string())?;
            Ok(ended(&decision, args.fail_on))
        }
        Err(wrong) => {
            let decision = governor(None).refuse(wrong.code, &wrong.message, None, None, &pep);
            print(&shown(&decision, format)).map_err(|error| error.to_string())?;
            show_invalid(wrong, &name, &bytes);
            Ok(Exit::Failed)
        }
    }
}

/// The enforcement point that this command is: it can show whatever is decided.
fn pep(args: &Args) -> Result<Pep, String> {
    let mut tools = Tools::default();
    for (wire, name) in &args.tool_name {
        let one = Tools { names: [(wire.clone(), name.clone())].into(), ..Tools::default() };
        tools = tools.united(&one).map_err(|error| error.to_string())?;
    }
    for (tool, tag) in &args.tool_tag {
        tools.tags.entry(tool.clone()).or_default().push(tag.clone());
    }
    let capabilities =
        Capabilities { escalate: true, force_model: true, redact_messages: true, redact_response: true };
    let pep = tools.pep("cli", None).map_err(|error| error.to_string())?;
    Ok(Pep { capabilities, ..pep })
}

fn read(path: &Path) -> Result<(String, Vec<u8>), (String, io::Error)> {
    let stdin = path.as_os_str() == "-";
    let name = if stdin { "standard input".to_owned() } else { path.display().to_string() };
    let source: io::Result<Box<dyn Read>> =
        if stdin { Ok(Box::new(io::stdin())) } else { File::open(path).map(|file| Box::new(file) as _) };
    let mut bytes = Vec::new();
    // A byte more than allowed tells a document that is too long.
    match source.and_then(|source| source.take(MAX_BYTES + 1).read_to_end(&mut bytes)) {
        Ok(_) => Ok((name, bytes)),
        Err(error) => Err((name, error)),
    }
}

fn decide(governor: &Governor, asked: Asked, pep: Pep) -> Decision {
    let request = Request {
        event: asked.event,
        session: asked.key,
        shared: false,
        args_hidden: Vec::new(),
        pep: Arc::new(pep),
    };
    match governor.decide(request) {
        Done::Decision(decision) => decision,
        Done::Pending(pending) => pending.decision,
    }
}

fn ended(decision: &Decision, fail_on: Option<FailOn>) -> Exit {
    let fell_short = match fail_on {
        None => false,
        Some(FailOn::Deny) => decision.effect == Effect::Deny,
        Some(FailOn::Escalate) => decision.effect != Effect::Allow,
    };
    if fell_short { Exit::FellShort } else { Exit::Done }
}

fn shown(decision: &Decision, format: Format) -> String {
    if format == Format::Json {
        return json::to_string(&decision.to_value()) + "\n";
    }
    let effect = decision.effect.as_str();
    let style = effect_style(effect);
    let mut lines = vec![format!("{style}{effect}{style:#}  {}", decision.code)];
    if !decision.allow() {
        lines.extend(decision.reasons.iter().map(|reason| format!("  {}", plain(reason))));
    }
    let mut told = |what: &str, text: String| {
        if !text.is_empty() {
            lines.push(format!("  {what}: {}", plain(&text)));
        }
    };
    told("reviewers", decision.reviewers.join(", "));
    if decision.obligations.as_object().is_some_and(|pairs| !pairs.is_empty()) {
        told("obligations", json::to_string(&decision.obligations));
    }
    let rules = decision.matched.iter().map(|m| format!("{} ({}:{})", m.rule, m.file, m.line));
    told("rules", rules.collect::<Vec<_>>().join(", "));
    told("help", decision.help.clone());
    told("policy version", decision.policy_version.to_string());
    lines.join("\n") + "\n"
}

fn show_wrong(error: &LoadError, roots: &[PathBuf]) {
    for found in &error.0 {
        let root = roots.iter().find(|root| root.join(&found.file).is_file()).or(roots.first());
        let root = root.map(PathBuf::as_path).unwrap_or(Path::new(""));
        let text = std::fs::read_to_string(root.join(&found.file)).ok();
        talk_styled(&snippet::render(found, Weight::Error, root, text.as_deref()));
    }
}

fn show_invalid(wrong: Wrong, name: &str, bytes: &[u8]) {
    let Wrong { code, message, line, column } = wrong;
    let (file, help) = (name.to_owned(), String::new());
    let found = Diagnostic { file, line, column, code: code.as_str(), message, help };
    let text = std::str::from_utf8(bytes).ok();
    talk_styled(&snippet::render(&found, Weight::Error, Path::new(""), text));
}
