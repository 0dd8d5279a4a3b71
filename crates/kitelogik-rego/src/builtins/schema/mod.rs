//! `json.match_schema` and `json.verify_schema`: JSON Schema of drafts 4, 6 and 7, or what they have in common
//! where `$schema` names none. The wording is OPA's. References stay within the schema: none is fetched.

mod check;
mod format;
mod kinds;
mod reference;
mod validate;

use super::{
    json,
    marshal::named,
    operands::{any, charge_bytes},
    types::{ANY_OBJECT, BOOLEAN, STRING, def},
};
use crate::{
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Type},
    stack::with_room,
    val::Val,
};

const DOCUMENT: Type = Type::Union(&[STRING, ANY_OBJECT]);
const PROBLEM: Type =
    Type::Object(&[("desc", STRING), ("error", STRING), ("field", STRING), ("type", STRING)], None);

pub(super) const FAMILY: &[BuiltinDef] = &[
    BuiltinDef {
        nondeterministic: true,
        ..def(
            "json.match_schema",
            &[DOCUMENT, DOCUMENT],
            Type::Tuple(&[BOOLEAN, Type::Array(&PROBLEM)]),
            match_schema,
        )
    },
    BuiltinDef {
        nondeterministic: true,
        ..def(
            "json.verify_schema",
            &[DOCUMENT],
            Type::Tuple(&[BOOLEAN, Type::Union(&[Type::Null, STRING])]),
            verify_schema,
        )
    },
];

/// The draft that a schema is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Draft {
    Four,
    Six,
    Seven,
    /// All of them at once
    Hybrid,
}

/// The JSON of an operand: that of a text, or an object or array as it is.
fn loaded<'a>(cx: &mut BuiltinCx<'a, '_>, operand: Val<'a>) -> Result<Val<'a>, BuiltinError> {
    match operand {
        Val::Str(text) => {
            charge_bytes(cx, text.len())?;
            let value = json::read(text).map_err(|_| BuiltinError::failed("invalid JSON string"))?;
            let value = json::into_arena(cx, Val::from_value(&value))?;
            as_json(cx, value)
        }
        Val::Object(_) | Val::Array(_) => as_json(cx, operand),
        _ => Err(BuiltinError::failed("wrong type, expected string or object")),
    }
}

/// The value with sets as arrays, keys as strings, and whole numbers as integers.
fn as_json<'a>(cx: &mut BuiltinCx<'a, '_>, value: Val<'a>) -> Result<Val<'a>, BuiltinError> {
    cx.step(1)?;
    Ok(match value {
        Val::Array(_) | Val::Set(_) => {
            let items = super::operands::collection(&[value], 1, &[])?;
            let items: Result<Vec<_>, _> =
                items.into_iter().map(|item| with_room(|| as_json(cx, item))).collect();
            cx.arena().array(&items?)?
        }
        Val::Object(object) => {
            let mut pairs = Vec::with_capacity(object.len());
            for (name, member) in named(cx, object)? {
                pairs.push((cx.arena().string(&name)?, with_room(|| as_json(cx, member))?));
            }
            cx.arena().object(pairs)?
        }
        Val::Num(_) => value.as_i64().map_or(value, Val::Int),
        scalar => scalar,
    })
}

fn match_schema<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let document = loaded(cx, any(args, 1))?;
    let schema = loaded(cx, any(args, 2))?;
    let draft = check::checked(cx, schema)?;
    let problems = validate::problems(cx, schema, draft, document)?;
    let mut items = Vec::with_capacity(problems.len());
    for problem in &problems {
        let arena = cx.arena();
        let pairs = vec![
            (Val::Str("desc"), arena.string(&problem.description)?),
            (Val::Str("error"), arena.string(&format!("{}: {}", problem.field, problem.description))?),
            (Val::Str("field"), arena.string(&problem.field)?),
            (Val::Str("type"), Val::Str(problem.kind)),
        ];
        items.push(arena.object(pairs)?);
    }
    let items = cx.arena().array(&items)?;
    Ok(Some(cx.arena().array(&[Val::Bool(problems.is_empty()), items])?))
}

fn verify_schema<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let checked = loaded(cx, any(args, 1)).and_then(|schema| check::checked(cx, schema));
    let answer = match checked {
        Ok(_) => [Val::Bool(true), Val::Null],
        Err(BuiltinError::Failed(message)) => {
            [Val::Bool(false), cx.arena().string(&format!("jsonschema: {message}"))?]
        }
        Err(other) => return Err(other),
    };
    Ok(Some(cx.arena().array(&answer)?))
}
