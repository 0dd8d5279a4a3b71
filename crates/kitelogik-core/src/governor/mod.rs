//! The governor: events in, decisions out (design, section 2).

mod decide;
mod hosted;
mod report;
mod resolve;
mod settle;

use crate::{
    AuditSink, Env, Evaluator, Pep, Record, ReloadRecord, Requirement, SessionStore, SinkError,
    permits::Permits,
};
use kitelogik_model::{Decision, Event, SessionKey};
use std::sync::{Arc, RwLock};

pub use report::Unknown;

/// What the operator chose.
#[derive(Clone, Debug, Default)]
pub struct GovernorOptions {
    /// Absolute, clean paths of the policy, key, store and log files: no argument may name them
    pub protected: Vec<Box<str>>,
    /// The absolute path from which relative arguments are taken, beside the working directory of the moment
    pub base: Box<str>,
}

/// The policy decision point. Shared between threads; holds no lock while a policy is evaluated.
pub struct Governor {
    env: Box<dyn Env>,
    evaluator: RwLock<Arc<dyn Evaluator>>,
    store: Box<dyn SessionStore>,
    audit: Box<dyn AuditSink>,
    options: GovernorOptions,
    permits: Permits,
}

/// One event to decide.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is to happen
    pub event: Event,
    /// Whose action it is
    pub session: SessionKey,
    /// The session is nobody's own: all that this process does outside of sessions counts in it
    pub shared: bool,
    /// Names of arguments that are no part of the event
    pub args_hidden: Vec<Arc<str>>,
    /// Who asks
    pub pep: Arc<Pep>,
}

/// The answer.
#[derive(Debug)]
pub enum Done {
    /// Final, and recorded
    Decision(Decision),
    /// A human is to be asked; nothing is recorded yet
    Pending(Box<Pending>),
}

/// An escalation that waits. Data, not a handle: whoever holds it waits as its world waits, and then calls
/// [`Governor::resolve`]. Dropping it leaves the action undone.
#[derive(Clone, Debug)]
pub struct Pending {
    pub(crate) request: Request,
    /// The decision as it stands: effect `escalate`
    pub decision: Decision,
    /// What the escalating units ask for
    pub requirements: Vec<Requirement>,
}

impl Pending {
    /// What is to happen.
    pub fn request(&self) -> &Request {
        &self.request
    }
}

impl Governor {
    /// Puts the parts together.
    pub fn new(
        env: Box<dyn Env>,
        evaluator: Arc<dyn Evaluator>,
        store: Box<dyn SessionStore>,
        audit: Box<dyn AuditSink>,
        options: GovernorOptions,
    ) -> Self {
        Self { env, evaluator: RwLock::new(evaluator), store, audit, options, permits: Permits::default() }
    }

    /// The policies that decide from now on. Decisions under way end under the ones they began with.
    pub fn swap(&self, evaluator: Arc<dyn Evaluator>) {
        // A panic elsewhere cannot leave an `Arc` half written.
        *self.evaluator.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = evaluator;
    }

    /// Records that other policies decide, and swaps them in. What cannot be recorded does not happen.
    pub fn reload(
        &self,
        evaluator: Arc<dyn Evaluator>,
        added: &[Arc<str>],
        removed: &[Arc<str>],
    ) -> Result<(), SinkError> {
        let (now, before) = (evaluator.version(), self.evaluator().version());
        let (at, policy_version, previous) = (self.env.now(), &*now, &*before);
        self.audit.append(&Record::Reload(ReloadRecord { at, policy_version, previous, added, removed }))?;
        self.swap(evaluator);
        Ok(())
    }

    /// The policies that decide now.
    pub fn evaluator(&self) -> Arc<dyn Evaluator> {
        Arc::clone(&self.evaluator.read().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    /// The session store.
    pub fn store(&self) -> &dyn SessionStore {
        &*self.store
    }

    /// What the operator chose.
    pub fn options(&self) -> &GovernorOptions {
        &self.options
    }
}
