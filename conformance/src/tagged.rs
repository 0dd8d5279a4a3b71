//! Values as JSON that keeps what JSON lacks: `{"$set": [..]}` for sets, `{"$object": [[k, v], ..]}` for objects
//! with a key that is no plain string. The oracle answers in this form and kept cases are written in it.

use kitelogik_value::{Number, Value};

/// The tagged form of a value.
pub fn tag(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::array(items.iter().map(tag)),
        Value::Set(members) => Value::object([("$set", Value::array(members.iter().map(tag)))]),
        Value::Object(pairs) if pairs.iter().all(|(k, _)| is_plain(k)) => {
            Value::object(pairs.iter().map(|(k, v)| (k.clone(), tag(v))))
        }
        Value::Object(pairs) => {
            let pairs = pairs.iter().map(|(k, v)| Value::array([tag(k), tag(v)]));
            Value::object([("$object", Value::array(pairs))])
        }
        scalar => scalar.clone(),
    }
}

/// The value of a tagged form.
pub fn untag(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::array(items.iter().map(untag)),
        Value::Object(pairs) => {
            if let Some(members) = value.get("$set").and_then(Value::as_array) {
                return Value::set(members.iter().map(untag));
            }
            if let Some(pairs) = value.get("$object").and_then(Value::as_array) {
                return Value::object(pairs.iter().filter_map(|pair| match pair.as_array() {
                    Some([k, v]) => Some((untag(k), untag(v))),
                    _ => None,
                }));
            }
            // OPA lets `.5` be a number; what it means is told by a digit in front.
            let odd = value.get("$number").and_then(Value::as_str);
            if let Some(number) = odd.and_then(|text| Number::parse(&format!("0{text}"))) {
                return Value::Number(number);
            }
            Value::object(pairs.iter().map(|(k, v)| (k.clone(), untag(v))))
        }
        scalar => scalar.clone(),
    }
}

fn is_plain(key: &Value) -> bool {
    key.as_str().is_some_and(|k| !k.starts_with('$'))
}
