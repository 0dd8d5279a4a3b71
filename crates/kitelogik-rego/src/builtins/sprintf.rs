//! `sprintf`: the verbs of Go's `fmt`, and what Go prints where verb and operand do not fit.

use super::{
    arithmetic::to_integer,
    bigfloat::split_literal,
    operands::{array, charge_bytes, string},
    strings::MAX_TEXT,
    types::{ANY_ARRAY, STRING, def},
};
use crate::{
    Limit,
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult},
    val::Val,
};
use num_bigint::{BigInt, Sign};

pub(super) const FAMILY: &[BuiltinDef] = &[def("sprintf", &[STRING, ANY_ARRAY], STRING, sprintf)];

/// The greatest width and precision, as in Go.
const MAX_WIDTH: usize = 1_000_000;

/// An operand as Go sees it: composites, booleans and null are text.
enum Operand {
    Int(BigInt),
    Float(f64),
    Text(String),
}

impl Operand {
    fn of(value: Val<'_>) -> Self {
        match value {
            Val::Str(text) => Self::Text(text.to_owned()),
            Val::Num(text) if text.contains(['.', 'e', 'E']) => match text.parse::<f64>() {
                Ok(float) if float.is_finite() && split_literal(text).is_some() => Self::Float(float),
                _ => Self::Text(text.to_owned()),
            },
            Val::Int(_) | Val::Num(_) => {
                to_integer(value).map_or_else(|| Self::Text(value.to_rego()), Self::Int)
            }
            other => Self::Text(other.to_rego()),
        }
    }

    /// The name of Go's type.
    fn type_name(&self) -> &'static str {
        match self {
            Self::Int(int) if i64::try_from(int).is_ok() => "int64",
            Self::Int(_) => "*big.Int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
        }
    }

    fn plain(&self) -> String {
        match self {
            Self::Int(int) => int.to_string(),
            Self::Float(float) => general(*float, None),
            Self::Text(text) => text.clone(),
        }
    }
}

#[derive(Default, PartialEq)]
struct Spec {
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

pub(super) fn sprintf<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let format = string(args, 1)?;
    let operands = array(args, 2)?;
    let mut out = String::with_capacity(format.len() + 64);
    let mut used = 0;
    let mut indexed = false;
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let mut chars = after.chars();
        let spec = read_spec(&mut chars)?;
        let index = read_index(&mut chars, operands.len());
        let verb = chars.next();
        rest = chars.as_str();
        if let Some(Some(index)) = index {
            used = index;
        }
        indexed |= index.is_some();
        let start = out.len();
        match verb {
            None => out.push_str("%!(NOVERB)"),
            Some('%') => out.push('%'),
            Some(verb) if index == Some(None) => out.push_str(&format!("%!{verb}(BADINDEX)")),
            Some(verb) => {
                used += 1;
                match operands.get(used - 1) {
                    None => out.push_str(&format!("%!{verb}(MISSING)")),
                    Some(value) if spec == Spec::default() && push_plain(value, verb, &mut out) => {}
                    Some(value) => out.push_str(&shown(&Operand::of(value), verb, &spec)),
                }
            }
        }
        charge_bytes(cx, 64 + out.len() - start)?;
        if out.len() > MAX_TEXT {
            return Err(Limit::Memory.into());
        }
    }
    out.push_str(rest);
    if used < operands.len() && !indexed {
        let extra: Vec<String> = operands
            .iter()
            .skip(used)
            .map(|value| {
                let operand = Operand::of(value);
                format!("{}={}", operand.type_name(), operand.plain())
            })
            .collect();
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

fn read_spec(chars: &mut std::str::Chars<'_>) -> Result<Spec, BuiltinError> {
    let mut spec = Spec::default();
    let peek = |chars: &std::str::Chars<'_>| chars.clone().next();
    while let Some(flag) = peek(chars) {
        match flag {
            '-' => spec.minus = true,
            '+' => spec.plus = true,
            '#' => spec.sharp = true,
            ' ' => spec.space = true,
            '0' => spec.zero = true,
            _ => break,
        }
        chars.next();
    }
    let number = |chars: &mut std::str::Chars<'_>| {
        let mut value = 0_usize;
        while let Some(digit) = peek(chars).and_then(|c| c.to_digit(10)) {
            value = value.saturating_mul(10).saturating_add(digit as usize);
            chars.next();
        }
        if value > MAX_WIDTH { Err(BuiltinError::Limit(Limit::Memory)) } else { Ok(value) }
    };
    spec.width = number(chars)?;
    if peek(chars) == Some('.') {
        chars.next();
        spec.precision = Some(number(chars)?);
    }
    // Go puts no zeros where it aligns to the left.
    spec.zero &= !spec.minus;
    Ok(spec)
}

/// `[2]`: the operand to go on with, counted from 0; `Some(None)` if there is none such.
fn read_index(chars: &mut std::str::Chars<'_>, operands: usize) -> Option<Option<usize>> {
    let (inside, after) = chars.as_str().strip_prefix('[')?.split_once(']')?;
    *chars = after.chars();
    let index = inside.parse::<usize>().ok().and_then(|index| index.checked_sub(1));
    Some(index.filter(|index| *index < operands))
}

