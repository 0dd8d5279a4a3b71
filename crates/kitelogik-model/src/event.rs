//! Events: what an agent wants to do, before it does it (design, section 3).

use crate::InvalidEvent;
use kitelogik_value::Value;
use std::sync::Arc;

/// The kinds of event. Each has its package `kitelogik.<kind>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// A tool is to be called
    ToolCall,
    /// A model is to be called
    ModelCall,
    /// A model's answer is to be shown
    ModelResponse,
    /// A tool's result is to be shown
    ToolResult,
    /// A new agent is to start
    AgentSpawn,
    /// A task is to be handed to another agent
    AgentDelegate,
    /// A plan is to be followed
    AgentPlan,
    /// A resource is to be used; its units are consulted on every event that starts something
    AgentResource,
    /// Data is to be read
    DataAccess,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::ToolCall,
        Self::ModelCall,
        Self::ModelResponse,
        Self::ToolResult,
        Self::AgentSpawn,
        Self::AgentDelegate,
        Self::AgentPlan,
        Self::AgentResource,
        Self::DataAccess,
    ];

    /// The word in `input.event`, which is also the package's last segment.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ToolCall => "tool_call",
            Self::ModelCall => "model_call",
            Self::ModelResponse => "model_response",
            Self::ToolResult => "tool_result",
            Self::AgentSpawn => "agent_spawn",
            Self::AgentDelegate => "agent_delegate",
            Self::AgentPlan => "agent_plan",
            Self::AgentResource => "agent_resource",
            Self::DataAccess => "data_access",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Tako's stage, where it has one.
    pub fn stage(self) -> Option<&'static str> {
        match self {
            Self::ToolCall => Some("pre_tool"),
            Self::ModelCall => Some("pre_chat"),
            Self::ModelResponse => Some("post_chat"),
            _ => None,
        }
    }

    /// True where the event starts something; the others decide disclosure only.
    pub fn starts_something(self) -> bool {
        !matches!(self, Self::ModelResponse | Self::ToolResult)
    }
}

/// How a tool is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// A function in this program
    Function,
    /// An MCP server, also when bridged or hosted
    Mcp,
    /// Run by the model's provider
    Hosted,
    /// Over HTTP
    Http,
}

impl Transport {
    /// The word in `input.transport`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Mcp => "mcp",
            Self::Hosted => "hosted",
            Self::Http => "http",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Function, Self::Mcp, Self::Hosted, Self::Http].into_iter().find(|t| t.as_str() == word)
    }
}

/// Whether a tool is declared to a model or called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Shown to a model
    Declare,
    /// Called
    #[default]
    Call,
}

impl Phase {
    /// The word in `input.phase`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Declare => "declare",
            Self::Call => "call",
        }
    }
}

/// The largest whole number in a record: every reader of JSON has it exactly (RFC 8259, section 6).
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// One event, as an enforcement point gives it. Identity, session state, ids, times and hashes are no part
/// of it: they come from the session and the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What kind it is
    pub kind: EventKind,
    /// What policy calls the tool
    pub tool: Option<Arc<str>>,
    /// What the model called it
    pub wire_tool: Option<Arc<str>>,
    /// The operator's and the program's tags
    pub tool_tags: Vec<Arc<str>>,
    /// The arguments; an object for every tool call
    pub args: Option<Value>,
    /// How the tool is reached
    pub transport: Option<Transport>,
    /// Whether the tool is declared or called
    pub phase: Phase,
    /// Tokens that a model call would reserve
    pub reserve_tokens: Option<u64>,
    /// The enforcement point's durable name of this one call
    pub call_key: Option<Arc<str>>,
    /// The other facts of [`Event::FACTS`], in that order
    pub facts: Vec<(&'static str, Value)>,
}

impl Event {
    /// Keys that go into the input document as they are.
    pub const FACTS: [&'static str; 10] = [
        "server",
        "model",
        "messages",
        "tools",
        "response",
        "result",
        "is_error",
        "plan",
        "requested_scope",
        "agent",
    ];
    /// Keys that a caller may not set.
    pub const RESERVED: [&'static str; 10] = [
        "session",
        "principal",
        "parent",
        "id",
        "timestamp",
        "args_hash",
        "messages_hash",
        "response_hash",
        "tool_schema_hash",
        "stage",
    ];

    /// An event of this kind and nothing else.
    pub fn new(kind: EventKind) -> Self {
        Self {
            kind,
            tool: None,
            wire_tool: None,
            tool_tags: Vec::new(),
            args: None,
            transport: None,
            phase: Phase::default(),
            reserve_tokens: None,
            call_key: None,
            facts: Vec::new(),
        }
    }

    /// A call of a tool by its policy name.
    pub fn tool_call(tool: impl Into<Arc<str>>, args: Value) -> Self {
        Self { tool: Some(tool.into()), args: Some(args), ..Self::new(EventKind::ToolCall) }
    }

