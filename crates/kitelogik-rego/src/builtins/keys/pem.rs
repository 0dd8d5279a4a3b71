//! PEM blocks (RFC 7468), found and read as Go's `encoding/pem` does: text around blocks is passed over, headers
//! are allowed.

use base64::{
    Engine as _, alphabet,
    engine::{GeneralPurpose, GeneralPurposeConfig},
};

/// Go's decoder does not mind bits after the last byte.
const STANDARD: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// A block.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::builtins) struct Block {
    /// Such as `CERTIFICATE`
    pub(in crate::builtins) label: String,
    /// What it holds, mostly DER
    pub(in crate::builtins) bytes: Vec<u8>,
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "\n-----END ";
const DASHES: &str = "-----";

/// The first block, and the text behind it.
pub(in crate::builtins) fn first(text: &str) -> Option<(Block, &str)> {
    let mut rest = text;
    loop {
        // The first end, and the last begin before it.
        let (before, after_end) = rest.split_once(END)?;
        if let Some((_, inner)) = before.rsplit_once(BEGIN)
            && begins_line(before, inner)
            && let Some(found) = read(inner, after_end)
        {
            return Some(found);
        }
        rest = after_end;
    }
}

/// True if what stands before `inner`, the begin, is at the start of a line.
fn begins_line(before: &str, inner: &str) -> bool {
    let head = before.len().checked_sub(inner.len() + BEGIN.len()).and_then(|at| before.get(..at));
    head.is_some_and(|head| head.is_empty() || head.ends_with('\n'))
}

/// `inner` is what follows `-----BEGIN ` up to the line of the end, `after_end` what follows `-----END `.
fn read<'t>(inner: &str, after_end: &'t str) -> Option<(Block, &'t str)> {
    let (label, mut body) = inner.split_once('\n').unwrap_or((inner, ""));
    let label = label.trim_end_matches(['\r', ' ', '\t']).strip_suffix(DASHES)?;
    let rest = after_end.strip_prefix(label)?.strip_prefix(DASHES)?;
    let (tail, rest) = rest.split_once('\n').unwrap_or((rest, ""));
    if !tail.trim_end_matches(['\r', ' ', '\t']).is_empty() {
        return None;
    }
    while let Some((_, next)) = body.split_once('\n').filter(|(line, _)| line.contains(':')) {
        body = next;
    }
    let digits: String = body.chars().filter(|c| !matches!(c, '\n' | '\r' | ' ' | '\t')).collect();
    let bytes = STANDARD.decode(digits).ok()?;
    Some((Block { label: label.to_owned(), bytes }, rest))
}
