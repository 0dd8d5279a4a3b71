//! Canonical bytes, for hashing: RFC 8785 (JCS) with one difference that makes it exact.
//!
//! JCS passes every number through a double, so that `9007199254740993` and `9007199254740992` hash alike: two
//! different amounts under one approval. Here a number keeps all its significant digits and is laid out as JCS
//! lays out a double's; a number that a double round-trips digit for digit has the bytes that RFC 8785 gives it.
//! Equal values have equal bytes and different values different ones.

use crate::{Value, json::write_string};

/// The canonical text.
pub fn to_string(value: &Value) -> String {
    let mut out = Vec::with_capacity(256);
    write(value, &mut out);
    // Written from `str`s and ASCII only.
    String::from_utf8(out).unwrap_or_default()
}

/// Appends the canonical bytes. Sets are written as arrays; a key that is no string, as the string of its
/// canonical text.
pub fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend(b"null"),
        Value::Bool(true) => out.extend(b"true"),
        Value::Bool(false) => out.extend(b"false"),
        Value::Number(number) => number.write_canonical(out),
        Value::String(s) => write_string(s, out),
        Value::Array(items) | Value::Set(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write(item, out);
            }
            out.push(b']');
        }
        Value::Object(pairs) => write_object(pairs, out),
    }
}

fn write_object(pairs: &[(Value, Value)], out: &mut Vec<u8>) {
    // Pairs stand in code point order; RFC 8785 (section 3.2.3) wants UTF-16 order. The two differ only
    // where a key holds a character from U+E000 on, whose UTF-8 begins with 0xEE or above.
    let plain = |key: &Value| matches!(key, Value::String(s) if !s.bytes().any(|b| b >= 0xEE));
    out.push(b'{');
    if pairs.iter().all(|(key, _)| plain(key)) {
        for (i, (key, value)) in pairs.iter().enumerate() {
            write_pair(i, key.as_str().unwrap_or_default(), value, out);
        }
    } else {
        let mut keyed: Vec<(String, &Value)> = pairs.iter().map(|(k, v)| (key_text(k), v)).collect();
        keyed.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
        for (i, (key, value)) in keyed.iter().enumerate() {
            write_pair(i, key, value, out);
        }
    }
    out.push(b'}');
}

fn write_pair(index: usize, key: &str, value: &Value, out: &mut Vec<u8>) {
    if index > 0 {
        out.push(b',');
    }
    write_string(key, out);
    out.push(b':');
    write(value, out);
}

fn key_text(key: &Value) -> String {
    match key {
        Value::String(s) => s.to_string(),
        other => to_string(other),
    }
}
