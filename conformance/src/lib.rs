//! Holds `kitelogik-rego` against OPA: the cases of OPA's own suite, generated policies that both engines
//! answer, and the cases that earlier disagreements left behind.
#![forbid(unsafe_code)]

pub mod engine;
pub mod generate;
pub mod kept;
pub mod opa;
pub mod oracle;
pub mod question;
pub mod suite;
pub mod tagged;

use std::io::Write as _;

/// The time that questions are asked at, in nanoseconds since the Unix epoch.
pub const NOW_NS: i64 = 1_767_225_600_123_456_789;

/// Says that something is not tested on this machine; an error where `CI` is `true`.
pub fn skip(what: &str) -> anyhow::Result<()> {
    if std::env::var("CI").is_ok_and(|ci| ci == "true") {
        anyhow::bail!("not tested: {what}");
    }
    Ok(writeln!(std::io::stderr(), "\n!!! SKIPPED, NOT TESTED: {what}\n")?)
}
