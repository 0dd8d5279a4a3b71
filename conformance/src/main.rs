//! `cargo xtask conformance` and `cargo xtask oracle`.

use clap::{Parser, Subcommand, ValueEnum};
use conformance::{
    engine,
    opa::{self, Manner, Opa},
    oracle, suite,
};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Holds the Rego engine against OPA.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the cases of OPA's suite and write docs/conformance.md
    ///
    /// The cases are read from ../shared (or the folder that KITELOGIK_SHARED names).
    Conformance {
        /// Only the cases of this group
        #[arg(long)]
        group: Option<String>,
        /// Only cases whose group, file or note contains this
        #[arg(long)]
        filter: Option<String>,
        /// How failing cases are printed
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
        /// Say whether docs/conformance.md is current instead of writing it
        #[arg(long)]
        check: bool,
        /// Which engine is asked; `opa` tests the comparison itself and writes nothing
        #[arg(long, value_enum, default_value_t = Engine::Own)]
        engine: Engine,
        /// Run OPA's own case files below this folder instead, such as v1/test/cases/testdata/v1 of its Go module
        #[arg(long)]
        cases: Option<PathBuf>,
        /// The modules of these files are Rego v0
        #[arg(long, requires = "cases")]
        v0: bool,
    },
    /// Ask both engines generated questions and the specification's policies
    Oracle {
        /// How many generated questions
        #[arg(long, default_value_t = 1_000)]
        pairs: u64,
        /// What fixes them
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Only the question of this number
        #[arg(long)]
        only: Option<u64>,
        /// Stop after so many disagreements
        #[arg(long, default_value_t = 5)]
        stop_after: usize,
        /// Keep each disagreement, made small, in conformance/rego
        #[arg(long)]
        keep: bool,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    Own,
    Opa,
}

fn main() -> ExitCode {
    let mut out = std::io::stdout().lock();
    match run(Cli::parse().command, &mut out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, out: &mut impl std::io::Write) -> anyhow::Result<()> {
    let root = root();
    match command {
        Command::Conformance { group, filter, format, check, engine, cases, v0 } => {
            let json = format == Format::Json;
            let cases = cases.map(|dir| (dir, v0));
            let mut options = suite::Options { cases, group, filter, json, check, page: None };
            if engine == Engine::Own {
                options.page = Some(root.join("docs/conformance.md"));
                return suite::command(&root, &options, &mut |q| Ok(engine::ask(q)), out);
            }
            let Some(_) = opa::go_version() else {
                return conformance::skip("OPA's suite on OPA: no Go on this machine");
            };
            let mut opa = Opa::start(&root)?;
            suite::command(&root, &options, &mut |q| opa.ask(q, Manner::default()), out)
        }
        Command::Oracle { pairs, seed, only, stop_after, keep } => {
            oracle::command(&root, &oracle::Options { pairs, seed, only, stop_after, keep }, out)
        }
    }
}

/// The repository, of which this crate is a folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
