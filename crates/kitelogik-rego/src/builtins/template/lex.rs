//! The words of an action.

use super::failed;
use crate::builtin::BuiltinError;

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    /// `.`
    Dot,
    /// `.name`
    Field(String),
    /// `$` or `$name`
    Variable(String),
    /// A keyword or a function
    Name(String),
    Int(i64),
    Float(f64),
    Text(String),
    /// `(` `)` `|` `,` `=` `:=`
    Sign(&'static str),
}

/// A word, and whether a space stands before it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) word: Word,
    pub(super) spaced: bool,
}

/// Splits an action, up to its `}}`: its words, whether it ends in ` -}}`, and what comes after it.
pub(super) fn action(text: &str) -> Result<(Vec<Token>, bool, &str), BuiltinError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let spaced = trimmed.len() < rest.len();
        rest = trimmed;
        if let Some(after) = rest.strip_prefix("-}}").filter(|_| spaced) {
            return Ok((tokens, true, after));
        }
        if let Some(after) = rest.strip_prefix("}}") {
            return Ok((tokens, false, after));
        }
        let (word, after) = word(rest)?;
        tokens.push(Token { word, spaced });
        rest = after;
    }
}

const SIGNS: [&str; 6] = [":=", "=", "(", ")", "|", ","];

fn word(text: &str) -> Result<(Word, &str), BuiltinError> {
    for sign in SIGNS {
        if let Some(after) = text.strip_prefix(sign) {
            return Ok((Word::Sign(sign), after));
        }
    }
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return Err(failed("unclosed action")) };
    let after = chars.as_str();
    match first {
        '"' => quoted(after),
        '`' => match after.split_once('`') {
            Some((raw, after)) => Ok((Word::Text(raw.to_owned()), after)),
            None => Err(failed("unterminated raw quoted string")),
        },
        '\'' => character(after),
        '$' => {
            let (name, after) = name(after);
            Ok((Word::Variable(name.to_owned()), after))
        }
        '.' if !after.starts_with(|c: char| c.is_ascii_digit()) => match name(after) {
            ("", after) => Ok((Word::Dot, after)),
            (name, after) => Ok((Word::Field(name.to_owned()), after)),
        },
        '.' | '+' | '-' | '0'..='9' => number(text),
        c if is_letter(c) => {
            let (name, after) = name(text);
            Ok((Word::Name(name.to_owned()), after))
        }
        other => Err(failed(format!("unexpected {other:?} in command"))),
    }
}

fn is_letter(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn name(text: &str) -> (&str, &str) {
    let end = text.find(|c| !is_letter(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// One character, or what a backslash and the next ones stand for.
fn unescape<'t>(chars: &mut std::str::Chars<'t>) -> Option<char> {
    match chars.next()? {
        '\\' => {
            let code = |chars: &mut std::str::Chars<'t>, digits: usize| {
                let text = chars.as_str().get(..digits)?;
                *chars = chars.as_str().get(digits..)?.chars();
                char::from_u32(u32::from_str_radix(text, 16).ok()?)
            };
            Some(match chars.next()? {
                'a' => '\u{7}',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\u{b}',
                'x' => code(chars, 2).filter(char::is_ascii)?,
                'u' => code(chars, 4)?,
                'U' => code(chars, 8)?,
                same @ ('\\' | '"' | '\'') => same,
                _ => return None,
            })
        }
        '\n' => None,
        plain => Some(plain),
    }
}

fn quoted(text: &str) -> Result<(Word, &str), BuiltinError> {
    let mut chars = text.chars();
    let mut out = String::new();
    loop {
        if let Some(after) = chars.as_str().strip_prefix('"') {
            return Ok((Word::Text(out), after));
        }
        match unescape(&mut chars) {
            Some(c) => out.push(c),
            None => return Err(failed("unterminated quoted string")),
        }
    }
}

fn character(text: &str) -> Result<(Word, &str), BuiltinError> {
    let mut chars = text.chars();
    let c = unescape(&mut chars);
    match (c, chars.as_str().strip_prefix('\'')) {
        (Some(c), Some(after)) => Ok((Word::Int(u32::from(c).into()), after)),
        _ => Err(failed("unterminated character constant")),
    }
}

/// A decimal or hexadecimal integer, or a decimal float.
fn number(text: &str) -> Result<(Word, &str), BuiltinError> {
    let fits = |(at, c): &(usize, char)| {
        let sign = matches!(c, '+' | '-');
        let before = at.checked_sub(1).and_then(|at| text.as_bytes().get(at));
        if sign {
            *at == 0 || matches!(before, Some(b'e' | b'E')) && !text.contains(['x', 'X'])
        } else {
            c.is_ascii_alphanumeric() || matches!(c, '.' | '_')
        }
    };
    let end = text.char_indices().find(|place| !fits(place)).map_or(text.len(), |(at, _)| at);
    let (literal, after) = text.split_at_checked(end).unwrap_or((text, ""));
    let bad = || failed(format!("bad number syntax: {literal:?}"));
    let plain = literal.replace('_', "");
    let (negative, digits) = match plain.strip_prefix(['+', '-']) {
        Some(digits) => (plain.starts_with('-'), digits),
        None => (false, plain.as_str()),
    };
    let hexadecimal = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    if let Some(hexadecimal) = hexadecimal {
        let value = i64::from_str_radix(hexadecimal, 16).map_err(|_| bad())?;
        return Ok((Word::Int(if negative { -value } else { value }), after));
    }
    if digits.contains(['.', 'e', 'E']) {
        let value = plain.parse::<f64>().ok().filter(|float| float.is_finite()).ok_or_else(bad)?;
        return Ok((Word::Float(value), after));
    }
    // A leading zero would be octal.
    if digits.len() > 1 && digits.starts_with('0') {
        return Err(bad());
    }
    Ok((Word::Int(plain.parse().map_err(|_| bad())?), after))
}
