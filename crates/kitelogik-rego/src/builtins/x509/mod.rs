//! `crypto.x509.*` and `crypto.parse_private_keys`: X.509 certificates (RFC 5280), requests for them and private
//! keys, as PEM, DER in base64, or PEM in base64.
// Without the builtins only the key of a certificate is read, without those of tokens nothing asks for it.
#![cfg_attr(not(all(feature = "jwt", feature = "x509")), allow(dead_code))]

pub(super) mod certificate;
mod der;
mod extensions;
mod name;
mod signature;
mod time;
mod url;

#[cfg(feature = "x509")]
mod chain;
#[cfg(feature = "x509")]
mod constraints;
#[cfg(feature = "x509")]
mod functions;
#[cfg(feature = "x509")]
mod options;
#[cfg(feature = "x509")]
mod private;
#[cfg(feature = "x509")]
mod show;
#[cfg(feature = "x509")]
mod usage;

#[cfg(feature = "x509")]
pub(super) use functions::FAMILY;
