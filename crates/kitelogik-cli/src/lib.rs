//! The command line of Kite Logik. One file a command; exit codes are a type.
#![forbid(unsafe_code)]

mod audit;
mod check;
mod eval;
mod exit;
mod init;
mod output;
mod progress;
mod rego;
mod snippet;

use clap::{CommandFactory, Parser, Subcommand};
use exit::Exit;
use output::Format;
use std::ffi::OsString;

/// Governance for AI agents: check policies, decide events, read the audit log.
#[derive(Parser)]
#[command(name = "kitelogik", version, arg_required_else_help = true)]
#[command(after_help = "Exit codes: 0 done, 1 what was examined fell short, 2 the command line is wrong, \
    3 it could not be done.")]
struct Cli {
    /// When to colour: also off with NO_COLOR
    #[arg(long, global = true, value_enum, default_value = "auto")]
    color: clap::ColorChoice,
    /// What to print; `json` is stable
    #[arg(long, global = true, value_enum, default_value = "text")]
    format: Format,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Init(init::Args),
    Check(check::Args),
    Eval(eval::Args),
    /// Read the audit log
    #[command(subcommand)]
    Audit(audit::Command),
    /// Evaluate, check and parse Rego, with the flags, the output and the exit codes of `opa`
    #[command(disable_help_flag = true)]
    Rego {
        /// What `kitelogik rego --help` tells
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  kitelogik completions bash > /etc/bash_completion.d/kitelogik")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Runs one command line, the program's name first; gives the exit code. The binary and the Python wheel both
/// call it.
pub fn run(words: impl IntoIterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            let asked = !error.use_stderr();
            let _ = error.print();
            return if asked { Exit::Done } else { Exit::Usage }.code();
        }
    };
    match cli.color {
        clap::ColorChoice::Auto => {}
        clap::ColorChoice::Always => anstream::ColorChoice::Always.write_global(),
        clap::ColorChoice::Never => anstream::ColorChoice::Never.write_global(),
    }
    let result = match cli.command {
        Command::Init(args) => init::run(&args, cli.format),
        Command::Check(args) => check::run(&args, cli.format),
        Command::Eval(args) => eval::run(&args, cli.format),
        Command::Audit(command) => audit::run(command, cli.format),
        Command::Rego { words } => return rego::run(words),
        Command::Completions { shell } => {
            let mut command = Cli::command().mut_subcommand("rego", |_| rego::Rego::command().name("rego"));
            clap_complete::generate(shell, &mut command, "kitelogik", &mut std::io::stdout());
            Ok(Exit::Done)
        }
    };
    result
        .unwrap_or_else(|error| {
            output::complain(&error);
            Exit::Failed
        })
        .code()
}
