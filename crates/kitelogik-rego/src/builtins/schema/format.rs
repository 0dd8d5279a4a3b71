//! The formats of strings; a format that is not known fits everything.

use crate::{
    builtin::{BuiltinCx, BuiltinError},
    builtins::{regex::compiled, time, uri},
};
use std::net::{Ipv4Addr, Ipv6Addr};

const HOSTNAME: &str = r"^([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])(\.([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]{0,61}[a-zA-Z0-9]))*$";
const POINTER: &str = "^(?:/(?:[^~/]|~0|~1)*)*$";
const RELATIVE_POINTER: &str = "^(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^~/]|~0|~1)*)*)$";
const TEMPLATE: &str = "^([^{]*(\\{[^}]*\\})?)*$";
const UUID: &str = "^(?i)[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$";

/// True if the text has the format.
pub(super) fn fits(cx: &mut BuiltinCx<'_, '_>, format: &str, text: &str) -> Result<bool, BuiltinError> {
    cx.step(1 + text.len() as u64 / 16)?;
    let any = |layouts: &[&str]| layouts.iter().any(|layout| time::reads(layout, text));
    Ok(match format {
        "date" => any(&["2006-01-02"]),
        "time" => any(&["15:04:05Z07:00", "15:04:05"]),
        "date-time" => any(&["15:04:05", "15:04:05Z07:00", "2006-01-02", "2006-01-02T15:04:05Z07:00"]),
        "hostname" => text.len() < 256 && compiled(cx, HOSTNAME)?.is_match(text),
        "email" | "idn-email" => is_address(text),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok() || is_ipv6(text) && text.contains('.'),
        "ipv6" => is_ipv6(text),
        "uri" | "iri" => {
            uri::scheme_of(text).is_some_and(|scheme| !scheme.is_empty()) && !text.contains('\\')
        }
        "uri-reference" | "iri-reference" => uri::scheme_of(text).is_some() && !text.contains('\\'),
        "uri-template" => match uri::path_of(text) {
            Some(path) if !text.contains('\\') => compiled(cx, TEMPLATE)?.is_match(&path),
            _ => false,
        },
        "uuid" => compiled(cx, UUID)?.is_match(text),
        "regex" => match compiled(cx, text) {
            Ok(_) => true,
            Err(BuiltinError::Limit(limit)) => return Err(limit.into()),
            Err(_) => false,
        },
        "json-pointer" => compiled(cx, POINTER)?.is_match(text),
        "relative-json-pointer" => compiled(cx, RELATIVE_POINTER)?.is_match(text),
        _ => true,
    })
}

fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

/// `a@b`, `"a b"@c`, or one of these in angle brackets after a name (RFC 5322, without comments).
fn is_address(text: &str) -> bool {
    let text = text.trim();
    let spec = match text.strip_suffix('>').map(|text| text.rsplit_once('<')) {
        Some(Some((name, spec))) if is_phrase(name.trim()) => spec,
        Some(_) => return false,
        None => text,
    };
    let Some((local, domain)) = spec.rsplit_once('@') else { return false };
    let quoted = local.len() > 1 && is_quoted(local);
    (quoted || is_dot_atom(local)) && is_domain(domain)
}

fn is_atom(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || !c.is_ascii();
    !text.is_empty() && text.chars().all(fits)
}

fn is_dot_atom(text: &str) -> bool {
    text.split('.').all(is_atom)
}

fn is_quoted(text: &str) -> bool {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.is_some_and(|inner| {
        let mut chars = inner.chars();
        while let Some(c) = chars.next() {
            let fits = match c {
                '\\' => chars.next().is_some_and(|c| !c.is_control()),
                '"' => false,
                c => c == '\t' || !c.is_control(),
            };
            if !fits {
                return false;
            }
        }
        true
    })
}

fn is_phrase(text: &str) -> bool {
    text.is_empty() || is_quoted(text) || text.split_whitespace().all(is_dot_atom)
}

fn is_domain(text: &str) -> bool {
    let literal = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    match literal {
        Some(address) => is_ipv6(address.trim_start_matches("IPv6:")) || address.parse::<Ipv4Addr>().is_ok(),
        None => is_dot_atom(text),
    }
}
