//! Strings. Positions and lengths count characters.

use super::{
    operands::{any, charge_bytes, int, object, string, strings},
    types::{BOOLEAN, NUMBER, STRING, STRING_ARRAY, STRINGS, def},
};
use crate::{
    Limit,
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Type},
    val::Val,
};
use std::collections::BTreeSet;

const STRING_OR_STRINGS: Type = Type::Union(&[STRING, STRING_ARRAY, Type::Set(&Type::String)]);
const STRING_MAP: Type = Type::Object(&[], Some((&Type::String, &Type::String)));

/// The longest text that a builtin builds outside the arena.
pub(super) const MAX_TEXT: usize = 64 << 20;

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("concat", &[STRING, STRINGS], STRING, concat),
    def("contains", &[STRING, STRING], BOOLEAN, |cx, args| test(cx, args, |s, part| s.contains(part))),
    def("startswith", &[STRING, STRING], BOOLEAN, |cx, args| test(cx, args, |s, p| s.starts_with(p))),
    def("endswith", &[STRING, STRING], BOOLEAN, |cx, args| test(cx, args, |s, p| s.ends_with(p))),
    def("strings.any_prefix_match", &[STRING_OR_STRINGS, STRING_OR_STRINGS], BOOLEAN, |cx, args| {
        affix(cx, args, |s, p| s.starts_with(p))
    }),
    def("strings.any_suffix_match", &[STRING_OR_STRINGS, STRING_OR_STRINGS], BOOLEAN, |cx, args| {
        affix(cx, args, |s, p| s.ends_with(p))
    }),
    def("strings.count", &[STRING, STRING], NUMBER, count),
    def("strings.reverse", &[STRING], STRING, |cx, args| {
        map(cx, args, |s| s.chars().rev().collect::<String>())
    }),
    def("lower", &[STRING], STRING, |cx, args| map(cx, args, |s| s.chars().map(lower_char).collect())),
    def("upper", &[STRING], STRING, |cx, args| map(cx, args, |s| s.chars().map(upper_char).collect())),
    def("indexof", &[STRING, STRING], NUMBER, indexof),
    def("indexof_n", &[STRING, STRING], Type::Array(&NUMBER), indexof_n),
    def("substring", &[STRING, NUMBER, NUMBER], STRING, substring),
    def("split", &[STRING, STRING], STRING_ARRAY, |cx, args| {
        let parts = split_text(string(args, 1)?, string(args, 2)?);
        array_of(cx, &parts)
    }),
    def("strings.split_n", &[STRING, STRING, NUMBER], STRING_ARRAY, split_n),
    def("replace", &[STRING, STRING, STRING], STRING, replace),
    def("strings.replace_n", &[STRING_MAP, STRING], STRING, replace_n),
    def("trim", &[STRING, STRING], STRING, |cx, args| {
        trim(cx, args, |s, set| s.trim_matches(|c| set.contains(&c)))
    }),
    def("trim_left", &[STRING, STRING], STRING, |cx, args| {
        trim(cx, args, |s, set| s.trim_start_matches(|c| set.contains(&c)))
    }),
    def("trim_right", &[STRING, STRING], STRING, |cx, args| {
        trim(cx, args, |s, set| s.trim_end_matches(|c| set.contains(&c)))
    }),
    def("trim_prefix", &[STRING, STRING], STRING, |cx, args| {
        cut(cx, args, |s, prefix| s.strip_prefix(prefix).unwrap_or(s))
    }),
    def("trim_suffix", &[STRING, STRING], STRING, |cx, args| {
        cut(cx, args, |s, suffix| s.strip_suffix(suffix).unwrap_or(s))
    }),
    def("trim_space", &[STRING], STRING, |_, args| Ok(Some(Val::Str(string(args, 1)?.trim())))),
];

fn made<'a>(cx: &mut BuiltinCx<'a, '_>, text: &str) -> BuiltinResult<'a> {
    charge_bytes(cx, text.len())?;
    Ok(Some(cx.arena().string(text)?))
}

