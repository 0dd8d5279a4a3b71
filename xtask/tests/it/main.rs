//! Each house rule is broken once, in a workspace made for it, and must be named; the repository itself is tidy.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::{fs, path::Path, process::Command};
use tempfile::TempDir;

/// A workspace without fault: `kitelogik-core` over `kitelogik-value`, and others' crates beside it.
struct House(TempDir);

impl House {
    fn new() -> Self {
        let house = Self(TempDir::new().unwrap());
        house.write(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\nexclude = [\"others\"]\n",
        );
        house.krate("kitelogik-value", "");
        house.krate("kitelogik-core", &dependency("dependencies", "kitelogik-value"));
        house
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn krate(&self, name: &str, more: &str) {
        let head = manifest(name);
        self.write(
            &format!("crates/{name}/Cargo.toml"),
            &format!("{head}{more}\n[lints]\nworkspace = true\n"),
        );
        self.write(&format!("crates/{name}/src/lib.rs"), "//! A crate.\n");
        let root = fs::read_to_string(self.0.path().join("Cargo.toml")).unwrap();
        if !root.contains("workspace.lints") {
            self.write("Cargo.toml", &format!("{root}[workspace.lints.rust]\nunsafe_code = \"deny\"\n"));
        }
    }

    /// A crate of others, with a feature that someone may turn on.
    fn other(&self, name: &str, feature: &str) {
        let head = manifest(name);
        self.write(&format!("others/{name}/Cargo.toml"), &format!("{head}[features]\n{feature} = []\n"));
        self.write(&format!("others/{name}/src/lib.rs"), "//! A crate.\n");
    }

    fn broken(&self) -> Vec<String> {
        for args in [&["init", "-q"][..], &["add", "-A"]] {
            assert!(Command::new("git").args(args).current_dir(self.0.path()).status().unwrap().success());
        }
        xtask::tidy::broken(self.0.path()).unwrap()
    }

    /// Holds that exactly one rule is broken, and that its line holds `expected`.
    fn breaks(&self, expected: &str) {
        let broken = self.broken();
        assert!(broken.len() == 1 && broken[0].contains(expected), "expected {expected}, got {broken:#?}");
    }
}

fn manifest(name: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n")
}

fn dependency(table: &str, name: &str) -> String {
    format!("[{table}]\n{name} = {{ path = \"../{name}\" }}\n")
}

fn foreign(table: &str, name: &str, features: &str) -> String {
    format!("[{table}]\n{name} = {{ path = \"../../others/{name}\", features = [{features}] }}\n")
}

#[test]
fn the_repository_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    assert_eq!(xtask::tidy::broken(&root).unwrap(), Vec::<String>::new());
}

#[test]
fn a_house_without_fault_passes() {
    assert_eq!(House::new().broken(), Vec::<String>::new());
}

#[test]
fn an_arrow_up_is_named() {
    let house = House::new();
    house.krate("kitelogik-model", &dependency("dependencies", "kitelogik-core"));
    house.breaks("kitelogik-model -> kitelogik-core: from layer 1 to layer 2");
}

#[test]
fn an_arrow_sideways_is_named() {
    let house = House::new();
    house.krate("kitelogik-store", "");
    house.krate("kitelogik-audit", &dependency("dependencies", "kitelogik-store"));
    house.breaks("kitelogik-audit -> kitelogik-store");
}

#[test]
fn an_arrow_up_from_tests_is_named_unless_dated() {
    let house = House::new();
    house.krate("kitelogik-store", "");
    house.krate("kitelogik-rego", &dependency("dev-dependencies", "kitelogik-store"));
    house.krate("kitelogik-core", &dependency("dev-dependencies", "kitelogik-store"));
    house.breaks("kitelogik-rego -> kitelogik-store");
}

#[test]
fn the_testkit_is_for_tests() {
    let house = House::new();
    house.krate("kitelogik-testkit", "");
    house.krate("kitelogik-store", &dependency("dev-dependencies", "kitelogik-testkit"));
    assert_eq!(house.broken(), Vec::<String>::new());
    house.krate("kitelogik-store", &dependency("dependencies", "kitelogik-testkit"));
    house.breaks("kitelogik-store -> kitelogik-testkit");
}

#[test]
fn a_crate_outside_the_table_is_named() {
    let house = House::new();
    house.krate("kitelogik-extras", "");
    house.breaks("kitelogik-extras: stands in no layer");
}

#[test]
fn foreign_technology_stays_at_home() {
    for name in ["pyo3", "axum", "rmcp", "clap", "regorus"] {
        let house = House::new();
        house.other(name, "x");
        house.krate("kitelogik-audit", &foreign("dependencies", name, ""));
        house.breaks(&format!("kitelogik-audit -> {name}"));
    }
}

#[test]
fn another_engine_is_for_tests_alone() {
    let house = House::new();
    house.other("regorus", "x");
    house.krate("kitelogik-rego", &foreign("dev-dependencies", "regorus", ""));
    assert_eq!(house.broken(), Vec::<String>::new());
    house.krate("kitelogik-policy", &foreign("dependencies", "regorus", ""));
    house.breaks("kitelogik-policy -> regorus");
}

#[test]
fn features_that_change_json_are_named() {
    for feature in ["arbitrary_precision", "preserve_order"] {
        let house = House::new();
        house.other("serde_json", feature);
        house.krate("kitelogik-audit", &foreign("dependencies", "serde_json", &format!("\"{feature}\"")));
        house.breaks(feature);
    }
}

#[test]
fn a_manifest_without_lints_is_named() {
    let house = House::new();
    house.write("crates/kitelogik-core/Cargo.toml", &manifest("kitelogik-core"));
    house.breaks("kitelogik-core: its manifest lacks");
}

#[test]
fn a_module_without_head_is_named() {
    let house = House::new();
    house.write("crates/kitelogik-core/src/lib.rs", "mod paths;\n");
    house.breaks("does not begin with `//!`");
}

#[test]
fn names_after_no_domain_are_named() {
    for name in ["util", "common", "helpers", "misc"] {
        let house = House::new();
        house.write(&format!("crates/kitelogik-core/src/{name}.rs"), "//! Things.\n");
        house.breaks("named after no domain");
        let house = House::new();
        house.write("crates/kitelogik-core/src/lib.rs", &format!("//! Things.\npub mod {name} {{}}\n"));
        house.breaks("named after no domain");
    }
}

#[test]
fn a_path_of_one_machine_is_named() {
    let house = House::new();
    house.write("README.md", concat!("Look into /ho", "me/ana/notes.\n"));
    house.breaks("README.md:1: holds a path of one machine");
}

#[test]
fn a_long_file_is_named_and_the_ratchet_only_turns_one_way() {
    let path = "crates/kitelogik-core/src/long.rs";
    let lines = |n: usize| format!("//! Long.\n\n{}", "const _: () = ();\n".repeat(n));
    let house = House::new();
    house.write(path, &lines(400));
    assert_eq!(house.broken(), Vec::<String>::new());
    house.write(path, &lines(401));
    house.breaks("401 lines of code, at most 400");
    house.write("xtask/long-files.txt", &format!("# path, lines of code\n{path} 401\n"));
    assert_eq!(house.broken(), Vec::<String>::new());
    house.write(path, &lines(402));
    house.breaks("grew from 401 to 402");
    house.write("xtask/long-files.txt", &format!("{path} 410\n"));
    house.breaks("has 402 lines of code now");
    house.write(path, &lines(10));
    house.breaks("short enough now");
    fs::remove_file(house.0.path().join(path)).unwrap();
    house.breaks("gone: take it out");
}