fn shown(operand: &Operand, verb: char, spec: &Spec) -> String {
    if verb == 'T' {
        return pad(operand.type_name(), spec);
    }
    let known = match operand {
        Operand::Int(int) => integer(int, verb, spec),
        Operand::Float(float) => floating(*float, verb, spec),
        Operand::Text(text) => textual(text, verb, spec),
    };
    known.unwrap_or_else(|| {
        let name = operand.type_name().trim_start_matches('*');
        let as_it_is = match operand {
            Operand::Int(int) => integer(int, 'v', spec),
            Operand::Float(float) => floating(*float, 'v', spec),
            Operand::Text(text) => textual(text, 'v', spec),
        };
        format!("%!{verb}({name}={})", as_it_is.unwrap_or_default())
    })
}

fn pad(text: &str, spec: &Spec) -> String {
    let missing = spec.width.saturating_sub(text.chars().count());
    if spec.minus {
        format!("{text}{}", " ".repeat(missing))
    } else if spec.zero {
        format!("{}{text}", "0".repeat(missing))
    } else {
        format!("{}{text}", " ".repeat(missing))
    }
}

/// Sign, zeros and digits to the width.
fn pad_number(negative: bool, prefix: &str, digits: &str, spec: &Spec, zeros: bool) -> String {
    let sign = match (negative, spec.plus, spec.space) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    };
    let size = sign.len() + prefix.len() + digits.len();
    if zeros {
        return format!("{sign}{prefix}{}{digits}", "0".repeat(spec.width.saturating_sub(size)));
    }
    pad(&format!("{sign}{prefix}{digits}"), &Spec { width: spec.width, minus: spec.minus, ..Spec::default() })
}

fn integer(int: &BigInt, verb: char, spec: &Spec) -> Option<String> {
    let radix = match verb {
        'd' | 'v' => 10,
        // Go's big integers take `%s`, its machine integers do not.
        's' if i64::try_from(int).is_err() => 10,
        'b' => 2,
        'o' | 'O' => 8,
        'x' | 'X' => 16,
        'c' | 'q' | 'U' => {
            let code = u32::try_from(int).unwrap_or(u32::MAX);
            let c = char::from_u32(code).unwrap_or('\u{fffd}');
            return Some(match verb {
                'c' => pad(&c.to_string(), spec),
                'q' if c == '\'' => pad("'\\''", spec),
                'q' if c == '"' => pad("'\"'", spec),
                'q' => pad(&format!("'{}'", quoted(&c.to_string()).trim_matches('"')), spec),
                _ => pad(&format!("U+{code:04X}"), spec),
            });
        }
        _ => return None,
    };
    let mut digits = int.magnitude().to_str_radix(radix);
    if verb == 'X' {
        digits.make_ascii_uppercase();
    }
    if let Some(precision) = spec.precision {
        digits = format!("{}{digits}", "0".repeat(precision.saturating_sub(digits.len())));
    }
    let prefix = match (verb, spec.sharp) {
        ('O', _) => "0o",
        ('x', true) => "0x",
        ('X', true) => "0X",
        ('o', true) => "0",
        ('b', true) => "0b",
        _ => "",
    };
    let zeros = spec.zero && spec.precision.is_none();
    Some(pad_number(int.sign() == Sign::Minus, prefix, &digits, spec, zeros))
}

fn floating(float: f64, verb: char, spec: &Spec) -> Option<String> {
    let size = float.abs();
    let digits = match verb {
        'f' | 'F' => format!("{size:.*}", spec.precision.unwrap_or(6)),
        'e' | 'E' => exponent(size, Some(spec.precision.unwrap_or(6))),
        'g' | 'G' | 'v' => general(size, spec.precision),
        _ => return None,
    };
    let digits = if verb.is_uppercase() { digits.to_uppercase() } else { digits };
    Some(pad_number(float.is_sign_negative(), "", &digits, spec, spec.zero))
}

/// `1.5e+06`; without a precision as many digits as it takes to read the same number back.
fn exponent(float: f64, precision: Option<usize>) -> String {
    let text = match precision {
        Some(precision) => format!("{float:.precision$e}"),
        None => format!("{float:e}"),
    };
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
    format!("{digits}e{sign}{power:0>2}")
}

/// Plain unless the exponent is below -4 or reaches the precision (without one, 6).
pub(super) fn general(float: f64, precision: Option<usize>) -> String {
    let sign = if float.is_sign_negative() { "-" } else { "" };
    let size = float.abs();
    let count = precision.map(|p| p.max(1));
    let scientific = exponent(size, count.map(|count| count - 1));
    let power: i32 = scientific.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0);
    let limit = count.map_or(6, |count| i32::try_from(count).unwrap_or(i32::MAX));
    let body = if size != 0.0 && (power < -4 || power >= limit) {
        let (digits, power) = scientific.split_once('e').unwrap_or((&scientific, "+00"));
        format!("{}e{power}", without_zeros(digits))
    } else {
        match count {
            Some(count) => {
                let places =
                    usize::try_from(i32::try_from(count).unwrap_or(i32::MAX) - 1 - power).unwrap_or(0);
                without_zeros(&format!("{size:.places$}")).to_owned()
            }
            None => format!("{size}"),
        }
    };
    format!("{sign}{body}")
}

fn without_zeros(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

fn textual(text: &str, verb: char, spec: &Spec) -> Option<String> {
    let cut: String = match spec.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text.to_owned(),
    };
    Some(match verb {
        's' | 'v' => pad(&cut, spec),
        'q' => pad(&quoted(&cut), spec),
        'x' => pad(&hex::encode(&cut), spec),
        'X' => pad(&hex::encode_upper(&cut), spec),
        _ => return None,
    })
}

fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0b' => out.push_str("\\v"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if c.is_control() || c.is_whitespace() && c != ' ' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
