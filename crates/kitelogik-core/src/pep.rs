//! Policy enforcement points: what the governor must know of the object that asks.

use crate::ToolNames;
use std::{collections::BTreeSet, sync::Arc};

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

/// What an enforcement point does with an allowed call. Together with the permits this
/// makes one action one decision where two gates stand in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Handling {
    /// It acts by itself, or another gate's decision is none of its business
    #[default]
    Alone,
    /// It hands the call over to code that may pass a further gate: its allow leaves a permit
    HandsOver,
    /// It runs the body: it takes the permit of a gate before it, if there is one
    Executes,
}

/// An enforcement point, as its operator set it up. Built once for each governed object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pep {
    /// Its name in records
    pub adapter: Arc<str>,
    /// What it can honour
    pub capabilities: Capabilities,
    /// What it does with an allowed call
    pub handling: Handling,
    /// Names and tags of tools
    pub names: ToolNames,
    /// Tools that a provider runs and that may be declared without a rule that allows it; by their policy names
    pub hosted_tools: BTreeSet<Arc<str>>,
    /// Where no unit applies: `Some(true)` allows, `Some(false)` denies, `None` denies tool calls only
    pub ungoverned: Option<bool>,
    /// Hash over names, tags, hosted tools and strictness, which stands beside the policy version
    pub config_hash: Arc<str>,
}
