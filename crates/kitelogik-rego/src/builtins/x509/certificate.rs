//! Certificates (RFC 5280, section 4.1) and requests for them (RFC 2986).

use super::super::keys::{PublicKey, spki};
use super::{
    der::{self, Element, Elements, INTEGER, SEQUENCE, SET, nested, tagged},
    extensions::{self, Extension, Known},
    name::{self, Name},
    signature::Algorithm,
    time,
};

/// A certificate.
#[derive(Clone, Debug)]
pub(super) struct Certificate<'d> {
    pub(super) raw: &'d [u8],
    pub(super) raw_inner: &'d [u8],
    /// From 1
    pub(super) version: i64,
    /// Big-endian
    pub(super) serial: &'d [u8],
    pub(super) algorithm: Algorithm,
    pub(super) raw_issuer: &'d [u8],
    pub(super) issuer: Name,
    /// Seconds since the Unix epoch
    pub(super) not_before: i64,
    pub(super) not_after: i64,
    pub(super) raw_subject: &'d [u8],
    pub(super) subject: Name,
    pub(super) raw_key: &'d [u8],
    pub(super) key: spki::Numbers<'d>,
    pub(super) extensions: Vec<Extension<'d>>,
    pub(super) known: Known<'d>,
    pub(super) signature: Vec<u8>,
}

/// The public key of one DER certificate; the error says what is wrong with it.
pub(in crate::builtins) fn public_key(der: &[u8]) -> Result<PublicKey, String> {
    let mut all = Elements::of(der);
    let certificate = read(all.next().ok_or("x509: malformed certificate")?)?;
    if all.is_empty() { Ok(certificate.key.key()) } else { Err("x509: trailing data".to_owned()) }
}

/// The most certificates read at once.
const MAX_CERTIFICATES: usize = 1_000;

/// DER certificates one after the other.
pub(super) fn all(der: &[u8]) -> Result<Vec<Certificate<'_>>, String> {
    let mut elements = Elements::of(der);
    let mut found = Vec::new();
    while !elements.is_empty() {
        if found.len() >= MAX_CERTIFICATES {
            return Err(format!("x509: too many certificates: at most {MAX_CERTIFICATES}"));
        }
        found.push(read(elements.next().ok_or("x509: malformed certificate")?)?);
    }
    Ok(found)
}

fn read(whole: Element<'_>) -> Result<Certificate<'_>, String> {
    let wrong = |what: &str| format!("x509: malformed {what}");
    if whole.tag != SEQUENCE {
        return Err(wrong("certificate"));
    }
    let mut outer = Elements::of(whole.content);
    let inner = outer.take(SEQUENCE).ok_or_else(|| wrong("tbs certificate"))?;
    let mut parts = Elements::of(inner.content);
    let version = version(&mut parts).ok_or_else(|| wrong("version"))?;
    if version > 3 {
        return Err("x509: invalid version".to_owned());
    }
    let serial = parts.next().and_then(der::unsigned).ok_or_else(|| wrong("serial number"))?;
    let algorithm = parts.take(SEQUENCE).ok_or_else(|| wrong("signature algorithm identifier"))?;
    let outer_algorithm = outer.take(SEQUENCE).ok_or_else(|| wrong("algorithm identifier"))?;
    if algorithm.content != outer_algorithm.content {
        return Err("x509: inner and outer signature algorithm identifiers don't match".to_owned());
    }
    let issuer = parts.take(SEQUENCE).ok_or_else(|| wrong("issuer"))?;
    let mut validity = parts.within(SEQUENCE).ok_or_else(|| wrong("validity"))?;
    let mut moment = || validity.next().and_then(time::read).ok_or_else(|| wrong("time"));
    let (not_before, not_after) = (moment()?, moment()?);
    let subject = parts.take(SEQUENCE).ok_or_else(|| wrong("subject"))?;
    let key = parts.take(SEQUENCE).ok_or_else(|| wrong("spki"))?;
    let mut found = Vec::new();
    if version > 1 {
        parts.optional(tagged(1)).ok_or_else(|| wrong("issuerUniqueID"))?;
        parts.optional(tagged(2)).ok_or_else(|| wrong("subjectUniqueID"))?;
    }
    if version == 3
        && let Some(given) = parts.optional(nested(3)).ok_or_else(|| wrong("extensions"))?
    {
        let list = Elements::of(given.content).take(SEQUENCE).ok_or_else(|| wrong("extensions"))?;
        found = extensions::list(list)?;
    }
    let signature = outer.next().and_then(der::right_aligned).ok_or_else(|| wrong("signature"))?;
    Ok(Certificate {
        raw: whole.whole,
        raw_inner: inner.whole,
        version,
        serial,
        algorithm: Algorithm::read(algorithm).ok_or_else(|| wrong("OID"))?,
        raw_issuer: issuer.whole,
        issuer: name::read(issuer)?,
        not_before,
        not_after,
        raw_subject: subject.whole,
        subject: name::read(subject)?,
        raw_key: key.whole,
        key: spki::read(key.whole)?,
        known: extensions::read(&found)?,
        extensions: found,
        signature,
    })
}

/// From 1; absent means 1.
fn version(parts: &mut Elements<'_>) -> Option<i64> {
    match parts.optional(nested(0))? {
        None => Some(1),
        Some(given) => der::small(Elements::of(given.content).take(INTEGER)?.content)?.checked_add(1),
    }
}

/// A request for a certificate.
#[derive(Clone, Debug)]
pub(super) struct Request<'d> {
    pub(super) raw: &'d [u8],
    pub(super) raw_inner: &'d [u8],
    /// From 0
    pub(super) version: i64,
    pub(super) raw_subject: &'d [u8],
    pub(super) subject: Name,
    pub(super) raw_key: &'d [u8],
    pub(super) key: spki::Numbers<'d>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) extensions: Vec<Extension<'d>>,
    pub(super) names: extensions::Names<'d>,
    pub(super) algorithm: Algorithm,
    pub(super) signature: Vec<u8>,
}

