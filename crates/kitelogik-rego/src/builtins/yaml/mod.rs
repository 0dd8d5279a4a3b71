//! `yaml.*`: YAML as OPA takes it, which is what go-yaml makes of YAML 1.2 with a few habits of 1.1, brought to
//! JSON. Of several documents the first one counts, the others must be well-formed.

mod read;
mod scalar;
mod tabs;
mod write;

use super::{
    operands::{any, charge_bytes, string},
    types::{ANY, BOOLEAN, STRING, def},
};
use crate::{
    builtin::{BuiltinDef, BuiltinError},
    val::Val,
};

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("yaml.marshal", &[ANY], STRING, |cx, args| {
        let text = write::document(cx, any(args, 1))?;
        charge_bytes(cx, text.len())?;
        Ok(Some(cx.arena().string(&text)?))
    }),
    def("yaml.unmarshal", &[STRING], ANY, |cx, args| read::document(cx, string(args, 1)?).map(Some)),
    def("yaml.is_valid", &[STRING], BOOLEAN, |cx, args| {
        let Val::Str(text) = any(args, 1) else { return Ok(Some(Val::Bool(false))) };
        match read::document(cx, text) {
            Ok(_) => Ok(Some(Val::Bool(true))),
            Err(BuiltinError::Limit(limit)) => Err(limit.into()),
            Err(_) => Ok(Some(Val::Bool(false))),
        }
    }),
];

fn failed(what: impl std::fmt::Display) -> BuiltinError {
    BuiltinError::failed(format!("yaml: {what}"))
}

/// What neither reading nor writing lets pass.
fn has_control_characters(text: &str) -> bool {
    text.chars().any(|c| {
        let control = c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
        control || matches!(c, '\u{fffe}' | '\u{ffff}')
    })
}
