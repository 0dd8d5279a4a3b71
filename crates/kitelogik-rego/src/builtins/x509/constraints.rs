//! Whether the names of a certificate are allowed by the authorities above it (RFC 5280, section 4.2.1.10), and
//! whether it stands for a host (RFC 6125, section 6.4).

use super::extensions::{Constraints, Names, Subtrees, is_domain};
use std::net::IpAddr;

/// True if all names are permitted and none is excluded. A name that cannot be read is not permitted.
pub(super) fn allow(constraints: &Constraints<'_>, names: &Names<'_>) -> bool {
    let (yes, no) = (&constraints.permitted, &constraints.excluded);
    let each = |permitted: bool, excluded: bool, bounded: bool| (permitted || !bounded) && !excluded;
    names
        .addresses
        .iter()
        .all(|address| each(in_ranges(yes, *address), in_ranges(no, *address), !yes.ranges.is_empty()))
        && names.dns.iter().all(|name| {
            is_domain(name, false)
                && each(
                    yes.dns.iter().any(|one| covers(one, name)),
                    no.dns.iter().any(|one| covers(one, name) || shares_parent(one, name)),
                    !yes.dns.is_empty(),
                )
        })
        && names.emails.iter().all(|email| {
            mailbox(email).is_some_and(|mailbox| {
                each(
                    in_mailboxes(&yes.emails, mailbox),
                    in_mailboxes(&no.emails, mailbox),
                    !yes.emails.is_empty(),
                )
            })
        })
        && names.uris.iter().all(|uri| {
            domain_of(uri).is_some_and(|domain| {
                each(
                    yes.uris.iter().any(|one| covers(one, &domain)),
                    no.uris.iter().any(|one| covers(one, &domain)),
                    !yes.uris.is_empty(),
                )
            })
        })
}

/// As in Go, an address mapped into IPv6 is in ranges of 16 bytes only, and only in those that are mapped too.
fn in_ranges(subtrees: &Subtrees<'_>, address: IpAddr) -> bool {
    const MAPPED: &[u8] = &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
    let bytes = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    subtrees.ranges.iter().any(|(network, mask)| {
        let mapped = network.starts_with(MAPPED);
        let skipped = if mapped { MAPPED.len() } else { 0 };
        network.len() == bytes.len()
            && mapped == bytes.starts_with(MAPPED)
            && (bytes.iter().zip(*network).zip(*mask).skip(skipped))
                .all(|((byte, network), mask)| (byte ^ network) & mask == 0)
    })
}

/// True if the domain is the constraint or lies below it; one that begins with a dot means only those below.
fn covers(constraint: &str, domain: &str) -> bool {
    let Some(at) = domain.len().checked_sub(constraint.len()) else { return false };
    constraint.is_empty()
        || domain.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(constraint))
            && (at == 0
                || constraint.starts_with('.')
                || domain.get(..at).is_some_and(|rest| rest.ends_with('.')))
}

/// True if a wildcard could stand for the constraint.
fn shares_parent(constraint: &str, name: &str) -> bool {
    match (name.strip_prefix("*."), constraint.split_once('.')) {
        (Some(name), Some((_, parent))) => name.eq_ignore_ascii_case(parent),
        _ => false,
    }
}

/// The local part and the domain. Quoted local parts are not read.
fn mailbox(email: &str) -> Option<(&str, &str)> {
    let (local, domain) = email.rsplit_once('@')?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    let fine = !local.is_empty() && !dots && local.bytes().all(fits) && is_domain(domain, false);
    fine.then_some((local, domain))
}

fn in_mailboxes(constraints: &[&str], (local, domain): (&str, &str)) -> bool {
    constraints.iter().any(|constraint| match constraint.rsplit_once('@') {
        Some((one, at)) => one == local && at.eq_ignore_ascii_case(domain),
        None => covers(constraint, domain),
    })
}

/// The host of a URI without its port; addresses are no domain.
fn domain_of(uri: &str) -> Option<String> {
    let host = super::url::parts(uri)?.host;
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host.as_str(),
    };
    let plain = !name.is_empty() && !name.contains(['[', ']', ':']) && name.parse::<IpAddr>().is_err();
    (plain && is_domain(name, false)).then(|| name.to_owned())
}

/// True if the certificate's names stand for the host: an address, or a name that `*` may match in one label.
pub(super) fn is_host(names: &Names<'_>, host: &str) -> bool {
    let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = literal.parse::<IpAddr>() {
        let address = address.to_canonical();
        return names.addresses.iter().any(|one| one.to_canonical() == address);
    }
    let host = host.to_ascii_lowercase();
    let without_dot = host.strip_suffix('.').unwrap_or(&host);
    let plain = is_hostname(without_dot, false);
    names.dns.iter().any(|name| {
        let name = name.to_ascii_lowercase();
        if !plain || !is_hostname(&name, true) {
            return name == host && !matches!(host.as_str(), "" | ".");
        }
        match name.strip_prefix("*.") {
            Some(parent) => without_dot.split_once('.').is_some_and(|(_, rest)| rest == parent),
            None => name == without_dot,
        }
    })
}

fn is_hostname(name: &str, pattern: bool) -> bool {
    let labels = if pattern { name.strip_prefix("*.").unwrap_or(name) } else { name };
    labels.split('.').all(|label| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    })
}
