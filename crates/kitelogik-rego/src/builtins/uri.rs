//! `uri.parse` and `uri.is_valid`: URIs and relative references (RFC 3986), with the latitude of Go's `net/url`,
//! which OPA asks. A part whose escapes stand for bytes that are no UTF-8 is an error, where OPA would hand on
//! the raw bytes.

use super::{
    operands::{any, charge_bytes, string},
    types::{BOOLEAN, STRING, def},
};
use crate::{
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Type},
    val::Val,
};
use std::net::Ipv6Addr;

const RESULT: Type = Type::Object(&[], Some((&STRING, &STRING)));

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("uri.parse", &[STRING], RESULT, |cx, args| {
        let text = string(args, 1)?;
        charge_bytes(cx, text.len())?;
        let uri = read(text).map_err(BuiltinError::failed)?;
        members(cx, &uri)
    }),
    def("uri.is_valid", &[STRING], BOOLEAN, |cx, args| {
        let Val::Str(text) = any(args, 1) else { return Ok(Some(Val::Bool(false))) };
        charge_bytes(cx, text.len())?;
        Ok(Some(Val::Bool(!text.is_empty() && read(text).is_ok())))
    }),
];

/// The parts, with their escapes undone where Go undoes them.
#[derive(Default)]
pub(super) struct Uri<'t> {
    pub(super) scheme: String,
    pub(super) host: Vec<u8>,
    pub(super) path: Vec<u8>,
    /// The path as written
    pub(super) raw_path: &'t str,
    query: &'t str,
    pub(super) fragment: Vec<u8>,
}

fn members<'a>(cx: &mut BuiltinCx<'a, '_>, uri: &Uri<'_>) -> BuiltinResult<'a> {
    let text = |bytes: &[u8]| {
        String::from_utf8(bytes.to_vec()).map_err(|_| BuiltinError::failed("decoded bytes are not UTF-8"))
    };
    let host = text(&uri.host)?;
    let (name, port) = host_and_port(&host);
    let path = text(&uri.path)?;
    // Go keeps the path as written only where its own escaping would write it in another way.
    let raw_path = if escaped(&uri.path) == uri.raw_path { path.as_str() } else { uri.raw_path };
    let fragment = text(&uri.fragment)?;
    let parts = [
        ("scheme", uri.scheme.as_str()),
        ("hostname", name),
        ("port", port),
        ("path", &path),
        ("raw_path", raw_path),
        ("raw_query", uri.query),
        ("fragment", &fragment),
    ];
    let mut pairs = Vec::new();
    for (name, part) in parts {
        if !part.is_empty() {
            pairs.push((Val::Str(name), cx.arena().string(part)?));
        }
    }
    Ok(Some(cx.arena().object(pairs)?))
}

pub(super) fn read(text: &str) -> Result<Uri<'_>, String> {
    let (whole, fragment) = text.split_once('#').unwrap_or((text, ""));
    let mut uri = without_fragment(whole).map_err(|what| format!("parse {whole:?}: {what}"))?;
    uri.fragment = unescape(fragment, Part::Plain).map_err(|what| format!("parse {text:?}: {what}"))?;
    Ok(uri)
}

/// The scheme, empty where there is none; `None` where the text is no URI and no relative reference.
#[cfg(feature = "jsonschema")]
pub(super) fn scheme_of(text: &str) -> Option<String> {
    read(text).ok().map(|uri| uri.scheme)
}

/// The path with its escapes undone; `None` where the text is no URI and no relative reference.
#[cfg(feature = "jsonschema")]
pub(super) fn path_of(text: &str) -> Option<String> {
    read(text).ok().map(|uri| String::from_utf8_lossy(&uri.path).into_owned())
}

