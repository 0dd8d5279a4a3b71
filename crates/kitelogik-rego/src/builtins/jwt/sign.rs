//! `io.jwt.encode_sign` and `io.jwt.encode_sign_raw`. RSA with PKCS #1 v1.5, HMAC and Ed25519 have one signature
//! for a message; so has ECDSA here (RFC 6979). The salt of PSS comes from the context.

use super::super::{
    json,
    keys::{Curve, Hash, signature::hazmat::PrehashSigner as _, trimmed},
    marshal,
    operands::{any, charge_bytes, string},
};
use super::{
    jwk::{self, Material, RsaPrivate},
    verify::{Scheme, mac},
};
use crate::{
    builtin::{BuiltinCx, BuiltinError, BuiltinResult},
    val::Val,
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::Signer as _;
use kitelogik_value::Value;
use rsa::{
    BoxedUint,
    rand_core::{TryCryptoRng, TryRng},
    traits::PrivateKeyParts as _,
};
use sha2::{Sha256, Sha384, Sha512};
use std::convert::Infallible;

/// Header, payload and key as values; header and payload are written as JSON.
pub(super) fn of_values<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let header = marshal::to_text(cx, any(args, 1))?;
    let payload = marshal::to_text(cx, any(args, 2))?;
    let key = marshal::to_text(cx, any(args, 3))?;
    encode(cx, &header, &payload, &key)
}

/// Header, payload and key as texts, signed as they are.
pub(super) fn of_texts<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let key = string(args, 3)?;
    encode(cx, string(args, 1)?, string(args, 2)?, key)
}

fn encode<'a>(cx: &mut BuiltinCx<'a, '_>, header: &str, payload: &str, key: &str) -> BuiltinResult<'a> {
    charge_bytes(cx, header.len().saturating_add(payload.len()).saturating_add(key.len()))?;
    let keys = jwk::parse(key)
        .map_err(|error| BuiltinError::failed(format!("failed to parse a JWK key (set): {error}")))?;
    let key = keys.into_iter().next().ok_or_else(|| BuiltinError::failed("no keys found in JWK set"))?;
    let refused = |why: &str| BuiltinError::failed(format!("missing or invalid 'alg' header: {why}"));
    let parsed = json::read(header).map_err(|error| refused(&format!("cannot parse JSON: {error}")))?;
    let alg = match parsed.get("alg") {
        None => return Err(refused("jwsbb: header \"alg\" not found")),
        Some(alg) => alg.as_str().ok_or_else(|| refused("it must be a string"))?,
    };
    let scheme = Scheme::of_name(alg).filter(|_| alg != "Ed25519");
    let scheme = scheme.ok_or_else(|| BuiltinError::failed(format!("unknown JWS algorithm: {alg}")))?;
    let token = matches!(parsed.get("typ").and_then(Value::as_str), None | Some("JWT"));
    if token && json::read(payload).is_err() {
        return Err(BuiltinError::failed("type is JWT but payload is not JSON"));
    }
    let mut text = BASE64_URL_SAFE_NO_PAD.encode(header);
    text.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(payload, &mut text);
    let signature = sign(cx, &key.material, scheme, text.as_bytes())?;
    text.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut text);
    Ok(Some(cx.arena().string(&text)?))
}

fn sign(
    cx: &mut BuiltinCx<'_, '_>,
    material: &Material,
    scheme: Scheme,
    message: &[u8],
) -> Result<Vec<u8>, BuiltinError> {
    let unfit = || BuiltinError::failed("the key cannot sign with the algorithm that the header names");
    match (scheme, material) {
        (Scheme::Hmac(hash), Material::Secret(secret)) => mac(hash, secret, message).ok_or_else(unfit),
        (
            Scheme::Pkcs1(hash) | Scheme::Pss(hash),
            Material::Rsa { modulus, exponent, private: Some(private) },
        ) => {
            let key = rsa_key(cx, modulus, exponent, private)?;
            let salted = matches!(scheme, Scheme::Pss(_));
            sign_rsa(cx, &key, hash, salted, &hash.digest(message))
                .map_err(|error| BuiltinError::failed(format!("the key cannot sign: {error}")))
        }
        (Scheme::Ecdsa(hash), Material::Ec { curve, scalar: Some(scalar), .. }) => {
            cx.step(ecdsa_cost(*curve))?;
            sign_ecdsa(*curve, scalar, &hash.digest(message)).ok_or_else(unfit)
        }
        (Scheme::Ed25519, Material::Ed25519 { seed: Some(seed), .. }) => {
            cx.step(1_000)?;
            Ok(ed25519_dalek::SigningKey::from_bytes(seed).sign(message).to_bytes().to_vec())
        }
        _ => Err(unfit()),
    }
}

