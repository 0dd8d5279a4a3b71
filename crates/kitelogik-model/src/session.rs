//! Sessions: whose action it is, and what that session has done so far.

use crate::Timestamp;
use kitelogik_value::{Number, Value};
use std::{collections::BTreeMap, fmt, sync::Arc};

/// Bytes of a name in an identity: every record of the session carries them all.
pub const MAX_NAME_BYTES: usize = 1 << 10;
/// Roles of an identity, and parts of its scope, at most.
pub const MAX_NAMES: usize = 1_000;
/// Bytes of all roles of a session, and of all parts of its scope: they stand in each of its records.
pub const MAX_NAMES_BYTES: usize = 128 << 10;

/// Who acts. Set when a session opens; it never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The tenant; `default` where there is one only
    pub tenant: Arc<str>,
    /// The person on whose behalf the agent acts
    pub user: Option<Arc<str>>,
    /// The agent
    pub agent_id: Option<Arc<str>>,
    /// The agent's role, which policies test
    pub agent_role: Option<Arc<str>>,
    /// The user's roles
    pub roles: Vec<Arc<str>>,
    /// What the session may reach at most; `None` is unbounded, an empty list is nothing
    pub scope: Option<Vec<Arc<str>>>,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            tenant: "default".into(),
            user: None,
            agent_id: None,
            agent_role: None,
            roles: vec![],
            scope: None,
        }
    }
}

/// What of an identity is over its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooLarge {
    /// A name of this part has over [`MAX_NAME_BYTES`]
    Name(&'static str),
    /// This part has over [`MAX_NAMES`], or over [`MAX_NAMES_BYTES`] of them
    Names(&'static str),
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(part) => {
                write!(f, "a name in the session's {part} is over {MAX_NAME_BYTES} bytes; shorten it")
            }
            Self::Names(part) => write!(
                f,
                "the session has over {MAX_NAMES} {part}, or over {MAX_NAMES_BYTES} bytes of them; name fewer"
            ),
        }
    }
}

impl std::error::Error for TooLarge {}

impl Identity {
    /// Checks the bounds that every store holds.
    pub fn check(&self) -> Result<(), TooLarge> {
        let ones = [
            ("tenant", Some(&self.tenant)),
            ("user", self.user.as_ref()),
            ("agent_id", self.agent_id.as_ref()),
            ("agent_role", self.agent_role.as_ref()),
        ];
        let lists = [("roles", &*self.roles), ("scope", self.scope.as_deref().unwrap_or_default())];
        let long = |name: &Arc<str>| name.len() > MAX_NAME_BYTES;
        if let Some((part, _)) = ones.iter().find(|(_, name)| name.is_some_and(long)) {
            return Err(TooLarge::Name(part));
        }
        for (part, names) in lists {
            if names.len() > MAX_NAMES {
                return Err(TooLarge::Names(part));
            }
            if names.iter().any(long) {
                return Err(TooLarge::Name(part));
            }
            if names.iter().map(|name| name.len()).sum::<usize>() > MAX_NAMES_BYTES {
                return Err(TooLarge::Names(part));
            }
        }
        Ok(())
    }
}

/// A session's name: its id is looked up within its tenant only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey {
    /// The tenant
    pub tenant: Arc<str>,
    /// The id
    pub id: Arc<str>,
}

/// One entry of `input.session.tool_calls`.
#[derive(Clone, Debug, PartialEq)]
pub struct CallEntry {
    /// The tool's policy name
    pub tool: Arc<str>,
    /// `allow`, `deny` or `escalate`
    pub decision: &'static str,
    /// `started` until reported, then the outcome's word; absent for what was denied
    pub outcome: Option<&'static str>,
    /// Hash of the arguments
    pub args_hash: Arc<str>,
    /// The agent that called
    pub agent_id: Option<Arc<str>>,
    /// When it was decided
    pub at: Timestamp,
}

/// What the tree of sessions has used; kept at its root.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counters {
    /// Settled tokens and open reservations; at most [`crate::MAX_INTEGER`]
    pub tokens_spent: u64,
    /// Sum of reported costs; `None` is zero
    pub cost_spent: Option<Number>,
    /// Allowed calls by tool; empty unless a policy can read it
    pub tool_call_count: BTreeMap<Arc<str>, u64>,
    /// The last 100 calls, oldest first, in the form of [`CallEntry::to_value`]; likewise
    pub tool_calls: Vec<Value>,
    /// Rises with every change that a policy can see
    pub version: u64,
}

/// A session as it stood when an event was decided.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionView {
    /// Its id
    pub id: Arc<str>,
    /// Who acts
    pub identity: Arc<Identity>,
    /// The session that opened it
    pub parent: Option<Arc<str>>,
    /// A root has 0
    pub depth: u64,
    /// When it opened
    pub started_at: Timestamp,
    /// Events decided before this one
    pub seq: u64,
    /// What the tree has used
    pub counters: Counters,
}

impl SessionView {
    /// `input.session` (design, section 3).
    pub fn to_value(&self) -> Value {
        let identity = &*self.identity;
        let counters = &self.counters;
        let text = |s: &Arc<str>| Value::from(Arc::clone(s));
        let count = counters.tool_call_count.iter().map(|(tool, count)| (text(tool), Value::from(*count)));
        // In the order of the keys, so that nothing is left to sort.
        named([
            ("agent_id", identity.agent_id.as_ref().map(text)),
            ("agent_role", identity.agent_role.as_ref().map(text)),
            ("cost_spent", Some(counters.cost_spent.clone().map_or(Value::from(0i64), Value::from))),
            ("id", Some(text(&self.id))),
            ("scope", identity.scope.as_ref().map(|scope| Value::array(scope.iter().map(text)))),
            ("started_at", Some(self.started_at.to_string().into())),
            ("tenant", Some(text(&identity.tenant))),
            ("tokens_spent", Some(counters.tokens_spent.into())),
            ("tool_call_count", Some(Value::object(count))),
            ("tool_calls", Some(Value::array(counters.tool_calls.iter().cloned()))),
            ("user", identity.user.as_ref().map(text)),
        ])
    }

    /// `input.principal`: the same facts in Tako's words.
    pub fn principal(&self) -> Value {
        let identity = &*self.identity;
        let text = |s: &Arc<str>| Value::from(Arc::clone(s));
        named([
            ("roles", Some(Value::array(identity.roles.iter().map(text)))),
            ("tenant_id", Some(text(&identity.tenant))),
            ("user_id", identity.user.as_ref().map(text)),
        ])
    }
}

impl CallEntry {
    /// Its form in the input document. A store keeps it until the call changes: a policy that looks back on a
    /// hundred calls would else pay for all of them each time.
    pub fn to_value(&self) -> Value {
        let text = |s: &Arc<str>| Value::from(Arc::clone(s));
        named([
            ("agent_id", self.agent_id.as_ref().map(text)),
            ("args_hash", Some(text(&self.args_hash))),
            ("decision", Some(Value::name(self.decision))),
            ("outcome", self.outcome.map(Value::name)),
            ("timestamp", Some(self.at.to_string().into())),
            ("tool", Some(text(&self.tool))),
        ])
    }
}

/// An object of the members that there are.
fn named<const N: usize>(members: [(&'static str, Option<Value>); N]) -> Value {
    Value::object(members.into_iter().filter_map(|(key, value)| Some((Value::name(key), value?))))
}
