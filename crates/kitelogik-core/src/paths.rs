//! Two spellings of one path (design, section 5). A policy that tests a prefix must not be walked around with
//! `..`, doubled slashes or percent signs, so an event whose path arguments have another canonical form is
//! decided in both.
//!
//! Cleaning is lexical: symbolic links are the file system's business and named in SECURITY.md.

use crate::Env;
use kitelogik_value::Value;
use std::{borrow::Cow, cell::OnceCell};

/// Longer strings are text, not paths.
const MAX_PATH_BYTES: usize = 4 << 10;
/// A longer name is none of a file's.
const MAX_NAME_BYTES: usize = 255;
/// How often a string is percent-decoded at most.
const MAX_DECODES: usize = 3;

/// The same arguments with every path in its canonical form; `None` if each is in it already.
pub fn canonical_twin(args: &Value) -> Option<Value> {
    match args {
        Value::String(s) => clean(s).filter(|path| **path != **s).map(Value::from),
        Value::Array(items) => {
            let twins: Vec<Option<Value>> = items.iter().map(canonical_twin).collect();
            twins.iter().any(Option::is_some).then(|| {
                Value::array(twins.into_iter().zip(items.iter()).map(|(t, v)| t.unwrap_or_else(|| v.clone())))
            })
        }
        Value::Object(pairs) => {
            let twins: Vec<Option<Value>> = pairs.iter().map(|(_, v)| canonical_twin(v)).collect();
            twins.iter().any(Option::is_some).then(|| {
                let pairs = pairs.iter().zip(twins);
                Value::Object(pairs.map(|((k, v), t)| (k.clone(), t.unwrap_or_else(|| v.clone()))).collect())
            })
        }
        _ => None,
    }
}

/// The files and folders that no argument may name, all absolute and clean.
pub(crate) struct Protected<'a> {
    files: &'a [Box<str>],
    /// Where the program stood when they were named
    base: &'a str,
    env: &'a dyn Env,
    /// Where it stands now, once a relative argument asked
    here: OnceCell<Option<String>>,
}

impl<'a> Protected<'a> {
    pub(crate) fn new(files: &'a [Box<str>], base: &'a str, env: &'a dyn Env) -> Self {
        Self { files, base, env, here: OnceCell::new() }
    }

    /// True if an argument lies in one of them. A relative one is taken from where the program stood and from
    /// where it stands: a tool may go by either.
    pub(crate) fn touched_by(&self, args: &Value) -> bool {
        match args {
            Value::String(s) if self.files.is_empty() || s.is_empty() => false,
            Value::String(s) if !s.contains(['/', '\\', '%', ':']) && **s != *".." => self.by_segment(s),
            Value::String(s) if s.starts_with("~/") && self.by_home(s) => true,
            Value::String(s) => match clean(s).or_else(|| plain_relative(s)) {
                None => false,
                Some(path) if path.starts_with('/') => self.hold(&path),
                Some(path) => self.by_relative(&path),
            },
            Value::Array(items) => items.iter().any(|item| self.touched_by(item)),
            Value::Object(pairs) => pairs.iter().any(|(_, value)| self.touched_by(value)),
            _ => false,
        }
    }

    /// One segment: it leads to what lies in a directory itself.
    fn by_segment(&self, name: &str) -> bool {
        let folder = self.base.trim_end_matches('/');
        let lies = |p: &str| p.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')) == Some(name);
        self.files.iter().any(|p| lies(p))
            || name.len() <= MAX_NAME_BYTES
                && self.moved_to().is_some_and(|here| self.hold(&lexical(&format!("{here}/{name}"))))
    }

    fn by_relative(&self, path: &str) -> bool {
        let from = |base: &str| self.hold(&lexical(&format!("{base}/{path}")));
        from(self.base)
            || match self.here() {
                Some(here) => here != self.base && from(here),
                // Of a directory that is gone only what lies above it can still be named, and nobody knows what that is.
                None => path.starts_with(".."),
            }
    }

    /// A shell's and many a library's word for the home directory; to others it is a name like any other.
    fn by_home(&self, path: &str) -> bool {
        let within = path.get("~/".len()..).filter(|within| within.len() <= MAX_PATH_BYTES);
        let home = within.zip(self.env.home());
        home.is_some_and(|(within, home)| self.hold(&lexical(&format!("{home}/{within}"))))
    }

