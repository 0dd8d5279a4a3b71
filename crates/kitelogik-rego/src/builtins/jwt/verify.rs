//! Signatures of tokens: the algorithms (RFC 7518, section 3), the keys that an operand brings, and
//! `io.jwt.verify_*`.

use super::super::{
    keys::{Hash, PublicKey, Salt, pem, spki},
    operands::{charge_bytes, string},
};
use super::{
    jwk::{self, Material},
    token::{Header, Token},
};
use crate::{
    builtin::{BuiltinCx, BuiltinError, BuiltinResult},
    val::Val,
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};
use std::sync::Arc;

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Hmac(Hash),
    Pkcs1(Hash),
    Pss(Hash),
    Ecdsa(Hash),
    Ed25519,
}

impl Scheme {
    /// The scheme that `alg` names. `none` names none.
    pub(super) fn of_name(alg: &str) -> Option<Self> {
        if matches!(alg, "EdDSA" | "Ed25519") {
            return Some(Self::Ed25519);
        }
        let (family, bits) = alg.split_at_checked(2)?;
        let hash = match bits {
            "256" => Hash::Sha256,
            "384" => Hash::Sha384,
            "512" => Hash::Sha512,
            _ => return None,
        };
        match family {
            "HS" => Some(Self::Hmac(hash)),
            "RS" => Some(Self::Pkcs1(hash)),
            "PS" => Some(Self::Pss(hash)),
            "ES" => Some(Self::Ecdsa(hash)),
            _ => None,
        }
    }
}

/// A key that verifies, with what its JWK says of it.
#[derive(Debug)]
pub(super) struct VerificationKey {
    pub(super) alg: String,
    pub(super) kid: String,
    pub(super) key: Key,
}

#[derive(Debug)]
pub(super) enum Key {
    Public(PublicKey),
    /// The public half of a private key: `io.jwt.verify_*` do not take it, `io.jwt.decode_verify` does
    Private(PublicKey),
    Secret(Vec<u8>),
}

/// How exactly a signature must have the standard's form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// ECDSA's numbers may be shorter or longer, the salt of PSS of any length
    Loose,
    /// As RFC 7518 says
    Exact,
}

/// True if the key made this signature under this scheme.
pub(super) fn verifies(
    cx: &mut BuiltinCx<'_, '_>,
    key: &Key,
    scheme: Scheme,
    form: Form,
    message: &str,
    signature: &[u8],
) -> Result<bool, BuiltinError> {
    charge_bytes(cx, message.len())?;
    let message = message.as_bytes();
    let key = match key {
        Key::Secret(secret) => {
            let Scheme::Hmac(hash) = scheme else { return Ok(false) };
            return Ok(form == Form::Exact && !secret.is_empty() && mac_is(hash, secret, message, signature));
        }
        Key::Private(_) if form == Form::Loose => return Ok(false),
        Key::Private(key) | Key::Public(key) => key,
    };
    cx.step(key.cost())?;
    Ok(match scheme {
        Scheme::Hmac(_) => false,
        Scheme::Pkcs1(hash) => key.verify_pkcs1(hash, &hash.digest(message), signature),
        Scheme::Pss(hash) => {
            let salt = if form == Form::Loose { Salt::Any } else { Salt::AsLongAsHash };
            key.verify_pss(hash, &hash.digest(message), signature, salt)
        }
        Scheme::Ecdsa(hash) => {
            let exact = key.curve().is_some_and(|curve| signature.len() == 2 * curve.width());
            let (r, s) = signature.split_at_checked(signature.len() / 2).unwrap_or_default();
            (exact || form == Form::Loose) && key.verify_ecdsa(&hash.digest(message), r, s)
        }
        Scheme::Ed25519 => key.verify_ed25519(message, signature),
    })
}

/// HMAC (RFC 2104).
pub(super) fn mac(hash: Hash, secret: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    fn of<M: Mac + KeyInit>(secret: &[u8], message: &[u8]) -> Option<Vec<u8>> {
        let mut mac = <M as KeyInit>::new_from_slice(secret).ok()?;
        mac.update(message);
        Some(mac.finalize().into_bytes().to_vec())
    }
    match hash {
        Hash::Sha256 => of::<Hmac<Sha256>>(secret, message),
        Hash::Sha384 => of::<Hmac<Sha384>>(secret, message),
        Hash::Sha512 => of::<Hmac<Sha512>>(secret, message),
    }
}

/// Compared in a time that does not depend on where the two differ.
fn mac_is(hash: Hash, secret: &[u8], message: &[u8], signature: &[u8]) -> bool {
    fn of<M: Mac + KeyInit>(secret: &[u8], message: &[u8], signature: &[u8]) -> bool {
        <M as KeyInit>::new_from_slice(secret).is_ok_and(|mut mac| {
            mac.update(message);
            mac.verify_slice(signature).is_ok()
        })
    }
    match hash {
        Hash::Sha256 => of::<Hmac<Sha256>>(secret, message, signature),
        Hash::Sha384 => of::<Hmac<Sha384>>(secret, message, signature),
        Hash::Sha512 => of::<Hmac<Sha512>>(secret, message, signature),
    }
}

