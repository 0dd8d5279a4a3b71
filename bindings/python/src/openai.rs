//! Requests and answers of the OpenAI wire formats in which nothing is to be changed, read without an object
//! of Python's for each of their parts. What is not certainly such a one is left to the adapter: this module
//! never refuses and never allows. The adapter's own reading is the law; a test holds the two together.

use crate::{event::ReadEvent, skim};
use kitelogik::model::{Event, MAX_INTEGER};
use kitelogik::value::{Number, Value, json};
use pyo3::{prelude::*, types::PyDict};
use std::collections::BTreeSet;

type Words = BTreeSet<String>;

/// Bounds of a request that is read here: its event is a little larger, and within the bounds of one.
const REQUEST: json::Limits = json::Limits { max_bytes: (1 << 20) - 128, max_depth: 63 };
/// Python refuses whole numbers of more than 4,300 digits.
const MAX_DIGITS: usize = 4000;
/// Keys of file data, whose text goes into no event.
const FILES: [&str; 2] = ["data", "file_data"];
/// Keys of a tool's declaration that a policy does not see.
const SECRETS: [&str; 4] = ["authorization", "domain_secrets", "headers", "server_url"];
/// Keys of a request that say more than can be read here, unless they are null or say what is so anyway.
const MORE: [&str; 5] =
    ["conversation", "function_call", "functions", "stream_options", "web_search_options"];
/// Where a request bounds its answer.
const LIMITS: [&str; 3] = ["max_output_tokens", "max_completion_tokens", "max_tokens"];

/// Reads one wire format. What is governed is said by the adapter.
#[pyclass(frozen, module = "kitelogik._native")]
pub(crate) struct WireReader {
    chat: bool,
    keys: Words,
    items: Words,
    roles: Words,
    tools: Words,
    harmless: Words,
    reserve: u64,
}

#[pymethods]
impl WireReader {
    /// `keys` of a request; types of `items` of an input, of `tools`, and of `harmless` items of an answer;
    /// `roles` of messages; `reserve`: tokens reserved for an answer that a request does not bound.
    #[new]
    #[pyo3(signature = (*, chat, keys, items, roles, tools, harmless, reserve))]
    fn new(
        chat: bool,
        keys: Words,
        items: Words,
        roles: Words,
        tools: Words,
        harmless: Words,
        reserve: u64,
    ) -> Self {
        Self { chat, keys, items, roles, tools, harmless, reserve }
    }

    /// The event of a request that is sent as it came, and whether it follows on an earlier answer. `None`
    /// where the adapter must look.
    fn request(&self, content: &[u8]) -> Option<(ReadEvent, bool)> {
        // So that a look at the bytes finds what a look at the text would find.
        if has(content, b"\\u")
            || has(content, b";base64,")
            || FILES.iter().any(|key| has_key(content, key))
            || has_long_number(content)
        {
            return None;
        }
        let body = json::parse(content, &REQUEST).ok()?;
        let known = |(key, _): &(Value, Value)| key.as_str().is_some_and(|key| self.keys.contains(key));
        if !body.as_object()?.iter().all(known) || MORE.iter().any(|key| said(&body, key).is_some()) {
            return None;
        }
        let off = |key| said(&body, key).is_none_or(|value| *value == Value::Bool(false));
        let one = said(&body, "n").is_none_or(|n| matches!(n, Value::Number(n) if n.as_i64() == Some(1)));
        let chosen = said(&body, "tool_choice")
            .is_none_or(|choice| matches!(choice.as_str(), Some("auto" | "none" | "required")));
        if !off("stream") || !off("background") || !one || !chosen {
            return None;
        }
        let tools = said(&body, "tools").map_or(Some(&[][..]), Value::as_array)?;
        let typed =
            |item: &Value| said(item, "type").and_then(Value::as_str).is_some_and(|t| self.tools.contains(t));
        if !tools.iter().all(typed) || (!tools.is_empty() && SECRETS.iter().any(|key| has_key(content, key)))
        {
            return None;
        }
        let (messages, follows) = if self.chat { self.messages(&body)? } else { self.input(&body)? };
        let bound = LIMITS.iter().find_map(|key| match body.get(key) {
            Some(Value::Number(number)) => count(number),
            _ => None,
        });
        let size = u64::try_from(content.len()).ok()?;
        let tokens = bound.unwrap_or(self.reserve).checked_add(size.div_ceil(4))?;
        let document = Value::object([
            ("event", "model_call".into()),
            ("messages", messages),
            ("model", body.get("model").filter(|model| model.as_str().is_some())?.clone()),
            ("reserve", Value::object([("tokens", tokens.into())])),
            ("tools", Value::array(tools.iter().cloned())),
        ]);
        let event = Event::from_value(&document).ok()?;
        Some((ReadEvent { event, document }, follows))
    }

