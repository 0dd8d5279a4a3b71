//! The extensions of certificates (RFC 5280, section 4.2), as far as Go reads them.

use super::der::{self, BOOLEAN, Element, Elements, INTEGER, OCTET_STRING, SEQUENCE, nested, tagged};
use std::net::IpAddr;

/// An extension as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extension<'d> {
    pub(super) id: Vec<u32>,
    pub(super) critical: bool,
    pub(super) value: &'d [u8],
}

/// Names that a certificate stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names<'d> {
    pub(super) dns: Vec<&'d str>,
    pub(super) emails: Vec<&'d str>,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) uris: Vec<&'d str>,
}

/// Names that certificates below may or may not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Subtrees<'d> {
    pub(super) dns: Vec<&'d str>,
    pub(super) emails: Vec<&'d str>,
    /// Address and mask, 4 or 16 bytes each
    pub(super) ranges: Vec<(&'d [u8], &'d [u8])>,
    pub(super) uris: Vec<&'d str>,
}

/// What the extensions say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known<'d> {
    /// Bit `n` is bit `n` of the extension
    pub(super) key_usage: Option<u16>,
    /// Whether it is an authority, and how many may stand below it
    pub(super) basic: Option<(bool, Option<i64>)>,
    pub(super) names: Names<'d>,
    pub(super) constraints: Option<Constraints<'d>>,
    pub(super) crl_points: Vec<&'d [u8]>,
    pub(super) authority_key: Option<&'d [u8]>,
    pub(super) subject_key: Option<&'d [u8]>,
    pub(super) require_policy: Option<i64>,
    pub(super) inhibit_mapping: Option<i64>,
    pub(super) inhibit_any: Option<i64>,
    pub(super) usages: Vec<Vec<u32>>,
    /// With dots, and as arcs where they are small enough
    pub(super) policies: Option<Vec<(String, Option<Vec<u32>>)>>,
    pub(super) mappings: Vec<(String, String)>,
    pub(super) ocsp: Vec<&'d [u8]>,
    pub(super) issuers: Vec<&'d [u8]>,
    /// Critical ones that nothing is known of
    pub(super) unhandled: Vec<Vec<u32>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Constraints<'d> {
    pub(super) permitted: Subtrees<'d>,
    pub(super) excluded: Subtrees<'d>,
    pub(super) critical: bool,
}

/// Reads a list of extensions; none may occur twice.
pub(super) fn list(sequence: Element<'_>) -> Result<Vec<Extension<'_>>, String> {
    let mut found: Vec<Extension<'_>> = Vec::new();
    let mut all = Elements::of(sequence.content);
    while !all.is_empty() {
        let extension = one(&mut all).ok_or("x509: malformed extension")?;
        if found.iter().any(|earlier| earlier.id == extension.id) {
            return Err("x509: certificate contains duplicate extension".to_owned());
        }
        if found.len() >= MAX_EXTENSIONS {
            return Err("x509: too many extensions".to_owned());
        }
        found.push(extension);
    }
    Ok(found)
}

/// The most extensions of one certificate: each is compared with all before it.
const MAX_EXTENSIONS: usize = 256;

fn one<'d>(all: &mut Elements<'d>) -> Option<Extension<'d>> {
    let mut parts = all.within(SEQUENCE)?;
    let id = der::arcs(parts.next()?)?;
    let critical = match parts.optional(BOOLEAN)? {
        Some(flag) => der::boolean(flag)?,
        None => false,
    };
    Some(Extension { id, critical, value: parts.take(OCTET_STRING)?.content })
}

