//! Where a key stands in a JSON text.

use kitelogik::value::json::{Limits, Reader, Token};
use std::collections::HashSet;

/// Line and column, from 1.
pub(super) type Place = (u32, u32);

/// A list or an object that is not at its end.
struct Open {
    /// How many were opened before it
    number: usize,
    /// The key that is being read; none in a list
    key: Option<String>,
}

/// The key at the end of a path of keys; the text's begin where there is none.
pub(super) fn of_key(text: &[u8], path: &[&str]) -> Place {
    let found = find(text, |open| {
        open.len() == path.len() && open.iter().zip(path).all(|(a, b)| a.key.as_deref() == Some(*b))
    });
    place(text, found.unwrap_or_default())
}

/// The first key that its object has already.
pub(super) fn of_duplicate(text: &[u8]) -> Option<Place> {
    let mut seen = HashSet::new();
    let found =
        find(text, |open| open.last().is_some_and(|last| !seen.insert((last.number, last.key.clone()))));
    found.map(|offset| place(text, offset))
}

/// The offset of the first key that is wanted; asked for each key with what is open there.
fn find(text: &[u8], mut wanted: impl FnMut(&[Open]) -> bool) -> Option<usize> {
    let mut reader = Reader::new(text, &Limits::EVENT).ok()?;
    let (mut open, mut opened): (Vec<Open>, usize) = (Vec::new(), 0);
    loop {
        let before = reader.offset();
        match reader.next_token().ok()? {
            Token::Key(key) => {
                open.last_mut()?.key = Some(key.into_owned());
                if wanted(&open) {
                    let quote = text.get(before..)?.iter().position(|byte| *byte == b'"')?;
                    return Some(before + quote);
                }
            }
            Token::ObjectStart | Token::ArrayStart => {
                open.push(Open { number: opened, key: None });
                opened += 1;
            }
            Token::ObjectEnd | Token::ArrayEnd => drop(open.pop()),
            Token::End => return None,
            Token::Null | Token::Bool(_) | Token::Number(_) | Token::String(_) => {}
        }
    }
}

fn place(text: &[u8], offset: usize) -> Place {
    let before = String::from_utf8_lossy(text.get(..offset).unwrap_or_default()).into_owned();
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}
