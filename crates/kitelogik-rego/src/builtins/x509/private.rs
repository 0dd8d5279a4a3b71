//! Private keys: PKCS #1 (RFC 8017, appendix A.1.2), PKCS #8 (RFC 5958) and SEC 1 (RFC 5915), as values in the
//! two forms that OPA has: Go's structures and JSON Web Keys (RFC 7518, section 6).

use super::super::keys::{Curve, padded, pem, spki::Numbers, trimmed};
use super::{
    der::{self, Element, Elements, INTEGER, OCTET_STRING, OID, SEQUENCE, nested},
    show::{Members, bytes, coordinates, number, text},
};
use crate::{
    builtin::{BuiltinCx, BuiltinError},
    val::Val,
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use num_bigint::BigUint;
use num_traits::One as _;

/// A private key; numbers are big-endian.
pub(super) enum PrivateKey {
    Rsa(Rsa),
    Ec {
        curve: Curve,
        scalar: Vec<u8>,
        /// Uncompressed
        point: Vec<u8>,
    },
    Ed25519 {
        seed: [u8; 32],
        point: [u8; 32],
    },
    /// For agreement only
    X25519,
}

/// An RSA key of two primes.
pub(super) struct Rsa {
    modulus: Vec<u8>,
    public: Vec<u8>,
    private: Vec<u8>,
    primes: [Vec<u8>; 2],
    /// The private exponent modulo each prime less one
    exponents: [Vec<u8>; 2],
    /// The inverse of the second prime modulo the first
    coefficient: Vec<u8>,
}

/// The longest number of a key in bytes: twice the longest that RSA is used with.
const MAX_NUMBER: usize = 2_048;

fn malformed() -> String {
    "asn1: structure error: malformed private key".to_owned()
}

/// The keys of a text's PEM blocks; blocks that hold no key are passed over.
pub(super) fn all(cx: &mut BuiltinCx<'_, '_>, text: &str) -> Result<Vec<PrivateKey>, BuiltinError> {
    let (mut rest, mut found) = (text, Vec::new());
    while let Some((block, after)) = pem::first(rest) {
        rest = after;
        charge(cx, block.bytes.len())?;
        let read = match block.label.as_str() {
            "RSA PRIVATE KEY" => pkcs1(&block.bytes),
            "PRIVATE KEY" => pkcs8(&block.bytes),
            "EC PRIVATE KEY" => sec1(None, &block.bytes),
            _ => continue,
        };
        found.push(read.map_err(BuiltinError::Failed)?);
    }
    Ok(found)
}

/// Reading a key checks it, in a time that grows with the square of its length.
fn charge(cx: &mut BuiltinCx<'_, '_>, length: usize) -> Result<(), BuiltinError> {
    let length = length as u64;
    Ok(cx.step(1_000 + length.saturating_mul(length) / 64)?)
}

/// A key in any of the forms.
pub(super) fn any(cx: &mut BuiltinCx<'_, '_>, der: &[u8]) -> Result<PrivateKey, BuiltinError> {
    charge(cx, der.len())?;
    pkcs1(der)
        .or_else(|_| pkcs8(der))
        .or_else(|_| sec1(None, der))
        .map_err(|_| BuiltinError::failed("tls: failed to parse private key"))
}

fn pkcs1(der: &[u8]) -> Result<PrivateKey, String> {
    let mut outer = Elements::of(der);
    let mut parts = outer.within(SEQUENCE).ok_or_else(malformed)?;
    if !outer.is_empty() {
        return Err("asn1: syntax error: trailing data".to_owned());
    }
    match parts.take(INTEGER).and_then(|version| der::small(version.content)).ok_or_else(malformed)? {
        0 => {}
        1 => return Err("x509: private keys of more than two primes are not read".to_owned()),
        _ => return Err("x509: unsupported private key version".to_owned()),
    }
    let mut next = || parts.next().and_then(der::unsigned).filter(|n| n.len() <= MAX_NUMBER);
    let mut required = || next().map(<[u8]>::to_vec).ok_or_else(malformed);
    let (modulus, public, private) = (required()?, required()?, required()?);
    let primes = [required()?, required()?];
    let mut given = Vec::new();
    while !parts.is_empty() && given.len() < 3 {
        given.push(parts.next().and_then(der::unsigned).ok_or_else(malformed)?.to_vec());
    }
    rsa(modulus, public, private, primes, &given)
        .map(PrivateKey::Rsa)
        .ok_or_else(|| "crypto/rsa: invalid private key".to_owned())
}

/// `None` if the numbers do not belong together.
fn rsa(
    modulus: Vec<u8>,
    public: Vec<u8>,
    private: Vec<u8>,
    primes: [Vec<u8>; 2],
    given: &[Vec<u8>],
) -> Option<Rsa> {
    let of = |digits: &[u8]| BigUint::from_bytes_be(digits);
    let one = BigUint::one();
    let [p, q] = [of(primes.first()?), of(primes.last()?)];
    let (d, e) = (of(&private), of(&public));
    if p <= one || q <= one || &p * &q != of(&modulus) {
        return None;
    }
    let exponent = |prime: &BigUint| {
        let group = prime - &one;
        ((&d * &e) % &group == &one % &group).then(|| (&d % group).to_bytes_be())
    };
    let exponents = [exponent(&p)?, exponent(&q)?];
    let coefficient = q.modinv(&p)?.to_bytes_be();
    let derived = exponents.iter().chain([&coefficient]);
    let fits = derived.zip(given).all(|(derived, given)| trimmed(derived) == trimmed(given));
    fits.then_some(Rsa { modulus, public, private, primes, exponents, coefficient })
}

fn pkcs8(der: &[u8]) -> Result<PrivateKey, String> {
    let read = || {
        // As in Go, what follows this form and the next is passed over.
        let mut parts = Elements::of(der).within(SEQUENCE)?;
        parts.take(INTEGER)?;
        let mut algorithm = parts.within(SEQUENCE)?;
        let id = der::arcs(algorithm.next()?)?;
        let parameters = if algorithm.is_empty() { None } else { Some(algorithm.next()?) };
        Some((id, parameters, parts.take(OCTET_STRING)?.content))
    };
    let (id, parameters, key): (Vec<u32>, Option<Element<'_>>, &[u8]) = read().ok_or_else(malformed)?;
    match *id.as_slice() {
        [1, 2, 840, 113_549, 1, 1, 1] => pkcs1(key)
            .map_err(|error| format!("x509: failed to parse RSA private key embedded in PKCS#8: {error}")),
        [1, 2, 840, 10_045, 2, 1] => sec1(parameters.filter(|parameters| parameters.tag == OID), key)
            .map_err(|error| format!("x509: failed to parse EC private key embedded in PKCS#8: {error}")),
        [1, 3, 101, 112 | 110] if parameters.is_some() => {
            Err("x509: invalid private key parameters".to_owned())
        }
        [1, 3, 101, kind @ (112 | 110)] => {
            let seed = Elements::of(key).take(OCTET_STRING).map(|seed| seed.content);
            let seed: [u8; 32] = seed
                .and_then(|seed| seed.try_into().ok())
                .ok_or("x509: invalid Ed25519 or X25519 private key")?;
            if kind == 110 {
                return Ok(PrivateKey::X25519);
            }
            let point = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key().to_bytes();
            Ok(PrivateKey::Ed25519 { seed, point })
        }
        _ => Err("x509: PKCS#8 wrapping contained private key with unknown algorithm".to_owned()),
    }
}

/// The curve may be told by what is around the key.
fn sec1(curve: Option<Element<'_>>, der: &[u8]) -> Result<PrivateKey, String> {
    let wrong = || "x509: failed to parse EC private key".to_owned();
    let mut parts = Elements::of(der).within(SEQUENCE).ok_or_else(wrong)?;
    let version = parts.take(INTEGER).and_then(|version| der::small(version.content)).ok_or_else(wrong)?;
    if version != 1 {
        return Err(format!("x509: unknown EC private key version {version}"));
    }
    let scalar = parts.take(OCTET_STRING).ok_or_else(wrong)?;
    let named = parts.optional(nested(0)).ok_or_else(wrong)?;
    if let Some(public) = parts.optional(nested(1)).ok_or_else(wrong)? {
        Elements::of(public.content).next().and_then(der::bit_string).ok_or_else(wrong)?;
    }
    let named = curve.or_else(|| Elements::of(named?.content).next()).and_then(der::arcs);
    let curve = match named.as_deref() {
        Some([1, 2, 840, 10_045, 3, 1, 7]) => Curve::P256,
        Some([1, 3, 132, 0, 34]) => Curve::P384,
        Some([1, 3, 132, 0, 35]) => Curve::P521,
        _ => return Err("x509: unknown elliptic curve".to_owned()),
    };
    let scalar = padded(scalar.content, curve.width()).ok_or("x509: invalid private key length")?;
    let point = point(curve, &scalar).ok_or("x509: invalid elliptic curve private key value")?;
    Ok(PrivateKey::Ec { curve, scalar, point })
}

fn point(curve: Curve, scalar: &[u8]) -> Option<Vec<u8>> {
    Some(match curve {
        Curve::P256 => {
            let key = p256::ecdsa::SigningKey::from_slice(scalar).ok()?;
            key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
        }
        Curve::P384 => {
            let key = p384::ecdsa::SigningKey::from_slice(scalar).ok()?;
            key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
        }
        Curve::P521 => {
            let key = p521::ecdsa::SigningKey::from_slice(scalar).ok()?;
            key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
        }
    })
}

impl PrivateKey {
    /// True if the public key is this key's; the error says why they cannot be one pair.
    pub(super) fn belongs_to(&self, public: &Numbers<'_>) -> Result<(), &'static str> {
        let same = match (self, public) {
            (Self::Rsa(key), Numbers::Rsa { modulus, exponent }) => {
                trimmed(&key.modulus) == trimmed(modulus) && trimmed(&key.public) == trimmed(exponent)
            }
            (Self::Ec { curve, point, .. }, Numbers::Ec { curve: other, point: given }) => {
                curve == other && point == given
            }
            (Self::Ed25519 { point, .. }, Numbers::Ed25519(given)) => point == given,
            (_, Numbers::Unknown | Numbers::X25519(_)) => return Err("tls: unknown public key algorithm"),
            _ => return Err("tls: private key type does not match public key type"),
        };
        if same { Ok(()) } else { Err("tls: private key does not match public key") }
    }

    /// As Go's `encoding/json` shows the key.
    pub(super) fn structure<'a>(&self, cx: &mut BuiltinCx<'a, '_>) -> Result<Val<'a>, BuiltinError> {
        let mut all = Members::new();
        match self {
            Self::Rsa(key) => {
                let [p, q] = &key.primes;
                let [dp, dq] = &key.exponents;
                let mut computed = Members::new();
                computed.put("Dp", number(cx, dp)?);
                computed.put("Dq", number(cx, dq)?);
                computed.put("Qinv", number(cx, &key.coefficient)?);
                computed.put("CRTValues", cx.arena().array(&[])?);
                all.put("N", number(cx, &key.modulus)?);
                all.put("E", number(cx, &key.public)?);
                all.put("D", number(cx, &key.private)?);
                let primes = [number(cx, p)?, number(cx, q)?];
                all.put("Primes", cx.arena().array(&primes)?);
                all.put("Precomputed", computed.done(cx)?);
            }
            Self::Ec { curve, scalar, point } => {
                let (x, y) = coordinates(point, curve.width());
                all.put("Curve", Val::EMPTY_OBJECT);
                all.put("X", number(cx, x)?);
                all.put("Y", number(cx, y)?);
                all.put("D", number(cx, scalar)?);
            }
            Self::Ed25519 { seed, point } => return bytes(cx, &[*seed, *point].concat()),
            Self::X25519 => {}
        }
        all.done(cx)
    }

    /// As a JSON Web Key.
    pub(super) fn jwk<'a>(&self, cx: &mut BuiltinCx<'a, '_>) -> Result<Val<'a>, BuiltinError> {
        fn url<'a>(cx: &mut BuiltinCx<'a, '_>, digits: &[u8]) -> Result<Val<'a>, BuiltinError> {
            text(cx, &BASE64_URL_SAFE_NO_PAD.encode(digits))
        }
        let mut all = Members::new();
        match self {
            Self::Rsa(key) => {
                let [p, q] = &key.primes;
                let [dp, dq] = &key.exponents;
                all.put("kty", Val::Str("RSA"));
                for (name, digits) in [
                    ("n", &key.modulus),
                    ("e", &key.public),
                    ("d", &key.private),
                    ("p", p),
                    ("q", q),
                    ("dp", dp),
                    ("dq", dq),
                    ("qi", &key.coefficient),
                ] {
                    all.put(name, url(cx, trimmed(digits))?);
                }
            }
            Self::Ec { curve, scalar, point } => {
                let (x, y) = coordinates(point, curve.width());
                let name = match curve {
                    Curve::P256 => "P-256",
                    Curve::P384 => "P-384",
                    Curve::P521 => "P-521",
                };
                all.put("kty", Val::Str("EC"));
                all.put("crv", Val::Str(name));
                all.put("x", url(cx, x)?);
                all.put("y", url(cx, y)?);
                all.put("d", url(cx, scalar)?);
            }
            Self::Ed25519 { seed, point } => {
                all.put("kty", Val::Str("OKP"));
                all.put("crv", Val::Str("Ed25519"));
                all.put("x", url(cx, point)?);
                all.put("d", url(cx, seed)?);
            }
            Self::X25519 => return Err(BuiltinError::failed("X25519 keys are not written as JWKs")),
        }
        all.done(cx)
    }
}