pub(super) fn array_of<'a>(cx: &mut BuiltinCx<'a, '_>, parts: &[&'a str]) -> BuiltinResult<'a> {
    cx.step(parts.len() as u64)?;
    let items: Vec<Val<'a>> = parts.iter().map(|part| Val::Str(part)).collect();
    Ok(Some(cx.arena().array(&items)?))
}

fn test<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>], f: fn(&str, &str) -> bool) -> BuiltinResult<'a> {
    let (text, part) = (string(args, 1)?, string(args, 2)?);
    charge_bytes(cx, text.len())?;
    Ok(Some(Val::Bool(f(text, part))))
}

fn map<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>], f: fn(&str) -> String) -> BuiltinResult<'a> {
    made(cx, &f(string(args, 1)?))
}

type Cut<T> = for<'s> fn(&'s str, &T) -> &'s str;

fn cut<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>], f: Cut<str>) -> BuiltinResult<'a> {
    let (text, part) = (string(args, 1)?, string(args, 2)?);
    charge_bytes(cx, part.len())?;
    Ok(Some(Val::Str(f(text, part))))
}

/// The characters to cut off are made a set, as both texts can be long.
fn trim<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>], f: Cut<BTreeSet<char>>) -> BuiltinResult<'a> {
    let (text, chars) = (string(args, 1)?, string(args, 2)?);
    charge_bytes(cx, text.len())?;
    charge_bytes(cx, chars.len())?;
    Ok(Some(Val::Str(f(text, &chars.chars().collect()))))
}

/// One character to one, as Go maps them: a character whose other case takes several stays itself.
fn lower_char(c: char) -> char {
    let mut mapped = c.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        (Some(first), Some(_)) if c == 'İ' => first,
        _ => c,
    }
}

fn upper_char(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

fn concat<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let separator = string(args, 1)?;
    let parts = strings(args, 2, &["set", "array"])?;
    let size = parts.iter().map(|p| p.len()).sum::<usize>() + separator.len() * parts.len();
    charge_bytes(cx, size)?;
    Ok(Some(cx.arena().string(&parts.join(separator))?))
}

fn one_or_many<'a>(args: &[Val<'a>], position: usize) -> Result<Vec<&'a str>, BuiltinError> {
    match any(args, position) {
        Val::Str(one) => Ok(vec![one]),
        _ => strings(args, position, &["string", "set", "array"]),
    }
}

fn affix<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>], f: fn(&str, &str) -> bool) -> BuiltinResult<'a> {
    let texts = one_or_many(args, 1)?;
    let parts = one_or_many(args, 2)?;
    cx.step((texts.len() as u64).saturating_mul(parts.len() as u64))?;
    Ok(Some(Val::Bool(texts.iter().any(|text| parts.iter().any(|part| f(text, part))))))
}

/// The empty string occurs once before each character and once at the end.
fn count<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (text, part) = (string(args, 1)?, string(args, 2)?);
    charge_bytes(cx, text.len())?;
    Ok(Some(Val::Int(text.matches(part).count() as i64)))
}

/// How many bytes are equal from the start.
fn agreement(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

/// The places, in characters, at which a text occurs, overlaps included. What is compared is charged, place by
/// place: a text that nearly fits everywhere is compared over and over.
fn places<'a>(cx: &mut BuiltinCx<'a, '_>, text: &str, part: &str) -> Result<Vec<Val<'a>>, BuiltinError> {
    let mut found = Vec::new();
    for (place, (byte, _)) in text.char_indices().enumerate() {
        let rest = text.get(byte..).unwrap_or("");
        let same = agreement(rest, part);
        charge_bytes(cx, same)?;
        if same == part.len() {
            found.push(Val::Int(place as i64));
        }
    }
    Ok(found)
}

fn search<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> Result<(&'a str, &'a str), BuiltinError> {
    let (text, part) = (string(args, 1)?, string(args, 2)?);
    if part.is_empty() {
        return Err(BuiltinError::failed("empty search character"));
    }
    charge_bytes(cx, text.len().saturating_mul(part.len().min(64)))?;
    Ok((text, part))
}

fn indexof<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (text, part) = search(cx, args)?;
    let before = text.split_once(part).map(|(before, _)| before.chars().count() as i64);
    Ok(Some(Val::Int(before.unwrap_or(-1))))
}

