//! `kitelogik audit`: read the audit log.

mod query;
mod record;
mod row;
mod schema;
mod tail;

use crate::{exit::Exit, output::Format};
use std::path::{Path, PathBuf};

/// What is wrong with bytes behind the last line feed.
const UNFINISHED: &str = "has no end yet: it is being written, or a crash tore it";

/// What `kitelogik audit --help` adds.
pub(crate) const EXAMPLES: &str = "Examples:\n  kitelogik audit tail -n 50 -f\n  \
    kitelogik audit query --effect deny --since 24h\n  kitelogik audit query --tool 'fs.*' --format csv > calls.csv\n  \
    kitelogik audit schema --format duckdb";

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show the last records, and with -f those to come
    Tail(tail::Args),
    Query(Box<query::Args>),
    /// Print what stands in a line, for programs that read the log
    Schema(schema::Args),
}

pub(crate) fn run(command: Command, format: Format) -> Result<Exit, String> {
    match command {
        Command::Tail(args) => tail::run(&args, format),
        Command::Query(args) => query::run(&args),
        Command::Schema(args) => schema::run(&args),
    }
}

/// The log that is read: the one named, else that of the environment, else that of this directory.
fn log_path(named: Option<&Path>) -> PathBuf {
    // A variable that is set to nothing names no file.
    let of_environment = || std::env::var_os("KITELOGIK_AUDIT_LOG").filter(|name| !name.is_empty());
    let default = || of_environment().map_or_else(|| "audit.jsonl".into(), PathBuf::from);
    named.map_or_else(default, Path::to_owned)
}
