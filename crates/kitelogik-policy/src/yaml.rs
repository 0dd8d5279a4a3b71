//! YAML as far as it says the same as JSON. What readers of YAML 1.1 (OPA's among them) and 1.2 take for
//! different values is refused, and so is what JSON cannot say.

use kitelogik_value::{Number, Value};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle};
use std::collections::BTreeMap;

/// Levels of lists and objects.
const MAX_DEPTH: usize = 128;

/// Words that YAML 1.1 takes for booleans.
const OLD_BOOLEANS: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "<<", "="];

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) message: String,
    /// From 1
    pub(crate) line: u32,
    /// In characters, from 1
    pub(crate) column: u32,
}

/// A list or an object that is not at its end.
enum Open {
    List(Vec<Value>),
    Object(BTreeMap<Value, Value>, Option<Value>),
}

/// Reads one document.
pub(crate) fn parse(text: &str) -> Result<Value, Error> {
    let mut open: Vec<Open> = Vec::new();
    let mut whole: Option<Value> = None;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|e| error(e.marker(), format!("no YAML: {}", e.info())))?;
        let refuse = |what: &str| Err(error(&span.start, what.to_owned()));
        let done = match event {
            Event::Alias(_) => return refuse("an alias; write the value out"),
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => {
                return refuse("a tag; write the value as JSON would");
            }
            Event::SequenceStart(..) | Event::MappingStart(..) if open.len() >= MAX_DEPTH => {
                return refuse("nested too deep");
            }
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Object(BTreeMap::new(), None));
                continue;
            }
            Event::Scalar(text, style, _, None) => {
                let plain = style == ScalarStyle::Plain;
                if plain {
                    scalar(&text).map_err(|what| error(&span.start, what))?
                } else {
                    Value::from(&*text)
                }
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(items)) => Value::array(items),
                Some(Open::Object(pairs, _)) => Value::object(pairs),
                None => continue,
            },
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => continue,
        };
        match open.last_mut() {
            None if whole.is_some() => return refuse("a second document"),
            None => whole = Some(done),
            Some(Open::List(items)) => items.push(done),
            Some(Open::Object(pairs, key)) => match key.take() {
                None if done.as_str().is_none() => {
                    return refuse("a key that is no string; put it in quotes");
                }
                None if pairs.contains_key(&done) => return refuse("a key that stands there twice"),
                None => *key = Some(done),
                Some(name) => drop(pairs.insert(name, done)),
            },
        }
    }
    Ok(whole.unwrap_or(Value::Null))
}

/// The value of a scalar without quotes.
fn scalar(text: &str) -> Result<Value, String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::from(true)),
        "false" | "False" | "FALSE" => return Ok(Value::from(false)),
        _ => {}
    }
    let quotes = || format!("`{text}` means different things to different readers; put it in quotes");
    if OLD_BOOLEANS.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Err(quotes());
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if [".inf", ".nan"].iter().any(|word| unsigned.eq_ignore_ascii_case(word)) {
        return Err(format!("JSON has no number `{text}`"));
    }
    let digits = unsigned.strip_prefix('.').unwrap_or(unsigned);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(Value::from(text));
    }
    if let Some(number) = Number::parse(text) {
        return Ok(number.into());
    }
    let only = |chars: &str| unsigned.chars().all(|c| c.is_ascii_digit() || chars.contains(c));
    // Versions, addresses and dates are strings to all of them.
    let string = only(".-") && (unsigned.contains('-') || unsigned.matches('.').count() > 1);
    // Octal, hexadecimal, digits in groups, minutes are not.
    let based = ["0x", "0X", "0o", "0O", "0b", "0B"].iter().any(|prefix| unsigned.starts_with(prefix));
    if !string && (based || only("_.:eE+-")) { Err(quotes()) } else { Ok(Value::from(text)) }
}

fn error(at: &Marker, message: String) -> Error {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Error { message, line: number(at.line()), column: number(at.col().saturating_add(1)) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use kitelogik_value::json;

    #[test]
    fn what_json_can_say_is_read() {
        let text = "a: 1\nb: [x, \"2\", 3.50, -1e3]\nc:\n  - {d: null, e: ~}\n  - true\nf: |\n  two\n  lines\n\
            g: 1.2.3\nh: 10.0.0.0/8\ni: [2026-11-24, 0.0.1, 3e4f5a, 1-2]\nj: 123456789012345678901234567890\nk: 'yes'\n";
        let read = json::to_string(&parse(text).unwrap());
        let want = r#"{"a":1,"b":["x","2",3.50,-1e3],"c":[{"d":null,"e":null},true],"f":"two\nlines\n","g":"1.2.3","h":"10.0.0.0/8","i":["2026-11-24","0.0.1","3e4f5a","1-2"],"j":123456789012345678901234567890,"k":"yes"}"#;
        assert_eq!(read, want);
        assert_eq!(parse("# nothing\n").unwrap(), Value::Null);
    }

    #[test]
    fn what_readers_disagree_on_is_refused_with_its_place() {
        for text in [
            "yes",
            "No",
            "on",
            "OFF",
            "y",
            "010",
            "0o17",
            "0x1F",
            "1_000",
            "12:30",
            "+1",
            ".5",
            "1.",
            "<<: {}",
            "&a 1\nb: *a",
            "!!str 1",
            "!x 1",
            "{1: a}",
            "{a: 1, a: 2}",
            ".inf",
            "-.INF",
            ".nan",
            "1\n---\n2",
            "a: [",
            "a: b: c",
        ] {
            let text = format!("a:\n  {text}\n");
            let error = parse(&text).expect_err(&text);
            assert!(error.line >= 1 && error.column >= 1, "{text}: {error:?}");
        }
        let error = parse("a: 1\nb: on\n").expect_err("ambiguous");
        assert_eq!((error.line, error.column), (2, 4));
        assert!(error.message.contains("put it in quotes"), "{}", error.message);
        assert!(parse(&"[".repeat(200)).is_err());
        assert!(parse(&format!("{}{}", "[".repeat(128), "]".repeat(128))).is_ok());
        assert!(parse(&format!("{}{}", "[".repeat(129), "]".repeat(129))).is_err());
    }
}
