//! Policies read again: loaded beside those that decide, and swapped whole.

use crate::Opened;
use kitelogik_core::{Evaluator, SinkError};
use kitelogik_policy::{Diagnostic, LoadError, Policies};
use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, PoisonError},
    time::Duration,
};

/// How long two readings of a directory lie apart: who copies files there must not be caught half done.
const SETTLE: Duration = Duration::from_millis(200);
/// How many readings may differ before the directory counts as never at rest.
const MAX_READINGS: usize = 10;

/// What a reload changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reloaded {
    /// The version that decides now
    pub version: Arc<str>,
    /// False if the files are as they were
    pub changed: bool,
    /// Units that are new
    pub added: Vec<Arc<str>>,
    /// Units that are gone: what they denied is denied no more
    pub removed: Vec<Arc<str>>,
}

/// Why other policies were not taken; the last good ones go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReloadError {
    /// They do not load
    Policies(LoadError),
    /// The audit log did not take the record of it
    Audit(SinkError),
}

impl fmt::Display for ReloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policies(error) => error.fmt(f),
            Self::Audit(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReloadError {}

impl Opened {
    /// Reads the policies again; a change is recorded. Decisions under way end under the ones they began with; on an error the last
    /// good ones go on. Takes 200 ms at least if a file changed.
    pub fn reload(&self) -> Result<Reloaded, ReloadError> {
        let _one = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.policies();
        let mut last = Ok(before.version());
        for _ in 0..MAX_READINGS {
            let read = Policies::load_all(&self.config().policies);
            let seen = read.as_ref().map(Evaluator::version).map_err(Clone::clone);
            if seen == last {
                let read = read.map_err(ReloadError::Policies)?;
                return self.replace(&before, read).map_err(ReloadError::Audit);
            }
            last = seen;
            std::thread::sleep(SETTLE);
        }
        let message = format!("the policies changed in {MAX_READINGS} readings one after the other");
        let help = "reload when whoever writes them is done".to_owned();
        let (file, code) = (String::new(), "unstable");
        let found = Diagnostic { file, line: 0, column: 0, code, message, help };
        Err(ReloadError::Policies(LoadError(vec![found])))
    }

    fn replace(&self, before: &Policies, read: Policies) -> Result<Reloaded, SinkError> {
        let names = |policies: &Policies| -> BTreeSet<Arc<str>> {
            policies.units().map(|unit| Arc::clone(unit.name)).collect()
        };
        let (old, new) = (names(before), names(&read));
        let version = read.version();
        let changed = version != before.version();
        let added: Vec<Arc<str>> = new.difference(&old).cloned().collect();
        let removed: Vec<Arc<str>> = old.difference(&new).cloned().collect();
        if changed {
            self.swap(read, &added, &removed)?;
        }
        Ok(Reloaded { version, changed, added, removed })
    }
}
