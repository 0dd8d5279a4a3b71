//! Directories and files that must not load, and the version of those that do.

use crate::{file, refused};
use kitelogik_policy::{Limits, Policies, read, version};
use std::fs;

const GOOD: &str = "package kitelogik.tool_call\n\ndefault decision := {\"allow\": false}\n";

#[test]
fn the_version_is_the_contract_formula_and_free_of_order() {
    let (a, b) = (file("a.rego", "x"), file("b/data.json", "{}"));
    // sha256 of 0000000000000006 "a.rego" 0000000000000001 "x" 000000000000000b "b/data.json" 0000000000000002 "{}"
    let expected = "sha256:d8c381ba005650ec92a07612509026f4fd282bffc144ced983896d195608b5ab";
    assert_eq!(version(&[a.clone(), b.clone()]), expected);
    assert_eq!(version(&[b, a]), expected);
}

#[test]
fn each_bad_file_is_refused_with_its_code() {
    let cases = [
        ("package kitelogik.toolcall\ndefault decision := {}\n", "unknown_package"),
        ("package tako.policy\ndefault allow := true\n", "unknown_package"),
        ("package kitelogik.tool_call\nhelper := 1\n", "no_entry_rule"),
        ("package lib\nx := 1\n", "no_entry_rule"),
        ("package kitelogik.tool_call\ndecision := {\n", "rego_parse_error"),
        ("package kitelogik.tool_call\n\n# applies_to: x\ndefault decision := {}\n", "unsupported"),
    ];
    for (text, code) in cases {
        assert_eq!(refused(&[file("p.rego", text)]), code, "{text}");
    }
    let unknown = "package kitelogik.tool_call\ndeny contains x if { x := nosuch(1) }\n";
    assert_eq!(refused(&[file("p.rego", unknown)]), "rego_type_error");
    let looping = "package kitelogik.tool_call\ndeny contains \"a\" if { a }\na if { b }\nb if { a }\n";
    assert_eq!(refused(&[file("p.rego", looping)]), "rego_recursion_error");
}

#[test]
fn a_file_without_default_cannot_stand_beside_two_with_one() {
    let third = "package kitelogik.tool_call\ndecision := {\"allow\": true} if { input.tool == \"a\" }\n";
    let files = [file("a.rego", GOOD), file("b.rego", GOOD), file("c.rego", third)];
    assert_eq!(refused(&files), "mixed_defaults");
    assert!(Policies::new(&files[1..]).is_ok());
}

#[test]
fn data_files_must_agree_and_be_read_whole() {
    let good = file("p.rego", GOOD);
    let with = |path: &str, text: &str| refused(&[good.clone(), file(path, text)]);
    assert_eq!(with("data.json", "[]"), "invalid_data");
    assert_eq!(with("data.yaml", "a: 1"), "unsupported");
    let two = [good.clone(), file("data.json", "{\"a\":{\"b\":1}}"), file("a/data.json", "{\"b\":2}")];
    assert_eq!(refused(&two), "data_conflict");
}

#[test]
fn a_directory_is_read_within_its_bounds() {
    let root = tempfile::tempdir().unwrap();
    let code = |limits: &Limits| read(&[root.path()], limits).expect_err("must not be read").0[0].code;
    assert_eq!(code(&Limits::DEFAULT), "no_policies");
    fs::write(root.path().join("b.rego"), GOOD).unwrap();
    fs::write(root.path().join("b_test.rego"), "not read").unwrap();
    fs::create_dir(root.path().join("a")).unwrap();
    fs::write(root.path().join("a/data.json"), "{}").unwrap();
    let files = read(&[root.path()], &Limits::DEFAULT).unwrap();
    assert_eq!(files.iter().map(|f| &*f.path).collect::<Vec<_>>(), ["a/data.json", "b.rego"]);
    assert_eq!(code(&Limits { files: 1, ..Limits::DEFAULT }), "too_large");
    assert_eq!(code(&Limits { names: 1, ..Limits::DEFAULT }), "too_large");
    assert_eq!(code(&Limits { depth: 0, ..Limits::DEFAULT }), "too_large");
    assert_eq!(code(&Limits { bytes: 4, ..Limits::DEFAULT }), "too_large");
    fs::write(root.path().join("c.rego"), [0xff]).unwrap();
    assert_eq!(code(&Limits::DEFAULT), "not_utf8");
    fs::write(root.path().join("c.rego"), " \n").unwrap();
    assert_eq!(code(&Limits::DEFAULT), "empty_file");
    assert_eq!(
        read(&[root.path().join("none")], &Limits::DEFAULT).expect_err("absent").0[0].code,
        "no_directory"
    );
}

#[cfg(unix)]
#[test]
fn a_loop_of_links_ends() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("a.rego"), GOOD).unwrap();
    std::os::unix::fs::symlink(root.path(), root.path().join("again")).unwrap();
    assert_eq!(read(&[root.path()], &Limits::DEFAULT).expect_err("loops").0[0].code, "too_large");
}
