//! JSON text to [`Value`], with two stacks instead of recursion.

use super::{Error, ErrorKind, Limits, Reader, Token};
use crate::{Number, Value, value::cmp_keys};

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
    let mut open: Vec<Open> = Vec::with_capacity(8);
    // What the open collections hold so far, each behind what its own collection holds.
    let (mut items, mut pairs) = (Vec::new(), Vec::with_capacity(16));
    loop {
        let value = match reader.next_token()? {
            Token::Null => Value::Null,
            Token::Bool(b) => Value::Bool(b),
            Token::Number(text) => {
                Value::Number(Number::parse(text).ok_or_else(|| reader.error(ErrorKind::BadNumber))?)
            }
            Token::String(text) => Value::from(&*text),
            Token::Key(name) => {
                if let Some(Open::Object { key, .. }) = open.last_mut() {
                    *key = Value::from(&*name);
                }
                continue;
            }
            Token::ArrayStart => {
                open.push(Open::Array { from: items.len() });
                continue;
            }
            Token::ObjectStart => {
                open.push(Open::Object { from: pairs.len(), key: Value::Null });
                continue;
            }
            Token::ArrayEnd | Token::ObjectEnd => match open.pop() {
                Some(Open::Array { from }) => Value::Array(items.drain(from..).collect()),
                Some(Open::Object { from, .. }) => {
                    object(&mut pairs, from, duplicates).map_err(|kind| reader.error(kind))?
                }
                None => return Err(reader.error(ErrorKind::Expected("a value"))),
            },
            Token::End => return Err(reader.error(ErrorKind::Expected("a value"))),
        };
        match open.last_mut() {
            Some(Open::Array { .. }) => items.push(value),
            Some(Open::Object { key, .. }) => pairs.push((std::mem::take(key), value)),
            None => {
                return match reader.next_token()? {
                    Token::End => Ok(value),
                    _ => Err(reader.error(ErrorKind::Expected("nothing after the value"))),
                };
            }
        }
    }
}

/// A collection that has begun, and where what it holds begins.
enum Open {
    Array { from: usize },
    Object { from: usize, key: Value },
}

/// The object of the last pairs, which are taken away.
fn object(pairs: &mut Vec<(Value, Value)>, from: usize, duplicates: Duplicates) -> Result<Value, ErrorKind> {
    let own = pairs.get_mut(from..).unwrap_or_default();
    if !own.is_sorted_by(|a, b| cmp_keys(&a.0, &b.0).is_lt()) {
        if duplicates == Duplicates::LastWins {
            return Ok(Value::object(pairs.drain(from..)));
        }
        own.sort_by(|a, b| cmp_keys(&a.0, &b.0));
        for pair in own.windows(2) {
            if let [(a, _), (b, _)] = pair
                && a == b
            {
                return Err(ErrorKind::DuplicateKey(a.as_str().unwrap_or_default().to_owned()));
            }
        }
    }
    Ok(Value::Object(pairs.drain(from..).collect()))
}
