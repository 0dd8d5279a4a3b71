//! Certificates and requests as values: what Go's `encoding/json` makes of `x509.Certificate` and
//! `x509.CertificateRequest`. A list of none is `null`.

use super::super::{encoding::lossy, keys::spki::Numbers, operands::charge_bytes};
use super::{
    certificate::{AttributeValue, Certificate, Request},
    extensions::{Extension, Names, Subtrees},
    name::Name,
    time, url,
};
use crate::{
    builtin::{BuiltinCx, BuiltinError},
    val::Val,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use num_bigint::BigUint;
use std::net::IpAddr;

type Made<'a> = Result<Val<'a>, BuiltinError>;

/// An object under way.
pub(super) struct Members<'a>(Vec<(Val<'a>, Val<'a>)>);

impl<'a> Members<'a> {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn put(&mut self, name: &'static str, value: impl Into<Val<'a>>) {
        self.0.push((Val::Str(name), value.into()));
    }

    pub(super) fn done(self, cx: &mut BuiltinCx<'a, '_>) -> Made<'a> {
        Ok(cx.arena().object(self.0)?)
    }
}

pub(super) fn text<'a>(cx: &mut BuiltinCx<'a, '_>, text: &str) -> Made<'a> {
    charge_bytes(cx, text.len())?;
    Ok(cx.arena().string(text)?)
}

/// Bytes are base64.
pub(super) fn bytes<'a>(cx: &mut BuiltinCx<'a, '_>, bytes: &[u8]) -> Made<'a> {
    charge_bytes(cx, bytes.len())?;
    text(cx, &BASE64_STANDARD.encode(bytes))
}

/// A big-endian number; writing it in decimal takes a time that grows with the square of its length.
pub(super) fn number<'a>(cx: &mut BuiltinCx<'a, '_>, digits: &[u8]) -> Made<'a> {
    let length = digits.len() as u64;
    cx.step(length.saturating_mul(length) / 64)?;
    Ok(cx.arena().number(&BigUint::from_bytes_be(digits).to_string())?)
}

/// `null` where there is none.
pub(super) fn list<'a, T>(
    cx: &mut BuiltinCx<'a, '_>,
    items: impl IntoIterator<Item = T>,
    mut item: impl FnMut(&mut BuiltinCx<'a, '_>, T) -> Made<'a>,
) -> Made<'a> {
    let items: Result<Vec<Val<'a>>, BuiltinError> = items
        .into_iter()
        .map(|one| {
            cx.step(1)?;
            item(cx, one)
        })
        .collect();
    let items = items?;
    Ok(if items.is_empty() { Val::Null } else { cx.arena().array(&items)? })
}

fn id<'a>(cx: &mut BuiltinCx<'a, '_>, arcs: &[u32]) -> Made<'a> {
    list(cx, arcs, |_, arc| Ok(Val::Int(i64::from(*arc))))
}

fn texts<'a>(cx: &mut BuiltinCx<'a, '_>, texts: &[&str]) -> Made<'a> {
    list(cx, texts, |cx, one| text(cx, one))
}

fn texts_of_bytes<'a>(cx: &mut BuiltinCx<'a, '_>, texts: &[&[u8]]) -> Made<'a> {
    list(cx, texts, |cx, one| text(cx, &lossy(one)))
}