/// Reads what is known.
pub(super) fn read<'d>(extensions: &[Extension<'d>]) -> Result<Known<'d>, String> {
    let mut known = Known::default();
    for extension in extensions {
        let wrong = |what: &str| format!("x509: invalid {what}");
        let value = extension.value;
        let handled = match *extension.id.as_slice() {
            [2, 5, 29, 14 | 35] | [1, 3, 6, 1, 5, 5, 7, 1, 1] if extension.critical => {
                return Err("x509: extension incorrectly marked critical".to_owned());
            }
            [2, 5, 29, 14] => {
                let id =
                    Elements::of(value).take(OCTET_STRING).ok_or_else(|| wrong("subject key identifier"))?;
                known.subject_key = Some(id.content);
                true
            }
            [2, 5, 29, 15] => {
                known.key_usage = Some(key_usage(value).ok_or_else(|| wrong("key usage"))?);
                true
            }
            [2, 5, 29, 17] => {
                known.names = names(value)?;
                known.names != Names::default()
            }
            [2, 5, 29, 19] => {
                known.basic = Some(basic(value).ok_or_else(|| wrong("basic constraints"))?);
                true
            }
            [2, 5, 29, 30] => {
                let (constraints, handled) = constraints(value, extension.critical)
                    .ok_or_else(|| wrong("NameConstraints extension"))?;
                known.constraints = Some(constraints);
                handled
            }
            [2, 5, 29, 31] => {
                known.crl_points = crl_points(value).ok_or_else(|| wrong("CRL distribution points"))?;
                true
            }
            [2, 5, 29, 32] => {
                known.policies = Some(policies(value).ok_or_else(|| wrong("certificate policies"))?);
                true
            }
            [2, 5, 29, 33] => {
                known.mappings = mappings(value).ok_or_else(|| wrong("policy mappings extension"))?;
                true
            }
            [2, 5, 29, 35] => {
                known.authority_key =
                    authority_key(value).ok_or_else(|| wrong("authority key identifier"))?;
                true
            }
            [2, 5, 29, 36] => {
                (known.require_policy, known.inhibit_mapping) =
                    policy_constraints(value).ok_or_else(|| wrong("policy constraints extension"))?;
                true
            }
            [2, 5, 29, 37] => {
                known.usages = usages(value).ok_or_else(|| wrong("extended key usages"))?;
                true
            }
            [2, 5, 29, 54] => {
                let skip = Elements::of(value).take(INTEGER).and_then(|n| der::small(n.content));
                known.inhibit_any = Some(skip.ok_or_else(|| wrong("inhibit any policy extension"))?);
                true
            }
            [1, 3, 6, 1, 5, 5, 7, 1, 1] => {
                [known.ocsp, known.issuers] =
                    authority_info(value).ok_or_else(|| wrong("authority info access"))?;
                true
            }
            _ => false,
        };
        if extension.critical && !handled {
            known.unhandled.push(extension.id.clone());
        }
    }
    Ok(known)
}

fn key_usage(value: &[u8]) -> Option<u16> {
    let (_, bytes) = der::bit_string(Elements::of(value).next()?)?;
    let bit = |at: usize| bytes.get(at / 8).is_some_and(|byte| byte & (0x80 >> (at % 8)) != 0);
    Some((0..9).filter(|at| bit(*at)).fold(0, |all, at| all | 1 << at))
}

fn basic(value: &[u8]) -> Option<(bool, Option<i64>)> {
    let mut parts = Elements::of(value).within(SEQUENCE)?;
    let authority = match parts.optional(BOOLEAN)? {
        Some(flag) => der::boolean(flag)?,
        None => false,
    };
    let longest = match parts.optional(INTEGER)? {
        Some(number) => Some(der::small(number.content)?),
        None => None,
    };
    Some((authority, longest))
}

/// A text of ASCII.
fn ascii(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii())
}

/// `SubjectAltName` (section 4.2.1.6).
pub(super) fn names(value: &[u8]) -> Result<Names<'_>, String> {
    let mut found = Names::default();
    let wrong = || "x509: invalid subject alternative names".to_owned();
    let mut all = Elements::of(value).within(SEQUENCE).ok_or_else(wrong)?;
    while !all.is_empty() {
        let name = all.next().ok_or_else(wrong)?;
        let text = |kind: &str| ascii(name.content).ok_or_else(|| format!("x509: SAN {kind} is malformed"));
        match name.tag ^ 0x80 {
            1 => found.emails.push(text("rfc822Name")?),
            2 => found.dns.push(text("dNSName")?),
            6 => {
                let uri = text("uniformResourceIdentifier")?;
                super::url::check(uri)?;
                found.uris.push(uri);
            }
            7 => {
                found.addresses.push(address(name.content).ok_or_else(|| {
                    format!("x509: cannot parse IP address of length {}", name.content.len())
                })?)
            }
            _ => {}
        }
    }
    Ok(found)
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        _ => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
    }
}

/// True if all is understood.
fn constraints<'d>(value: &'d [u8], critical: bool) -> Option<(Constraints<'d>, bool)> {
    let mut outer = Elements::of(value);
    let mut parts = outer.within(SEQUENCE)?;
    let permitted = parts.optional(nested(0))?;
    let excluded = parts.optional(nested(1))?;
    let some = |part: Option<Element<'_>>| part.is_some_and(|part| !part.content.is_empty());
    if !outer.is_empty() || !parts.is_empty() || !(some(permitted) || some(excluded)) {
        return None;
    }
    let mut handled = true;
    let mut read = |part: Option<Element<'d>>| match part {
        Some(part) => subtrees(part.content, &mut handled),
        None => Some(Subtrees::default()),
    };
    let (permitted, excluded) = (read(permitted)?, read(excluded)?);
    Some((Constraints { permitted, excluded, critical }, handled))
}

