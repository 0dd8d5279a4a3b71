//! `known-gaps.toml`: cases that fail, each with the reason why that is so for now.

use anyhow::{Context as _, bail};
use serde::Deserialize;
use std::path::Path;

/// More gaps than this are no longer gaps.
pub const MAX_GAPS: usize = 15;

/// One case that is known to fail.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The case's file
    pub file: String,
    /// The case's note
    pub note: String,
    /// Why it fails
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gaps {
    #[serde(default)]
    gap: Vec<Gap>,
}

/// Reads the list; an error when it is too long or a reason is missing.
pub fn gaps(path: &Path) -> anyhow::Result<Vec<Gap>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let Gaps { gap } = toml::from_str(&text).with_context(|| path.display().to_string())?;
    if gap.len() > MAX_GAPS {
        bail!("{}: {} gaps, at most {MAX_GAPS} are allowed", path.display(), gap.len());
    }
    if let Some(bare) = gap.iter().find(|g| g.reason.trim().is_empty()) {
        bail!("{}: {} has no reason", path.display(), bare.note);
    }
    Ok(gap)
}
