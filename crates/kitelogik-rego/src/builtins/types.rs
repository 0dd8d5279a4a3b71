//! The declared types that the families share, what a value is (`type_name`, `is_*`), and casts.

use super::operands::any;
use crate::{
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Call, Function, Type},
    val::Val,
};
use kitelogik_value::{Kind, Number};

pub(super) const ANY: Type = Type::Any;
pub(super) const NUMBER: Type = Type::Number;
pub(super) const STRING: Type = Type::String;
pub(super) const BOOLEAN: Type = Type::Boolean;
pub(super) const ANY_ARRAY: Type = Type::Array(&Type::Any);
pub(super) const ANY_SET: Type = Type::Set(&Type::Any);
pub(super) const ANY_OBJECT: Type = Type::Object(&[], Some((&Type::Any, &Type::Any)));
pub(super) const STRING_ARRAY: Type = Type::Array(&Type::String);
pub(super) const STRING_SET: Type = Type::Set(&Type::String);
pub(super) const NUMBER_OR_SET: Type = Type::Union(&[NUMBER, ANY_SET]);
pub(super) const ARRAY_OR_SET: Type = Type::Union(&[ANY_ARRAY, ANY_SET]);
pub(super) const STRINGS: Type = Type::Union(&[STRING_ARRAY, STRING_SET]);

/// A function that depends on its arguments alone.
pub(super) const fn def(
    name: &'static str,
    args: &'static [Type],
    result: Type,
    function: Function,
) -> BuiltinDef {
    BuiltinDef { name, args, result, nondeterministic: false, call: Call::Function(function) }
}

/// A function that asks the context.
pub(super) const fn def_of_context(
    name: &'static str,
    args: &'static [Type],
    result: Type,
    function: Function,
) -> BuiltinDef {
    BuiltinDef { name, args, result, nondeterministic: true, call: Call::Function(function) }
}

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("type_name", &[ANY], STRING, |_, args| Ok(Some(Val::Str(any(args, 1).kind().name())))),
    def("is_null", &[ANY], BOOLEAN, |_, args| is(args, Kind::Null)),
    def("is_boolean", &[ANY], BOOLEAN, |_, args| is(args, Kind::Boolean)),
    def("is_number", &[ANY], BOOLEAN, |_, args| is(args, Kind::Number)),
    def("is_string", &[ANY], BOOLEAN, |_, args| is(args, Kind::String)),
    def("is_array", &[ANY], BOOLEAN, |_, args| is(args, Kind::Array)),
    def("is_object", &[ANY], BOOLEAN, |_, args| is(args, Kind::Object)),
    def("is_set", &[ANY], BOOLEAN, |_, args| is(args, Kind::Set)),
    def("to_number", &[Type::Union(&[Type::Null, BOOLEAN, NUMBER, STRING])], NUMBER, to_number),
    def("cast_array", &[ANY], ANY_ARRAY, cast_array),
    def("cast_set", &[ANY], ANY_SET, cast_set),
    def("cast_string", &[ANY], STRING, |_, args| cast(args, Kind::String)),
    def("cast_boolean", &[ANY], BOOLEAN, |_, args| cast(args, Kind::Boolean)),
    def("cast_null", &[ANY], Type::Null, |_, args| cast(args, Kind::Null)),
    def("cast_object", &[ANY], ANY_OBJECT, |_, args| cast(args, Kind::Object)),
];

fn is<'a>(args: &[Val<'a>], kind: Kind) -> BuiltinResult<'a> {
    Ok(Some(Val::Bool(any(args, 1).kind() == kind)))
}

fn cast<'a>(args: &[Val<'a>], kind: Kind) -> BuiltinResult<'a> {
    let value = any(args, 1);
    if value.kind() == kind { Ok(Some(value)) } else { Err(BuiltinError::type_of(1, value, &[kind.name()])) }
}

fn cast_array<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    match any(args, 1) {
        array @ Val::Array(_) => Ok(Some(array)),
        Val::Set(set) => Ok(Some(cx.arena().array(&set.iter().collect::<Vec<_>>())?)),
        got => Err(BuiltinError::type_of(1, got, &["array", "set"])),
    }
}

fn cast_set<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    match any(args, 1) {
        set @ Val::Set(_) => Ok(Some(set)),
        Val::Array(array) => Ok(Some(cx.arena().set(array.iter().collect())?)),
        got => Err(BuiltinError::type_of(1, got, &["array", "set"])),
    }
}

fn to_number<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    match any(args, 1) {
        Val::Null => Ok(Some(Val::Int(0))),
        Val::Bool(b) => Ok(Some(Val::Int(i64::from(b)))),
        number @ (Val::Int(_) | Val::Num(_)) => Ok(Some(number)),
        Val::Str(text) => {
            let word = text.trim_start_matches(['+', '-']).to_lowercase();
            if matches!(word.as_str(), "inf" | "infinity" | "nan") {
                return Err(BuiltinError::operand(1, "must be valid number string but got string"));
            }
            let refused = |why| BuiltinError::failed(format!("strconv.ParseFloat: parsing {text:?}: {why}"));
            match Number::parse(text) {
                Some(number) if number.to_f64().is_infinite() => Err(refused("value out of range")),
                Some(_) => Ok(Some(cx.arena().number(text)?)),
                None => Err(refused("invalid syntax")),
            }
        }
        got => Err(BuiltinError::type_of(1, got, &["null", "boolean", "number", "string"])),
    }
}
