//! `kitelogik rego check`.

use super::{
    fault::{self, Fault},
    load::{Take, load},
};
use kitelogik_rego::{Dialect, Options, Program};
use kitelogik_value::Value;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  kitelogik rego check policies/\n  kitelogik rego check --strict policies/\n  \
    kitelogik rego check -f json --v0-compatible old.rego"
)]
pub(super) struct Args {
    /// Policy files and directories
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
    /// How to print errors; they go to stderr, as with `opa`
    #[arg(short, long, value_enum, default_value = "pretty")]
    format: Format,
    /// Refuse unused names and deprecated builtins too
    #[arg(short = 'S', long)]
    strict: bool,
    /// Read policies as Rego v0
    #[arg(long)]
    v0_compatible: bool,
}

/// How to print errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Lines for people
    Pretty,
    /// A JSON document
    Json,
}

pub(super) fn run(args: &Args) -> u8 {
    let Err((when, faults)) = check(args) else { return 0 };
    crate::output::talk(&match args.format {
        Format::Json => format!("{}\n", fault::document(&faults).indented()),
        Format::Pretty => fault::lines(&faults, when),
    });
    1
}

/// What is wrong, and in which phase.
fn check(args: &Args) -> Result<(), (&'static str, Vec<Fault>)> {
    let dialect = if args.v0_compatible { Dialect::V0 } else { Dialect::V1 };
    const LOADING: &str = " during loading";
    let loaded = load(&args.paths, dialect, Take::Policies).map_err(|faults| (LOADING, faults))?;
    let data = Value::object::<Value>([]);
    let options = Options { strict: args.strict, ..Options::default() };
    Program::compile(&loaded.sources, data, &options).map(|_| ()).map_err(|all| {
        let syntax = all.iter().any(|found| found.code == "rego_parse_error");
        let faults = all.into_iter().map(|found| Fault::of_diagnostic(found, &loaded.sources));
        (if syntax { LOADING } else { "" }, faults.collect())
    })
}
