//! Which crate may depend on which: arrows point down a layer or more, never sideways, never up.

use super::graph::{Dependency, Graph, Package};

/// The layers, lowest first. A crate that stands in no row may not exist.
const LAYERS: &[&[&str]] = &[
    &["kitelogik-value"],
    &["kitelogik-model", "kitelogik-rego"],
    &["kitelogik-core"],
    &["kitelogik-policy", "kitelogik-opa", "kitelogik-store", "kitelogik-audit"],
    &["kitelogik"],
    &["tako-governance", "kitelogik-server", "kitelogik-mcp"],
    &["tako", "kitelogik-cli"],
    // The wheel carries the command line.
    &["kitelogik-python"],
];

/// Crates outside the layers, with all that they may use of the workspace. The product may use none of them,
/// its tests `kitelogik-testkit` alone.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("kitelogik-testkit", &["kitelogik-value", "kitelogik-model", "kitelogik-core"]),
    ("conformance", &["kitelogik-value", "kitelogik-rego"]),
    ("xtask", &[]),
];

/// Crates of others that have one home each (command-line tools of the house may parse their arguments).
const HOMES: &[(&str, &[&str])] = &[
    ("pyo3", &["kitelogik-python"]),
    ("axum", &["kitelogik-server"]),
    ("rmcp", &["kitelogik-mcp"]),
    ("clap", &["kitelogik-cli", "xtask", "conformance"]),
    // Another engine is a peer to measure against, in `bench/` and tests.
    ("regorus", &[]),
];

/// Edges of tests that the layers forbid: from, to, since when. Each goes when its reason does.
const TEST_EDGES: &[(&str, &str, &str)] = &[
    // The pipeline's tests run over the memory store, until the testkit has a store that counts.
    ("kitelogik-core", "kitelogik-store", "2026-11-24"),
];

pub(super) fn broken(graph: &Graph) -> Vec<String> {
    let mut broken = Vec::new();
    for package in graph.members() {
        if layer(&package.name).is_none() && outside(&package.name).is_none() {
            broken.push(format!(
                "{}: stands in no layer: add it to the layer table or remove it",
                package.name
            ));
            continue;
        }
        for dependency in &package.dependencies {
            broken.extend(forbidden(package, dependency));
        }
    }
    broken
}

fn forbidden(package: &Package, dependency: &Dependency) -> Option<String> {
    let (from, to) = (package.name.as_str(), dependency.name.as_str());
    if let Some((_, homes)) = HOMES.iter().find(|(name, _)| *name == to) {
        // A test may hold the engine against another; every other foreign technology stays at home.
        let reference = to == "regorus" && dependency.is_dev();
        let fine = reference || homes.contains(&from);
        let home = if homes.is_empty() { "tests".to_owned() } else { homes.join(", ") };
        return (!fine).then(|| format!("{from} -> {to}: {to} belongs to {home} alone"));
    }
    if let Some(allowed) = outside(from) {
        let inside = layer(to).is_some() || outside(to).is_some();
        let fine = !inside || allowed.contains(&to);
        return (!fine).then(|| format!("{from} -> {to}: not among what {from} may use"));
    }
    if outside(to).is_some() {
        let fine = to == "kitelogik-testkit" && dependency.is_dev();
        return (!fine).then(|| format!("{from} -> {to}: only tests may, and only the testkit"));
    }
    let (Some(mine), Some(theirs)) = (layer(from), layer(to)) else { return None };
    let dated = dependency.is_dev() && TEST_EDGES.iter().any(|(a, b, _)| *a == from && *b == to);
    let fine = theirs < mine || dated;
    (!fine).then(|| format!("{from} -> {to}: from layer {mine} to layer {theirs}, but arrows point down"))
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|crates| crates.contains(&name))
}

fn outside(name: &str) -> Option<&'static [&'static str]> {
    OUTSIDE.iter().find(|(outsider, _)| *outsider == name).map(|(_, allowed)| *allowed)
}
