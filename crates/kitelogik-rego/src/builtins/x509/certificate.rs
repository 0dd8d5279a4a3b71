//! What a certificate says (RFC 5280, section 4.1).

use super::super::keys::{PublicKey, spki};
use rsa::pkcs8::der::{AnyRef, Decode as _, Error, Reader, Result, SliceReader};

/// The public key of a DER certificate; the error says what is wrong with it.
pub(in crate::builtins) fn public_key(der: &[u8]) -> std::result::Result<PublicKey, String> {
    let key = key_info(der).map_err(|_| "x509: malformed certificate".to_owned())?;
    spki::read(key).map(|numbers| numbers.key())
}

/// The `SubjectPublicKeyInfo`, still DER.
fn key_info(der: &[u8]) -> Result<&[u8]> {
    let mut reader = SliceReader::new(der)?;
    let key = reader.sequence(|certificate| {
        let key = certificate.sequence(|inner| {
            let first = inner.tlv_bytes()?;
            // The version is there or not; then serial number, algorithm, issuer, validity, subject.
            for _ in 0..if first.first() == Some(&0xa0) { 5 } else { 4 } {
                inner.tlv_bytes()?;
            }
            let key = inner.tlv_bytes()?;
            while !inner.is_finished() {
                inner.tlv_bytes()?;
            }
            Ok::<_, Error>(key)
        })?;
        AnyRef::decode(certificate)?;
        AnyRef::decode(certificate)?;
        Ok::<_, Error>(key)
    })?;
    reader.finish()?;
    Ok(key)
}
