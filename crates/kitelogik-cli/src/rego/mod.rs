//! `kitelogik rego`: Rego with the flags, the output and the exit codes of `opa`, so that anyone can put the two
//! side by side.

mod check;
mod document;
mod eval;
mod fault;
mod load;
mod merge;
mod outline;
mod parse;
mod present;
mod query;
mod table;
mod tree;

use clap::Parser;
use std::ffi::OsString;

/// Evaluate, check and parse Rego, with the flags, the output and the exit codes of `opa`.
#[derive(Parser)]
#[command(name = "kitelogik rego", bin_name = "kitelogik rego", arg_required_else_help = true)]
#[command(after_help = "Examples:\n  kitelogik rego eval -d policies/ -i input.json data.tools\n  \
    kitelogik rego check policies/\n  kitelogik rego parse policy.rego\n\n\
    Exit codes of `eval`: 0 done, 1 undefined with --fail or defined with --fail-defined, 2 an error.\n\
    Of `check`, `parse` and of a wrong command line: 1.")]
pub(crate) struct Rego {
    /// When to colour: also off with NO_COLOR
    // Of every command of `kitelogik`, though `opa` has it not.
    #[arg(long, global = true, value_enum, default_value = "auto")]
    color: clap::ColorChoice,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Evaluate a query
    Eval(eval::Args),
    /// Say what is wrong with policies; nothing if nothing is
    Check(check::Args),
    /// Print the syntax tree of a policy
    Parse(parse::Args),
}

/// Runs the words after `rego`.
pub(crate) fn run(words: Vec<OsString>) -> u8 {
    let words = std::iter::once(OsString::from("kitelogik rego")).chain(words);
    let rego = match Rego::try_parse_from(words) {
        Ok(rego) => rego,
        Err(error) => {
            let _ = error.print();
            return u8::from(error.use_stderr());
        }
    };
    crate::colour(rego.color);
    match rego.command {
        Command::Eval(args) => eval::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Parse(args) => parse::run(&args),
    }
}