fn without_fragment(text: &str) -> Result<Uri<'_>, String> {
    if text.bytes().any(|b| b < b' ' || b == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    if text == "*" {
        return Ok(Uri { path: b"*".to_vec(), raw_path: "*", ..Uri::default() });
    }
    let (scheme, rest) = scheme(text)?;
    let mut uri = Uri { scheme: scheme.to_ascii_lowercase(), ..Uri::default() };
    let (mut rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    uri.query = query;
    if !rest.starts_with('/') {
        if !uri.scheme.is_empty() {
            return Ok(uri);
        }
        if rest.split('/').next().is_some_and(|first| first.contains(':')) {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let has_authority = !uri.scheme.is_empty() || !rest.starts_with("///");
    if let Some(after) = rest.strip_prefix("//").filter(|_| has_authority) {
        let end = after.find('/').unwrap_or(after.len());
        let (authority, path) = after.split_at(end);
        uri.host = host_of(&uri.scheme, authority)?;
        rest = path;
    }
    uri.path = unescape(rest, Part::Plain)?;
    uri.raw_path = rest;
    Ok(uri)
}

/// The scheme, empty where there is none, and what comes after its colon.
fn scheme(text: &str) -> Result<(&str, &str), String> {
    match text.split_once(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))) {
        Some((before, after)) if text.as_bytes().get(before.len()) == Some(&b':') => {
            match before.bytes().next() {
                None => Err("missing protocol scheme".to_owned()),
                Some(first) if first.is_ascii_alphabetic() => Ok((before, after)),
                Some(_) => Ok(("", text)),
            }
        }
        _ => Ok(("", text)),
    }
}

/// The host with its port, from what may begin with a user.
fn host_of(scheme: &str, authority: &str) -> Result<Vec<u8>, String> {
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    let found = host_and_port_checked(scheme, host)?;
    if let Some(user) = user {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
        if !user.chars().all(fits) {
            return Err("net/url: invalid userinfo".to_owned());
        }
        unescape(user, Part::Plain)?;
    }
    Ok(found)
}

fn host_and_port_checked(scheme: &str, host: &str) -> Result<Vec<u8>, String> {
    let port_fits = |port: &str| {
        if is_port(port) { Ok(()) } else { Err(format!("invalid port {port:?} after host")) }
    };
    if let Some((before, after)) = host.rsplit_once('[') {
        if !before.is_empty() {
            return Err("invalid IP-literal".to_owned());
        }
        let (literal, port) = after.rsplit_once(']').ok_or("missing ']' in host")?;
        port_fits(port)?;
        let port = unescape(port, Part::Host)?;
        let mut address = match literal.find("%25").map(|at| literal.split_at(at)) {
            Some((address, zone)) => {
                let mut address = unescape(address, Part::Host)?;
                address.extend(unescape(zone, Part::Zone)?);
                address
            }
            None => unescape(literal, Part::Host)?,
        };
        if !is_ipv6(&address) {
            return Err(format!("invalid host: {literal:?} is no IPv6 address"));
        }
        address.insert(0, b'[');
        address.push(b']');
        address.extend(port);
        return Ok(address);
    }
    if let Some(first) = host.find(':') {
        let strict = matches!(scheme, "http" | "https");
        let colon = if strict { first } else { host.rfind(':').unwrap_or(first) };
        port_fits(host.get(colon..).unwrap_or(""))?;
    }
    unescape(host, Part::Host)
}

fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
}

fn is_ipv6(address: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(address) else { return false };
    match text.split_once('%') {
        Some((address, zone)) => {
            let found = address.parse::<Ipv6Addr>();
            !zone.is_empty() && found.is_ok_and(|address| address.to_ipv4_mapped().is_none())
        }
        None => text.parse::<Ipv6Addr>().is_ok(),
    }
}

fn host_and_port(host: &str) -> (&str, &str) {
    let (name, port) = match host.rfind(':').map(|at| host.split_at(at)) {
        Some((name, port)) if is_port(port) => (name, port.trim_start_matches(':')),
        _ => (host, ""),
    };
    (name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name), port)
}

/// Where text stands, which tells what it may hold.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// Path, fragment, user
    Plain,
    Host,
    Zone,
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!$&'()*+,;=:[]<>\"-_.~".contains(&byte)
}

fn unescape(text: &str, part: Part) -> Result<Vec<u8>, String> {
    let bad = |bytes: &[u8]| {
        let shown: Vec<u8> = bytes.iter().take(3).copied().collect();
        Err(format!("invalid URL escape {:?}", String::from_utf8_lossy(&shown)))
    };
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first != b'%' {
            if part != Part::Plain && first.is_ascii() && !is_host_byte(*first) {
                let shown = char::from(*first).to_string();
                return Err(format!("invalid character {shown:?} in host name"));
            }
            out.push(*first);
            rest = after;
            continue;
        }
        let mut byte = [0_u8];
        let Some(digits) = after.get(..2).filter(|digits| hex::decode_to_slice(digits, &mut byte).is_ok())
        else {
            return bad(rest);
        };
        let [byte] = byte;
        let refused = match part {
            Part::Plain => false,
            Part::Host => byte.is_ascii() && digits != b"25",
            Part::Zone => digits != b"25" && byte != b' ' && !is_host_byte(byte),
        };
        if refused {
            return bad(rest);
        }
        out.push(byte);
        rest = after.get(2..).unwrap_or(&[]);
    }
    Ok(out)
}

/// A path as Go writes it.
pub(super) fn escaped(path: &[u8]) -> String {
    const KEPT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~')
        .remove(b'$')
        .remove(b'&')
        .remove(b'+')
        .remove(b',')
        .remove(b'/')
        .remove(b':')
        .remove(b';')
        .remove(b'=')
        .remove(b'@');
    percent_encoding::percent_encode(path, KEPT).to_string()
}
