//! The input document: what a policy sees (design, section 3).

use kitelogik_model::{DecisionId, Event, EventKind, SCHEMA, SessionView, Timestamp};
use kitelogik_value::Value;
use std::sync::Arc;

/// What the pipeline adds to an event.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) id: DecisionId,
    pub(crate) at: Timestamp,
    pub(crate) tool: Option<Arc<str>>,
    pub(crate) tags: Vec<Arc<str>>,
    pub(crate) args_hash: Option<Arc<str>>,
    pub(crate) messages_hash: Option<Arc<str>>,
}

/// The document of an event in a session. Strings and sub-documents are shared, not copied.
pub(crate) fn input(event: &Event, facts: &Facts, view: &SessionView) -> Value {
    let mut pairs: Vec<(&'static str, Value)> = Vec::with_capacity(32);
    pairs.push(("schema", SCHEMA.into()));
    pairs.push(("event", Value::name(event.kind.as_str())));
    pairs.extend(event.kind.stage().map(|stage| ("stage", Value::name(stage))));
    pairs.push(("id", facts.id.to_string().into()));
    pairs.push(("timestamp", facts.at.to_string().into()));
    if matches!(event.kind, EventKind::ToolCall | EventKind::ToolResult) {
        pairs.push(("phase", Value::name(event.phase.as_str())));
        pairs.push(("tool_tags", Value::array(facts.tags.iter().cloned().map(Value::from))));
    }
    pairs.extend(facts.tool.clone().map(|v| ("tool", v.into())));
    pairs.extend(event.wire_tool.clone().map(|v| ("wire_tool", v.into())));
    pairs.extend(event.args.clone().map(|v| ("args", v)));
    pairs.extend(facts.args_hash.clone().map(|v| ("args_hash", v.into())));
    pairs.extend(facts.messages_hash.clone().map(|v| ("messages_hash", v.into())));
    pairs.extend(event.transport.map(|v| ("transport", Value::name(v.as_str()))));
    pairs.extend(event.call_key.clone().map(|v| ("call_key", v.into())));
    pairs.extend(
        event.reserve_tokens.map(|n| ("reserve", Value::object([(Value::name("tokens"), n.into())]))),
    );
    pairs.extend(event.facts.iter().cloned());
    pairs.extend(parent(event.kind, view).map(|v| ("parent", v)));
    pairs.push(("session", view.to_value()));
    pairs.push(("principal", view.principal()));
    Value::object(pairs.into_iter().map(|(key, value)| (Value::name(key), value)))
}

/// `input.parent`: the spawning session of a spawn, else the session's own parent.
pub(crate) fn parent(kind: EventKind, view: &SessionView) -> Option<Value> {
    let of = |id: &Arc<str>, depth: u64| {
        Value::object([
            (Value::name("id"), Value::from(Arc::clone(id))),
            (Value::name("depth"), depth.into()),
        ])
    };
    match kind {
        EventKind::AgentSpawn => Some(of(&view.id, view.depth)),
        _ => view.parent.as_ref().map(|id| of(id, view.depth.saturating_sub(1))),
    }
}

/// The input document for tools that show it, such as tests of a policy set.
pub fn document(event: &Event, view: &SessionView, id: DecisionId, at: Timestamp) -> Value {
    let facts = Facts {
        id,
        at,
        tool: event.tool.clone(),
        tags: event.tool_tags.clone(),
        args_hash: event.args.as_ref().map(crate::hash),
        messages_hash: event.fact("messages").map(crate::hash),
    };
    input(event, &facts, view)
}
