//! The algorithms that certificates are signed with (RFC 5280, section 4.1.1.2; RFC 4055; RFC 5758; RFC 8410).

use super::{
    super::keys::{Hash, PublicKey, Salt},
    der::{self, Element, Elements, INTEGER, SEQUENCE, nested},
};

/// An algorithm, by the number that Go has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Algorithm(pub(super) i64);

impl Algorithm {
    /// Of an `AlgorithmIdentifier`; one that is not known is 0.
    pub(super) fn read(identifier: Element<'_>) -> Option<Self> {
        let mut parts = Elements::of(identifier.content);
        let id = der::arcs(parts.next()?)?;
        let parameters = if parts.is_empty() { None } else { Some(parts.next()?) };
        Some(Self(match *id.as_slice() {
            [1, 2, 840, 113_549, 1, 1, 2] => 1,
            [1, 2, 840, 113_549, 1, 1, 4] => 2,
            [1, 2, 840, 113_549, 1, 1, 5] | [1, 3, 14, 3, 2, 29] => 3,
            [1, 2, 840, 113_549, 1, 1, 10] => parameters.and_then(pss).unwrap_or(0),
            [1, 2, 840, 113_549, 1, 1, 11] => 4,
            [1, 2, 840, 113_549, 1, 1, 12] => 5,
            [1, 2, 840, 113_549, 1, 1, 13] => 6,
            [1, 2, 840, 10_040, 4, 3] => 7,
            [2, 16, 840, 1, 101, 3, 4, 3, 2] => 8,
            [1, 2, 840, 10_045, 4, 1] => 9,
            [1, 2, 840, 10_045, 4, 3, 2] => 10,
            [1, 2, 840, 10_045, 4, 3, 3] => 11,
            [1, 2, 840, 10_045, 4, 3, 4] => 12,
            // RFC 8410 wants no parameters.
            [1, 3, 101, 112] if parameters.is_none() => 16,
            _ => 0,
        }))
    }

    /// True if the key made the signature. Signatures over MD5 and SHA-1 never hold, as in Go.
    pub(super) fn verifies(self, key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
        match self.0 {
            4 => key.verify_pkcs1(Hash::Sha256, &Hash::Sha256.digest(message), signature),
            5 => key.verify_pkcs1(Hash::Sha384, &Hash::Sha384.digest(message), signature),
            6 => key.verify_pkcs1(Hash::Sha512, &Hash::Sha512.digest(message), signature),
            10 => ecdsa(key, Hash::Sha256, message, signature),
            11 => ecdsa(key, Hash::Sha384, message, signature),
            12 => ecdsa(key, Hash::Sha512, message, signature),
            13 => key.verify_pss(Hash::Sha256, &Hash::Sha256.digest(message), signature, Salt::AsLongAsHash),
            14 => key.verify_pss(Hash::Sha384, &Hash::Sha384.digest(message), signature, Salt::AsLongAsHash),
            15 => key.verify_pss(Hash::Sha512, &Hash::Sha512.digest(message), signature, Salt::AsLongAsHash),
            16 => key.verify_ed25519(message, signature),
            _ => false,
        }
    }
}

/// `Ecdsa-Sig-Value` (RFC 3279, section 2.2.3).
fn ecdsa(key: &PublicKey, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
    let numbers = || {
        let mut outer = Elements::of(signature);
        let mut parts = outer.within(SEQUENCE)?;
        let (r, s) = (der::unsigned(parts.next()?)?, der::unsigned(parts.next()?)?);
        (parts.is_empty() && outer.is_empty()).then_some((r, s))
    };
    numbers().is_some_and(|(r, s)| key.verify_ecdsa(&hash.digest(message), r, s))
}

/// `RSASSA-PSS-params` with one hash for all and a salt as long as it (RFC 4055, section 3.1).
fn pss(parameters: Element<'_>) -> Option<i64> {
    let mut parts = Elements::of(parameters.content);
    let hash = hash(Elements::of(parts.take(nested(0))?.content).take(SEQUENCE)?)?;
    let mut mask = Elements::of(parts.take(nested(1))?.content).within(SEQUENCE)?;
    let mgf1 = der::arcs(mask.next()?)? == [1, 2, 840, 113_549, 1, 1, 8];
    let same = self::hash(mask.take(SEQUENCE)?)? == hash;
    let salt = der::small(Elements::of(parts.take(nested(2))?.content).take(INTEGER)?.content)?;
    let trailer = match parts.optional(nested(3))? {
        Some(given) => der::small(Elements::of(given.content).take(INTEGER)?.content)? == 1,
        None => true,
    };
    let (salt_fits, number) = match hash {
        1 => (salt == 32, 13),
        2 => (salt == 48, 14),
        _ => (salt == 64, 15),
    };
    (parameters.tag == SEQUENCE && mgf1 && same && salt_fits && trailer).then_some(number)
}

/// The last arc of a SHA-2 hash whose parameters are absent or null.
fn hash(identifier: Element<'_>) -> Option<u32> {
    let mut parts = Elements::of(identifier.content);
    let id = der::arcs(parts.next()?)?;
    let plain = parts.is_empty() || parts.next()?.whole == [5, 0];
    match *id.as_slice() {
        [2, 16, 840, 1, 101, 3, 4, 2, last @ 1..=3] if plain => Some(last),
        _ => None,
    }
}
