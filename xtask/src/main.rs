//! House rules and chores, as commands.

use clap::{Parser, Subcommand};
use std::{ffi::OsString, io::Write, path::Path, process::ExitCode};

/// House rules and chores.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Hold the repository to its house rules
    Tidy,
    /// Run OPA's suite and write docs/conformance.md
    #[command(disable_help_flag = true)]
    Conformance {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Ask our engine and OPA generated questions and compare
    #[command(disable_help_flag = true)]
    Oracle {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Tidy => tidy(),
        Command::Conformance { args } => {
            cargo(&["run", "--quiet", "-p", "conformance", "--", "conformance"], &args)
        }
        Command::Oracle { args } => cargo(&["run", "--quiet", "-p", "conformance", "--", "oracle"], &args),
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

fn tidy() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut out = std::io::stderr().lock();
    match xtask::tidy::broken(&root) {
        Ok(broken) if broken.is_empty() => return ExitCode::SUCCESS,
        Ok(broken) => {
            for line in broken {
                let _ = writeln!(out, "{line}");
            }
        }
        Err(error) => {
            let _ = writeln!(out, "{error:#}");
        }
    }
    ExitCode::FAILURE
}
