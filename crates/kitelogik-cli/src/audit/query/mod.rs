//! `kitelogik audit query`: the records that were asked for, in one pass over a log of any length.

mod csv;
mod filter;
mod last;
mod printer;
mod table;

use super::{UNFINISHED, log_path, record::record};
use crate::{
    exit::Exit,
    output::{Format, complain, talk},
    progress::Progress,
};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use filter::Filter;
use kitelogik::audit::Lines;
use last::Last;
use printer::printer;
use std::{
    fs::File,
    io::{self, Read},
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

/// Lines that were left out are told one by one up to this many.
const MOST_TOLD: u64 = 20;

#[derive(clap::Args)]
#[command(
    about = "Find records by what they say",
    long_about = "Find records by what they say, in a log of any length. A flag that is given more than once asks \
    for any of its values; several flags ask for what fits each of them. In names and ids `*` stands for any text and \
    `?` for one character. Records come in the order of the log. A record without what a flag asks for does not \
    match: outcomes, for one, have no tool, and are found by --decision-id or --event.",
    after_help = "Examples:\n  \
    kitelogik audit query --effect deny --since 24h\n  \
    kitelogik audit query --tool 'fs.*' --tool shell --user ana --limit 20\n  \
    kitelogik audit query --reason-code policy_error --since 2026-11-22 --until 2026-11-23T12:00:00Z\n  \
    kitelogik audit query --decision-id 01a20297-4e3b-7000-8000-000000000001 --format json\n  \
    gzip -cd audit.jsonl.gz | kitelogik audit query - --effect deny --format csv > denied.csv\n\n\
    Exit codes: 0 all was read, whatever was found, 1 a line was no record and was left out, 2 the command line is \
    wrong, 3 the log cannot be read."
)]
pub(crate) struct Args {
    /// The log, `-` for standard input; default $KITELOGIK_AUDIT_LOG, else ./audit.jsonl
    file: Option<PathBuf>,
    #[command(flatten)]
    filter: Filter,
    /// Only the last N of the records that match
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<NonZeroUsize>,
    /// What to print
    // Stands in for the `--format` of every command, and so under its id and in its type.
    #[arg(long, default_value = "table", value_parser = formats())]
    format: Format,
}

fn formats() -> impl TypedValueParser<Value = Format> {
    let table = PossibleValue::new("table").alias("text").help("For people; cut to the width of a terminal");
    let json = PossibleValue::new("json").help("The records byte for byte, one a line; stable");
    let csv = PossibleValue::new("csv").help("For spreadsheets, which run no cell as a formula");
    PossibleValuesParser::new([table, json, csv]).map(|word| match word.as_str() {
        "json" => Format::Json,
        "csv" => Format::Csv,
        _ => Format::Text,
    })
}

/// Why a query ended early.
enum Stopped {
    /// It cannot go on
    Failed(String),
    /// Nothing more can be printed
    Print(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Print(error)
    }
}

pub(crate) fn run(args: &Args) -> Result<Exit, String> {
    if !args.filter.has_time() {
        complain("--since must be before --until");
        return Ok(Exit::Usage);
    }
    match query(args) {
        Ok(exit) => Ok(exit),
        // Whoever read it has enough.
        Err(Stopped::Print(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Done),
        Err(Stopped::Print(error)) => Err(error.to_string()),
        Err(Stopped::Failed(why)) => Err(why),
    }
}

fn query(args: &Args) -> Result<Exit, Stopped> {
    let path = log_path(args.file.as_deref());
    let failed =
        |error: io::Error| Stopped::Failed(format!("cannot read the audit log {}: {error}", path.display()));
    let (source, length) = open(&path).map_err(failed)?;
    let progress = Progress::new(length);
    let mut lines = Lines::new(progress.watch(source));
    let mut printer = printer(args.format, &progress)?;
    let mut last = args.limit.map(Last::new);
    let mut left_out = LeftOut { progress: &progress, count: 0 };
    let (mut number, mut found) = (0, false);
    while let Some(line) = lines.next_line().map_err(failed)? {
        number += 1;
        match record(line) {
            Ok((line, record)) if args.filter.matches(&record) => {
                found = true;
                match &mut last {
                    Some(last) => last.push(line).map_err(Stopped::Failed)?,
                    None => printer.record(line, &record)?,
                }
            }
            Ok(_) => {}
            Err(why) => left_out.tell(number, &why),
        }
    }
    if lines.is_unfinished() {
        left_out.tell(number + 1, UNFINISHED);
    }
    for line in last.iter().flat_map(Last::lines) {
        // It was a record when it was kept.
        if let Ok((line, record)) = record(line) {
            printer.record(line, &record)?;
        }
    }
    printer.finish()?;
    if !found && args.format == Format::Text {
        progress.beside(|| talk("no record matches\n"));
    }
    Ok(left_out.exit())
}

/// What is read, and how long it is where that is known.
fn open(path: &Path) -> io::Result<(Box<dyn Read>, Option<u64>)> {
    if path.as_os_str() == "-" {
        return Ok((Box::new(io::stdin()), None));
    }
    let file = File::open(path)?;
    let about = file.metadata()?;
    Ok((Box::new(file), about.is_file().then_some(about.len())))
}

/// Lines that were no records.
struct LeftOut<'a> {
    progress: &'a Progress,
    count: u64,
}

impl LeftOut<'_> {
    fn tell(&mut self, number: u64, why: &str) {
        self.count += 1;
        if self.count <= MOST_TOLD {
            self.progress.beside(|| complain(&format!("line {number} was left out: it {why}")));
        }
    }

    fn exit(&self) -> Exit {
        if self.count > MOST_TOLD {
            self.progress.beside(|| complain(&format!("{} lines were left out in all", self.count)));
        }
        if self.count > 0 { Exit::FellShort } else { Exit::Done }
    }
}
