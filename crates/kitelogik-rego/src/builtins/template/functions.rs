//! The functions of templates, but `and` and `or`, which need not look at all their arguments.

use super::{
    failed,
    item::{Basic, Item},
};
use crate::{
    builtin::{BuiltinCx, BuiltinError},
    builtins::{encoding::escape, operands::charge_bytes, sprintf::sprintf},
    val::Val,
};
use std::cmp::Ordering;

const NAMES: [&str; 18] = [
    "and", "or", "not", "len", "index", "slice", "print", "printf", "println", "html", "js", "urlquery",
    "eq", "ne", "lt", "le", "gt", "ge",
];

pub(super) fn is_function(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Calls a function.
pub(super) fn call<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    name: &str,
    args: &[Item<'a>],
) -> Result<Item<'a>, BuiltinError> {
    for arg in args {
        charge_bytes(cx, arg.text_length())?;
    }
    let wrong = |what: &str| failed(format!("error calling {name}: {what}"));
    let count = || failed(format!("wrong number of args for {name}: got {}", args.len()));
    let order = |less: fn(Ordering) -> bool| match args {
        [a, b] => compared(a, b).map(|order| Item::Bool(less(order))).map_err(wrong),
        _ => Err(count()),
    };
    Ok(match name {
        "not" => match args {
            [one] => Item::Bool(!one.is_true()),
            _ => return Err(count()),
        },
        "len" => match args {
            [one] => Item::Int(length(one).ok_or_else(|| wrong("the argument has no length"))?),
            _ => return Err(count()),
        },
        "index" => match args.split_first() {
            Some((item, [])) if item.is_nothing() => return Err(wrong("index of untyped nil")),
            Some((item, places)) => places.iter().try_fold(item.clone(), indexed).map_err(wrong)?,
            None => return Err(count()),
        },
        "slice" => sliced(cx, args)?.ok_or_else(|| wrong("arguments that do not fit"))?,
        "print" => charged(cx, print(args))?,
        "println" => {
            let parts: Vec<String> = args.iter().map(Item::printed).collect();
            charged(cx, format!("{}\n", parts.join(" ")))?
        }
        "printf" => printf(cx, args)?.ok_or_else(|| wrong("wrong type for value; expected string"))?,
        "html" | "js" | "urlquery" => {
            // Nothing counts as the text that an action writes for it.
            let nothing = |arg: &Item<'a>| match arg {
                arg if arg.is_nothing() => Item::Text(arg.shown()),
                arg => arg.clone(),
            };
            let text = print(&args.iter().map(nothing).collect::<Vec<_>>());
            charge_bytes(cx, text.len().saturating_mul(4))?;
            Item::Text(match name {
                "html" => html(&text),
                "js" => js(&text),
                _ => escape(&text),
            })
        }
        "eq" => match args.split_first() {
            Some((first, others)) if !others.is_empty() => {
                let mut found = false;
                for other in others {
                    found = equal(first, other).map_err(wrong)?;
                    if found {
                        break;
                    }
                }
                Item::Bool(found)
            }
            _ => return Err(wrong("missing argument for comparison")),
        },
        "ne" => match args {
            [a, b] => Item::Bool(!equal(a, b).map_err(wrong)?),
            _ => return Err(count()),
        },
        "lt" => order(Ordering::is_lt)?,
        "le" => order(Ordering::is_le)?,
        "gt" => order(Ordering::is_gt)?,
        "ge" => order(Ordering::is_ge)?,
        other => return Err(failed(format!("function {other:?} not defined"))),
    })
}

fn charged<'a>(cx: &mut BuiltinCx<'a, '_>, text: String) -> Result<Item<'a>, BuiltinError> {
    charge_bytes(cx, text.len())?;
    Ok(Item::Text(text))
}

/// Texts count bytes.
fn length(item: &Item<'_>) -> Option<i64> {
    let length = match item {
        Item::Data(Val::Array(array)) => array.len(),
        Item::Data(Val::Object(object)) => object.len(),
        _ => item.as_text()?.len(),
    };
    i64::try_from(length).ok()
}

fn indexed<'a>(item: Item<'a>, place: &Item<'a>) -> Result<Item<'a>, &'static str> {
    match (item, place) {
        (Item::Data(Val::Array(array)), Item::Int(at)) => {
            usize::try_from(*at).ok().and_then(|at| array.get(at)).map(Item::Data).ok_or("index out of range")
        }
        (Item::Data(Val::Object(object)), Item::Text(key)) => {
            Ok(object.get(Val::Str(key)).map_or(Item::Missing, Item::Data))
        }
        (Item::Data(Val::Object(object)), Item::Data(key @ Val::Str(_))) => {
            Ok(object.get(*key).map_or(Item::Missing, Item::Data))
        }
        (Item::Missing | Item::Data(Val::Null), _) => Err("index of untyped nil"),
        _ => Err("cannot index with this value"),
    }
}

