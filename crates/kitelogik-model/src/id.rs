//! Decision ids: UUID version 7 (RFC 9562, section 5.7).

use crate::Timestamp;
use std::{fmt, str::FromStr};

/// A decision's id: a UUID of version 7, ordered by time to the millisecond.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DecisionId(u128);

impl DecisionId {
    /// From a time and 74 random bits (the low ones of `entropy`).
    pub fn new(at: Timestamp, entropy: u128) -> Self {
        let millis = u128::from(at.millis()) & 0xFFFF_FFFF_FFFF;
        let rand_a = (entropy >> 62) & 0xFFF;
        let rand_b = entropy & ((1 << 62) - 1);
        Self(millis << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b)
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [b'-'; 36];
        // Two digits a byte, and a dash before these bytes.
        let dashes = |at: usize| [4, 6, 8, 10].iter().filter(|dash| **dash <= at).count();
        for (at, byte) in self.0.to_be_bytes().into_iter().enumerate() {
            if let Some([first, second, ..]) = text.get_mut(2 * at + dashes(at)..) {
                [*first, *second] = hex(byte);
            }
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A byte as two digits of base 16.
pub fn hex(byte: u8) -> [u8; 2] {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    [digit(byte >> 4), digit(byte & 0xF)]
}

/// The text is no UUID in its usual form of 36 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a decision id: expected a UUID such as 0193e7a0-0000-7000-8000-000000000000")
    }
}

impl std::error::Error for NotAnId {}

impl FromStr for DecisionId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let dash = |(i, byte): (usize, u8)| (byte == b'-') == matches!(i, 8 | 13 | 18 | 23);
        if text.len() != 36 || !text.bytes().enumerate().all(dash) {
            return Err(NotAnId);
        }
        let digits = text.replace('-', "");
        if !digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(NotAnId);
        }
        u128::from_str_radix(&digits, 16).map(Self).map_err(|_| NotAnId)
    }
}
