//! What must hold of reading events, whatever the bytes.

use kitelogik_model::{Event, InvalidEvent};
use kitelogik_value::{
    Value,
    json::{self, Limits},
};

/// Reading ends without a panic; an accepted event holds every key of its document; no document with a key of
/// identity, session state or hashes is accepted.
pub(crate) fn hold(bytes: &[u8]) {
    let Ok(document) = json::parse(bytes, &Limits::EVENT) else { return };
    match Event::from_value(&document) {
        Ok(event) => {
            let Some(pairs) = document.as_object() else { panic!("an event that is no object") };
            for (key, value) in pairs {
                let Some(key) = key.as_str() else { panic!("a key that is no string") };
                assert!(!Event::RESERVED.contains(&key), "accepted {key}");
                held(&event, key, value);
            }
            for reserved in Event::RESERVED {
                let more = pairs.iter().cloned().chain([(reserved.into(), Value::Null)]);
                let refused = InvalidEvent::Reserved(reserved.to_owned());
                assert_eq!(Event::from_value(&Value::object(more)), Err(refused));
            }
        }
        Err(why) => assert!(!why.to_string().is_empty() && !why.code().as_str().is_empty()),
    }
}

/// The event says of this key what the document said.
fn held(event: &Event, key: &str, value: &Value) {
    let text = value.as_str();
    let same = match key {
        "event" => text == Some(event.kind.as_str()),
        "tool" => text == event.tool.as_deref(),
        "wire_tool" => text == event.wire_tool.as_deref(),
        "call_key" => text == event.call_key.as_deref(),
        "transport" => text == event.transport.map(|transport| transport.as_str()),
        "phase" => text == Some(event.phase.as_str()),
        "args" => Some(value) == event.args.as_ref(),
        "tool_tags" => {
            let tags = event.tool_tags.iter().map(|tag| Value::from(&**tag));
            *value == Value::array(tags)
        }
        "reserve" => value.get("tokens").and_then(Value::as_i64) == event.reserve_tokens.map(|n| n as i64),
        _ => Some(value) == event.fact(key),
    };
    assert!(same, "the event lost {key}");
}
