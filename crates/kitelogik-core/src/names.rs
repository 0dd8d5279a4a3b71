//! Joining what a model calls a tool to what policy calls it. Never by guessing.

use crate::Evaluator;
use std::{collections::BTreeMap, sync::Arc};

/// The operator's names and tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolNames {
    /// Wire name to policy name
    pub names: BTreeMap<Arc<str>, Arc<str>>,
    /// Policy name to tags
    pub tags: BTreeMap<Arc<str>, Vec<Arc<str>>>,
}

/// A wire name that units spell in another way, or in two; holds their spellings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unmapped(pub(crate) Vec<Arc<str>>);

impl ToolNames {
    /// The policy name of a wire name: the operator's word, else the name itself if no unit spells it
    /// differently.
    pub(crate) fn resolve(&self, wire: &Arc<str>, evaluator: &dyn Evaluator) -> Result<Arc<str>, Unmapped> {
        if let Some(name) = self.names.get(wire) {
            return Ok(Arc::clone(name));
        }
        let spellings = evaluator.spellings(wire);
        match spellings.as_slice() {
            [] => Ok(Arc::clone(wire)),
            [only] if only == wire => Ok(Arc::clone(wire)),
            _ => Err(Unmapped(spellings)),
        }
    }

    /// The operator's tags of a tool, united with those that the event brought; sorted.
    pub(crate) fn tags(&self, tool: &str, declared: &[Arc<str>]) -> Vec<Arc<str>> {
        let mut tags = declared.to_vec();
        tags.extend(self.tags.get(tool).into_iter().flatten().cloned());
        tags.sort();
        tags.dedup();
        tags
    }
}

impl Unmapped {
    /// The line to write.
    pub(crate) fn help(&self, wire: &str) -> String {
        let lines: Vec<String> =
            self.0.iter().map(|name| format!("tool_names={{\"{wire}\": \"{name}\"}}")).collect();
        format!("a policy names {}; say which tool `{wire}` is: {}", list(&self.0), lines.join(" or "))
    }
}

fn list(names: &[Arc<str>]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
}
