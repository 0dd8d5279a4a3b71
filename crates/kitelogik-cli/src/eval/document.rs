//! The event document of `eval`: an event, and beside it the session that a store would know.

use super::{place, session};
use kitelogik::{
    model::{Event, EventKind, InvalidEvent, ReasonCode, SessionKey, SessionView},
    value::{
        Value,
        json::{self, ErrorKind},
    },
};
use std::sync::Arc;

/// Keys that no enforcement point may say, and this command may.
const STATE: [&str; 3] = ["session", "principal", "parent"];

/// What is asked.
pub(super) struct Asked {
    pub(super) event: Event,
    pub(super) session: SessionView,
    pub(super) key: SessionKey,
}

/// A document that is no event, and where that shows.
pub(super) struct Wrong {
    pub(super) code: ReasonCode,
    pub(super) message: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

pub(super) fn read(bytes: &[u8]) -> Result<Asked, Wrong> {
    let document = json::parse(bytes, &json::Limits::EVENT).map_err(|error| {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        // The reader sees a double key only at the end of its object.
        let double = matches!(error.kind, ErrorKind::DuplicateKey(_)).then(|| place::of_duplicate(bytes));
        let (line, column) = double.flatten().unwrap_or((number(error.line), number(error.column)));
        let message = format!("no JSON document: {}", error.kind);
        Wrong { code: ReasonCode::InvalidEvent, message, line, column }
    })?;
    let wrong = |code, message, path: &[&str]| {
        let (line, column) = place::of_key(bytes, path);
        Wrong { code, message, line, column }
    };
    let pairs = document.as_object().unwrap_or_default();
    let is_state = |key: &Value| key.as_str().is_some_and(|key| STATE.contains(&key));
    let rest = match document.as_object() {
        None => document.clone(),
        Some(_) => Value::object(pairs.iter().filter(|(key, _)| !is_state(key)).cloned()),
    };
    let event =
        Event::from_value(&rest).map_err(|error| wrong(error.code(), error.to_string(), &[key(&error)]))?;
    let spawns = event.kind == EventKind::AgentSpawn;
    let session = session::read(&document, spawns).map_err(|error| {
        let path: Vec<&str> = error.path.iter().map(String::as_str).collect();
        wrong(ReasonCode::InvalidEvent, error.message(), &path)
    })?;
    let key = SessionKey { tenant: Arc::clone(&session.identity.tenant), id: Arc::clone(&session.id) };
    Ok(Asked { event, session, key })
}

/// The key at fault.
fn key(error: &InvalidEvent) -> &str {
    match error {
        InvalidEvent::UnknownKey(key) | InvalidEvent::Reserved(key) => key,
        InvalidEvent::Type { key, .. } => key,
        InvalidEvent::Kind => "event",
        InvalidEvent::NotAnObject | InvalidEvent::Missing(_) => "",
    }
}
