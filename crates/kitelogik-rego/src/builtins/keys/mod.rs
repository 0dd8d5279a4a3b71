//! Public keys and their signatures: RSA (RFC 8017), ECDSA on P-256, P-384 and P-521 (FIPS 186-5), Ed25519
//! (RFC 8032). A key of another kind can be read but verifies nothing.
// One family of builtins alone does not use all.
#![cfg_attr(not(all(feature = "jwt", feature = "x509")), allow(dead_code))]

pub(super) mod pem;
pub(super) mod spki;

use ed25519_dalek::Verifier as _;
use rsa::{BoxedUint, pss};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use signature::hazmat::PrehashVerifier as _;

pub(super) use p256::ecdsa::signature;

/// A digest that signatures are made over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(super) fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}

/// What a PSS signature's salt may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Salt {
    Any,
    AsLongAsHash,
}

/// A curve of NIST's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    /// Bytes of a coordinate and of a scalar.
    pub(super) fn width(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

/// A key that can say whether a signature is its own.
#[derive(Clone, Debug)]
pub(super) enum PublicKey {
    Rsa(rsa::PublicKey),
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
    Ed25519(ed25519_dalek::VerifyingKey),
    /// Of a kind or size that verifies nothing
    Other,
}

impl PublicKey {
    /// Modulus and exponent, big-endian. As in Go, a modulus below 1,024 bits verifies nothing; neither does
    /// one above 8,192 bits.
    pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        let number = BoxedUint::from_be_slice_vartime;
        let short = |bytes: &[u8]| !bytes.is_empty() && bytes.len() <= 1_025;
        if !short(modulus) || !short(exponent) {
            return Self::Other;
        }
        rsa::PublicKey::new(number(modulus), number(exponent)).map_or(Self::Other, Self::Rsa)
    }

    /// A point of a curve (SEC 1, section 2.3.3); `None` if it is not on it.
    pub(super) fn ec(curve: Curve, point: &[u8]) -> Option<Self> {
        match curve {
            Curve::P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok().map(Self::P256),
            Curve::P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(point).ok().map(Self::P384),
            Curve::P521 => p521::ecdsa::VerifyingKey::from_sec1_bytes(point).ok().map(Self::P521),
        }
    }

    pub(super) fn ed25519(bytes: &[u8; 32]) -> Self {
        ed25519_dalek::VerifyingKey::from_bytes(bytes).map_or(Self::Other, Self::Ed25519)
    }

    pub(super) fn curve(&self) -> Option<Curve> {
        match self {
            Self::P256(_) => Some(Curve::P256),
            Self::P384(_) => Some(Curve::P384),
            Self::P521(_) => Some(Curve::P521),
            _ => None,
        }
    }

    /// Steps of one verification, in proportion to its time.
    pub(super) fn cost(&self) -> u64 {
        match self {
            Self::Rsa(key) => {
                use rsa::traits::PublicKeyParts as _;
                (key.size() as u64).pow(2) / 64
            }
            Self::P256(_) | Self::Ed25519(_) => 2_000,
            Self::P384(_) => 5_000,
            Self::P521(_) => 10_000,
            Self::Other => 1,
        }
    }

    /// RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2).
    pub(super) fn verify_pkcs1(&self, hash: Hash, digest: &[u8], signature: &[u8]) -> bool {
        let Self::Rsa(key) = self else { return false };
        match hash {
            Hash::Sha256 => key.pkcs1v15_verify_prehash::<Sha256>(digest, signature),
            Hash::Sha384 => key.pkcs1v15_verify_prehash::<Sha384>(digest, signature),
            Hash::Sha512 => key.pkcs1v15_verify_prehash::<Sha512>(digest, signature),
        }
        .is_ok()
    }

    /// RSASSA-PSS (RFC 8017, section 8.1) with MGF1 on the same hash.
    pub(super) fn verify_pss(&self, hash: Hash, digest: &[u8], signature: &[u8], salt: Salt) -> bool {
        let Self::Rsa(key) = self else { return false };
        let Ok(signature) = pss::Signature::try_from(signature) else { return false };
        let key = key.clone();
        match (hash, salt) {
            (Hash::Sha256, Salt::Any) => {
                pss::VerifyingKey::<Sha256>::new_with_auto_salt_len(key).verify_prehash(digest, &signature)
            }
            (Hash::Sha384, Salt::Any) => {
                pss::VerifyingKey::<Sha384>::new_with_auto_salt_len(key).verify_prehash(digest, &signature)
            }
            (Hash::Sha512, Salt::Any) => {
                pss::VerifyingKey::<Sha512>::new_with_auto_salt_len(key).verify_prehash(digest, &signature)
            }
            (Hash::Sha256, Salt::AsLongAsHash) => {
                pss::VerifyingKey::<Sha256>::new(key).verify_prehash(digest, &signature)
            }
            (Hash::Sha384, Salt::AsLongAsHash) => {
                pss::VerifyingKey::<Sha384>::new(key).verify_prehash(digest, &signature)
            }
            (Hash::Sha512, Salt::AsLongAsHash) => {
                pss::VerifyingKey::<Sha512>::new(key).verify_prehash(digest, &signature)
            }
        }
        .is_ok()
    }

    /// ECDSA over a digest; the two numbers of the signature are big-endian, of any length.
    pub(super) fn verify_ecdsa(&self, digest: &[u8], r: &[u8], s: &[u8]) -> bool {
        let Some(curve) = self.curve() else { return false };
        let (Some(mut both), Some(s)) = (padded(r, curve.width()), padded(s, curve.width())) else {
            return false;
        };
        both.extend(s);
        match self {
            Self::P256(key) => p256::ecdsa::Signature::from_slice(&both)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
            Self::P384(key) => p384::ecdsa::Signature::from_slice(&both)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
            Self::P521(key) => p521::ecdsa::Signature::from_slice(&both)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
            _ => false,
        }
    }

    /// Ed25519 over the message itself.
    pub(super) fn verify_ed25519(&self, message: &[u8], signature: &[u8]) -> bool {
        let Self::Ed25519(key) = self else { return false };
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| key.verify(message, &signature).is_ok())
    }
}

/// A big-endian number in exactly so many bytes; `None` if it needs more.
pub(super) fn padded(number: &[u8], width: usize) -> Option<Vec<u8>> {
    let digits = trimmed(number);
    let mut out = vec![0; width.checked_sub(digits.len())?];
    out.extend_from_slice(digits);
    Some(out)
}

/// A big-endian number without leading zeros.
pub(super) fn trimmed(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}
