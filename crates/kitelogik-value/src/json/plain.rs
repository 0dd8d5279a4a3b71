//! Where a string must be looked at: most of its bytes stand for themselves, and are passed over eight at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// How many bytes come before the first quote, backslash or control character.
pub(super) fn plain_len(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut at = 0;
    for word in words {
        let marks = marks(u64::from_le_bytes(*word));
        if marks != 0 {
            return at + (marks.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    at + rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len())
}

/// How many bytes come before the first of those or of one that is not ASCII.
pub(super) fn plain_ascii_len(bytes: &[u8]) -> usize {
    let (words, _) = bytes.as_chunks::<8>();
    let plain = |word: &&[u8; 8]| {
        let word = u64::from_le_bytes(**word);
        marks(word) | (word & HIGH) == 0
    };
    let at = 8 * words.iter().take_while(plain).count();
    let last = bytes.get(at..).unwrap_or_default();
    at + last.iter().position(|byte| is_special(*byte) || !byte.is_ascii()).unwrap_or(last.len())
}

pub(super) fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..0x20)
}

/// The highest bit of each special byte. A borrow may mark bytes above a special one too, never one below it.
fn marks(word: u64) -> u64 {
    let below = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word & HIGH;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    below(word, 0x20) | equal(b'"') | equal(b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_at_every_place_is_seen() {
        for byte in 0..=u8::MAX {
            for at in 0..20 {
                for follows in [b'a', 0x1F, 0x20, b'"', 0xFF] {
                    let mut text = [b'a'; 20];
                    text[at..].fill(follows);
                    text[at] = byte;
                    let wanted = text.iter().position(|byte| is_special(*byte)).unwrap_or(text.len());
                    assert_eq!(plain_len(&text), wanted, "{byte:#x} at {at} before {follows:#x}");
                    let ascii = text.iter().position(|byte| !byte.is_ascii()).unwrap_or(text.len());
                    assert_eq!(
                        plain_ascii_len(&text),
                        wanted.min(ascii),
                        "{byte:#x} at {at} before {follows:#x}"
                    );
                }
            }
        }
    }
}
