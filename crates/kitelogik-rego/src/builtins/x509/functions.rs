//! The builtins.

use super::super::{
    encoding::base64,
    keys::pem,
    operands::{any, charge_bytes, object, string},
    types::{BOOLEAN, STRING, def, def_of_context},
};
use super::{
    certificate::{self, Certificate},
    chain::{self, Asked},
    options, private,
    show::{self, Members, bytes},
};
use crate::{
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Type},
    val::Val,
};

const MEMBERS: Type = Type::Object(&[], Some((&STRING, &Type::Any)));
const LIST: Type = Type::Array(&MEMBERS);

pub(in crate::builtins) const FAMILY: &[BuiltinDef] = &[
    def("crypto.parse_private_keys", &[STRING], LIST, parse_private_keys),
    def_of_context(
        "crypto.x509.parse_and_verify_certificates",
        &[STRING],
        Type::Tuple(&[BOOLEAN, LIST]),
        parse_and_verify,
    ),
    def_of_context(
        "crypto.x509.parse_and_verify_certificates_with_options",
        &[STRING, MEMBERS],
        Type::Tuple(&[BOOLEAN, LIST]),
        parse_and_verify_with_options,
    ),
    def("crypto.x509.parse_certificate_request", &[STRING], MEMBERS, parse_request),
    def("crypto.x509.parse_certificates", &[STRING], LIST, parse_certificates),
    def("crypto.x509.parse_keypair", &[STRING, STRING], MEMBERS, parse_keypair),
    def("crypto.x509.parse_rsa_private_key", &[STRING], MEMBERS, parse_rsa_private_key),
];

fn failed(message: impl std::fmt::Display) -> BuiltinError {
    BuiltinError::failed(message)
}

/// The DER of a text's certificates, one after the other.
fn certificates_der(text: &str) -> Result<Vec<u8>, BuiltinError> {
    if text.starts_with("-----BEGIN") {
        return blocks(text);
    }
    let decoded = base64(text)?;
    match std::str::from_utf8(&decoded) {
        Ok(text) if text.starts_with("-----BEGIN") => blocks(text),
        _ => Ok(decoded),
    }
}

fn blocks(text: &str) -> Result<Vec<u8>, BuiltinError> {
    let (mut rest, mut der) = (text, Vec::new());
    while let Some((block, after)) = pem::first(rest) {
        if block.label != "CERTIFICATE" {
            return Err(failed(format!("PEM block type is '{}', expected CERTIFICATE", block.label)));
        }
        der.extend(block.bytes);
        rest = after;
    }
    Ok(der)
}

fn parse_certificates<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let text = string(args, 1)?;
    charge_bytes(cx, text.len())?;
    let der = certificates_der(text)?;
    let certificates = certificate::all(&der).map_err(failed)?;
    array(cx, certificates.iter(), true).map(Some)
}

fn array<'a, 's, 'd: 's>(
    cx: &mut BuiltinCx<'a, '_>,
    certificates: impl Iterator<Item = &'s Certificate<'d>>,
    with_uri_strings: bool,
) -> Result<Val<'a>, BuiltinError> {
    match show::list(cx, certificates, |cx, one| show::certificate(cx, one, with_uri_strings))? {
        Val::Null => Ok(cx.arena().array(&[])?),
        list => Ok(list),
    }
}

fn parse_and_verify<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let asked = Asked { host: "", now_ns: cx.now_ns(), usages: Vec::new() };
    verify(cx, args, true, |_| Ok(asked))
}

fn parse_and_verify_with_options<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let given = object(args, 2)?;
    verify(cx, args, false, |now_ns| options::read(given, now_ns))
}

/// `[true, chain]`, or `[false, []]` where the certificates cannot be read or make no chain.
fn verify<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    args: &[Val<'a>],
    with_uri_strings: bool,
    asked: impl FnOnce(i64) -> Result<Asked<'a>, BuiltinError>,
) -> BuiltinResult<'a> {
    let text = string(args, 1)?;
    charge_bytes(cx, text.len())?;
    let der = certificates_der(text);
    // Options are looked at only where the certificates can be read, but then they must be sound.
    let certificates = der.as_ref().ok().and_then(|der| certificate::all(der).ok());
    let found = match &certificates {
        None => None,
        Some(certificates) => {
            let asked = asked(cx.now_ns())?;
            chain::find(cx, certificates, &asked)?
        }
    };
    let valid = found.is_some();
    let chain = array(cx, found.unwrap_or_default().into_iter(), with_uri_strings)?;
    Ok(Some(cx.arena().array(&[Val::Bool(valid), chain])?))
}

