//! From values to YAML, in block style with an indent of two, as go-yaml writes it.

use super::{
    failed, has_control_characters,
    scalar::{Scalar, resolve},
};
use crate::{
    Limit,
    builtin::{BuiltinCx, BuiltinError},
    builtins::{marshal::named, operands::collection, sprintf::general, strings::MAX_TEXT},
    stack::with_room,
    val::Val,
};
use std::borrow::Cow;

/// The longest key that stands before its colon; longer ones, and those of several lines, are told by `?`.
const MAX_KEY: usize = 128;

/// The document, with a line break at its end.
pub(super) fn document(cx: &mut BuiltinCx<'_, '_>, value: Val<'_>) -> Result<String, BuiltinError> {
    let mut out = String::new();
    node(cx, value, 0, &mut out)?;
    if !out.ends_with('\n') {
        out.push('\n');
    }
    Ok(out)
}

fn line(indent: usize, out: &mut String) -> Result<(), BuiltinError> {
    if out.len().saturating_add(indent) > MAX_TEXT {
        return Err(Limit::Memory.into());
    }
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out.push_str(&" ".repeat(indent));
    Ok(())
}

/// Writes a value whose first line has begun already; others are indented.
fn node(
    cx: &mut BuiltinCx<'_, '_>,
    value: Val<'_>,
    indent: usize,
    out: &mut String,
) -> Result<(), BuiltinError> {
    cx.step(1 + indent as u64 / 64)?;
    match value {
        Val::Array(_) | Val::Set(_) => {
            let items = collection(&[value], 1, &[])?;
            if items.is_empty() {
                out.push_str("[]");
            }
            for (at, item) in items.into_iter().enumerate() {
                if at > 0 {
                    line(indent, out)?;
                }
                out.push_str("- ");
                with_room(|| node(cx, item, indent + 2, out))?;
            }
            Ok(())
        }
        Val::Object(object) => {
            let members = named(cx, object)?;
            if members.is_empty() {
                out.push_str("{}");
            }
            // Comparing a name with another reads both.
            let bytes: usize = members.iter().map(|(name, _)| name.len() + 8).sum();
            cx.step(bytes as u64 / 8)?;
            for (at, (name, value)) in sorted(members).into_iter().enumerate() {
                if at > 0 {
                    line(indent, out)?;
                }
                member(cx, &name, value, indent, out)?;
            }
            Ok(())
        }
        Val::Str(text) => string(cx, text, indent, false, out),
        Val::Int(_) | Val::Num(_) => {
            let text = value.to_rego();
            out.push_str(&match resolve(&text) {
                Scalar::Int(int) => int.to_string(),
                Scalar::Float(float) => general(float, None),
                _ => text,
            });
            Ok(())
        }
        scalar => {
            out.push_str(&scalar.to_rego());
            Ok(())
        }
    }
}

fn member(
    cx: &mut BuiltinCx<'_, '_>,
    name: &str,
    value: Val<'_>,
    indent: usize,
    out: &mut String,
) -> Result<(), BuiltinError> {
    let simple = name.len() <= MAX_KEY && !name.contains(is_break);
    if !simple {
        out.push_str("? ");
        string(cx, name, indent + 2, false, out)?;
        line(indent, out)?;
        out.push_str(": ");
        return with_room(|| node(cx, value, indent + 2, out));
    }
    string(cx, name, indent, true, out)?;
    out.push(':');
    let filled = match value {
        Val::Array(array) => !array.is_empty(),
        Val::Set(set) => !set.is_empty(),
        Val::Object(object) => !object.is_empty(),
        _ => false,
    };
    if filled {
        line(indent + 2, out)?;
    } else {
        out.push(' ');
    }
    with_room(|| node(cx, value, indent + 2, out))
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What an emitter of YAML writes as it is.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

fn string(
    cx: &mut BuiltinCx<'_, '_>,
    text: &str,
    indent: usize,
    key: bool,
    out: &mut String,
) -> Result<(), BuiltinError> {
    cx.step(text.len() as u64 / 16)?;
    if text.len().saturating_add(out.len()) > MAX_TEXT {
        return Err(Limit::Memory.into());
    }
    if has_control_characters(&text.replace(|c: char| c < ' ', "")) {
        return Err(failed("control characters are not allowed"));
    }
    let shape = Shape::of(text);
    if text.contains('\n') {
        if shape.literal && !key { literal(text, indent, out)? } else { double_quoted(text, out) }
    } else if !is_text(text) || !shape.single_quoted {
        double_quoted(text, out);
    } else if shape.plain {
        out.push_str(text);
    } else {
        out.push_str(&format!("'{}'", text.replace('\'', "''")));
    }
    Ok(())
}

/// True where plain text would be read as text, by old readers too.
fn is_text(text: &str) -> bool {
    let old = matches!(
        text,
        "y" | "Y"
            | "yes"
            | "Yes"
            | "YES"
            | "on"
            | "On"
            | "ON"
            | "n"
            | "N"
            | "no"
            | "No"
            | "NO"
            | "off"
            | "Off"
            | "OFF"
    );
    matches!(resolve(text), Scalar::Text | Scalar::Merge) && !old && !is_base_60(text)
}

/// `190:20:30.15`: in YAML 1.1 a number.
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut parts = whole.split(':');
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let first =
        parts.next().is_some_and(|part| part.starts_with(|c: char| c.is_ascii_digit()) && digits(part));
    let sixties = |part: &str| match part.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [b'0'..=b'5', digit] => digit.is_ascii_digit(),
        _ => false,
    };
    first && whole.contains(':') && parts.all(sixties) && digits(fraction)
}

