//! `kitelogik audit tail`.

use super::row::row;
use crate::{
    exit::Exit,
    output::{Format, complain, print},
};
use kitelogik::value::json;
use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// How often a followed file is looked at.
const POLL: Duration = Duration::from_millis(200);
/// Bytes read at once.
const BLOCK: u64 = 64 << 10;
/// A longer line is no record.
const MAX_LINE: usize = 8 << 20;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  kitelogik audit tail\n  kitelogik audit tail audit.jsonl -n 50 -f\n  \
    kitelogik audit tail --format json | jq .decision.reason")]
pub(crate) struct Args {
    /// The log; default $KITELOGIK_AUDIT_LOG, else ./audit.jsonl
    file: Option<PathBuf>,
    /// How many records from the end
    #[arg(short = 'n', long, default_value_t = 20)]
    lines: usize,
    /// Go on with records to come
    #[arg(short, long)]
    follow: bool,
}

pub(crate) fn run(args: &Args, format: Format) -> Result<Exit, String> {
    let path = match &args.file {
        Some(path) => path.clone(),
        None => std::env::var_os("KITELOGIK_AUDIT_LOG").map_or_else(|| "audit.jsonl".into(), PathBuf::from),
    };
    let failed = |error: std::io::Error| format!("cannot read the audit log {}: {error}", path.display());
    let mut file = File::open(&path).map_err(failed)?;
    let start = start_of_last(&mut file, args.lines).map_err(failed)?;
    file.seek(SeekFrom::Start(start)).map_err(failed)?;
    let mut rest = Vec::new();
    loop {
        let mut block = Vec::new();
        (&file).take(BLOCK).read_to_end(&mut block).map_err(failed)?;
        rest.extend_from_slice(&block);
        while let Some(end) = rest.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            if !show(&line, format).map_err(|error| error.to_string())? {
                return Ok(Exit::Done);
            }
        }
        if rest.len() > MAX_LINE {
            return Err(format!("{} holds a line of more than {MAX_LINE} bytes", path.display()));
        }
        if !block.is_empty() {
            continue;
        }
        if !args.follow {
            if !rest.is_empty() {
                complain("the last line has no end yet: it is being written, or a crash tore it");
            }
            return Ok(Exit::Done);
        }
        std::thread::sleep(POLL);
        if let Some(next) = replaced(&file, &path) {
            (file, rest) = (next, Vec::new());
        }
    }
}

/// The file that now stands under this name, if it is another one.
fn replaced(file: &File, path: &Path) -> Option<File> {
    let next = File::open(path).ok()?;
    let (have, now) = (file.metadata().ok()?, next.metadata().ok()?);
    ((have.dev(), have.ino()) != (now.dev(), now.ino())).then_some(next)
}

fn show(line: &[u8], format: Format) -> std::io::Result<bool> {
    match json::parse(line, &json::Limits::DATA) {
        Ok(record) if format == Format::Text => print(&row(&record)),
        Ok(_) => print(&String::from_utf8_lossy(line)),
        Err(error) => {
            complain(&format!("a line is no JSON and was left out: {error}"));
            Ok(true)
        }
    }
}

/// Where the last `count` lines begin. Reads backwards, so that a long log costs no more than a short one.
fn start_of_last(file: &mut File, count: usize) -> std::io::Result<u64> {
    let mut at = file.seek(SeekFrom::End(0))?;
    let mut ends = 0;
    while at > 0 {
        let size = BLOCK.min(at);
        at -= size;
        file.seek(SeekFrom::Start(at))?;
        let mut block = Vec::new();
        (&*file).take(size).read_to_end(&mut block)?;
        for (i, _) in block.iter().enumerate().rev().filter(|(_, b)| **b == b'\n') {
            ends += 1;
            if ends > count {
                return Ok(at + i as u64 + 1);
            }
        }
    }
    Ok(0)
}
