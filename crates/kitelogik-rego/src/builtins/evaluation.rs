//! What belongs to the evaluation itself: its time, its ids, `print`, `trace` and template strings.

use super::{
    operands::{array, charge_bytes, string},
    types::{ANY, ANY_SET, BOOLEAN, NUMBER, STRING, def, def_of_context},
};
use crate::{
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Type},
    val::Val,
};

pub(super) const FAMILY: &[BuiltinDef] = &[
    def_of_context("time.now_ns", &[], NUMBER, |cx, _| Ok(Some(Val::Int(cx.now_ns())))),
    def_of_context("uuid.rfc4122", &[STRING], STRING, uuid),
    // Nothing of the process or its environment is told.
    def_of_context("opa.runtime", &[], Type::Object(&[], Some((&STRING, &ANY))), |_, _| {
        Ok(Some(Val::EMPTY_OBJECT))
    }),
    def("trace", &[STRING], BOOLEAN, |_, args| string(args, 1).map(|_| Some(Val::Bool(true)))),
    // As OPA without a print hook: the operands were evaluated, nothing is written.
    def("internal.print", &[Type::Array(&ANY_SET)], ANY, |_, _| Ok(Some(Val::Bool(true)))),
    def("internal.template_string", &[Type::Array(&ANY)], STRING, template_string),
];

/// A version 4 id (RFC 9562, section 5.4), the same for one text within one evaluation.
fn uuid<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let name = string(args, 1)?;
    if let Some(known) = cx.fixed("uuid.rfc4122", name) {
        return Ok(Some(known));
    }
    let mut bytes = [0; 16];
    cx.random(&mut bytes);
    let bits = u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let digits = format!("{bits:032x}");
    let mut text = String::with_capacity(36);
    for (at, digit) in digits.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    let made = cx.arena().string(&text)?;
    cx.fix("uuid.rfc4122", name, made);
    Ok(Some(made))
}

/// Each part is a string, another scalar, or a set of at most one value; the empty set is an undefined value.
fn template_string<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let mut out = String::new();
    let show = |value: Val<'_>, out: &mut String| match value {
        Val::Str(text) => out.push_str(text),
        other => other.write_rego(out),
    };
    for part in array(args, 1)?.iter() {
        let before = out.len();
        match part {
            Val::Set(set) if set.len() > 1 => {
                return Err(BuiltinError::failed("template-strings must not produce multiple outputs"));
            }
            Val::Set(set) => match set.get(0) {
                Some(value) => show(value, &mut out),
                None => out.push_str("<undefined>"),
            },
            Val::Array(_) | Val::Object(_) => {
                return Err(BuiltinError::failed(format!("illegal argument type: {}", part.kind().name())));
            }
            scalar => show(scalar, &mut out),
        }
        charge_bytes(cx, 64 + out.len().saturating_sub(before))?;
    }
    Ok(Some(cx.arena().string(&out)?))
}
