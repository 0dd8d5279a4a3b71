//! `kitelogik audit tail`.

use super::{UNFINISHED, log_path, record::record, row::Row};
use crate::{
    exit::Exit,
    output::{Format, complain, data_bytes, print},
};
use kitelogik::audit::Lines;
use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// How often a followed file is looked at.
const POLL: Duration = Duration::from_millis(200);
/// Bytes read at once.
const BLOCK: u64 = 64 << 10;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  kitelogik audit tail\n  kitelogik audit tail audit.jsonl -n 50 -f\n  \
    kitelogik audit tail --format json | jq .decision.reason\n\n\
    Exit codes: 0 shown, 1 a line was no record and was left out, 3 the log cannot be read.")]
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
    let path = log_path(args.file.as_deref());
    let failed = |error: io::Error| format!("cannot read the audit log {}: {error}", path.display());
    let mut file = File::open(&path).map_err(failed)?;
    let start = start_of_last(&mut file, args.lines).map_err(failed)?;
    file.seek(SeekFrom::Start(start)).map_err(failed)?;
    let mut lines = Lines::new(file);
    let mut exit = Exit::Done;
    loop {
        while let Some(line) = lines.next_line().map_err(failed)? {
            let printed = match record(line) {
                Ok((_, record)) if format == Format::Text => print(&Row::of(&record).line()),
                Ok((bytes, _)) => data_bytes(bytes),
                Err(why) => {
                    complain(&format!("a line was left out: it {why}"));
                    exit = Exit::FellShort;
                    Ok(true)
                }
            };
            if !printed.map_err(|error| error.to_string())? {
                return Ok(exit);
            }
        }
        if !args.follow {
            if lines.is_unfinished() {
                complain(&format!("the last line was left out: it {UNFINISHED}"));
                exit = Exit::FellShort;
            }
            return Ok(exit);
        }
        std::thread::sleep(POLL);
        if let Some(next) = replaced(lines.source(), &path) {
            lines = Lines::new(next);
        } else if let Some(again) = cut(lines.source(), &path) {
            complain("the log became shorter while it was followed; it is read from its start again");
            lines = Lines::new(again);
        }
    }
}

/// The file that now stands under this name, if it is another one.
fn replaced(file: &File, path: &Path) -> Option<File> {
    let next = File::open(path).ok()?;
    let (have, now) = (file.metadata().ok()?, next.metadata().ok()?);
    ((have.dev(), have.ino()) != (now.dev(), now.ino())).then_some(next)
}

/// The file from its start, if it has lost bytes that were read already.
fn cut(mut file: &File, path: &Path) -> Option<File> {
    let (length, read) = (file.metadata().ok()?.len(), file.stream_position().ok()?);
    (length < read).then(|| File::open(path).ok()).flatten()
}

/// Where the last `count` lines begin. Reads backwards, so that a long log costs no more than a short one.
fn start_of_last(file: &mut File, count: usize) -> io::Result<u64> {
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
