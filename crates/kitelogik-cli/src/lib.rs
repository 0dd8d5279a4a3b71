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

use clap::{ColorChoice, CommandFactory, Parser, Subcommand, error::ErrorKind};
use exit::Exit;
use kitelogik::value::{Value, json};
use output::Format;
use std::ffi::OsString;

/// Governance for AI agents: check policies, decide events, read the audit log.
#[derive(Parser)]
#[command(name = "kitelogik", version, disable_version_flag = true, arg_required_else_help = true)]
#[command(after_help = "Examples:\n  kitelogik init policies\n  kitelogik check policies\n  \
    kitelogik eval --policies policies --event event.json\n  kitelogik audit tail -f\n  \
    kitelogik audit query --effect deny --since 24h\n\n\
    Exit codes: 0 done, 1 what was examined fell short, 2 the command line is wrong, \
    3 it could not be done.")]
struct Cli {
    /// When to colour: also off with NO_COLOR
    #[arg(long, global = true, value_enum, default_value = "auto")]
    color: ColorChoice,
    /// What to print; `json` is stable
    #[arg(long, global = true, value_enum, default_value = "text")]
    format: Format,
    /// Print the version
    #[arg(short = 'V', long)]
    version: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    Init(init::Args),
    Check(check::Args),
    Eval(eval::Args),
    /// Read the audit log
    #[command(subcommand, after_help = audit::EXAMPLES)]
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
    colour(cli.color);
    let command = match cli.command {
        _ if cli.version => return version(cli.format).code(),
        Some(command) => command,
        None => {
            let _ = Cli::command().error(ErrorKind::MissingSubcommand, "a command is missing").print();
            return Exit::Usage.code();
        }
    };
    let result = match command {
        Command::Init(args) => init::run(&args, cli.format),
        Command::Check(args) => check::run(&args, cli.format),
        Command::Eval(args) => eval::run(&args, cli.format),
        Command::Audit(command) => audit::run(command, cli.format),
        Command::Rego { words } => return rego::run(words),
        Command::Completions { shell } => {
            let mut command = Cli::command().mut_subcommand("rego", |_| rego::Rego::command().name("rego"));
            // Into memory first: it panics where a reader has gone.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command, "kitelogik", &mut script);
            output::data_bytes(&script).map(|_| Exit::Done).map_err(|error| error.to_string())
        }
    };
    result
        .unwrap_or_else(|error| {
            output::complain(&error);
            Exit::Failed
        })
        .code()
}

/// Colours what is printed from here on, or does not.
fn colour(choice: ColorChoice) {
    match choice {
        ColorChoice::Auto => {}
        ColorChoice::Always => anstream::ColorChoice::Always.write_global(),
        ColorChoice::Never => anstream::ColorChoice::Never.write_global(),
    }
}

fn version(format: Format) -> Exit {
    const NAME: &str = "kitelogik";
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    let text = match format {
        Format::Json => {
            let document = Value::object([("name", Value::from(NAME)), ("version", VERSION.into())]);
            json::to_string(&document) + "\n"
        }
        Format::Text | Format::Csv => format!("{NAME} {VERSION}\n"),
    };
    // A reader that has gone needs no version.
    let _ = output::print(&text);
    Exit::Done
}
