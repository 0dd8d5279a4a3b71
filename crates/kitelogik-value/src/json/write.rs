//! [`Value`] to JSON text. Sets become arrays; a key that is no string becomes the string of its JSON text.

use super::plain::{is_special, plain_ascii_len, plain_len};
use crate::Value;

/// Compact JSON.
pub fn to_string(value: &Value) -> String {
    text(value, write_string)
}

/// Compact JSON in ASCII: every other character as `\uXXXX`.
pub fn to_ascii(value: &Value) -> String {
    text(value, write_string_ascii)
}

fn text(value: &Value, string: fn(&str, &mut Vec<u8>)) -> String {
    let mut out = Vec::with_capacity(128);
    write_with(value, &mut out, string);
    // Written from `str`s and ASCII only.
    String::from_utf8(out).unwrap_or_default()
}

/// Appends compact JSON.
pub fn write(value: &Value, out: &mut Vec<u8>) {
    write_with(value, out, write_string);
}

/// Appends compact JSON in ASCII.
pub fn write_ascii(value: &Value, out: &mut Vec<u8>) {
    write_with(value, out, write_string_ascii);
}

fn write_with(value: &Value, out: &mut Vec<u8>, string: fn(&str, &mut Vec<u8>)) {
    match value {
        Value::Null => out.extend(b"null"),
        Value::Bool(true) => out.extend(b"true"),
        Value::Bool(false) => out.extend(b"false"),
        Value::Number(number) => number.with_text(|text| out.extend_from_slice(text.as_bytes())),
        Value::String(s) => string(s, out),
        Value::Array(items) | Value::Set(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_with(item, out, string);
            }
            out.push(b']');
        }
        Value::Object(pairs) => {
            out.push(b'{');
            for (i, (key, value)) in pairs.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                match key {
                    Value::String(s) => string(s, out),
                    other => string(&text(other, string), out),
                }
                out.push(b':');
                write_with(value, out, string);
            }
            out.push(b'}');
        }
    }
}

/// Appends a string literal, with the escapes of RFC 8785 (section 3.2.2.2) and no others.
pub fn write_string(s: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = s.as_bytes();
    loop {
        let (plain, special) = rest.split_at(plain_len(rest));
        out.extend_from_slice(plain);
        let Some((byte, after)) = special.split_first() else { break };
        escape(*byte, out);
        rest = after;
    }
    out.push(b'"');
}

/// Appends a string literal in ASCII.
pub fn write_string_ascii(s: &str, out: &mut Vec<u8>) {
    let plain = plain_ascii_len(s.as_bytes());
    let (Some(start), Some(rest)) = (s.get(..plain), s.get(plain..)) else { return write_string(s, out) };
    out.push(b'"');
    out.extend_from_slice(start.as_bytes());
    for c in rest.chars() {
        match u8::try_from(c) {
            Ok(byte) if byte.is_ascii() => {
                if is_special(byte) {
                    escape(byte, out);
                } else {
                    out.push(byte);
                }
            }
            _ => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| unicode(*unit, out)),
        }
    }
    out.push(b'"');
}

/// Appends a whole number.
pub fn write_whole(number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'"' => out.extend(b"\\\""),
        b'\\' => out.extend(b"\\\\"),
        0x08 => out.extend(b"\\b"),
        0x09 => out.extend(b"\\t"),
        0x0A => out.extend(b"\\n"),
        0x0C => out.extend(b"\\f"),
        0x0D => out.extend(b"\\r"),
        other => unicode(other.into(), out),
    }
}

fn unicode(unit: u16, out: &mut Vec<u8>) {
    out.extend(b"\\u");
    for shift in [12, 8, 4, 0] {
        let digit = u32::from((unit >> shift) & 0xF);
        out.push(char::from_digit(digit, 16).map_or(b'0', |c| c as u8));
    }
}
