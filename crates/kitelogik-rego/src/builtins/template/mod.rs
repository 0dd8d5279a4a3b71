//! `strings.render_template`: Go's `text/template` without `define`, `template`, `block` and `call`. As in OPA a
//! number of the data is text to the template's functions, so `{{if .count}}` also holds for 0.

mod functions;
mod item;
mod lex;
mod parse;
mod run;

use super::{
    operands::{charge_bytes, object, string},
    types::{ANY, STRING, def},
};
use crate::{
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Type},
    stack::with_room,
    val::Val,
};

const VARIABLES: Type = Type::Object(&[], Some((&STRING, &ANY)));

pub(super) const FAMILY: &[BuiltinDef] =
    &[def("strings.render_template", &[STRING, VARIABLES], STRING, render_template)];

fn render_template<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let text = string(args, 1)?;
    let variables = Val::Object(object(args, 2)?);
    is_json(cx, variables)?;
    charge_bytes(cx, text.len().saturating_mul(4))?;
    let nodes = parse::parse(text)?;
    let out = run::run(cx, &nodes, variables)?.replace(item::NO_VALUE, "<undefined>");
    charge_bytes(cx, out.len())?;
    Ok(Some(cx.arena().string(&out)?))
}

/// Sets and keys that are no strings are refused, as in OPA.
fn is_json(cx: &mut BuiltinCx<'_, '_>, value: Val<'_>) -> Result<(), BuiltinError> {
    cx.step(1)?;
    match value {
        Val::Set(_) => Err(failed("variables must not hold sets")),
        Val::Array(array) => {
            for item in array.iter() {
                with_room(|| is_json(cx, item))?;
            }
            Ok(())
        }
        Val::Object(object) => {
            for (key, member) in object.iter() {
                if key.as_str().is_none() {
                    return Err(failed("variables must have strings as keys"));
                }
                with_room(|| is_json(cx, member))?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn failed(what: impl std::fmt::Display) -> BuiltinError {
    BuiltinError::failed(format!("template: {what}"))
}