const REQUEST: &str = "CERTIFICATE REQUEST";

fn parse_request<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let text = string(args, 1)?;
    charge_bytes(cx, text.len())?;
    let bytes = if text.starts_with("-----BEGIN CERTIFICATE REQUEST-----") {
        text.as_bytes().to_vec()
    } else {
        base64(text)?
    };
    let der = match std::str::from_utf8(&bytes).ok().and_then(pem::first) {
        Some((block, _)) if block.label == REQUEST => block.bytes,
        Some(_) => return Err(failed("invalid PEM-encoded certificate signing request")),
        None => bytes,
    };
    let request = certificate::request(&der).map_err(failed)?;
    show::request(cx, &request).map(Some)
}

/// A text that is PEM, or base64 of PEM or of DER.
enum Given {
    Pem(String),
    Der(Vec<u8>),
}

fn given(text: &str) -> Result<Given, BuiltinError> {
    const BEGIN: &str = "-----BEGIN ";
    if text.starts_with(BEGIN) {
        return Ok(Given::Pem(text.to_owned()));
    }
    match String::from_utf8(base64(text)?) {
        Ok(text) if text.starts_with(BEGIN) => Ok(Given::Pem(text)),
        Ok(text) => Ok(Given::Der(text.into_bytes())),
        Err(bytes) => Ok(Given::Der(bytes.into_bytes())),
    }
}

/// The contents of a PEM text's blocks whose label fits.
fn contents(text: &str, fits: impl Fn(&str) -> bool) -> Vec<Vec<u8>> {
    let (mut rest, mut found) = (text, Vec::new());
    while let Some((block, after)) = pem::first(rest) {
        if fits(&block.label) {
            found.push(block.bytes);
        }
        rest = after;
    }
    found
}

fn parse_keypair<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    // Sic: OPA calls the second operand the first.
    let (certificate, key) = (string(args, 1)?, string(&[any(args, 2)], 1)?);
    charge_bytes(cx, certificate.len().saturating_add(key.len()))?;
    let chain = match given(certificate)? {
        Given::Pem(text) => contents(&text, |label| label == "CERTIFICATE"),
        Given::Der(der) => vec![der],
    };
    let key = match given(key)? {
        Given::Pem(text) => {
            let fits = |label: &str| label == "PRIVATE KEY" || label.ends_with(" PRIVATE KEY");
            contents(&text, fits).into_iter().next()
        }
        Given::Der(der) => Some(der),
    };
    let first =
        chain.first().ok_or_else(|| failed("tls: failed to find any PEM data in certificate input"))?;
    let key = key.ok_or_else(|| failed("tls: failed to find any PEM data in key input"))?;
    let leaf = match certificate::all(first).map_err(failed)?.as_slice() {
        [leaf] => leaf.clone(),
        [] => return Err(failed("x509: malformed certificate")),
        _ => return Err(failed("x509: trailing data")),
    };
    let key = private::any(cx, &key)?;
    key.belongs_to(&leaf.key).map_err(failed)?;
    let mut all = Members::new();
    all.put("Certificate", show::list(cx, &chain, |cx, one| bytes(cx, one))?);
    all.put("PrivateKey", key.structure(cx)?);
    all.put("Leaf", show::certificate(cx, &leaf, false)?);
    for empty in ["OCSPStaple", "SignedCertificateTimestamps", "SupportedSignatureAlgorithms"] {
        all.put(empty, Val::Null);
    }
    all.done(cx).map(Some)
}

fn parse_private_keys<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let text = string(args, 1)?;
    charge_bytes(cx, text.len())?;
    if text.is_empty() {
        return Ok(Some(Val::Null));
    }
    let keys = private::all(cx, &unwrapped(text))?;
    match show::list(cx, keys, |cx, key| key.structure(cx))? {
        Val::Null => Ok(Some(cx.arena().array(&[])?)),
        list => Ok(Some(list)),
    }
}

/// The text, or what it is the base64 of.
fn unwrapped(text: &str) -> String {
    let decoded = base64(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.unwrap_or_else(|| text.to_owned())
}

fn parse_rsa_private_key<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let text = string(args, 1)?;
    charge_bytes(cx, text.len())?;
    if text.is_empty() {
        return Err(failed("input PEM data was empty"));
    }
    if !text.starts_with("-----BEGIN") {
        base64(text)?;
    }
    match private::all(cx, &unwrapped(text))?.first() {
        Some(key) => key.jwk(cx).map(Some),
        None => Ok(Some(Val::Null)),
    }
}
