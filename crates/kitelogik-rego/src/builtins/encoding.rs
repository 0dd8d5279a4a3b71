//! `base64.*`, `base64url.*`, `hex.*` and `urlquery.*`. Strings are UTF-8 here, so decoding to bytes that are
//! no UTF-8 is an error, where OPA would hand on the raw bytes.

use super::{
    operands::{any, charge_bytes, object, string},
    types::{BOOLEAN, STRING, STRING_ARRAY, STRING_SET, def},
};
use crate::{
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Type},
    val::Val,
};
use base64::{
    Engine as _, alphabet,
    engine::{GeneralPurpose, GeneralPurposeConfig},
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD},
};
use std::collections::BTreeMap;

const VALUES: Type = Type::Union(&[STRING, STRING_ARRAY, STRING_SET]);

/// As Go reads it: the padding must be there, the bits after the last byte need not be zero.
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LOOSE);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LOOSE);
const LOOSE: GeneralPurposeConfig = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("base64.encode", &[STRING], STRING, |cx, args| map(cx, args, |s| BASE64_STANDARD.encode(s))),
    def("base64.decode", &[STRING], STRING, |cx, args| decode(cx, args, base64)),
    def("base64.is_valid", &[STRING], BOOLEAN, |_, args| {
        Ok(Some(Val::Bool(any(args, 1).as_str().is_some_and(|s| base64(s).is_ok()))))
    }),
    def("base64url.encode", &[STRING], STRING, |cx, args| map(cx, args, |s| BASE64_URL_SAFE.encode(s))),
    def("base64url.encode_no_pad", &[STRING], STRING, |cx, args| {
        map(cx, args, |s| BASE64_URL_SAFE_NO_PAD.encode(s))
    }),
    def("base64url.decode", &[STRING], STRING, |cx, args| decode(cx, args, base64url)),
    def("hex.encode", &[STRING], STRING, |cx, args| map(cx, args, |s| hex::encode(s))),
    def("hex.decode", &[STRING], STRING, |cx, args| decode(cx, args, from_hex)),
    def("urlquery.encode", &[STRING], STRING, |cx, args| map(cx, args, escape)),
    def("urlquery.decode", &[STRING], STRING, |cx, args| decode(cx, args, unescape)),
    def("urlquery.encode_object", &[Type::Object(&[], Some((&STRING, &VALUES)))], STRING, encode_object),
    def(
        "urlquery.decode_object",
        &[STRING],
        Type::Object(&[], Some((&STRING, &STRING_ARRAY))),
        decode_object,
    ),
];

fn map<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>], f: fn(&str) -> String) -> BuiltinResult<'a> {
    let text = string(args, 1)?;
    charge_bytes(cx, text.len().saturating_mul(2))?;
    Ok(Some(cx.arena().string(&f(text))?))
}

type Decode = fn(&str) -> Result<Vec<u8>, BuiltinError>;

fn decode<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>], f: Decode) -> BuiltinResult<'a> {
    let text = string(args, 1)?;
    charge_bytes(cx, text.len())?;
    Ok(Some(cx.arena().string(&utf8(f(text)?)?)?))
}

fn utf8(bytes: Vec<u8>) -> Result<String, BuiltinError> {
    String::from_utf8(bytes).map_err(|_| BuiltinError::failed("decoded bytes are not UTF-8"))
}

/// Line breaks are passed over.
fn base64_with(engine: &GeneralPurpose, text: &str) -> Result<Vec<u8>, BuiltinError> {
    let joined: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    engine.decode(joined).map_err(|error| {
        let at = match error {
            base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => at,
            base64::DecodeError::InvalidLength(_) | base64::DecodeError::InvalidPadding => text.len(),
        };
        BuiltinError::failed(format!("illegal base64 data at input byte {at}"))
    })
}

pub(super) fn base64(text: &str) -> Result<Vec<u8>, BuiltinError> {
    base64_with(&STANDARD, text)
}

/// The padding may be left out (RFC 7515, appendix C).
pub(super) fn base64url(text: &str) -> Result<Vec<u8>, BuiltinError> {
    let padding = match (text.ends_with('='), text.len() % 4) {
        (true, _) | (false, 0) => "",
        (false, 2) => "==",
        (false, 3) => "=",
        _ => return Err(BuiltinError::failed(format!("illegal base64url string: {text}"))),
    };
    base64_with(&URL_SAFE, &format!("{text}{padding}"))
}

/// The first byte that is no digit is told before an odd length, as Go has it; what is no ASCII as its first byte.
fn from_hex(text: &str) -> Result<Vec<u8>, BuiltinError> {
    if let Some(odd) = text.bytes().find(|byte| !byte.is_ascii_hexdigit()) {
        let shown = char::from(odd).escape_debug();
        return Err(BuiltinError::failed(format!("encoding/hex: invalid byte: U+{odd:04X} '{shown}'")));
    }
    hex::decode(text).map_err(|_| BuiltinError::failed("encoding/hex: odd length hex string"))
}

/// `application/x-www-form-urlencoded`, a space as `+`.
pub(super) fn escape(text: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b' ');
    percent_encoding::utf8_percent_encode(text, KEPT).to_string().replace(' ', "+")
}

fn unescape(text: &str) -> Result<Vec<u8>, BuiltinError> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = match first {
            b'+' => {
                out.push(b' ');
                after
            }
            b'%' => {
                let byte = after
                    .get(..2)
                    .filter(|pair| pair.iter().all(u8::is_ascii_hexdigit))
                    .and_then(|pair| std::str::from_utf8(pair).ok())
                    .and_then(|pair| u8::from_str_radix(pair, 16).ok());
                let Some(byte) = byte else {
                    let shown: String = String::from_utf8_lossy(rest).chars().take(3).collect();
                    return Err(BuiltinError::failed(format!("invalid URL escape {shown:?}")));
                };
                out.push(byte);
                after.get(2..).unwrap_or(&[])
            }
            other => {
                out.push(*other);
                after
            }
        };
    }
    Ok(out)
}

fn encode_object<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let refused = || BuiltinError::operand(1, "values must be string, array[string], or set[string]");
    let mut out = String::new();
    for (key, value) in object(args, 1)?.iter() {
        let values: Vec<Val<'a>> = match value {
            Val::Str(_) => vec![value],
            Val::Array(array) => array.iter().collect(),
            Val::Set(set) => set.iter().collect(),
            _ => return Err(refused()),
        };
        let key = key.as_str().map_or_else(|| key.to_rego(), str::to_owned);
        for value in values {
            let value = value.as_str().ok_or_else(refused)?;
            charge_bytes(cx, 64 + value.len())?;
            let and = if out.is_empty() { "" } else { "&" };
            out.push_str(&format!("{and}{}={}", escape(&key), escape(value)));
        }
    }
    Ok(Some(cx.arena().string(&out)?))
}

fn decode_object<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let text = string(args, 1)?;
    let mut found: BTreeMap<String, Vec<Val<'a>>> = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        charge_bytes(cx, 64 + pair.len())?;
        if pair.contains(';') {
            return Err(BuiltinError::failed("invalid semicolon separator in query"));
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = cx.arena().string(&utf8(unescape(value)?)?)?;
        found.entry(utf8(unescape(key)?)?).or_default().push(value);
    }
    let mut pairs = Vec::with_capacity(found.len());
    for (key, values) in found {
        pairs.push((cx.arena().string(&key)?, cx.arena().array(&values)?));
    }
    Ok(Some(cx.arena().object(pairs)?))
}

/// Text as Go reads it: each byte that is no UTF-8 becomes U+FFFD.
#[cfg(feature = "keys")]
pub(super) fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}
