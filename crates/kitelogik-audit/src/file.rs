//! The file: opened for appending, one `write(2)` a line.

use crate::{MAX_LINE_BYTES, render};
use kitelogik_core::{AuditSink, Record, SinkError};
use kitelogik_value::{Value, json};
use std::{
    cell::RefCell,
    fmt,
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

/// A buffer that has grown beyond this is given back.
const KEEP_BYTES: usize = 256 << 10;
/// How far back a torn last line is looked for; a line is shorter.
const LOOK_BACK: u64 = MAX_LINE_BYTES as u64;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// An audit log of profile `kitelogik`, a JSONL file.
#[derive(Debug)]
pub struct JsonlLog {
    file: File,
    path: PathBuf,
    /// Set when a write went out in part: no later line may be glued to it.
    torn: AtomicBool,
}

/// A log could not be opened.
#[derive(Debug)]
pub enum OpenError {
    /// The file cannot be opened, read or locked
    Io(PathBuf, io::Error),
    /// Its first line is no record of this profile
    OtherProfile(PathBuf),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(path, error) => write!(f, "cannot open the audit log {}: {error}", path.display()),
            Self::OtherProfile(path) => write!(
                f,
                "{} is no audit log of profile `kitelogik`: its first line is no such record; name another file",
                path.display()
            ),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(_, error) => Some(error),
            Self::OtherProfile(_) => None,
        }
    }
}

impl JsonlLog {
    /// Opens a log, or creates it with mode 0600. A last line that a crash tore is moved to
    /// `<file>.torn`, unless another process has the log open.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let io = |error| OpenError::Io(path.to_owned(), error);
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(io)?;
        if !file.metadata().map_err(io)?.is_file() {
            return Err(io(io::Error::other("not a regular file")));
        }
        // Every writer holds the lock shared for as long as it lives; only a sole one may mend the file.
        if file.try_lock().is_ok() {
            set_torn_line_aside(&file, path).map_err(io)?;
            file.unlock().map_err(io)?;
        }
        file.lock_shared().map_err(io)?;
        if !is_profile(&file).map_err(io)? {
            return Err(OpenError::OtherProfile(path.to_owned()));
        }
        Ok(Self { file, path: path.to_owned(), torn: AtomicBool::new(false) })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn write(&self, line: &[u8]) -> io::Result<()> {
        if self.torn.load(Ordering::Acquire) {
            return Err(io::Error::other(
                "an earlier line was written in part; open the log again to mend it",
            ));
        }
        if self.file.metadata()?.nlink() == 0 {
            return Err(io::Error::other("the file was deleted"));
        }
        let written = loop {
            match (&self.file).write(line) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        if written == line.len() {
            return Ok(());
        }
        if written > 0 {
            self.torn.store(true, Ordering::Release);
            // So that the next line of another process is not glued to this half. If even this fails, so does that one.
            let _ = (&self.file).write(b"\n");
        }
        Err(io::Error::new(io::ErrorKind::StorageFull, "the line was written in part"))
    }
}

impl AuditSink for JsonlLog {
    fn append(&self, record: &Record<'_>) -> Result<(), SinkError> {
        BUFFER.with_borrow_mut(|line| {
            line.clear();
            render(record, line);
            let result = match line.len() {
                ..=MAX_LINE_BYTES => self.write(line),
                more => Err(io::Error::other(format!("a line of {more} bytes, which no reader takes"))),
            };
            if line.capacity() > KEEP_BYTES {
                *line = Vec::new();
            }
            result.map_err(|error| SinkError(format!("{}: {error}", self.path.display())))
        })
    }
}

/// Moves what follows the last `\n` to `<file>.torn`.
fn set_torn_line_aside(mut file: &File, path: &Path) -> io::Result<()> {
    let length = file.metadata()?.len();
    let start = length.saturating_sub(LOOK_BACK);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.take(LOOK_BACK).read_to_end(&mut tail)?;
    let whole = tail.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let torn = tail.split_off(whole);
    if torn.is_empty() {
        return Ok(());
    }
    let mut aside = path.as_os_str().to_owned();
    aside.push(".torn");
    let mut aside = OpenOptions::new().append(true).create(true).open(aside)?;
    aside.write_all(&torn)?;
    aside.write_all(b"\n")?;
    aside.sync_all()?;
    file.set_len(start + whole as u64)
}

/// True for an empty file and for one whose first line is a record of ours.
fn is_profile(file: &File) -> io::Result<bool> {
    let mut head = vec![0; 4 << 10];
    let read = file.read_at(&mut head, 0)?;
    head.truncate(read);
    if head.is_empty() {
        return Ok(true);
    }
    let line = head.split(|b| *b == b'\n').next().unwrap_or_default();
    if line.len() == head.len() {
        // Longer than what was read: a record with long arguments. Its first keys say enough.
        return Ok(head.starts_with(b"{\"schema\":1,\"timestamp\":\""));
    }
    let record = json::parse(line, &json::Limits::EVENT);
    Ok(record
        .is_ok_and(|r| r.get("schema").and_then(Value::as_i64) == Some(1) && r.get("timestamp").is_some()))
}
