//! `kitelogik rego eval`.

use super::{
    fault::{self, Fault},
    load::{Take, input, load},
    present::{Format, present},
    query::Query,
};
use kitelogik::{SystemEnv, core::Env as _};
use kitelogik_rego::{Context, Diagnostics, Dialect, Limits, Options, Program};
use std::{io::Read, path::PathBuf};

/// Wide enough for any honest query: a thousand million steps, 2 GiB.
pub(super) const LIMITS: Limits = Limits {
    steps: 1_000_000_000,
    memory: 2 << 30,
    items: 100_000_000,
    depth: 2_000,
    deadline: None,
    strict_builtin_errors: false,
};

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  kitelogik rego eval '1 + 2'\n  \
    kitelogik rego eval -d policies/ -i input.json 'data.tools.deny[reason]'\n  \
    kitelogik rego eval -d policy.rego -f pretty data\n  \
    kitelogik rego eval --fail-defined -d policies/ -I 'data.tools.deny[_]' < input.json")]
pub(super) struct Args {
    /// The query
    #[arg(required_unless_present = "stdin", conflicts_with = "stdin")]
    query: Option<String>,
    /// Policy and data files and directories; `a.b:FILE` puts data below data.a.b
    #[arg(short, long, value_name = "PATH")]
    data: Vec<String>,
    /// The input document, JSON or YAML
    #[arg(short, long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Read the input document from stdin
    #[arg(short = 'I', long, conflicts_with_all = ["input", "stdin"])]
    stdin_input: bool,
    /// Read the query from stdin
    #[arg(long)]
    stdin: bool,
    /// What to print
    #[arg(short, long, value_enum, default_value = "json")]
    format: Format,
    /// Make errors of builtin functions errors, not undefined
    #[arg(long)]
    strict_builtin_errors: bool,
    /// Refuse what `check --strict` refuses
    #[arg(short = 'S', long)]
    strict: bool,
    /// Read policies as Rego v0
    #[arg(long)]
    v0_compatible: bool,
    /// Exit with 1 where the query is undefined
    #[arg(long)]
    fail: bool,
    /// Exit with 1 where the query is defined
    #[arg(long)]
    fail_defined: bool,
}

pub(super) fn run(args: &Args) -> u8 {
    let (text, defined) = match evaluate(args) {
        Ok(done) => done,
        Err(Stop::Input(fault)) => {
            crate::output::talk(&format!("{}\n", fault.message));
            return 2;
        }
        Err(Stop::Faults(faults)) => {
            if args.format == Format::Json {
                let _ = crate::output::data(&format!("{}\n", fault::document(&faults).indented()));
            } else {
                crate::output::talk(&fault::lines(&faults, ""));
            }
            return 2;
        }
    };
    if crate::output::data(&text).is_err() {
        return 2;
    }
    u8::from((args.fail && !defined) || (args.fail_defined && defined))
}

/// Why there is no answer.
enum Stop {
    /// The input cannot be read, which `opa` tells on stderr in every format
    Input(Fault),
    Faults(Vec<Fault>),
}

impl From<Vec<Fault>> for Stop {
    fn from(faults: Vec<Fault>) -> Self {
        Self::Faults(faults)
    }
}

/// The text to print, and whether the query is defined.
fn evaluate(args: &Args) -> Result<(String, bool), Stop> {
    let one = |fault| vec![fault];
    let text = match &args.query {
        Some(query) => query.clone(),
        None => {
            let mut text = String::new();
            let read = std::io::stdin().lock().read_to_string(&mut text);
            read.map_err(|error| one(Fault::new(format!("cannot read the query from stdin: {error}"))))?;
            text
        }
    };
    let input = match (&args.input, args.stdin_input) {
        (Some(path), _) => Some(input(Some(path)).map_err(Stop::Input)?),
        (None, true) => Some(input(None).map_err(Stop::Input)?),
        (None, false) => None,
    };
    let dialect = if args.v0_compatible { Dialect::V0 } else { Dialect::V1 };
    let loaded = load(&args.data, dialect, Take::All)?;
    let options = Options { strict: args.strict, ..Options::default() };
    let faults = |all: Diagnostics| {
        all.into_iter().map(|found| Fault::of_diagnostic(found, &loaded.sources)).collect::<Vec<_>>()
    };
    let program = Program::compile(&loaded.sources, loaded.data, &options).map_err(faults)?;
    let conflicts = program.conflicts_with_data();
    if !conflicts.is_empty() {
        return Err(faults(conflicts).into());
    }
    let query = Query::compile(&program, &text)?;
    let limits = Limits { strict_builtin_errors: args.strict_builtin_errors, ..LIMITS };
    let rows = query.rows(input.as_ref(), &world(), &limits).map_err(one)?;
    Ok((present(args.format, &query.expressions, &rows), !rows.is_empty()))
}

/// The time and fresh randomness.
fn world() -> Context<'static> {
    let env = SystemEnv;
    let mut seed = [0; 32];
    for (to, from) in seed.iter_mut().zip([env.entropy(), env.entropy()].iter().flat_map(|n| n.to_le_bytes()))
    {
        *to = from;
    }
    let now_ns = i64::try_from(env.now().0).unwrap_or(i64::MAX).saturating_mul(1_000);
    Context { now_ns, seed, clock: None }
}