pub(super) fn certificate<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    shown: &Certificate<'_>,
    with_uri_strings: bool,
) -> Made<'a> {
    let mut all = Members::new();
    let known = &shown.known;
    all.put("Raw", bytes(cx, shown.raw)?);
    all.put("RawTBSCertificate", bytes(cx, shown.raw_inner)?);
    all.put("RawSubjectPublicKeyInfo", bytes(cx, shown.raw_key)?);
    all.put("RawSubject", bytes(cx, shown.raw_subject)?);
    all.put("RawIssuer", bytes(cx, shown.raw_issuer)?);
    all.put("Signature", bytes(cx, &shown.signature)?);
    all.put("SignatureAlgorithm", shown.algorithm.0);
    all.put("PublicKeyAlgorithm", key_algorithm(&shown.key));
    all.put("PublicKey", public_key(cx, &shown.key)?);
    all.put("Version", shown.version);
    all.put("SerialNumber", number(cx, shown.serial)?);
    all.put("Issuer", name(cx, &shown.issuer)?);
    all.put("Subject", name(cx, &shown.subject)?);
    all.put("NotBefore", text(cx, &time::show(shown.not_before))?);
    all.put("NotAfter", text(cx, &time::show(shown.not_after))?);
    all.put("KeyUsage", i64::from(known.key_usage.unwrap_or_default()));
    all.put("Extensions", extensions(cx, &shown.extensions)?);
    all.put("ExtraExtensions", Val::Null);
    all.put("UnhandledCriticalExtensions", list(cx, &known.unhandled, |cx, one| id(cx, one))?);
    let usages = known.usages.iter().filter_map(|usage| super::usage::number(usage));
    all.put("ExtKeyUsage", list(cx, usages, |_, usage| Ok(Val::Int(usage)))?);
    let unknown = known.usages.iter().filter(|usage| super::usage::number(usage).is_none());
    all.put("UnknownExtKeyUsage", list(cx, unknown, |cx, usage| id(cx, usage))?);
    all.put("BasicConstraintsValid", known.basic.is_some());
    all.put("IsCA", known.basic.is_some_and(|(authority, _)| authority));
    let longest = known.basic.map(|(_, longest)| longest.unwrap_or(-1));
    all.put("MaxPathLen", longest.unwrap_or_default());
    all.put("MaxPathLenZero", longest == Some(0));
    all.put("SubjectKeyId", known.subject_key.map_or(Ok(Val::Null), |id| bytes(cx, id))?);
    all.put("AuthorityKeyId", known.authority_key.map_or(Ok(Val::Null), |id| bytes(cx, id))?);
    all.put("OCSPServer", texts_of_bytes(cx, &known.ocsp)?);
    all.put("IssuingCertificateURL", texts_of_bytes(cx, &known.issuers)?);
    all.put("CRLDistributionPoints", texts_of_bytes(cx, &known.crl_points)?);
    names(cx, &mut all, &known.names)?;
    if with_uri_strings {
        all.put("URIStrings", list(cx, &known.names.uris, |cx, uri| text(cx, &url::text(uri)))?);
    }
    constraints(cx, &mut all, shown)?;
    policies(cx, &mut all, shown)?;
    all.done(cx)
}

fn extensions<'a>(cx: &mut BuiltinCx<'a, '_>, extensions: &[Extension<'_>]) -> Made<'a> {
    list(cx, extensions, |cx, one| {
        let mut members = Members::new();
        members.put("Id", id(cx, &one.id)?);
        members.put("Critical", one.critical);
        members.put("Value", bytes(cx, one.value)?);
        members.done(cx)
    })
}

fn names<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    all: &mut Members<'a>,
    names: &Names<'_>,
) -> Result<(), BuiltinError> {
    all.put("DNSNames", texts(cx, &names.dns)?);
    all.put("EmailAddresses", texts(cx, &names.emails)?);
    let addresses = &names.addresses;
    all.put("IPAddresses", list(cx, addresses, |cx, one| text(cx, &one.to_canonical().to_string()))?);
    all.put("URIs", list(cx, &names.uris, |cx, one| uri(cx, one))?);
    Ok(())
}

fn uri<'a>(cx: &mut BuiltinCx<'a, '_>, shown: &str) -> Made<'a> {
    let Some(parts) = url::parts(shown) else { return Ok(Val::Null) };
    let mut members = Members::new();
    members.put("Scheme", text(cx, &parts.scheme)?);
    members.put("Opaque", text(cx, &parts.opaque)?);
    // Go hides the user.
    members.put("User", if parts.has_user { Val::EMPTY_OBJECT } else { Val::Null });
    members.put("Host", text(cx, &parts.host)?);
    members.put("Path", text(cx, &parts.path)?);
    members.put("RawPath", text(cx, &parts.raw_path)?);
    members.put("OmitHost", parts.omit_host);
    members.put("ForceQuery", parts.force_query);
    members.put("RawQuery", text(cx, &parts.query)?);
    members.put("Fragment", text(cx, &parts.fragment)?);
    members.put("RawFragment", text(cx, &parts.raw_fragment)?);
    members.done(cx)
}

