//! Where a key stands in a JSON text.

use kitelogik::value::json::{Limits, Reader, Token};

/// Line and column of the key at the end of a path of keys, from 1; of the text's begin where there is none.
pub(super) fn of_key(text: &[u8], path: &[&str]) -> (u32, u32) {
    let offset = offset(text, path).unwrap_or_default();
    let before = String::from_utf8_lossy(text.get(..offset).unwrap_or_default()).into_owned();
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

fn offset(text: &[u8], path: &[&str]) -> Option<usize> {
    let mut reader = Reader::new(text, &Limits::EVENT).ok()?;
    // The key that is being read in each open object; none in an array.
    let mut open: Vec<Option<String>> = Vec::new();
    loop {
        let before = reader.offset();
        match reader.next_token().ok()? {
            Token::Key(key) => {
                *open.last_mut()? = Some(key.into_owned());
                if open.len() == path.len() && open.iter().zip(path).all(|(a, b)| a.as_deref() == Some(*b)) {
                    let quote = text.get(before..)?.iter().position(|byte| *byte == b'"')?;
                    return Some(before + quote);
                }
            }
            Token::ObjectStart | Token::ArrayStart => open.push(None),
            Token::ObjectEnd | Token::ArrayEnd => drop(open.pop()),
            Token::End => return None,
            Token::Null | Token::Bool(_) | Token::Number(_) | Token::String(_) => {}
        }
    }
}
