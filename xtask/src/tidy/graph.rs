//! What cargo says of the workspace: its members, what they declare, which features were resolved.

use anyhow::{Context, ensure};
use serde::Deserialize;
use std::{path::Path, process::Command};

/// The part of `cargo metadata` (format version 1) that the rules read.
#[derive(Deserialize)]
pub(super) struct Graph {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
pub(super) struct Package {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) manifest_path: String,
    pub(super) dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
pub(super) struct Dependency {
    pub(super) name: String,
    /// Absent for a normal dependency, else `dev` or `build`.
    pub(super) kind: Option<String>,
}

impl Dependency {
    pub(super) fn is_dev(&self) -> bool {
        self.kind.as_deref() == Some("dev")
    }
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    features: Vec<String>,
}

impl Graph {
    pub(super) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }

    /// The features with which each resolved version of `name` is built.
    pub(super) fn features_of(&self, name: &str) -> impl Iterator<Item = &String> {
        let ids: Vec<&str> =
            self.packages.iter().filter(|package| package.name == name).map(|p| p.id.as_str()).collect();
        self.resolve
            .nodes
            .iter()
            .filter(move |node| ids.contains(&node.id.as_str()))
            .flat_map(|node| &node.features)
    }
}

pub(super) fn read(root: &Path) -> anyhow::Result<Graph> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let told = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--all-features"])
        .current_dir(root)
        .output()
        .context("cargo metadata did not start")?;
    ensure!(told.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&told.stdout).context("cargo metadata wrote something else than its format 1")
}