/// `slice text from to`, of texts in bytes, or of arrays; `None` where the arguments do not fit.
fn sliced<'a>(cx: &BuiltinCx<'a, '_>, args: &[Item<'a>]) -> Result<Option<Item<'a>>, BuiltinError> {
    let place = |at: usize| match args.get(at) {
        None => Some(None),
        Some(Item::Int(at)) => usize::try_from(*at).ok().map(Some),
        Some(_) => None,
    };
    let (Some(item), Some(from), Some(to), None) = (args.first(), place(1), place(2), args.get(3)) else {
        return Ok(None);
    };
    let from = from.unwrap_or(0);
    if let Item::Data(Val::Array(array)) = item {
        let items: Vec<Val<'a>> = array.iter().collect();
        let Some(part) = items.get(from..to.unwrap_or(items.len())) else { return Ok(None) };
        return Ok(Some(Item::Data(cx.arena().array(part)?)));
    }
    let text = match item {
        Item::Text(text) => text.as_str(),
        Item::Data(Val::Str(text)) => text,
        _ => return Ok(None),
    };
    Ok(text.get(from..to.unwrap_or(text.len())).map(|part| Item::Text(part.to_owned())))
}

/// A space stands between two arguments that are no texts.
fn print(args: &[Item<'_>]) -> String {
    let mut out = String::new();
    let mut after_text = true;
    for (at, arg) in args.iter().enumerate() {
        let text = arg.as_text().is_some();
        if at > 0 && !text && !after_text {
            out.push(' ');
        }
        out.push_str(&arg.printed());
        after_text = text;
    }
    out
}

fn printf<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Item<'a>]) -> Result<Option<Item<'a>>, BuiltinError> {
    let Some((format, args)) = args.split_first() else { return Ok(None) };
    let format = match format {
        Item::Text(text) => cx.arena().string(text)?,
        Item::Data(format @ Val::Str(_)) => *format,
        _ => return Ok(None),
    };
    let mut operands = Vec::with_capacity(args.len());
    for arg in args {
        operands.push(match arg {
            Item::Int(int) => Val::Int(*int),
            Item::Float(float) => cx.arena().number(&format!("{float:e}"))?,
            Item::Bool(b) => Val::Bool(*b),
            Item::Data(scalar @ (Val::Bool(_) | Val::Str(_))) => *scalar,
            other => {
                let text = other.printed();
                charge_bytes(cx, text.len())?;
                cx.arena().string(&text)?
            }
        });
    }
    let operands = cx.arena().array(&operands)?;
    let printed = sprintf(cx, &[format, operands])?;
    Ok(printed.map(Item::Data))
}

fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\0' => out.push('\u{fffd}'),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            _ => out.push(c),
        }
    }
    out
}

fn js(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '\'' | '"' => out.extend(['\\', c]),
            '<' | '>' | '&' | '=' => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            _ if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out
}

fn equal(a: &Item<'_>, b: &Item<'_>) -> Result<bool, &'static str> {
    match (a.basic(), b.basic()) {
        (Some(a), Some(b)) if std::mem::discriminant(&a) != std::mem::discriminant(&b) => {
            Err("incompatible types for comparison")
        }
        (Some(a), Some(b)) => Ok(a == b),
        _ if a.is_nothing() || b.is_nothing() => Ok(a.is_nothing() && b.is_nothing()),
        (None, None) => Err("non-comparable types"),
        _ => Err("incompatible types for comparison"),
    }
}

fn compared(a: &Item<'_>, b: &Item<'_>) -> Result<Ordering, &'static str> {
    match (a.basic(), b.basic()) {
        (Some(Basic::Int(a)), Some(Basic::Int(b))) => Ok(a.cmp(&b)),
        (Some(Basic::Float(a)), Some(Basic::Float(b))) => {
            a.partial_cmp(&b).ok_or("incompatible types for comparison")
        }
        (Some(Basic::Text(a)), Some(Basic::Text(b))) => Ok(a.cmp(&b)),
        (Some(_), Some(_)) => Err("incompatible types for comparison"),
        _ => Err("invalid type for comparison"),
    }
}