/// The keys of a certificate, a public key in PEM, a JWK or a set of JWKs; read once and kept.
pub(super) fn keys(
    cx: &mut BuiltinCx<'_, '_>,
    text: &str,
) -> Result<Arc<Vec<VerificationKey>>, BuiltinError> {
    charge_bytes(cx, text.len())?;
    cx.kept("keys of tokens", text, |text| read_keys(text).map_err(BuiltinError::Failed))
}

fn read_keys(text: &str) -> Result<Vec<VerificationKey>, String> {
    if let Some((block, rest)) = pem::first(text) {
        if !rest.is_empty() {
            return Err("extra data after a PEM certificate block".to_owned());
        }
        let key = match block.label.as_str() {
            "CERTIFICATE" => super::super::x509::certificate::public_key(&block.bytes)
                .map_err(|error| format!("failed to parse a PEM certificate: {error}"))?,
            "PUBLIC KEY" => match spki::read(&block.bytes) {
                Ok(spki::Numbers::Unknown) => {
                    return Err(
                        "failed to parse a PEM public key: x509: unknown public key algorithm".to_owned()
                    );
                }
                Ok(numbers) => numbers.key(),
                Err(error) => return Err(format!("failed to parse a PEM public key: {error}")),
            },
            _ => return Err("failed to extract a Key from the PEM certificate".to_owned()),
        };
        return Ok(vec![VerificationKey { alg: String::new(), kid: String::new(), key: Key::Public(key) }]);
    }
    let refused = |error| format!("failed to parse a JWK key (set): {error}");
    let mut keys = Vec::new();
    for jwk in jwk::parse(text).map_err(refused)? {
        let (private, public) = match &jwk.material {
            Material::Rsa { modulus, exponent, private } => {
                if private.as_ref().is_some_and(|private| private.primes.is_none()) {
                    return Err("missing \"p\" or \"q\"".to_owned());
                }
                (private.is_some(), PublicKey::rsa(modulus, exponent))
            }
            Material::Ec { curve, point, scalar } => {
                (scalar.is_some(), PublicKey::ec(*curve, point).unwrap_or(PublicKey::Other))
            }
            Material::Ed25519 { point, seed } => (seed.is_some(), PublicKey::ed25519(point)),
            Material::X25519 | Material::Secret(_) => (false, PublicKey::Other),
        };
        let signs = jwk.alg != "Ed25519" && Scheme::of_name(&jwk.alg).is_some();
        if !jwk.alg.is_empty() && !signs {
            continue;
        }
        let key = match jwk.material {
            Material::Secret(secret) => Key::Secret(secret),
            _ if private => Key::Private(public),
            _ => Key::Public(public),
        };
        keys.push(VerificationKey { alg: jwk.alg, kid: jwk.kid, key });
    }
    Ok(keys)
}

/// True if one of the keys made the signature: the one that the header names, if there is one, and otherwise
/// any whose own `alg` is the header's.
pub(super) fn any_verifies(
    cx: &mut BuiltinCx<'_, '_>,
    keys: &[VerificationKey],
    header: Header<'_>,
    scheme: Scheme,
    form: Form,
    message: &str,
    signature: &[u8],
) -> Result<bool, BuiltinError> {
    if let Some(named) = keys.iter().find(|key| !header.kid.is_empty() && key.kid == header.kid) {
        return verifies(cx, &named.key, scheme, form, message, signature);
    }
    for key in keys.iter().filter(|key| key.alg.is_empty() || key.alg == header.alg) {
        if verifies(cx, &key.key, scheme, form, message, signature)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `io.jwt.verify_*` with a certificate, a public key or JWKs. The scheme is the function's, whatever the
/// token's header says.
pub(super) fn with_key<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    args: &[Val<'a>],
    scheme: Scheme,
) -> BuiltinResult<'a> {
    let token = Token::read(cx, args, 1)?;
    let keys = keys(cx, string(args, 2)?)?;
    let signature = token.signature()?;
    let header = Header::read(token.header(cx)?)?;
    any_verifies(cx, &keys, header, scheme, Form::Loose, token.signed, &signature)
        .map(|valid| Some(Val::Bool(valid)))
}

/// `io.jwt.verify_hs*`.
pub(super) fn with_secret<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>], hash: Hash) -> BuiltinResult<'a> {
    let (text, secret) = (string(args, 1)?, string(args, 2)?);
    charge_bytes(cx, text.len().saturating_add(secret.len()))?;
    let token = Token::split(text)?;
    let valid = mac_is(hash, secret.as_bytes(), token.signed.as_bytes(), &token.signature()?);
    Ok(Some(Val::Bool(valid)))
}
