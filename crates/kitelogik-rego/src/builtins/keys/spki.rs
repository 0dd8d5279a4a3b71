//! Public keys as certificates hold them (RFC 5280, section 4.1.2.7; RFC 3279; RFC 5480; RFC 8410).

use super::{Curve, PublicKey};
use rsa::pkcs8::{
    ObjectIdentifier,
    der::{Decode as _, Reader, SliceReader, asn1::UintRef},
    spki::SubjectPublicKeyInfoRef,
};

pub(in crate::builtins) const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
pub(in crate::builtins) const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
pub(in crate::builtins) const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// A public key's numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::builtins) enum Numbers<'d> {
    /// Modulus and exponent, big-endian
    Rsa { modulus: &'d [u8], exponent: &'d [u8] },
    /// A point, uncompressed
    Ec { curve: Curve, point: &'d [u8] },
    /// A compressed point
    Ed25519([u8; 32]),
    /// For agreement only
    X25519([u8; 32]),
    /// A kind that nothing is known of
    Unknown,
}

pub(in crate::builtins) fn curve(oid: ObjectIdentifier) -> Option<Curve> {
    match oid {
        P256 => Some(Curve::P256),
        P384 => Some(Curve::P384),
        P521 => Some(Curve::P521),
        _ => None,
    }
}

/// Reads a DER `SubjectPublicKeyInfo`; the error says what is wrong with it.
pub(in crate::builtins) fn read(der: &[u8]) -> Result<Numbers<'_>, String> {
    let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|error| format!("x509: {error}"))?;
    numbers(&info)
}

fn numbers<'d>(info: &SubjectPublicKeyInfoRef<'d>) -> Result<Numbers<'d>, String> {
    let Some(key) = info.subject_public_key.as_bytes() else {
        return Err("x509: invalid subject public key".to_owned());
    };
    match info.algorithm.oid {
        RSA if !info.algorithm.parameters.is_some_and(|null| null.is_null()) => {
            Err("x509: RSA key missing NULL parameters".to_owned())
        }
        RSA => rsa(key).ok_or_else(|| "x509: invalid RSA public key".to_owned()),
        EC => {
            let Ok(named) = info.algorithm.parameters_oid() else {
                return Err("x509: invalid ECDSA parameters".to_owned());
            };
            let Some(curve) = curve(named) else { return Err("x509: unsupported elliptic curve".to_owned()) };
            match PublicKey::ec(curve, key) {
                Some(_) if key.first() == Some(&4) => Ok(Numbers::Ec { curve, point: key }),
                _ => Err("x509: failed to unmarshal elliptic curve point".to_owned()),
            }
        }
        ED25519 | X25519 => match key.try_into() {
            _ if info.algorithm.parameters.is_some() => {
                Err("x509: key encoded with illegal parameters".to_owned())
            }
            Ok(key) if info.algorithm.oid == X25519 => Ok(Numbers::X25519(key)),
            Ok(key) => Ok(Numbers::Ed25519(key)),
            Err(_) => Err("x509: wrong Ed25519 public key size".to_owned()),
        },
        _ => Ok(Numbers::Unknown),
    }
}

/// `RSAPublicKey` (RFC 8017, appendix A.1.1).
fn rsa(der: &[u8]) -> Option<Numbers<'_>> {
    let mut reader = SliceReader::new(der).ok()?;
    let (modulus, exponent) = reader
        .sequence(|inner| {
            let modulus = UintRef::decode(inner)?;
            Ok::<_, rsa::pkcs8::der::Error>((modulus.as_bytes(), UintRef::decode(inner)?.as_bytes()))
        })
        .ok()?;
    let fine = reader.is_finished() && modulus != [0] && exponent != [0];
    fine.then_some(Numbers::Rsa { modulus, exponent })
}

impl Numbers<'_> {
    /// The key that verifies.
    pub(in crate::builtins) fn key(&self) -> PublicKey {
        match self {
            Self::Rsa { modulus, exponent } => PublicKey::rsa(modulus, exponent),
            Self::Ec { curve, point } => PublicKey::ec(*curve, point).unwrap_or(PublicKey::Other),
            Self::Ed25519(bytes) => PublicKey::ed25519(bytes),
            Self::X25519(_) | Self::Unknown => PublicKey::Other,
        }
    }
}
