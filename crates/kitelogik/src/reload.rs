//! Policies read again: loaded beside those that decide, and swapped whole.

use crate::Opened;
use kitelogik_core::Evaluator;
use kitelogik_policy::{Diagnostic, LoadError, Policies};
use std::{
    collections::BTreeSet,
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

impl Opened {
    /// Reads the policies again. Decisions under way end under the ones they began with; on an error the last
    /// good ones go on. Takes 200 ms at least if a file changed.
    pub fn reload(&self) -> Result<Reloaded, LoadError> {
        let _one = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.policies();
        let mut last = Ok(before.version());
        for _ in 0..MAX_READINGS {
            let read = Policies::load_all(&self.config().policies);
            let seen = read.as_ref().map(Evaluator::version).map_err(Clone::clone);
            if seen == last {
                return read.map(|read| self.replace(&before, read));
            }
            last = seen;
            std::thread::sleep(SETTLE);
        }
        let message = format!("the policies changed in {MAX_READINGS} readings one after the other");
        let help = "reload when whoever writes them is done".to_owned();
        let (file, code) = (String::new(), "unstable");
        Err(LoadError(vec![Diagnostic { file, line: 0, column: 0, code, message, help }]))
    }

    fn replace(&self, before: &Policies, read: Policies) -> Reloaded {
        let names = |policies: &Policies| -> BTreeSet<Arc<str>> {
            policies.units().map(|unit| Arc::clone(unit.name)).collect()
        };
        let (old, new) = (names(before), names(&read));
        let version = read.version();
        let changed = version != before.version();
        if changed {
            self.swap(read);
        }
        Reloaded {
            version,
            changed,
            added: new.difference(&old).cloned().collect(),
            removed: old.difference(&new).cloned().collect(),
        }
    }
}
