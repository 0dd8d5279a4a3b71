//! Integers. Go's machine integers and its big ones differ in what they make of flags and verbs.

use super::format::Spec;
use crate::val::{is_printable, quoted};
use num_bigint::{BigInt, Sign};

/// The text of an integer of 64 bits.
pub(super) fn machine(int: i64, verb: char, spec: &Spec) -> Option<String> {
    let radix = match verb {
        'd' | 'v' => 10,
        'b' => 2,
        'o' | 'O' => 8,
        'x' | 'X' => 16,
        'c' => return Some(spec.pad(&rune(int).to_string())),
        'q' => return Some(spec.pad(&quoted(rune(int).encode_utf8(&mut [0; 4]), '\'', spec.plus))),
        'U' => return Some(spec.pad_blank(&unicode(int, spec))),
        _ => return None,
    };
    if int == 0 && spec.precision == Some(0) {
        return Some(" ".repeat(spec.missing(0)));
    }
    let digits = in_radix(&BigInt::from(int), radix, verb);
    let sign = spec.sign(int < 0);
    // Zeros up to the width count the sign and no prefix.
    let wanted = match (spec.precision, spec.zero) {
        (Some(precision), _) => precision,
        (None, true) => spec.missing(sign.len()),
        (None, false) => 0,
    };
    let digits = format!("{}{digits}", "0".repeat(wanted.saturating_sub(digits.len())));
    let prefix = match prefix(verb, spec.sharp) {
        "0" if digits.starts_with('0') => "",
        // `%#O` has both.
        "0o" if spec.sharp && !digits.starts_with('0') => "0o0",
        prefix => prefix,
    };
    Some(spec.pad_blank(&format!("{sign}{prefix}{digits}")))
}

/// The text of an integer beyond 64 bits.
pub(super) fn big(int: &BigInt, verb: char, spec: &Spec) -> Option<String> {
    let radix = match verb {
        'd' | 's' | 'v' => 10,
        'b' => 2,
        'o' | 'O' => 8,
        'x' | 'X' => 16,
        _ => return None,
    };
    let digits = in_radix(int, radix, verb);
    let sign = spec.sign(int.sign() == Sign::Minus);
    let prefix = prefix(verb, spec.sharp);
    let zeros = match (spec.precision, spec.zero) {
        (Some(precision), _) => precision.saturating_sub(digits.len()),
        (None, true) => spec.missing(sign.len() + prefix.len() + digits.len()),
        (None, false) => 0,
    };
    Some(spec.pad_blank(&format!("{sign}{prefix}{}{digits}", "0".repeat(zeros))))
}

fn in_radix(int: &BigInt, radix: u32, verb: char) -> String {
    let digits = int.magnitude().to_str_radix(radix);
    if verb == 'X' { digits.to_uppercase() } else { digits }
}

fn prefix(verb: char, sharp: bool) -> &'static str {
    match (verb, sharp) {
        ('O', _) => "0o",
        ('x', true) => "0x",
        ('X', true) => "0X",
        ('o', true) => "0",
        ('b', true) => "0b",
        _ => "",
    }
}

fn rune(int: i64) -> char {
    u32::try_from(int).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn unicode(int: i64, spec: &Spec) -> String {
    let digits = spec.precision.unwrap_or(0).max(4);
    let code = format!("U+{:0digits$X}", int as u64);
    match u32::try_from(int).ok().and_then(char::from_u32) {
        Some(c) if spec.sharp && is_printable(c) => format!("{code} '{c}'"),
        _ => code,
    }
}
