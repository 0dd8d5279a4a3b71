//! X.509 certificates (RFC 5280).

pub(super) mod certificate;
