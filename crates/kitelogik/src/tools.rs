//! What the operator says of tools, and the enforcement points that go by it.

use crate::ConfigError;
use kitelogik_core::{Pep, ToolNames};
use kitelogik_value::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Names and tags of tools, and which hosted ones may be declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tools {
    /// What the model calls a tool, to what policy calls it
    pub names: BTreeMap<Arc<str>, Arc<str>>,
    /// Policy name to tags
    pub tags: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// What the model calls a bridged MCP tool, to `alias.tool`
    pub mcp: BTreeMap<Arc<str>, Arc<str>>,
    /// Tools that the model's provider runs and that may be declared without a rule of their own; by policy name
    pub hosted: BTreeSet<Arc<str>>,
}

impl Tools {
    /// Both as one. Tags and hosted tools are united; the same name with another meaning is an error.
    pub fn united(&self, other: &Self) -> Result<Self, ConfigError> {
        let mut all = self.clone();
        unite("tool_names", &mut all.names, &other.names)?;
        unite("mcp_tools", &mut all.mcp, &other.mcp)?;
        for (tool, tags) in &other.tags {
            all.tags.entry(Arc::clone(tool)).or_default().extend(tags.iter().cloned());
        }
        all.hosted.extend(other.hosted.iter().cloned());
        Ok(all)
    }

    /// An enforcement point that goes by these names and tags. What it can honour, and what it does with an
    /// allowed call, is for its maker to say. `ungoverned` is the answer where no unit applies: true allows,
    /// false denies, `None` denies tool calls only.
    pub fn pep(&self, adapter: &str, ungoverned: Option<bool>) -> Result<Pep, ConfigError> {
        for (wire, name) in &self.mcp {
            if self.names.contains_key(wire) {
                return Err(ConfigError::NamedTwice(Arc::clone(wire)));
            }
            if !name.split_once('.').is_some_and(|(alias, tool)| !alias.is_empty() && !tool.is_empty()) {
                return Err(ConfigError::McpName { wire: Arc::clone(wire), name: Arc::clone(name) });
            }
        }
        let mut tags = self.tags.clone();
        tags.values_mut().for_each(|tags| {
            tags.sort();
            tags.dedup();
        });
        let config_hash = self.hash(&tags, ungoverned);
        let names = ToolNames { names: self.names.clone(), mcp: self.mcp.clone(), tags };
        let hosted_tools = self.hosted.clone();
        Ok(Pep { adapter: adapter.into(), names, hosted_tools, ungoverned, config_hash, ..Pep::default() })
    }

    /// Hash over what decides beside the policy files.
    fn hash(&self, tags: &BTreeMap<Arc<str>, Vec<Arc<str>>>, ungoverned: Option<bool>) -> Arc<str> {
        let text = |text: &Arc<str>| Value::from(Arc::clone(text));
        let names = |map: &BTreeMap<Arc<str>, Arc<str>>| {
            Value::object(map.iter().map(|(key, value)| (text(key), text(value))))
        };
        let tags = tags.iter().map(|(tool, tags)| (text(tool), Value::array(tags.iter().map(text))));
        kitelogik_core::hash(&Value::object([
            ("engine", concat!("kitelogik-rego ", env!("CARGO_PKG_VERSION")).into()),
            ("hosted_tools", Value::array(self.hosted.iter().map(text))),
            ("mcp_tools", names(&self.mcp)),
            ("tool_names", names(&self.names)),
            ("tool_tags", Value::object(tags)),
            ("ungoverned", ungoverned.map_or(Value::Null, Value::from)),
        ]))
    }
}

fn unite(
    keyword: &'static str,
    into: &mut BTreeMap<Arc<str>, Arc<str>>,
    more: &BTreeMap<Arc<str>, Arc<str>>,
) -> Result<(), ConfigError> {
    for (key, value) in more {
        let have = into.entry(Arc::clone(key)).or_insert_with(|| Arc::clone(value));
        if have != value {
            let values = [have.to_string(), value.to_string()];
            return Err(ConfigError::Contradiction { keyword, key: Arc::clone(key), values });
        }
    }
    Ok(())
}