/// Steps of one signature, in proportion to its time.
fn ecdsa_cost(curve: Curve) -> u64 {
    match curve {
        Curve::P256 => 1_000,
        Curve::P384 => 3_000,
        Curve::P521 => 6_000,
    }
}

/// Reads and checks the key; at most 8,192 bits.
fn rsa_key(
    cx: &mut BuiltinCx<'_, '_>,
    modulus: &[u8],
    exponent: &[u8],
    private: &RsaPrivate,
) -> Result<rsa::PrivateKey, BuiltinError> {
    let Some(primes) = &private.primes else { return Err(BuiltinError::failed("missing \"p\" or \"q\"")) };
    let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
    let [p, q] = primes;
    let longest = [modulus, &private.exponent, p, q].into_iter().map(<[u8]>::len).max().unwrap_or_default();
    if longest > 1_025 {
        return Err(BuiltinError::failed("RSA key too large: at most 8192 bits"));
    }
    cx.step((modulus.len() as u64).pow(3) / 512)?;
    let key = rsa::PrivateKey::from_components(
        number(modulus),
        number(exponent),
        number(&private.exponent),
        vec![number(p), number(q)],
    )
    .map_err(|error| BuiltinError::failed(format!("invalid RSA key: {error}")))?;
    let derived = [key.dp().cloned(), key.dq().cloned(), key.crt_coefficient()];
    let fits = private.derived.iter().zip(derived).all(|(given, derived)| match (given, derived) {
        (Some(given), Some(derived)) => trimmed(given) == trimmed(&derived.to_be_bytes()),
        (given, _) => given.is_none(),
    });
    if fits { Ok(key) } else { Err(BuiltinError::failed("invalid RSA key: dp, dq or qi do not fit")) }
}

fn sign_rsa(
    cx: &mut BuiltinCx<'_, '_>,
    key: &rsa::PrivateKey,
    hash: Hash,
    salted: bool,
    digest: &[u8],
) -> rsa::Result<Vec<u8>> {
    let random = &mut Bytes(cx);
    match (hash, salted) {
        (Hash::Sha256, false) => key.pkcs1v15_sign_prehash_with_rng::<Sha256, _>(random, digest),
        (Hash::Sha384, false) => key.pkcs1v15_sign_prehash_with_rng::<Sha384, _>(random, digest),
        (Hash::Sha512, false) => key.pkcs1v15_sign_prehash_with_rng::<Sha512, _>(random, digest),
        (Hash::Sha256, true) => key.pss_sign_prehash_with_rng::<Sha256, _>(random, digest),
        (Hash::Sha384, true) => key.pss_sign_prehash_with_rng::<Sha384, _>(random, digest),
        (Hash::Sha512, true) => key.pss_sign_prehash_with_rng::<Sha512, _>(random, digest),
    }
}

fn sign_ecdsa(curve: Curve, scalar: &[u8], digest: &[u8]) -> Option<Vec<u8>> {
    match curve {
        Curve::P256 => {
            let key = p256::ecdsa::SigningKey::from_slice(scalar).ok()?;
            let signature: p256::ecdsa::Signature = key.sign_prehash(digest).ok()?;
            Some(signature.to_vec())
        }
        Curve::P384 => {
            let key = p384::ecdsa::SigningKey::from_slice(scalar).ok()?;
            let signature: p384::ecdsa::Signature = key.sign_prehash(digest).ok()?;
            Some(signature.to_vec())
        }
        Curve::P521 => {
            let key = p521::ecdsa::SigningKey::from_slice(scalar).ok()?;
            let signature: p521::ecdsa::Signature = key.sign_prehash(digest).ok()?;
            Some(signature.to_vec())
        }
    }
}

/// The context's random bytes, for salts and blinding.
struct Bytes<'c, 'a, 'e>(&'c mut BuiltinCx<'a, 'e>);

impl TryRng for Bytes<'_, '_, '_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.random(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.random(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.0.random(out);
        Ok(())
    }
}

impl TryCryptoRng for Bytes<'_, '_, '_> {}
