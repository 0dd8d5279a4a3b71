//! Keys as JSON (RFC 7517, RFC 7518 section 6, RFC 8037): one key or a set of them.

use super::super::{
    json,
    keys::{Curve, PublicKey, trimmed},
};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use kitelogik_value::Value;

/// The most keys of a set.
const MAX_KEYS: usize = 1_000;

/// A key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Jwk {
    /// Empty if it has none
    pub(super) kid: String,
    /// Empty if it has none
    pub(super) alg: String,
    pub(super) material: Material,
}

/// What a key consists of; numbers are big-endian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
        private: Option<RsaPrivate>,
    },
    /// The point is uncompressed (SEC 1, section 2.3.3)
    Ec {
        curve: Curve,
        point: Vec<u8>,
        scalar: Option<Vec<u8>>,
    },
    Ed25519 {
        point: [u8; 32],
        seed: Option<[u8; 32]>,
    },
    /// A key for agreement, which signs nothing
    X25519,
    Secret(Vec<u8>),
}

/// The private half of an RSA key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RsaPrivate {
    pub(super) exponent: Vec<u8>,
    pub(super) primes: Option<[Vec<u8>; 2]>,
    /// `dp`, `dq` and `qi`, which follow from the rest
    pub(super) derived: [Option<Vec<u8>>; 3],
}

/// What `alg` may say (RFC 7518, sections 3.1, 4.1 and 5.1; RFC 8037; RFC 9864); another word is an error.
const ALGORITHMS: &[&str] = &[
    "A128CBC-HS256",
    "A128GCM",
    "A128GCMKW",
    "A128KW",
    "A192CBC-HS384",
    "A192GCM",
    "A192GCMKW",
    "A192KW",
    "A256CBC-HS512",
    "A256GCM",
    "A256GCMKW",
    "A256KW",
    "ECDH-ES",
    "ECDH-ES+A128KW",
    "ECDH-ES+A192KW",
    "ECDH-ES+A256KW",
    "ES256",
    "ES256K",
    "ES384",
    "ES512",
    "Ed25519",
    "EdDSA",
    "HS256",
    "HS384",
    "HS512",
    "PBES2-HS256+A128KW",
    "PBES2-HS384+A192KW",
    "PBES2-HS512+A256KW",
    "PS256",
    "PS384",
    "PS512",
    "RS256",
    "RS384",
    "RS512",
    "RSA-OAEP",
    "RSA-OAEP-256",
    "RSA-OAEP-384",
    "RSA-OAEP-512",
    "RSA1_5",
    "dir",
    "none",
];

/// One key, or the keys of a set; the error says what is wrong.
pub(super) fn parse(text: &str) -> Result<Vec<Jwk>, String> {
    let value = json::read(text).map_err(|error| error.to_string())?;
    match value.get("keys") {
        None => Ok(vec![one(&value)?]),
        Some(keys) => {
            let keys = keys.as_array().ok_or("\"keys\" must be an array")?;
            if keys.len() > MAX_KEYS {
                return Err(format!("too many keys in \"keys\": at most {MAX_KEYS}"));
            }
            keys.iter().map(one).collect()
        }
    }
}

fn one(key: &Value) -> Result<Jwk, String> {
    let alg = text(key, "alg")?.unwrap_or_default();
    if key.get("alg").is_some() && !ALGORITHMS.contains(&alg) {
        return Err(format!("invalid \"alg\": {alg:?}"));
    }
    let kid = text(key, "kid")?.unwrap_or_default().to_owned();
    let material = match text(key, "kty")?.ok_or("missing \"kty\"")? {
        "RSA" => rsa(key)?,
        "EC" => ec(key)?,
        "OKP" => okp(key)?,
        "oct" => Material::Secret(required(key, "k")?),
        other => return Err(format!("invalid \"kty\": {other:?}")),
    };
    Ok(Jwk { kid, alg: alg.to_owned(), material })
}

