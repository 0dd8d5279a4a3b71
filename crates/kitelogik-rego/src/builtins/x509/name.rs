//! Distinguished names (RFC 5280, section 4.1.2.4; X.520).

use super::der::{self, Element, Elements, SEQUENCE, SET};

/// A name's attributes in their order: type and value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) attributes: Vec<(Vec<u32>, String)>,
}

/// Reads a DER `Name`.
pub(super) fn read(name: Element<'_>) -> Result<Name, String> {
    let wrong = |what: &str| format!("x509: invalid RDNSequence{what}");
    let mut attributes = Vec::new();
    let mut sets = Elements::of(name.content);
    while !sets.is_empty() {
        let mut set = sets.within(SET).ok_or_else(|| wrong(""))?;
        while !set.is_empty() {
            let mut pair = set.within(SEQUENCE).ok_or_else(|| wrong(": invalid attribute"))?;
            let kind = pair.next().and_then(der::arcs).ok_or_else(|| wrong(": invalid attribute type"))?;
            let value = pair.next().ok_or_else(|| wrong(": invalid attribute value"))?;
            let value = text(value).map_err(|why| wrong(&format!(": invalid attribute value: {why}")))?;
            attributes.push((kind, value));
        }
    }
    Ok(Name { attributes })
}

/// The string types that names may have (X.680, section 41).
fn text(value: Element<'_>) -> Result<String, String> {
    let ascii = |name: &str, fits: fn(u8) -> bool| match std::str::from_utf8(value.content) {
        Ok(text) if value.content.iter().all(|byte| fits(*byte)) => Ok(text.to_owned()),
        _ => Err(format!("invalid {name}")),
    };
    match value.tag {
        0x0c => String::from_utf8(value.content.to_vec()).map_err(|_| "invalid UTF-8 string".to_owned()),
        0x12 => ascii("NumericString", |byte| byte.is_ascii_digit() || byte == b' '),
        // `*` and `&` are against the standard, but certificates have them.
        0x13 => {
            ascii("PrintableString", |byte| byte.is_ascii_alphanumeric() || b" '()+,-./:=?*&".contains(&byte))
        }
        // T.61 is read as Latin-1 by everybody.
        0x14 => Ok(value.content.iter().map(|byte| char::from(*byte)).collect()),
        0x16 => ascii("IA5String", |byte| byte.is_ascii()),
        0x1e => ucs2(value.content).ok_or_else(|| "invalid BMPString".to_owned()),
        tag => Err(format!("unsupported string type: {tag}")),
    }
}

fn ucs2(bytes: &[u8]) -> Option<String> {
    let (units, rest) = bytes.as_chunks::<2>();
    let units = match units {
        [units @ .., [0, 0]] => units,
        units => units,
    };
    let read = |unit: &[u8; 2]| {
        let point = u16::from_be_bytes(*unit);
        let kept = !matches!(point, 0xfffe | 0xffff | 0xfdd0..=0xfdef);
        char::from_u32(u32::from(point)).filter(|_| kept)
    };
    if rest.is_empty() { units.iter().map(read).collect() } else { None }
}