/// Which styles a text can have.
struct Shape {
    plain: bool,
    single_quoted: bool,
    literal: bool,
}

impl Shape {
    fn of(text: &str) -> Self {
        let blank = |c: char| matches!(c, ' ' | '\t');
        let chars: Vec<char> = text.chars().collect();
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut special, mut tabs, mut space_break, mut break_space) = (false, false, false, false);
        let mut before: Option<char> = None;
        let mut rest = chars.iter().copied().peekable();
        while let Some(c) = rest.next() {
            let followed = rest.peek().is_none_or(|next| blank(*next));
            indicators |= match c {
                ':' => followed,
                '#' => before.is_none_or(|before| blank(before) || is_break(before)),
                '?' | '-' => before.is_none() && followed,
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => {
                    before.is_none()
                }
                _ => false,
            };
            tabs |= c == '\t';
            special |= c != '\t' && !is_printable(c);
            space_break |= is_break(c) && before == Some(' ');
            break_space |= c == ' ' && before.is_some_and(is_break);
            before = Some(c);
        }
        let edge = |c: Option<&char>| c.is_some_and(|c| *c == ' ' || is_break(*c));
        let trailing_space = chars.last() == Some(&' ');
        let breaks = chars.iter().any(|c| is_break(*c));
        let quotable = !(break_space || space_break || tabs || special);
        Self {
            plain: quotable && !breaks && !indicators && !edge(chars.first()) && !edge(chars.last()),
            single_quoted: quotable,
            literal: !(trailing_space || space_break || special),
        }
    }
}

fn literal(text: &str, indent: usize, out: &mut String) -> Result<(), BuiltinError> {
    out.push('|');
    if text.starts_with(|c| c == ' ' || is_break(c)) {
        out.push('2');
    }
    let ends = text.chars().rev().take(2).map(is_break).collect::<Vec<_>>();
    match ends.as_slice() {
        [true, true] | [true] => out.push('+'),
        [true, false] => {}
        _ => out.push('-'),
    }
    // At the top the text is indented all the same.
    let indent = indent.max(2);
    for part in text.split_inclusive('\n') {
        if part == "\n" {
            if !out.ends_with('\n') {
                out.push('\n');
            }
        } else {
            line(indent, out)?;
        }
        out.push_str(part);
    }
    Ok(())
}

fn double_quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        let short = match c {
            '\0' => "0",
            '\u{7}' => "a",
            '\u{8}' => "b",
            '\t' => "t",
            '\n' => "n",
            '\u{b}' => "v",
            '\u{c}' => "f",
            '\r' => "r",
            '\u{1b}' => "e",
            '"' => "\"",
            '\\' => "\\",
            '\u{85}' => "N",
            '\u{2028}' => "L",
            '\u{2029}' => "P",
            _ => "",
        };
        let code = u32::from(c);
        if !short.is_empty() {
            out.push('\\');
            out.push_str(short);
        } else if is_printable(c) {
            out.push(c);
        } else if code <= 0xff {
            out.push_str(&format!("\\x{code:02X}"));
        } else if code <= 0xffff {
            out.push_str(&format!("\\u{code:04X}"));
        } else {
            out.push_str(&format!("\\U{code:08X}"));
        }
    }
    out.push('"');
}

type Member<'a> = (Cow<'a, str>, Val<'a>);

/// In natural order. That order need not be a total one, so the library's sorts would not do.
fn sorted(mut members: Vec<Member<'_>>) -> Vec<Member<'_>> {
    if members.len() < 2 {
        return members;
    }
    let total = members.len();
    let right = sorted(members.split_off(total / 2));
    let (mut left, mut right) = (sorted(members).into_iter().peekable(), right.into_iter().peekable());
    let mut out = Vec::with_capacity(total);
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        out.extend(if is_before(&b.0, &a.0) { right.next() } else { left.next() });
    }
    out.extend(left);
    out.extend(right);
    out
}

/// Numbers in names count as numbers; letters come after other characters, but before them after a digit.
fn is_before(a: &str, b: &str) -> bool {
    let (mut left, mut right) = (a.chars(), b.chars());
    let mut same = String::new();
    loop {
        let (rest_a, rest_b) = (left.as_str(), right.as_str());
        let (Some(x), Some(y)) = (left.next(), right.next()) else {
            return a.chars().count() < b.chars().count();
        };
        if x == y {
            same.push(x);
            continue;
        }
        let after_digit = same.ends_with(|c: char| c.is_ascii_digit());
        match (x.is_alphabetic(), y.is_alphabetic()) {
            (true, true) => return x < y,
            (false, false) => {}
            (letter, _) => return if after_digit { letter } else { !letter },
        }
        // A zero inside of a number is no leading one.
        let number_before = same.trim_end_matches(|c: char| c.is_ascii_digit());
        let inside = same.get(number_before.len()..).is_some_and(|digits| digits.contains(|c| c != '0'));
        let start = u128::from((x == '0' || y == '0') && inside);
        let number = |rest: &str| {
            let digits = rest.bytes().take_while(u8::is_ascii_digit);
            digits.fold((start, 0), |(value, count), digit| {
                (value.saturating_mul(10).saturating_add(u128::from(digit - b'0')), count + 1)
            })
        };
        let (x_number, y_number) = (number(rest_a), number(rest_b));
        return if x_number == y_number { x < y } else { x_number < y_number };
    }
}