fn constraints<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    all: &mut Members<'a>,
    shown: &Certificate<'_>,
) -> Result<(), BuiltinError> {
    let none = Subtrees::default();
    let given = shown.known.constraints.as_ref();
    let (permitted, excluded) = given.map_or((&none, &none), |given| (&given.permitted, &given.excluded));
    all.put("PermittedDNSDomainsCritical", given.is_some_and(|given| given.critical));
    all.put("PermittedDNSDomains", texts(cx, &permitted.dns)?);
    all.put("ExcludedDNSDomains", texts(cx, &excluded.dns)?);
    all.put("PermittedIPRanges", list(cx, &permitted.ranges, |cx, one| range(cx, *one))?);
    all.put("ExcludedIPRanges", list(cx, &excluded.ranges, |cx, one| range(cx, *one))?);
    all.put("PermittedEmailAddresses", texts(cx, &permitted.emails)?);
    all.put("ExcludedEmailAddresses", texts(cx, &excluded.emails)?);
    all.put("PermittedURIDomains", texts(cx, &permitted.uris)?);
    all.put("ExcludedURIDomains", texts(cx, &excluded.uris)?);
    Ok(())
}

fn range<'a>(cx: &mut BuiltinCx<'a, '_>, (address, mask): (&[u8], &[u8])) -> Made<'a> {
    let address = match <[u8; 4]>::try_from(address) {
        Ok(four) => IpAddr::from(four).to_string(),
        Err(_) => <[u8; 16]>::try_from(address)
            .map_or_else(|_| String::new(), |all| IpAddr::from(all).to_canonical().to_string()),
    };
    let mut members = Members::new();
    members.put("IP", text(cx, &address)?);
    members.put("Mask", bytes(cx, mask)?);
    members.done(cx)
}

fn policies<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    all: &mut Members<'a>,
    shown: &Certificate<'_>,
) -> Result<(), BuiltinError> {
    let known = &shown.known;
    let given = known.policies.as_deref();
    all.put("Policies", list(cx, given.unwrap_or_default(), |cx, (dotted, _)| text(cx, dotted))?);
    // Here Go makes a list though it be empty.
    let small = given.unwrap_or_default().iter().filter_map(|(_, arcs)| arcs.as_deref());
    let identifiers = match list(cx, small, |cx, arcs| id(cx, arcs))? {
        Val::Null if given.is_some() => cx.arena().array(&[])?,
        identifiers => identifiers,
    };
    all.put("PolicyIdentifiers", identifiers);
    let mappings = list(cx, &known.mappings, |cx, (issuer, subject)| {
        let mut members = Members::new();
        members.put("IssuerDomainPolicy", text(cx, issuer)?);
        members.put("SubjectDomainPolicy", text(cx, subject)?);
        members.done(cx)
    });
    all.put("PolicyMappings", mappings?);
    all.put("RequireExplicitPolicy", known.require_policy.unwrap_or_default());
    all.put("RequireExplicitPolicyZero", known.require_policy == Some(0));
    all.put("InhibitPolicyMapping", known.inhibit_mapping.unwrap_or_default());
    all.put("InhibitPolicyMappingZero", known.inhibit_mapping == Some(0));
    all.put("InhibitAnyPolicy", known.inhibit_any.unwrap_or_default());
    all.put("InhibitAnyPolicyZero", known.inhibit_any == Some(0));
    Ok(())
}

