//! The house rules: which crate may lean on which, and what every file owes its reader.

mod edges;
mod features;
mod files;
mod graph;
mod lengths;
mod manifests;

use std::path::Path;

/// Everything under `root` that breaks a rule, one line each; empty means tidy.
///
/// `root` is the root of a cargo workspace and of a git repository: only tracked files are read.
///
/// # Errors
/// The workspace or a tracked file could not be read, so that nothing can be said of it.
pub fn broken(root: &Path) -> anyhow::Result<Vec<String>> {
    let graph = graph::read(root)?;
    let tracked = files::tracked(root)?;
    let mut broken = edges::broken(&graph);
    broken.extend(features::broken(&graph));
    broken.extend(manifests::broken(&graph)?);
    broken.extend(files::broken(&tracked));
    broken.extend(lengths::broken(root, &tracked)?);
    broken.sort();
    Ok(broken)
}
