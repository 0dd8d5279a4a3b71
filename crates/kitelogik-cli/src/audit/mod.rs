//! `kitelogik audit`: read the audit log.

mod row;
mod schema;
mod tail;

use crate::{exit::Exit, output::Format};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show the last records, and with -f those to come
    Tail(tail::Args),
    /// Print what stands in a line, for programs that read the log
    Schema(schema::Args),
}

pub(crate) fn run(command: Command, format: Format) -> Result<Exit, String> {
    match command {
        Command::Tail(args) => tail::run(&args, format),
        Command::Schema(args) => schema::run(&args),
    }
}