fn indexof_n<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (text, part) = search(cx, args)?;
    let found = places(cx, text, part)?;
    Ok(Some(cx.arena().array(&found)?))
}

/// A negative length means to the end.
fn substring<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let text = string(args, 1)?;
    let (start, length) = (int(args, 2)?, int(args, 3)?);
    let Ok(start) = usize::try_from(start) else {
        return Err(BuiltinError::failed("negative offset"));
    };
    charge_bytes(cx, text.len())?;
    let byte_of = |text: &str, place: usize| text.char_indices().nth(place).map_or(text.len(), |(at, _)| at);
    let rest = text.get(byte_of(text, start)..).unwrap_or("");
    let taken = match usize::try_from(length) {
        Ok(length) => rest.get(..byte_of(rest, length)).unwrap_or(rest),
        Err(_) => rest,
    };
    Ok(Some(Val::Str(taken)))
}

/// An empty delimiter splits between characters.
fn split_text<'s>(text: &'s str, delimiter: &str) -> Vec<&'s str> {
    if !delimiter.is_empty() {
        return text.split(delimiter).collect();
    }
    text.char_indices().filter_map(|(at, c)| text.get(at..at + c.len_utf8())).collect()
}

/// The first parts, or with a negative number the last.
fn split_n<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let parts = split_text(string(args, 1)?, string(args, 2)?);
    let count = int(args, 3)?;
    let size = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX).min(parts.len());
    let kept = if count >= 0 { parts.get(..size) } else { parts.get(parts.len() - size..) };
    array_of(cx, kept.unwrap_or(&[]))
}

fn replace<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (text, old, new) = (string(args, 1)?, string(args, 2)?, string(args, 3)?);
    replaced(cx, text, &[(old, new)])
}

fn replace_n<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let patterns = object(args, 1)?;
    let text = string(args, 2)?;
    let mut pairs = Vec::new();
    for (old, new) in patterns.iter() {
        let old =
            old.as_str().ok_or_else(|| BuiltinError::operand(1, "non-string key found in pattern object"))?;
        let new = new
            .as_str()
            .ok_or_else(|| BuiltinError::operand(1, "non-string value found in pattern object"))?;
        pairs.push((old, new));
    }
    replaced(cx, text, &pairs)
}

/// At each place the first pair that fits, without looking at what was put in. The empty string fits
/// before each character and at the end.
fn replaced<'a>(cx: &mut BuiltinCx<'a, '_>, text: &str, pairs: &[(&str, &str)]) -> BuiltinResult<'a> {
    let mut out = String::new();
    let mut rest = text;
    let mut after_empty = false;
    loop {
        cx.step(1 + pairs.len() as u64 / 8)?;
        let mut fits = None;
        for (old, new) in pairs {
            // A pattern that nearly fits is compared at each place anew.
            let same = agreement(rest, old);
            charge_bytes(cx, same)?;
            if same == old.len() && !(after_empty && old.is_empty()) {
                fits = Some((old, new));
                break;
            }
        }
        after_empty = fits.is_some_and(|(old, _)| old.is_empty());
        if let Some((old, new)) = fits {
            charge_bytes(cx, new.len())?;
            out.push_str(new);
            if out.len() > MAX_TEXT {
                return Err(Limit::Memory.into());
            }
            rest = rest.get(old.len()..).unwrap_or("");
            continue;
        }
        let mut chars = rest.chars();
        let Some(next) = chars.next() else { break };
        out.push(next);
        rest = chars.as_str();
    }
    Ok(Some(cx.arena().string(&out)?))
}
