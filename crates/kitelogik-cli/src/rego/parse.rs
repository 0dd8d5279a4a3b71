//! `kitelogik rego parse`.

use super::{
    fault::{self, Fault},
    outline::outline,
    tree,
};
use kitelogik_rego::{
    Diagnostic, Dialect, Place, Source,
    syntax::{SyntaxError, ast::Version, parse_module},
};
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "Comments and METADATA are left out.\n\nExamples:\n  \
    kitelogik rego parse policy.rego\n  kitelogik rego parse -f json policy.rego")]
pub(super) struct Args {
    /// The policy
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What to print
    #[arg(short, long, value_enum, default_value = "pretty")]
    format: Format,
    /// Read the policy as Rego v0
    #[arg(long)]
    v0_compatible: bool,
}

/// What to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A line a node
    Pretty,
    /// A JSON document
    Json,
}

pub(super) fn run(args: &Args) -> u8 {
    let text = match parse(args) {
        Ok(text) => text,
        Err(faults) => {
            crate::output::talk(&format!("{}\n", fault::document(&faults).indented()));
            return 1;
        }
    };
    if crate::output::data(&text).is_err() { 1 } else { 0 }
}

fn parse(args: &Args) -> Result<String, Vec<Fault>> {
    let path = args.file.display().to_string();
    let text = super::load::read_text(&args.file).map_err(|fault| vec![fault])?;
    let (version, dialect) =
        if args.v0_compatible { (Version::V0, Dialect::V0) } else { (Version::V1, Dialect::V1) };
    match parse_module(&text, 0, version) {
        Ok(module) => {
            let document = tree::document(&module, &text);
            Ok(match args.format {
                Format::Pretty => outline(&document),
                Format::Json => format!("{}\n", document.indented()),
            })
        }
        Err(errors) => {
            let source = Source { path, text, dialect };
            let fault = |error: SyntaxError| {
                let place = place(&source, error.span.start);
                let found = Diagnostic { code: "rego_parse_error", message: error.message, place };
                Fault::of_diagnostic(found, std::slice::from_ref(&source))
            };
            Err(errors.into_iter().map(fault).collect())
        }
    }
}

fn place(source: &Source, offset: u32) -> Place {
    let before = source.text.get(..offset as usize).unwrap_or_default();
    Place {
        file: source.path.clone(),
        line: before.matches('\n').count() as u32 + 1,
        column: before.rsplit('\n').next().unwrap_or_default().chars().count() as u32 + 1,
    }
}
