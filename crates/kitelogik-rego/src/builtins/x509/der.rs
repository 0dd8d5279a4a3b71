//! Reading DER (X.690) element by element.

use rsa::pkcs8::der::{AnyRef, Decode as _, Reader as _, SliceReader};

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The tag `[n]`, primitive.
pub(super) const fn tagged(number: u8) -> u8 {
    0x80 | number
}

/// The tag `[n]`, constructed.
pub(super) const fn nested(number: u8) -> u8 {
    0xa0 | number
}

/// One element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element<'d> {
    pub(super) tag: u8,
    pub(super) content: &'d [u8],
    /// With tag and length
    pub(super) whole: &'d [u8],
}

/// Elements one after the other.
pub(super) struct Elements<'d> {
    rest: &'d [u8],
}

impl<'d> Elements<'d> {
    pub(super) fn of(bytes: &'d [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next element; `None` at the end and where it is no DER.
    pub(super) fn next(&mut self) -> Option<Element<'d>> {
        let mut reader = SliceReader::new(self.rest).ok()?;
        let whole = reader.tlv_bytes().ok()?;
        let content = AnyRef::from_der(whole).ok()?.value();
        self.rest = self.rest.get(whole.len()..)?;
        Some(Element { tag: *whole.first()?, content, whole })
    }

    /// The next element, which must have this tag.
    pub(super) fn take(&mut self, tag: u8) -> Option<Element<'d>> {
        self.next().filter(|element| element.tag == tag)
    }

    /// The next element, if it has this tag; the outer `None` is no DER.
    pub(super) fn optional(&mut self, tag: u8) -> Option<Option<Element<'d>>> {
        if self.rest.first() == Some(&tag) { self.take(tag).map(Some) } else { Some(None) }
    }

    /// The elements within the next one, which must have this tag.
    pub(super) fn within(&mut self, tag: u8) -> Option<Self> {
        self.take(tag).map(|element| Self::of(element.content))
    }
}

/// A big-endian number that is not negative, in the fewest bytes.
pub(super) fn unsigned(integer: Element<'_>) -> Option<&[u8]> {
    let [first, rest @ ..] = integer.content else { return None };
    let shortest = match rest.first() {
        Some(second) => *first != 0 || *second >= 0x80,
        None => true,
    };
    (integer.tag == INTEGER && *first < 0x80 && shortest)
        .then(|| super::super::keys::trimmed(integer.content))
}

/// A number that is not negative and fits.
pub(super) fn small(content: &[u8]) -> Option<i64> {
    let digits = super::super::keys::trimmed(unsigned(Element { tag: INTEGER, content, whole: &[] })?);
    let mut bytes = [0; 8];
    bytes.get_mut(8_usize.checked_sub(digits.len())?..)?.copy_from_slice(digits);
    i64::try_from(u64::from_be_bytes(bytes)).ok()
}

pub(super) fn boolean(element: Element<'_>) -> Option<bool> {
    match (element.tag, element.content) {
        (BOOLEAN, [0]) => Some(false),
        (BOOLEAN, [0xff]) => Some(true),
        _ => None,
    }
}

/// A bit string: how many bits of its last byte are not its own, and the bytes.
pub(super) fn bit_string(element: Element<'_>) -> Option<(u8, &[u8])> {
    let [unused, bytes @ ..] = element.content else { return None };
    let mask = 1_u8.checked_shl(u32::from(*unused))?.wrapping_sub(1);
    let clean = bytes.last().map_or(*unused == 0, |last| last & mask == 0);
    (element.tag == BIT_STRING && *unused < 8 && clean).then_some((*unused, bytes))
}

/// A bit string as a number: the bits that are not its own are shifted out.
pub(super) fn right_aligned(element: Element<'_>) -> Option<Vec<u8>> {
    let (unused, bytes) = bit_string(element)?;
    let above = std::iter::once(&0).chain(bytes);
    let joined = above.zip(bytes).map(|(above, byte)| u16::from_be_bytes([*above, *byte]));
    Some(joined.map(|pair| (pair >> unused) as u8).collect())
}

/// The arcs of an object identifier; `None` where one is above 2^31, which Go does not read either.
pub(super) fn arcs(element: Element<'_>) -> Option<Vec<u32>> {
    let mut all = Vec::new();
    for arc in numbers(element)? {
        let arc = u32::try_from(&arc).ok().filter(|arc| *arc < 1 << 31)?;
        if all.is_empty() {
            let first = (arc / 40).min(2);
            all.extend([first, arc - 40 * first]);
        } else {
            all.push(arc);
        }
    }
    Some(all)
}

/// An object identifier with dots, its arcs of any size.
pub(super) fn dotted(element: Element<'_>) -> Option<String> {
    let mut text = String::new();
    for arc in numbers(element)? {
        if text.is_empty() {
            let first = u32::try_from(&arc).map_or(2, |arc| (arc / 40).min(2));
            text = format!("{first}.{}", arc - 40 * first);
        } else {
            text.push_str(&format!(".{arc}"));
        }
    }
    Some(text)
}

/// The longest object identifier that is read.
const MAX_OID: usize = 1_024;

/// The numbers of base 128 that an object identifier is made of, the first of which stands for two arcs.
fn numbers(element: Element<'_>) -> Option<Vec<num_bigint::BigUint>> {
    let ends = element.content.last().is_some_and(|last| *last < 0x80);
    if element.tag != OID || !ends || element.content.len() > MAX_OID {
        return None;
    }
    element
        .content
        .split_inclusive(|byte| *byte < 0x80)
        .map(|digits| {
            let shortest = digits.first() != Some(&0x80);
            let digits: Vec<u8> = digits.iter().map(|digit| digit & 0x7f).collect();
            num_bigint::BigUint::from_radix_be(&digits, 128).filter(|_| shortest)
        })
        .collect()
}
