//! Joining what a model calls a tool to what policy calls it. Never by guessing.

use crate::Evaluator;
use kitelogik_model::{Event, Transport};
use kitelogik_value::Value;
use std::{collections::BTreeMap, sync::Arc};

/// The operator's names and tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolNames {
    /// Wire name to policy name
    pub names: BTreeMap<Arc<str>, Arc<str>>,
    /// Wire name of a bridged MCP tool to `alias.tool`
    pub mcp: BTreeMap<Arc<str>, Arc<str>>,
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
        if let Some(name) = self.names.get(wire).or_else(|| self.mcp.get(wire)) {
            return Ok(Arc::clone(name));
        }
        let spellings = evaluator.spellings(wire);
        match spellings.as_slice() {
            [] => Ok(Arc::clone(wire)),
            [only] if only == wire => Ok(Arc::clone(wire)),
            _ => Err(Unmapped(spellings)),
        }
    }

    /// Makes the event of a bridged MCP tool its server's: a framework that takes it for a function of its own
    /// hides what policies on MCP test. An event that says what the operator's map rules out is an error.
    pub(crate) fn bridge(&self, event: &mut Event) -> Result<(), String> {
        let Some(name) = self.bridged(event) else { return Ok(()) };
        let alias = name.split_once('.').map_or(&*name, |(alias, _)| alias);
        let not = |key: &str, said: &str| {
            Err(format!("mcp_tools says that this tool is `{name}`, and the event's `{key}` is {said}"))
        };
        if let Some(other @ (Transport::Hosted | Transport::Http)) = event.transport {
            return not("transport", &format!("`{}`", other.as_str()));
        }
        match event.fact("server").map(|server| server.get("alias").and_then(Value::as_str)) {
            // The first of `Event::FACTS`, whose order facts keep.
            None => event.facts.insert(0, ("server", Value::object([("alias", Value::from(alias))]))),
            Some(said) if said == Some(alias) => {}
            Some(_) => return not("server", "another"),
        }
        event.transport = Some(Transport::Mcp);
        Ok(())
    }

    /// The name of the bridged tool that an event is about. One that gives its wire name another policy name is
    /// about another tool, such as a hosted server's of the same name.
    fn bridged(&self, event: &Event) -> Option<Arc<str>> {
        match (&event.wire_tool, &event.tool) {
            (Some(wire), tool) => {
                self.mcp.get(wire).filter(|name| tool.as_ref().is_none_or(|tool| tool == *name))
            }
            (None, Some(tool)) => self.mcp.values().find(|name| **name == *tool),
            (None, None) => None,
        }
        .cloned()
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
