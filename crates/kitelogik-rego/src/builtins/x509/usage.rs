//! What a key may be used for (RFC 5280, section 4.2.1.12), by the numbers and names that Go and OPA have.

/// Any use.
pub(super) const ANY: i64 = 0;
/// What is asked where nothing is: a server.
pub(super) const SERVER: i64 = 1;

/// The number of an object identifier.
pub(super) fn number(id: &[u32]) -> Option<i64> {
    Some(match *id {
        [2, 5, 29, 37, 0] => ANY,
        [1, 3, 6, 1, 5, 5, 7, 3, last @ 1..=9] => i64::from(last),
        [1, 3, 6, 1, 4, 1, 311, 10, 3, 3] => 10,
        [2, 16, 840, 1, 113_730, 4, 1] => 11,
        [1, 3, 6, 1, 4, 1, 311, 2, 1, 22] => 12,
        [1, 3, 6, 1, 4, 1, 311, 61, 1, 1] => 13,
        _ => return None,
    })
}

/// The number of a name in `KeyUsages`.
pub(super) fn of_name(name: &str) -> Option<i64> {
    const NAMES: [&str; 14] = [
        "KeyUsageAny",
        "KeyUsageServerAuth",
        "KeyUsageClientAuth",
        "KeyUsageCodeSigning",
        "KeyUsageEmailProtection",
        "KeyUsageIPSECEndSystem",
        "KeyUsageIPSECTunnel",
        "KeyUsageIPSECUser",
        "KeyUsageTimeStamping",
        "KeyUsageOCSPSigning",
        "KeyUsageMicrosoftServerGatedCrypto",
        "KeyUsageNetscapeServerGatedCrypto",
        "KeyUsageMicrosoftCommercialCodeSigning",
        "KeyUsageMicrosoftKernelCodeSigning",
    ];
    (0..).zip(NAMES).find(|(_, known)| *known == name).map(|(number, _)| number)
}
