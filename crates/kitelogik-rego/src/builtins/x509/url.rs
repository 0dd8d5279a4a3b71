//! The URIs of certificates, taken apart as Go's `net/url` does it.

use super::super::uri;
use super::extensions::is_domain;

/// What Go says of a URI.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) scheme: String,
    pub(super) opaque: String,
    pub(super) has_user: bool,
    pub(super) host: String,
    pub(super) path: String,
    /// Where it is not what `path` would be escaped to
    pub(super) raw_path: String,
    pub(super) omit_host: bool,
    pub(super) force_query: bool,
    pub(super) query: String,
    pub(super) fragment: String,
    /// Where it is not what `fragment` would be escaped to
    pub(super) raw_fragment: String,
}

const IN_FRAGMENT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
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
    .remove(b'?')
    .remove(b'@')
    .remove(b'!')
    .remove(b'(')
    .remove(b')')
    .remove(b'*');

/// True to the rule that a host is a domain.
pub(super) fn check(text: &str) -> Result<(), String> {
    let read = uri::read(text).map_err(|error| format!("x509: cannot parse URI {text:?}: {error}"))?;
    let host = String::from_utf8_lossy(&read.host);
    if is_domain(&host, false) {
        Ok(())
    } else {
        Err(format!("x509: cannot parse URI {text:?}: invalid domain"))
    }
}

/// `None` for what [`check`] refuses.
pub(super) fn parts(text: &str) -> Option<Parts> {
    let read = uri::read(text).ok()?;
    let (whole, raw_fragment) = text.split_once('#').unwrap_or((text, ""));
    let after = if read.scheme.is_empty() { whole } else { whole.split_once(':')?.1 };
    let (hierarchy, query) = after.split_once('?').unwrap_or((after, ""));
    let opaque = if read.scheme.is_empty() || hierarchy.starts_with('/') { "" } else { hierarchy };
    let has_authority =
        hierarchy.starts_with("//") && !(read.scheme.is_empty() && hierarchy.starts_with("///"));
    let authority = if has_authority { hierarchy.get(2..)?.split('/').next()? } else { "" };
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let fragment_again = percent_encoding::percent_encode(&read.fragment, IN_FRAGMENT).to_string();
    let path_again = uri::escaped(&read.path);
    Some(Parts {
        opaque: opaque.to_owned(),
        has_user: authority.contains('@'),
        host: lossy(&read.host),
        raw_path: if path_again == read.raw_path { String::new() } else { read.raw_path.to_owned() },
        path: lossy(&read.path),
        omit_host: !read.scheme.is_empty() && hierarchy.starts_with('/') && !has_authority,
        force_query: after.ends_with('?') && after.matches('?').count() == 1,
        query: query.to_owned(),
        raw_fragment: if fragment_again == raw_fragment { String::new() } else { raw_fragment.to_owned() },
        fragment: lossy(&read.fragment),
        scheme: read.scheme,
    })
}

/// The URI put together again.
pub(super) fn text(given: &str) -> String {
    let Some(parts) = parts(given) else { return given.to_owned() };
    let (whole, fragment) = given.split_once('#').unwrap_or((given, ""));
    let (hierarchy, _) = whole.split_once('?').unwrap_or((whole, ""));
    let start = if parts.scheme.is_empty() { 0 } else { parts.scheme.len() + 1 };
    let mut out = if start == 0 { String::new() } else { format!("{}:", parts.scheme) };
    let raw_path = uri::read(given).map(|read| read.raw_path.len()).unwrap_or_default();
    let end = hierarchy.len().saturating_sub(raw_path);
    // What stands before the path is as it was; so is the path, unless it holds what must be escaped.
    out.push_str(hierarchy.get(start..end).unwrap_or_default());
    let path = hierarchy.get(end..).unwrap_or_default();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:@[]%/".contains(&byte);
    if path.bytes().all(fits) {
        out.push_str(path);
    } else {
        out.push_str(&uri::escaped(parts.path.as_bytes()));
    }
    if parts.force_query || !parts.query.is_empty() {
        out.push('?');
        out.push_str(&parts.query);
    }
    if !fragment.is_empty() {
        out.push('#');
        out.push_str(fragment);
    }
    out
}
