//! The input document: what a policy sees (design, section 3).

use kitelogik_model::{DecisionId, Event, EventKind, SCHEMA, SessionView, Timestamp};
use kitelogik_value::Value;
use std::{borrow::Cow, cell::OnceCell, fmt, sync::Arc};

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

/// The input document of one event. Its members are made when they are asked for, as most policies ask for few.
pub struct Document<'a> {
    source: Source<'a>,
    names: OnceCell<Vec<&'a str>>,
}

enum Source<'a> {
    Whole(&'a Value),
    Event {
        event: &'a Event,
        facts: Cow<'a, Facts>,
        view: &'a SessionView,
        /// What [`MADE`] names, once asked for; `None` where the event has no such member
        made: Box<[OnceCell<Option<Value>>; MADE.len()]>,
    },
}

/// The members that are made of something that is no value yet. The others are the event's.
const MADE: [&str; 17] = [
    "args_hash",
    "call_key",
    "event",
    "id",
    "messages_hash",
    "parent",
    "phase",
    "principal",
    "reserve",
    "schema",
    "session",
    "stage",
    "timestamp",
    "tool",
    "tool_tags",
    "transport",
    "wire_tool",
];

impl<'a> Document<'a> {
    /// The document of an event in a session, for tools that have no governor.
    pub fn new(event: &'a Event, view: &'a SessionView, id: DecisionId, at: Timestamp) -> Self {
        let facts = Facts {
            id,
            at,
            tool: event.tool.clone(),
            tags: event.tool_tags.clone(),
            args_hash: event.args.as_ref().map(crate::hash),
            messages_hash: event.fact("messages").map(crate::hash),
        };
        Self::of(event, Cow::Owned(facts), view)
    }

    /// The document of an event in a session.
    pub(crate) fn of(event: &'a Event, facts: Cow<'a, Facts>, view: &'a SessionView) -> Self {
        let made = Box::new([const { OnceCell::new() }; MADE.len()]);
        Self { source: Source::Event { event, facts, view, made }, names: OnceCell::new() }
    }

    /// The member of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match &self.source {
            Source::Whole(value) => value.get(name),
            Source::Event { event, facts, view, made } => match MADE.iter().position(|made| *made == name) {
                Some(at) => made.get(at)?.get_or_init(|| make(name, event, facts, view)).as_ref(),
                None if name == "args" => event.args.as_ref(),
                None => event.fact(name),
            },
        }
    }

    /// The names of the members that there are, in order.
    pub fn names(&self) -> &[&str] {
        self.names.get_or_init(|| match &self.source {
            Source::Whole(value) => {
                let pairs = value.as_object().unwrap_or_default();
                pairs.iter().filter_map(|(key, _)| key.as_str()).collect()
            }
            Source::Event { event, .. } => {
                let facts = event.facts.iter().map(|(name, _)| *name);
                let all = MADE.into_iter().chain(["args"]).chain(facts);
                let mut names: Vec<&str> = all.filter(|name| self.get(name).is_some()).collect();
                names.sort_unstable();
                names.dedup();
                names
            }
        })
    }

    /// All of it as one value. Strings and sub-documents are shared, not copied.
    pub fn to_value(&self) -> Value {
        if let Source::Whole(value) = &self.source {
            return (*value).clone();
        }
        let member = |name: &&str| Some((Value::from(*name), self.get(name)?.clone()));
        Value::object(self.names().iter().filter_map(member))
    }
}

/// A document that is there as one value.
impl<'a> From<&'a Value> for Document<'a> {
    fn from(value: &'a Value) -> Self {
        Self { source: Source::Whole(value), names: OnceCell::new() }
    }
}

impl fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_value().fmt(f)
    }
}

/// Makes a member of [`MADE`].
fn make(name: &str, event: &Event, facts: &Facts, view: &SessionView) -> Option<Value> {
    let text = |text: &Arc<str>| Value::from(Arc::clone(text));
    let about_tool = matches!(event.kind, EventKind::ToolCall | EventKind::ToolResult);
    match name {
        "schema" => Some(SCHEMA.into()),
        "event" => Some(Value::name(event.kind.as_str())),
        "stage" => event.kind.stage().map(Value::name),
        "id" => Some(facts.id.to_string().into()),
        "timestamp" => Some(facts.at.to_string().into()),
        "phase" => about_tool.then(|| Value::name(event.phase.as_str())),
        "tool_tags" => about_tool.then(|| Value::array(facts.tags.iter().map(text))),
        "tool" => facts.tool.as_ref().map(text),
        "wire_tool" => event.wire_tool.as_ref().map(text),
        "args_hash" => facts.args_hash.as_ref().map(text),
        "messages_hash" => facts.messages_hash.as_ref().map(text),
        "transport" => event.transport.map(|transport| Value::name(transport.as_str())),
        "call_key" => event.call_key.as_ref().map(text),
        "reserve" => event.reserve_tokens.map(|n| Value::object([(Value::name("tokens"), n.into())])),
        "parent" => parent(event.kind, view),
        "session" => Some(view.to_value()),
        "principal" => Some(view.principal()),
        _ => None,
    }
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