/// An attribute whose values are lists of types and values, as the requested extensions look to Go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) kind: Vec<u32>,
    pub(super) values: Vec<Vec<Pair>>,
}

/// A type and what follows it.
pub(super) type Pair = (Vec<u32>, AttributeValue);

/// The second element of an extension: its value, or whether it is critical.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AttributeValue {
    Bytes(Vec<u8>),
    Flag(bool),
}

/// Reads one DER request.
pub(super) fn request(der: &[u8]) -> Result<Request<'_>, String> {
    let wrong = || "asn1: structure error: malformed certificate request".to_owned();
    let mut all = Elements::of(der);
    let whole = all.take(SEQUENCE).ok_or_else(wrong)?;
    if !all.is_empty() {
        return Err("asn1: syntax error: trailing data".to_owned());
    }
    let mut outer = Elements::of(whole.content);
    let inner = outer.take(SEQUENCE).ok_or_else(wrong)?;
    let mut parts = Elements::of(inner.content);
    let version = parts.take(INTEGER).and_then(|version| der::small(version.content)).ok_or_else(wrong)?;
    let subject = parts.take(SEQUENCE).ok_or_else(wrong)?;
    let key = parts.take(SEQUENCE).ok_or_else(wrong)?;
    let given = parts.take(nested(0)).ok_or_else(wrong)?;
    let algorithm = outer.take(SEQUENCE).and_then(Algorithm::read).ok_or_else(wrong)?;
    let signature = outer.next().and_then(der::right_aligned).ok_or_else(wrong)?;
    let (attributes, extensions) = attributes(given.content).ok_or_else(wrong)??;
    let requested = extensions.iter().find(|extension| extension.id == [2, 5, 29, 17]);
    Ok(Request {
        raw: whole.whole,
        raw_inner: inner.whole,
        version,
        raw_subject: subject.whole,
        subject: name::read(subject)?,
        raw_key: key.whole,
        key: spki::read(key.whole)?,
        attributes,
        names: requested.map_or_else(|| Ok(extensions::Names::default()), |e| extensions::names(e.value))?,
        extensions,
        algorithm,
        signature,
    })
}

const EXTENSION_REQUEST: [u32; 7] = [1, 2, 840, 113_549, 1, 9, 14];

type Attributes<'d> = (Vec<Attribute>, Vec<Extension<'d>>);

/// The attributes that have the form of Go's, and the extensions asked for; `None` is no DER.
fn attributes(content: &[u8]) -> Option<Result<Attributes<'_>, String>> {
    let (mut found, mut requested) = (Vec::new(), Vec::new());
    let mut all = Elements::of(content);
    while !all.is_empty() {
        let mut attribute = all.within(SEQUENCE)?;
        let kind = der::arcs(attribute.next()?)?;
        let Some(values) = attribute.take(SET) else { continue };
        if kind == EXTENSION_REQUEST
            && let Some(list) = Elements::of(values.content).next()
        {
            match extensions::list(list) {
                Ok(extensions) => requested.extend(extensions),
                Err(error) => return Some(Err(error)),
            }
        }
        if let Some(values) = pairs(values.content) {
            found.push(Attribute { kind, values });
        }
    }
    Some(Ok((found, requested)))
}

/// Lists of an object identifier and what follows it.
fn pairs(content: &[u8]) -> Option<Vec<Vec<Pair>>> {
    let mut lists = Vec::new();
    let mut all = Elements::of(content);
    while !all.is_empty() {
        let mut list = all.within(SEQUENCE)?;
        let mut found = Vec::new();
        while !list.is_empty() {
            let mut pair = list.within(SEQUENCE)?;
            let kind = der::arcs(pair.next()?)?;
            let value = pair.next()?;
            found.push(match value.tag {
                der::OCTET_STRING => (kind, AttributeValue::Bytes(value.content.to_vec())),
                _ => (kind, AttributeValue::Flag(der::boolean(value)?)),
            });
        }
        lists.push(found);
    }
    Some(lists)
}
