//! JSON text to [`Value`], with two stacks instead of recursion.

use super::{Error, ErrorKind, Limits, Reader, Token};
use crate::{Number, Value};

/// What becomes of a key that an object has twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// The document is refused: two readers would see two different documents.
    Reject,
    /// The last one stays, as most JSON libraries have it.
    LastWins,
}

/// Reads one document; duplicate keys are refused.
pub fn parse(input: &[u8], limits: &Limits) -> Result<Value, Error> {
    parse_with(input, limits, Duplicates::Reject)
}

/// Reads one document.
pub fn parse_with(input: &[u8], limits: &Limits, duplicates: Duplicates) -> Result<Value, Error> {
    let mut reader = Reader::new(input, limits)?;
    let mut open: Vec<Open> = Vec::new();
    loop {
        let value = match reader.next_token()? {
            Token::Null => Value::Null,
            Token::Bool(b) => Value::Bool(b),
            Token::Number(text) => {
                Value::Number(Number::parse(text).ok_or_else(|| reader.error(ErrorKind::BadNumber))?)
            }
            Token::String(text) => Value::from(&*text),
            Token::Key(name) => {
                if let Some(Open::Object(_, key)) = open.last_mut() {
                    *key = Value::from(&*name);
                }
                continue;
            }
            Token::ArrayStart => {
                open.push(Open::Array(Vec::new()));
                continue;
            }
            Token::ObjectStart => {
                open.push(Open::Object(Vec::new(), Value::Null));
                continue;
            }
            Token::ArrayEnd | Token::ObjectEnd => match open.pop() {
                Some(Open::Array(items)) => Value::Array(items.into()),
                Some(Open::Object(pairs, _)) => {
                    object(pairs, duplicates).map_err(|kind| reader.error(kind))?
                }
                None => return Err(reader.error(ErrorKind::Expected("a value"))),
            },
            Token::End => return Err(reader.error(ErrorKind::Expected("a value"))),
        };
        match open.last_mut() {
            Some(Open::Array(items)) => items.push(value),
            Some(Open::Object(pairs, key)) => pairs.push((std::mem::take(key), value)),
            None => {
                return match reader.next_token()? {
                    Token::End => Ok(value),
                    _ => Err(reader.error(ErrorKind::Expected("nothing after the value"))),
                };
            }
        }
    }
}

enum Open {
    Array(Vec<Value>),
    Object(Vec<(Value, Value)>, Value),
}

fn object(mut pairs: Vec<(Value, Value)>, duplicates: Duplicates) -> Result<Value, ErrorKind> {
    if pairs.is_sorted_by(|a, b| a.0 < b.0) {
        return Ok(Value::Object(pairs.into()));
    }
    if duplicates == Duplicates::LastWins {
        return Ok(Value::object(pairs));
    }
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    for pair in pairs.windows(2) {
        if let [(a, _), (b, _)] = pair
            && a == b
        {
            return Err(ErrorKind::DuplicateKey(a.as_str().unwrap_or_default().to_owned()));
        }
    }
    Ok(Value::Object(pairs.into()))
}