/// `pkix.Name`: well-known attributes (X.520) by name, all of them as a list.
fn name<'a>(cx: &mut BuiltinCx<'a, '_>, name: &Name) -> Made<'a> {
    let of = |last: u32| {
        let of_kind = move |(kind, _): &&(Vec<u32>, String)| kind.as_slice() == [2, 5, 4, last];
        name.attributes.iter().filter(of_kind).map(|(_, value)| value.as_str())
    };
    let mut members = Members::new();
    members.put("CommonName", text(cx, of(3).next_back().unwrap_or_default())?);
    members.put("SerialNumber", text(cx, of(5).next_back().unwrap_or_default())?);
    for (member, last) in [
        ("Country", 6),
        ("Locality", 7),
        ("Province", 8),
        ("StreetAddress", 9),
        ("Organization", 10),
        ("OrganizationalUnit", 11),
        ("PostalCode", 17),
    ] {
        members.put(member, list(cx, of(last), |cx, one| text(cx, one))?);
    }
    let all = list(cx, &name.attributes, |cx, (kind, value)| {
        let mut members = Members::new();
        members.put("Type", id(cx, kind)?);
        members.put("Value", text(cx, value)?);
        members.done(cx)
    });
    members.put("Names", all?);
    members.put("ExtraNames", Val::Null);
    members.done(cx)
}

/// The number that Go has for a kind of key.
fn key_algorithm(key: &Numbers<'_>) -> i64 {
    match key {
        Numbers::Unknown | Numbers::X25519(_) => 0,
        Numbers::Rsa { .. } => 1,
        Numbers::Ec { .. } => 3,
        Numbers::Ed25519(_) => 4,
    }
}

/// A public key's numbers. Go says nothing of a curve but that there is one.
fn public_key<'a>(cx: &mut BuiltinCx<'a, '_>, key: &Numbers<'_>) -> Made<'a> {
    match key {
        Numbers::Rsa { modulus, exponent } => {
            let mut members = Members::new();
            members.put("N", number(cx, modulus)?);
            members.put("E", number(cx, exponent)?);
            members.done(cx)
        }
        Numbers::Ec { curve, point } => {
            let (x, y) = coordinates(point, curve.width());
            let mut members = Members::new();
            members.put("Curve", Val::EMPTY_OBJECT);
            members.put("X", number(cx, x)?);
            members.put("Y", number(cx, y)?);
            members.done(cx)
        }
        Numbers::Ed25519(point) => bytes(cx, point),
        Numbers::X25519(_) | Numbers::Unknown => Ok(Val::Null),
    }
}

/// The two numbers of an uncompressed point.
pub(super) fn coordinates(point: &[u8], width: usize) -> (&[u8], &[u8]) {
    point.get(1..).and_then(|both| both.split_at_checked(width)).unwrap_or_default()
}

pub(super) fn request<'a>(cx: &mut BuiltinCx<'a, '_>, shown: &Request<'_>) -> Made<'a> {
    let mut all = Members::new();
    all.put("Raw", bytes(cx, shown.raw)?);
    all.put("RawTBSCertificateRequest", bytes(cx, shown.raw_inner)?);
    all.put("RawSubjectPublicKeyInfo", bytes(cx, shown.raw_key)?);
    all.put("RawSubject", bytes(cx, shown.raw_subject)?);
    all.put("Version", shown.version);
    all.put("Signature", bytes(cx, &shown.signature)?);
    all.put("SignatureAlgorithm", shown.algorithm.0);
    all.put("PublicKeyAlgorithm", key_algorithm(&shown.key));
    all.put("PublicKey", public_key(cx, &shown.key)?);
    all.put("Subject", name(cx, &shown.subject)?);
    let attributes = list(cx, &shown.attributes, |cx, one| {
        let values = list(cx, &one.values, |cx, pairs| {
            list(cx, pairs, |cx, (kind, value)| {
                let mut members = Members::new();
                members.put("Type", id(cx, kind)?);
                let value = match value {
                    AttributeValue::Bytes(value) => bytes(cx, value)?,
                    AttributeValue::Flag(flag) => Val::Bool(*flag),
                };
                members.put("Value", value);
                members.done(cx)
            })
        })?;
        let mut members = Members::new();
        members.put("Type", id(cx, &one.kind)?);
        members.put("Value", values);
        members.done(cx)
    });
    all.put("Attributes", attributes?);
    all.put("Extensions", extensions(cx, &shown.extensions)?);
    all.put("ExtraExtensions", Val::Null);
    names(cx, &mut all, &shown.names)?;
    all.done(cx)
}