fn subtrees<'d>(content: &'d [u8], handled: &mut bool) -> Option<Subtrees<'d>> {
    let mut found = Subtrees::default();
    let mut all = Elements::of(content);
    while !all.is_empty() {
        let base = all.within(SEQUENCE)?.next()?;
        match base.tag ^ 0x80 {
            1 => {
                let email = ascii(base.content)?;
                let fine = match email.rsplit_once('@') {
                    Some((local, domain)) => !local.is_empty() && is_domain(domain, false),
                    None => is_domain(email, true),
                };
                found.emails.push(Some(email).filter(|_| fine)?);
            }
            2 => found.dns.push(ascii(base.content).filter(|domain| is_domain(domain, true))?),
            6 => {
                let domain = ascii(base.content)?;
                let fine = domain.parse::<IpAddr>().is_err() && is_domain(domain, true);
                found.uris.push(Some(domain).filter(|_| fine)?);
            }
            7 => {
                let (address, mask) = match base.content.len() {
                    length @ (8 | 32) => base.content.split_at_checked(length / 2)?,
                    _ => return None,
                };
                let ones = mask.iter().skip_while(|byte| **byte == 0xff);
                let fine = match ones.copied().collect::<Vec<_>>().as_slice() {
                    [] => true,
                    [first, rest @ ..] => {
                        first.leading_ones() + first.trailing_zeros() >= 8
                            && rest.iter().all(|byte| *byte == 0)
                    }
                };
                found.ranges.push(Some((address, mask)).filter(|_| fine)?);
            }
            _ => *handled = false,
        }
    }
    Some(found)
}

/// True if it can be a domain; a constraint may begin with a dot.
pub(super) fn is_domain(name: &str, constraint: bool) -> bool {
    let labels = if constraint { name.strip_prefix('.').unwrap_or(name) } else { name };
    name.is_empty()
        || !name.ends_with('.')
            && labels.split('.').all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_graphic()))
}

fn crl_points(value: &[u8]) -> Option<Vec<&[u8]>> {
    let mut found = Vec::new();
    let mut all = Elements::of(value).within(SEQUENCE)?;
    while !all.is_empty() {
        let mut point = all.within(SEQUENCE)?;
        let Some(name) = point.optional(nested(0))? else { continue };
        let mut names = Elements::of(name.content).within(nested(0))?;
        while let Some(uri) = names.optional(tagged(6))? {
            found.push(uri.content);
        }
    }
    Some(found)
}

fn authority_key(value: &[u8]) -> Option<Option<&[u8]>> {
    let mut parts = Elements::of(value).within(SEQUENCE)?;
    Some(parts.optional(tagged(0))?.map(|id| id.content))
}

fn policy_constraints(value: &[u8]) -> Option<(Option<i64>, Option<i64>)> {
    let mut parts = Elements::of(value).within(SEQUENCE)?;
    let mut number = |tag: u8| match parts.optional(tagged(tag))? {
        Some(number) => der::small(number.content).map(Some),
        None => Some(None),
    };
    Some((number(0)?, number(1)?))
}

fn usages(value: &[u8]) -> Option<Vec<Vec<u32>>> {
    let mut found = Vec::new();
    let mut all = Elements::of(value).within(SEQUENCE)?;
    while !all.is_empty() {
        found.push(der::arcs(all.next()?)?);
    }
    Some(found)
}

fn policies(value: &[u8]) -> Option<Vec<(String, Option<Vec<u32>>)>> {
    let mut found: Vec<(String, Option<Vec<u32>>)> = Vec::new();
    let mut all = Elements::of(value).within(SEQUENCE)?;
    while !all.is_empty() {
        let id = all.within(SEQUENCE)?.next()?;
        let text = der::dotted(id)?;
        if found.len() >= MAX_EXTENSIONS || found.iter().any(|(earlier, _)| *earlier == text) {
            return None;
        }
        found.push((text, der::arcs(id)));
    }
    Some(found)
}

fn mappings(value: &[u8]) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut all = Elements::of(value).within(SEQUENCE)?;
    while !all.is_empty() {
        let mut pair = all.within(SEQUENCE)?;
        found.push((der::dotted(pair.next()?)?, der::dotted(pair.next()?)?));
    }
    Some(found)
}

/// Addresses of OCSP and of the issuers' certificates (section 4.2.2.1).
fn authority_info(value: &[u8]) -> Option<[Vec<&[u8]>; 2]> {
    let (mut ocsp, mut issuers) = (Vec::new(), Vec::new());
    let mut all = Elements::of(value).within(SEQUENCE)?;
    while !all.is_empty() {
        let mut access = all.within(SEQUENCE)?;
        let method = der::arcs(access.next()?)?;
        let Some(uri) = access.optional(tagged(6))? else { continue };
        match *method.as_slice() {
            [1, 3, 6, 1, 5, 5, 7, 48, 1] => ocsp.push(uri.content),
            [1, 3, 6, 1, 5, 5, 7, 48, 2] => issuers.push(uri.content),
            _ => {}
        }
    }
    Some([ocsp, issuers])
}
