//! `regex.*`, over the `regex` crate: linear in the text, whatever the pattern.

use super::{
    operands::{any, charge_bytes, int, string},
    strings::{MAX_TEXT, array_of},
    types::{BOOLEAN, NUMBER, STRING, STRING_ARRAY, def},
};
use crate::{
    Limit,
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Type},
    pattern::{self, Compiled},
    val::Val,
};
use std::{ops::Range, sync::Arc};

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("regex.match", &[STRING, STRING], BOOLEAN, matches),
    def("re_match", &[STRING, STRING], BOOLEAN, matches),
    def("regex.is_valid", &[STRING], BOOLEAN, is_valid),
    def("regex.split", &[STRING, STRING], STRING_ARRAY, split),
    def("regex.find_n", &[STRING, STRING, NUMBER], STRING_ARRAY, find_n),
    def(
        "regex.find_all_string_submatch_n",
        &[STRING, STRING, NUMBER],
        Type::Array(&STRING_ARRAY),
        find_all_submatch,
    ),
    def("regex.replace", &[STRING, STRING, STRING], STRING, replace),
    def("regex.template_match", &[STRING, STRING, STRING, STRING], BOOLEAN, template_match),
];

/// Compiled once and kept by the evaluator.
pub(super) fn compiled(cx: &mut BuiltinCx<'_, '_>, pattern: &str) -> Result<Arc<Compiled>, BuiltinError> {
    // Before it becomes a key.
    pattern::check_length(pattern)?;
    charge_bytes(cx, pattern.len())?;
    cx.kept_pattern("regex", pattern, |cx| pattern::compile(pattern, |steps| cx.step(steps)))
}

/// Compiled, and charged for a search through the text.
fn searching(cx: &mut BuiltinCx<'_, '_>, pattern: &str, text: &str) -> Result<Arc<Compiled>, BuiltinError> {
    let compiled = compiled(cx, pattern)?;
    cx.step((text.len() as u64 / 64).saturating_mul(compiled.search))?;
    Ok(compiled)
}

/// Charges for a match and for the search after it.
fn charge_match(cx: &mut BuiltinCx<'_, '_>, found: Range<usize>, text: &str) -> Result<(), BuiltinError> {
    let left = text.len().saturating_sub(found.end);
    Ok(cx.meter.step_match(found.len(), left, cx.context)?)
}

/// Charged as a compilation, which it is.
fn is_valid<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let Some(pattern) = any(args, 1).as_str() else { return Ok(Some(Val::Bool(false))) };
    // What is too long to be looked at is neither valid nor not.
    pattern::check_length(pattern)?;
    match compiled(cx, pattern) {
        Ok(_) => Ok(Some(Val::Bool(true))),
        Err(BuiltinError::Limit(limit)) => Err(limit.into()),
        Err(_) => Ok(Some(Val::Bool(false))),
    }
}

fn matches<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (pattern, text) = (string(args, 1)?, string(args, 2)?);
    Ok(Some(Val::Bool(searching(cx, pattern, text)?.is_match(text))))
}

/// A negative count means all.
fn wanted(count: i64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn split<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (pattern, text) = (string(args, 1)?, string(args, 2)?);
    let compiled = searching(cx, pattern, text)?;
    let regex = &compiled.regex;
    if !pattern.is_empty() && text.is_empty() {
        return array_of(cx, &[""]);
    }
    let (mut parts, mut from, mut last_end) = (Vec::new(), 0, 0);
    // As in Go, an empty match directly after another match does not count.
    for found in regex.find_iter(text) {
        charge_match(cx, found.range(), text)?;
        let (start, end) = (found.start(), found.end());
        // An empty match at the very start splits nothing off.
        if end == 0 {
            continue;
        }
        parts.push(text.get(from..start).unwrap_or(""));
        (from, last_end) = (end, start);
    }
    if last_end != text.len() {
        parts.push(text.get(from..).unwrap_or(""));
    }
    array_of(cx, &parts)
}

fn find_n<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (pattern, text, count) = (string(args, 1)?, string(args, 2)?, int(args, 3)?);
    let compiled = searching(cx, pattern, text)?;
    let regex = &compiled.regex;
    let mut found: Vec<&'a str> = Vec::new();
    for one in regex.find_iter(text).take(wanted(count)) {
        charge_match(cx, one.range(), text)?;
        found.push(one.as_str());
    }
    array_of(cx, &found)
}

fn find_all_submatch<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (pattern, text, count) = (string(args, 1)?, string(args, 2)?, int(args, 3)?);
    let compiled = searching(cx, pattern, text)?;
    let regex = &compiled.regex;
    let mut found = Vec::new();
    for captures in regex.captures_iter(text).take(wanted(count)) {
        charge_match(cx, captures.get(0).map_or(0..0, |whole| whole.range()), text)?;
        let groups: Vec<&'a str> = captures.iter().map(|group| group.map_or("", |m| m.as_str())).collect();
        found.push(array_of(cx, &groups)?.unwrap_or_default());
    }
    Ok(Some(cx.arena().array(&found)?))
}

/// `$1`, `$name` and `${name}` stand for groups.
fn replace<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (text, pattern, with) = (string(args, 1)?, string(args, 2)?, string(args, 3)?);
    let compiled = searching(cx, pattern, text)?;
    let regex = &compiled.regex;
    let (mut out, mut from) = (String::new(), 0);
    for captures in regex.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        charge_match(cx, whole.range(), text)?;
        // Read anew for each match, whatever comes of it.
        charge_bytes(cx, with.len())?;
        out.push_str(text.get(from..whole.start()).unwrap_or(""));
        let before = out.len();
        captures.expand(with, &mut out);
        charge_bytes(cx, 64 + out.len().saturating_sub(before))?;
        if out.len() > MAX_TEXT {
            return Err(Limit::Memory.into());
        }
        from = whole.end();
    }
    out.push_str(text.get(from..).unwrap_or(""));
    Ok(Some(cx.arena().string(&out)?))
}

/// Patterns between two delimiters, plain text around them.
fn template_match<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (template, text) = (string(args, 1)?, string(args, 2)?);
    let (open, close) = (string(args, 3)?, string(args, 4)?);
    if open.len() != 1 {
        return Err(BuiltinError::failed(format!(
            "start delimiter has to be exactly one character long but is {} long",
            open.len()
        )));
    }
    if close.len() != 1 {
        return Err(BuiltinError::failed(format!(
            "end delimiter has to be exactly one character long but is {} long",
            open.len()
        )));
    }
    let pattern = template_pattern(template, open, close)
        .ok_or_else(|| BuiltinError::failed(format!("unbalanced braces in {template:?}")))?;
    Ok(Some(Val::Bool(searching(cx, &pattern, text)?.is_match(text))))
}

/// `None` where the delimiters do not pair.
fn template_pattern(template: &str, open: &str, close: &str) -> Option<String> {
    let mut out = String::from("^");
    let (mut level, mut from) = (0_usize, 0);
    for (at, c) in template.char_indices() {
        let mut buffer = [0; 4];
        let c: &str = c.encode_utf8(&mut buffer);
        if c == open {
            if level == 0 {
                out.push_str(&regex::escape(template.get(from..at)?));
                from = at + 1;
            }
            level += 1;
        } else if c == close {
            level = level.checked_sub(1)?;
            if level == 0 {
                out.push_str(&format!("({})", template.get(from..at)?));
                from = at + 1;
            }
        }
    }
    if level != 0 {
        return None;
    }
    out.push_str(&regex::escape(template.get(from..)?));
    out.push('$');
    Some(out)
}
