//! The governor: events in, decisions out (design, section 2).

mod decide;
mod report;
mod resolve;
mod settle;

use crate::{AuditSink, Env, Evaluator, Requirement, SessionStore, ToolNames};
use kitelogik_model::{Decision, Event, SessionKey};
use std::sync::{Arc, RwLock};

pub use report::Unknown;

/// What an enforcement point can honour. What it cannot is denied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// It can wait for a human, or have one asked
    pub escalate: bool,
    /// It can send the request to another model
    pub force_model: bool,
    /// It can redact what is sent
    pub redact_messages: bool,
    /// It can redact what is shown
    pub redact_response: bool,
}

/// What the operator chose.
#[derive(Clone, Debug, Default)]
pub struct GovernorOptions {
    /// Names and tags of tools
    pub names: ToolNames,
    /// Where no unit applies: `Some(true)` allows, `Some(false)` denies, `None` denies tool calls only
    pub ungoverned: Option<bool>,
    /// Absolute, clean paths of the policy, key, store and log files: no argument may name them
    pub protected: Vec<Box<str>>,
    /// The absolute path from which relative arguments are taken
    pub base: Box<str>,
    /// Hash over names, tags, scopes, strictness and engine
    pub config_hash: Arc<str>,
}

/// The policy decision point. Shared between threads; holds no lock while a policy is evaluated.
pub struct Governor {
    env: Box<dyn Env>,
    evaluator: RwLock<Arc<dyn Evaluator>>,
    store: Box<dyn SessionStore>,
    audit: Box<dyn AuditSink>,
    options: GovernorOptions,
}

/// One event to decide.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is to happen
    pub event: Event,
    /// Whose action it is
    pub session: SessionKey,
    /// What the enforcement point can honour
    pub capabilities: Capabilities,
    /// Names of arguments that are no part of the event
    pub args_hidden: Vec<Arc<str>>,
    /// The enforcement point's name
    pub adapter: Arc<str>,
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
        Self { env, evaluator: RwLock::new(evaluator), store, audit, options }
    }

    /// The policies that decide from now on. Decisions under way end under the ones they began with.
    pub fn swap(&self, evaluator: Arc<dyn Evaluator>) {
        // A panic elsewhere cannot leave an `Arc` half written.
        *self.evaluator.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = evaluator;
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
