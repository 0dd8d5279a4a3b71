//! Each manifest takes the workspace's lints.

use super::graph::Graph;
use anyhow::Context;

pub(super) fn broken(graph: &Graph) -> anyhow::Result<Vec<String>> {
    let mut broken = Vec::new();
    for package in graph.members() {
        let text = std::fs::read_to_string(&package.manifest_path)
            .with_context(|| format!("{} cannot be read", package.manifest_path))?;
        let manifest: toml::Table =
            text.parse().with_context(|| format!("{} is not TOML", package.manifest_path))?;
        let taken = manifest.get("lints").and_then(|lints| lints.get("workspace")?.as_bool());
        if taken != Some(true) {
            broken.push(format!("{}: its manifest lacks `[lints] workspace = true`", package.name));
        }
    }
    Ok(broken)
}