    fn hold(&self, absolute: &str) -> bool {
        let absolute = absolute.trim_end_matches('/');
        let within = |rest: &str| rest.is_empty() || rest.starts_with('/');
        self.files.iter().any(|p| absolute.strip_prefix(&**p).is_some_and(within))
    }

    fn here(&self) -> Option<&str> {
        self.here.get_or_init(|| self.env.directory()).as_deref()
    }

    /// Where the program stands now, if that is another directory.
    fn moved_to(&self) -> Option<&str> {
        self.here().filter(|here| *here != self.base)
    }
}

/// `audit.jsonl` and `policies/a.rego`: paths too, where the question is whether they name our own files.
fn plain_relative(s: &str) -> Option<String> {
    (s.len() <= MAX_PATH_BYTES && !s.is_empty() && !s.contains(['\n', '\r'])).then(|| lexical(s))
}

/// The canonical form of a candidate; `None` for a string that is no path.
fn clean(s: &str) -> Option<String> {
    // Most arguments are no paths: none of these, no candidate.
    let marked = |b: u8| matches!(b, b'/' | b'\\' | b'%' | b':' | b'.');
    if s.len() > MAX_PATH_BYTES || !s.bytes().any(marked) || s.contains(['\n', '\r']) {
        return None;
    }
    let mut decoded = Cow::Borrowed(s);
    for _ in 0..MAX_DECODES {
        match percent_decode(&decoded) {
            Some(next) => decoded = Cow::Owned(next),
            None => break,
        }
    }
    let changed = matches!(decoded, Cow::Owned(_));
    if !(is_candidate(s) || changed && is_candidate(&decoded)) {
        return None;
    }
    let path = file_url(&decoded).unwrap_or(&decoded);
    // A backslash separates on one system and not on another; the stricter of both decisions wins anyway.
    Some(lexical(&path.replace('\\', "/")))
}

fn is_candidate(s: &str) -> bool {
    if file_url(s).is_some() {
        return true;
    }
    if is_url(s) {
        return false;
    }
    ["/", "./", "../", "~/", "\\\\"].iter().any(|prefix| s.starts_with(prefix))
        || is_drive(s)
        || s.split(['/', '\\']).any(|segment| segment == "..")
}

/// What follows `file:` and its authority.
fn file_url(s: &str) -> Option<&str> {
    let rest = s.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("file:")).and_then(|_| s.get(5..))?;
    match rest.strip_prefix("//") {
        Some(after) => after.find('/').and_then(|slash| after.get(slash..)),
        None => Some(rest),
    }
}

/// `scheme://`, RFC 3986 section 3.1.
fn is_url(s: &str) -> bool {
    s.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    })
}

fn is_drive(s: &str) -> bool {
    matches!(s.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}

/// Resolves `.`, `..` and doubled slashes without asking the file system. A trailing slash stays; `..` above
/// a root stays at the root, above a relative start or `~` it is kept.
fn lexical(path: &str) -> String {
    let root = path.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match (segment, kept.last()) {
            ("" | ".", _) => {}
            ("..", Some(&("~" | ".."))) => kept.push(segment),
            ("..", Some(_)) => {
                kept.pop();
            }
            ("..", None) if root => {}
            _ => kept.push(segment),
        }
    }
    let mut clean = String::with_capacity(path.len());
    if root {
        clean.push('/');
    }
    clean.push_str(&kept.join("/"));
    if path.ends_with('/') && !kept.is_empty() {
        clean.push('/');
    }
    if clean.is_empty() {
        clean.push('.');
    }
    clean
}

/// One round of percent-decoding; `None` if it changes nothing or gives no UTF-8.
fn percent_decode(s: &str) -> Option<String> {
    if !s.contains('%') {
        return None;
    }
    let mut out = Vec::with_capacity(s.len());
    let mut rest = s.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let hex = |b: &u8| char::from(*b).to_digit(16);
        match (byte, after) {
            (b'%', [high, low, tail @ ..]) => match (hex(high), hex(low)) {
                (Some(high), Some(low)) => {
                    out.push((high * 16 + low) as u8);
                    rest = tail;
                    continue;
                }
                _ => out.push(b'%'),
            },
            _ => out.push(*byte),
        }
        rest = after;
    }
    String::from_utf8(out).ok().filter(|decoded| decoded != s)
}
