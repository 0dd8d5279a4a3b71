//! How long the compact JSON of a value is, without writing it.

use super::plain::plain_len;
use crate::Value;

/// Bytes that [`write`](super::write) would append.
pub fn written_len(value: &Value) -> usize {
    let between = |count: usize| 2 + count.saturating_sub(1);
    match value {
        Value::Null | Value::Bool(true) => 4,
        Value::Bool(false) => 5,
        Value::Number(number) => number.with_text(str::len),
        Value::String(s) => string_len(s),
        Value::Array(items) | Value::Set(items) => {
            between(items.len()) + items.iter().map(written_len).sum::<usize>()
        }
        Value::Object(pairs) => {
            let key = |key: &Value| match key {
                Value::String(s) => string_len(s),
                other => string_len(&super::to_string(other)),
            };
            between(pairs.len()) + pairs.iter().map(|(k, v)| key(k) + 1 + written_len(v)).sum::<usize>()
        }
    }
}

/// Bytes that [`write_string`](super::write_string) would append.
pub fn string_len(s: &str) -> usize {
    let mut len = s.len() + 2;
    let mut rest = s.as_bytes();
    while let Some((special, after)) = rest.get(plain_len(rest)..).and_then(<[u8]>::split_first) {
        len += match special {
            b'"' | b'\\' | 0x08..=0x0A | 0x0C | 0x0D => 1,
            _ => 5,
        };
        rest = after;
    }
    len
}
