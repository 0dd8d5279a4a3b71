//! `glob.match` and `glob.quote_meta`: `*` stays between delimiters, `**` does not, `?` is one character that
//! is no delimiter, `[a-c]` and `[!a-c]` are classes, `{a,b}` alternatives.

use super::{
    operands::{any, charge_bytes, element_error, string},
    types::{BOOLEAN, STRING, STRING_ARRAY, def},
};
use crate::{
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Type},
    pattern::{self, Compiled, compile_expression},
    val::Val,
};
use regex::RegexBuilder;

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("glob.match", &[STRING, Type::Union(&[Type::Null, STRING_ARRAY]), STRING], BOOLEAN, matches),
    def("glob.quote_meta", &[STRING], STRING, quote_meta),
];

fn matches<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let pattern = string(args, 1)?;
    let delimiters = match any(args, 2) {
        Val::Null => String::new(),
        whole @ Val::Array(array) => {
            let mut found = String::new();
            for item in array.iter() {
                let text = item.as_str().ok_or_else(|| element_error(2, whole, item, "string"))?;
                let mut chars = text.chars();
                match (chars.next(), chars.next()) {
                    (Some(one), None) => found.push(one),
                    _ => return Err(element_error(2, whole, item, "rune")),
                }
            }
            if found.is_empty() { ".".to_owned() } else { found }
        }
        got => return Err(BuiltinError::type_of(2, got, &["array", "null"])),
    };
    let text = string(args, 3)?;
    pattern::check_length(pattern)?;
    charge_bytes(cx, pattern.len().saturating_add(text.len()))?;
    cx.step(delimiters.len() as u64)?;
    let key = format!("{pattern}\u{0}{delimiters}");
    let compiled = cx.kept_pattern("glob", &key, |cx| build(cx, pattern, &delimiters))?;
    // Once is paid for above.
    cx.step((text.len() as u64 / 64).saturating_mul(compiled.search.saturating_sub(1)))?;
    Ok(Some(Val::Bool(compiled.is_match(text))))
}

/// The bytes that a glob's program may take.
const MAX_PROGRAM: usize = 1 << 20;

/// The bytes of the expression that a glob becomes: each `?` names all delimiters.
const MAX_EXPRESSION: usize = 1 << 20;

fn too_large(pattern: &str) -> BuiltinError {
    BuiltinError::failed(format!("glob pattern is too large or malformed: {pattern}"))
}

fn build(cx: &mut BuiltinCx<'_, '_>, pattern: &str, delimiters: &str) -> Result<Compiled, BuiltinError> {
    let expression = expression(pattern, delimiters)?;
    let steps = expression.len() as u64;
    let any_line = |builder: &mut RegexBuilder| {
        builder.dot_matches_new_line(true);
    };
    compile_expression(&expression, MAX_PROGRAM, steps, any_line, |steps| cx.step(steps))?
        .map_err(|_| too_large(pattern))
}

fn class_of(text: &str) -> String {
    text.chars().map(|c| format!("\\u{{{:X}}}", u32::from(c))).collect()
}

fn expression(pattern: &str, delimiters: &str) -> Result<String, BuiltinError> {
    let one = if delimiters.is_empty() { ".".to_owned() } else { format!("[^{}]", class_of(delimiters)) };
    let mut out = String::from("^(?:");
    let mut chars = pattern.chars().peekable();
    let mut groups = 0_usize;
    while let Some(c) = chars.next() {
        if out.len().saturating_add(one.len()) > MAX_EXPRESSION {
            return Err(too_large(pattern));
        }
        match c {
            '*' => {
                let mut stars = 1;
                while chars.next_if_eq(&'*').is_some() {
                    stars += 1;
                }
                out.push_str(if stars > 1 { "." } else { &one });
                out.push('*');
            }
            '?' => out.push_str(&one),
            '\\' => {
                let escaped = chars.next().unwrap_or('\\');
                out.push_str(&regex::escape(&escaped.to_string()));
            }
            '{' => {
                groups += 1;
                out.push_str("(?:");
            }
            '}' if groups > 0 => {
                groups -= 1;
                out.push(')');
            }
            ',' if groups > 0 => out.push('|'),
            '[' => out.push_str(&class(&mut chars)?),
            other => out.push_str(&regex::escape(&other.to_string())),
        }
    }
    if groups > 0 {
        return Err(BuiltinError::failed("unexpected end of input"));
    }
    out.push_str(")$");
    Ok(out)
}

/// What stands between the brackets: single characters or ranges, all of them excluded after `!` or `^`.
fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, BuiltinError> {
    let negated = chars.next_if(|c| matches!(c, '!' | '^')).is_some();
    let mut members = Vec::new();
    loop {
        match chars.next() {
            None => return Err(BuiltinError::failed("unexpected end of input")),
            Some(']') if !members.is_empty() => break,
            Some('\\') => members.push((chars.next().unwrap_or('\\'), false)),
            Some(c) => members.push((c, c == '-')),
        }
    }
    let mut out = String::from(if negated { "[^" } else { "[" });
    let last = members.len().saturating_sub(1);
    for (at, (c, dash)) in members.into_iter().enumerate() {
        if dash && at > 0 && at < last {
            out.push('-');
        } else {
            out.push_str(&class_of(&c.to_string()));
        }
    }
    out.push(']');
    Ok(out)
}

fn quote_meta<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let text = string(args, 1)?;
    charge_bytes(cx, text.len())?;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '?' | '\\' | '[' | ']' | '{' | '}') {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(Some(cx.arena().string(&out)?))
}
