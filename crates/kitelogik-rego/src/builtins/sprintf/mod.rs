//! `sprintf`: the verbs of Go's `fmt`, and what Go prints where verb and operand do not fit.

mod float;
mod format;
mod integer;
mod text;

use super::{
    arithmetic::to_integer,
    bigfloat::split_literal,
    operands::{array, charge_bytes, string},
    strings::MAX_TEXT,
    types::{ANY_ARRAY, STRING, def},
};
use crate::{
    Limit,
    builtin::{BuiltinCx, BuiltinDef, BuiltinResult},
    val::Val,
};
pub(in crate::builtins) use float::general;
use format::{Directive, Directives, Spec};
use num_bigint::BigInt;

pub(super) const FAMILY: &[BuiltinDef] = &[def("sprintf", &[STRING, ANY_ARRAY], STRING, sprintf)];

/// An operand as Go sees it: composites, booleans and null are text.
enum Operand {
    Int(i64),
    Big(BigInt),
    Float(f64),
    Text(String),
}

impl Operand {
    fn of(value: Val<'_>) -> Self {
        match value {
            Val::Int(int) => Self::Int(int),
            Val::Str(text) => Self::Text(text.to_owned()),
            Val::Num(text) if text.contains(['.', 'e', 'E']) => match text.parse::<f64>() {
                Ok(float) if float.is_finite() && split_literal(text).is_some() => Self::Float(float),
                _ => Self::Text(text.to_owned()),
            },
            Val::Num(_) => match to_integer(value) {
                Some(big) => i64::try_from(&big).map_or_else(|_| Self::Big(big), Self::Int),
                None => Self::Text(value.to_rego()),
            },
            other => Self::Text(other.to_rego()),
        }
    }

    /// The name of Go's type.
    fn type_name(&self) -> &'static str {
        match self {
            Self::Int(_) => "int64",
            Self::Big(_) => "*big.Int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
        }
    }

    /// The text for a verb; `None` where Go has none for such an operand.
    fn shown(&self, verb: char, spec: &Spec) -> Option<String> {
        match self {
            Self::Int(int) => integer::machine(*int, verb, spec),
            Self::Big(int) => integer::big(int, verb, spec),
            Self::Float(float) => float::shown(*float, verb, spec),
            Self::Text(text) => text::shown(text, verb, spec),
        }
    }
}

pub(super) fn sprintf<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let format = string(args, 1)?;
    let operands = array(args, 2)?;
    let mut out = String::with_capacity(format.len() + 64);
    let mut directives = Directives::new(format, operands);
    while let Some(directive) = directives.next()? {
        let start = out.len();
        match directive {
            Directive::Text(text) => out.push_str(text),
            Directive::NoVerb => out.push_str("%!(NOVERB)"),
            Directive::BadWidth => out.push_str("%!(BADWIDTH)"),
            Directive::BadPrecision => out.push_str("%!(BADPREC)"),
            Directive::BadIndex(verb) => out.push_str(&format!("%!{verb}(BADINDEX)")),
            Directive::Missing(verb) => out.push_str(&format!("%!{verb}(MISSING)")),
            Directive::Operand(value, verb, spec)
                if spec == Spec::default() && push_plain(value, verb, &mut out) => {}
            Directive::Operand(value, verb, spec) => out.push_str(&shown(&Operand::of(value), verb, &spec)),
        }
        charge_bytes(cx, 64 + out.len() - start)?;
        if out.len() > MAX_TEXT {
            return Err(Limit::Memory.into());
        }
    }
    let extra: Vec<String> = directives.unused().map(extra).collect();
    if !extra.is_empty() {
        out.push_str(&format!("%!(EXTRA {})", extra.join(", ")));
    }
    charge_bytes(cx, out.len())?;
    Ok(Some(cx.arena().string(&out)?))
}

/// What nearly all operands are, as nearly all are shown. False for the others.
fn push_plain(value: Val<'_>, verb: char, out: &mut String) -> bool {
    match (verb, value) {
        ('v' | 's', Val::Str(text)) => out.push_str(text),
        ('v' | 'd', Val::Int(int)) => out.push_str(itoa::Buffer::new().format(int)),
        _ => return false,
    }
    true
}

fn extra(value: Val<'_>) -> String {
    let operand = Operand::of(value);
    format!("{}={}", operand.type_name(), operand.shown('v', &Spec::default()).unwrap_or_default())
}

fn shown(operand: &Operand, verb: char, spec: &Spec) -> String {
    if verb == 'T' {
        return spec.pad(spec.cut(operand.type_name()));
    }
    // Go's big integers speak for themselves.
    if let Operand::Big(int) = operand {
        return integer::big(int, verb, spec).unwrap_or_else(|| format!("%!{verb}(big.Int={int})"));
    }
    let spec = spec.for_verb(verb);
    operand.shown(verb, &spec).unwrap_or_else(|| {
        let as_it_is = operand.shown('v', &spec).unwrap_or_default();
        format!("%!{verb}({}={as_it_is})", operand.type_name())
    })
}