    /// The usage of an answer that is handed on as it came, in the names of this package; empty where it says
    /// none. `None` where the adapter must look.
    fn answer<'py>(&self, py: Python<'py>, content: &[u8]) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(counts) = skim::answer(content, self.chat, &self.harmless) else { return Ok(None) };
        let found = PyDict::new(py);
        for ((_, ours), count) in skim::USAGE.iter().zip(counts) {
            if let Some(count) = count {
                found.set_item(ours, count.min(MAX_INTEGER))?;
            }
        }
        Ok(Some(found))
    }
}

impl WireReader {
    /// The messages of Chat.
    fn messages(&self, body: &Value) -> Option<(Value, bool)> {
        let messages = said(body, "messages").map_or(Some(&[][..]), Value::as_array)?;
        for message in messages {
            let role = message.get("role").and_then(Value::as_str)?;
            let calls = said(message, "tool_calls").map_or(Some(&[][..]), Value::as_array)?;
            let typed = |call: &Value| {
                call.get("type").and_then(Value::as_str).is_some_and(|t| self.tools.contains(t))
            };
            if !self.roles.contains(role) || !calls.iter().all(typed) {
                return None;
            }
        }
        Some((Value::array(messages.iter().cloned()), false))
    }

    /// The input of Responses and its instructions, as messages; and whether an earlier answer belongs to it.
    fn input(&self, body: &Value) -> Option<(Value, bool)> {
        let mut follows = match said(body, "previous_response_id") {
            None => false,
            Some(Value::String(_)) => true,
            Some(_) => return None,
        };
        let message = |role: &str, text: &Value| {
            Value::object([("role", Value::from(role)), ("content", text.clone())])
        };
        let mut messages = Vec::new();
        if let Some(text @ Value::String(_)) = body.get("instructions") {
            messages.push(message("system", text));
        }
        match said(body, "input") {
            Some(text @ Value::String(said)) if !said.is_empty() => messages.push(message("user", text)),
            None | Some(Value::String(_)) => {}
            Some(items) => {
                for item in items.as_array()? {
                    item.as_object()?;
                    let kind = match item.get("type") {
                        Some(kind) => kind.as_str()?,
                        None => item.get("role").map(|_| "message")?,
                    };
                    if !self.items.contains(kind) {
                        return None;
                    }
                    follows |= kind.ends_with("_output");
                    messages.push(item.clone());
                }
            }
        }
        Some((Value::array(messages), follows))
    }
}

/// What a key says, if it says anything.
fn said<'a>(object: &'a Value, key: &str) -> Option<&'a Value> {
    object.get(key).filter(|value| **value != Value::Null)
}

/// A count as Python reads it: a whole number written as one. The largest stands for all beyond it.
pub(crate) fn count(number: &Number) -> Option<u64> {
    match number.as_text() {
        None => number.as_i64().and_then(|n| u64::try_from(n).ok()),
        Some(text) => text.bytes().all(|b| b.is_ascii_digit()).then_some(u64::MAX),
    }
}

fn has(content: &[u8], sign: &[u8]) -> bool {
    memchr::memmem::find(content, sign).is_some()
}

/// True if the bytes could hold more digits in a row than Python reads as a number.
pub(crate) fn has_long_number(content: &[u8]) -> bool {
    let digits =
        |bytes: &mut dyn Iterator<Item = &u8>| bytes.take_while(|byte| byte.is_ascii_digit()).count();
    // So many digits in a row cover one of these places.
    (MAX_DIGITS..content.len()).step_by(MAX_DIGITS).any(|at| {
        let (before, after) = content.split_at(at);
        digits(&mut before.iter().rev()) + digits(&mut after.iter()) > MAX_DIGITS
    })
}

/// True if the bytes could hold this key: it stands in quotes, and a colon follows.
fn has_key(content: &[u8], key: &str) -> bool {
    let quoted = [b"\"", key.as_bytes(), b"\""].concat();
    memchr::memmem::find_iter(content, &quoted).any(|at| {
        let rest = content.get(at + quoted.len()..).unwrap_or_default();
        rest.trim_ascii_start().starts_with(b":")
    })
}