fn rsa(key: &Value) -> Result<Material, String> {
    let (modulus, exponent) = (required(key, "n")?, required(key, "e")?);
    if trimmed(&modulus).is_empty() {
        return Err("missing \"n\"".to_owned());
    }
    let short = trimmed(&exponent);
    let top = if short.len() == 8 { short.first().copied().unwrap_or_default() } else { 0 };
    if short.len() > 8 || top >= 0x80 || short.last().is_none_or(|last| last % 2 == 0) {
        return Err("invalid \"e\": it must be a positive odd integer".to_owned());
    }
    let private = match bytes(key, "d")? {
        None => None,
        Some(exponent) => {
            let primes = match (bytes(key, "p")?, bytes(key, "q")?) {
                (Some(p), Some(q)) => Some([p, q]),
                _ => None,
            };
            let derived = [bytes(key, "dp")?, bytes(key, "dq")?, bytes(key, "qi")?];
            Some(RsaPrivate { exponent, primes, derived })
        }
    };
    Ok(Material::Rsa { modulus, exponent, private })
}

fn ec(key: &Value) -> Result<Material, String> {
    let curve = match text(key, "crv")?.ok_or("missing \"crv\"")? {
        "P-256" => Curve::P256,
        "P-384" => Curve::P384,
        "P-521" => Curve::P521,
        other => return Err(format!("invalid \"crv\": {other:?}")),
    };
    let sized = |name: &str| match required(key, name)? {
        number if number.len() == curve.width() => Ok(number),
        number => Err(format!("invalid length of {name:?}: {}", number.len())),
    };
    let point = [vec![4], sized("x")?, sized("y")?].concat();
    if PublicKey::ec(curve, &point).is_none() {
        return Err("\"x\" and \"y\" are no point of the curve".to_owned());
    }
    let scalar = if key.get("d").is_some() { Some(sized("d")?) } else { None };
    Ok(Material::Ec { curve, point, scalar })
}

fn okp(key: &Value) -> Result<Material, String> {
    let sized = |name: &str| -> Result<[u8; 32], String> {
        required(key, name)?.try_into().map_err(|_| format!("invalid length of {name:?}"))
    };
    let curve = text(key, "crv")?.ok_or("missing \"crv\"")?;
    let point = sized("x")?;
    let seed = if key.get("d").is_some() { Some(sized("d")?) } else { None };
    match curve {
        "Ed25519" if seed.is_some_and(|seed| point_of(&seed) != point) => {
            Err("ed25519: invalid x value given d value".to_owned())
        }
        "Ed25519" => Ok(Material::Ed25519 { point, seed }),
        "X25519" => Ok(Material::X25519),
        other => Err(format!("invalid \"crv\": {other:?}")),
    }
}

fn point_of(seed: &[u8; 32]) -> [u8; 32] {
    ed25519_dalek::SigningKey::from_bytes(seed).verifying_key().to_bytes()
}

/// A text; `null` is an empty one.
fn text<'v>(key: &'v Value, name: &str) -> Result<Option<&'v str>, String> {
    match key.get(name) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some("")),
        Some(value) => value.as_str().map(Some).ok_or_else(|| format!("{name:?} must be a string")),
    }
}

fn bytes(key: &Value, name: &str) -> Result<Option<Vec<u8>>, String> {
    match text(key, name)? {
        None => Ok(None),
        Some(text) => decode(text).map(Some).ok_or_else(|| format!("{name:?} must be base64")),
    }
}

fn required(key: &Value, name: &str) -> Result<Vec<u8>, String> {
    match bytes(key, name)? {
        Some(bytes) if !bytes.is_empty() => Ok(bytes),
        _ => Err(format!("missing {name:?}")),
    }
}

/// base64url without padding is what the standard asks for; its other forms are read too.
fn decode(text: &str) -> Option<Vec<u8>> {
    let alphabet = if text.contains(['+', '/']) { &alphabet::STANDARD } else { &alphabet::URL_SAFE };
    let padding = if text.ends_with('=') {
        DecodePaddingMode::RequireCanonical
    } else {
        DecodePaddingMode::RequireNone
    };
    let config =
        GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true).with_decode_padding_mode(padding);
    let joined: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    GeneralPurpose::new(alphabet, config).decode(joined).ok()
}