    /// A further fact, if the document had it.
    pub fn fact(&self, key: &str) -> Option<&Value> {
        self.facts.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// Reads an event document (contract, section 5). Unknown and reserved keys are refused.
    pub fn from_value(document: &Value) -> Result<Self, InvalidEvent> {
        let pairs = document.as_object().ok_or(InvalidEvent::NotAnObject)?;
        let word = document.get("event").and_then(Value::as_str);
        let mut event = Self::new(word.and_then(EventKind::parse).ok_or(InvalidEvent::Kind)?);
        for (key, value) in pairs {
            event.set(key.as_str().unwrap_or_default(), value)?;
        }
        event.facts.sort_by_key(|(key, _)| Self::FACTS.iter().position(|fact| fact == key));
        event.complete()
    }

    fn set(&mut self, key: &str, value: &Value) -> Result<(), InvalidEvent> {
        match key {
            "event" => {}
            "tool" => self.tool = Some(text("tool", value)?),
            "wire_tool" => self.wire_tool = Some(text("wire_tool", value)?),
            "call_key" => self.call_key = Some(text("call_key", value)?),
            "tool_tags" => self.tool_tags = texts("tool_tags", value)?,
            "args" => self.args = Some(object("args", value)?),
            "transport" => {
                let expected = "one of `function`, `mcp`, `hosted`, `http`";
                let word = value.as_str().and_then(Transport::parse);
                self.transport = Some(word.ok_or(InvalidEvent::Type { key: "transport", expected })?);
            }
            "phase" => {
                self.phase = match value.as_str() {
                    Some("declare") => Phase::Declare,
                    Some("call") => Phase::Call,
                    _ => return Err(InvalidEvent::Type { key: "phase", expected: "`declare` or `call`" }),
                };
            }
            "reserve" => self.reserve_tokens = Some(reserve(value)?),
            _ => {
                let Some(fact) = Self::FACTS.iter().find(|fact| **fact == key) else {
                    let known = Self::RESERVED.contains(&key);
                    let key = key.to_owned();
                    return Err(if known {
                        InvalidEvent::Reserved(key)
                    } else {
                        InvalidEvent::UnknownKey(key)
                    });
                };
                check_fact(fact, value)?;
                self.facts.push((fact, value.clone()));
            }
        }
        Ok(())
    }

    /// Checks what each kind needs.
    fn complete(self) -> Result<Self, InvalidEvent> {
        let needs = |key: &'static str, present: bool| {
            if present { Ok(()) } else { Err(InvalidEvent::Missing(key)) }
        };
        match self.kind {
            EventKind::ToolCall => {
                needs("tool", self.tool.is_some() || self.wire_tool.is_some())?;
                needs("args", self.args.is_some() || self.phase == Phase::Declare)?;
            }
            EventKind::ToolResult => needs("tool", self.tool.is_some())?,
            EventKind::ModelCall => needs("model", self.fact("model").is_some())?,
            EventKind::AgentPlan => needs("plan", self.fact("plan").is_some())?,
            _ => {}
        }
        Ok(self)
    }
}

fn text(key: &'static str, value: &Value) -> Result<Arc<str>, InvalidEvent> {
    match value {
        Value::String(s) => Ok(Arc::clone(s)),
        _ => Err(InvalidEvent::Type { key, expected: "a string" }),
    }
}

fn texts(key: &'static str, value: &Value) -> Result<Vec<Arc<str>>, InvalidEvent> {
    let expected = "a list of strings";
    let items = value.as_array().ok_or(InvalidEvent::Type { key, expected })?;
    items.iter().map(|item| text(key, item).map_err(|_| InvalidEvent::Type { key, expected })).collect()
}

fn object(key: &'static str, value: &Value) -> Result<Value, InvalidEvent> {
    match value {
        Value::Object(_) => Ok(value.clone()),
        _ => Err(InvalidEvent::Type { key, expected: "an object" }),
    }
}

fn reserve(value: &Value) -> Result<u64, InvalidEvent> {
    let tokens = value.get("tokens").and_then(Value::as_i64).and_then(|n| u64::try_from(n).ok());
    let tokens = tokens.filter(|tokens| *tokens <= MAX_INTEGER);
    let only = value.as_object().is_some_and(|pairs| pairs.len() == 1);
    tokens.filter(|_| only).ok_or(InvalidEvent::Type {
        key: "reserve",
        expected: "`{\"tokens\": n}` with n a whole number from 0, below 2^53",
    })
}

fn check_fact(key: &'static str, value: &Value) -> Result<(), InvalidEvent> {
    let (good, expected) = match key {
        "model" => (value.as_str().is_some(), "a string"),
        "is_error" => (value.as_bool().is_some(), "a boolean"),
        "messages" | "tools" => (value.as_array().is_some(), "a list"),
        "requested_scope" => (texts(key, value).is_ok(), "a list of strings"),
        "plan" => (value.get("steps").and_then(Value::as_array).is_some(), "an object with a list `steps`"),
        "server" | "agent" => (value.as_object().is_some(), "an object"),
        _ => (true, ""),
    };
    if good { Ok(()) } else { Err(InvalidEvent::Type { key, expected }) }
}
