//! House rules and chores, as commands.

use clap::{Parser, Subcommand};
use std::{ffi::OsString, process::ExitCode};

/// House rules and chores.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run OPA's suite and write docs/conformance.md
    #[command(disable_help_flag = true)]
    Conformance {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Conformance { args } => {
            cargo(&["run", "--quiet", "-p", "conformance", "--", "conformance"], &args)
        }
    }
}

/// Runs cargo; commands that need the whole engine live in crates of their own, so that the others stay quick.
fn cargo(first: &[&str], more: &[OsString]) -> ExitCode {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    match std::process::Command::new(cargo).args(first).args(more).status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
