//! What a unit is limited to: stated in METADATA, or shown by its rules.

use crate::{decide, file};
use kitelogik_model::Transport;
use kitelogik_policy::{Policies, Scope};

const MCP: &str = "package kitelogik.tool_call\n\ndefault decision := {\"allow\": false}\n\n\
    decision := {\"allow\": true} if {\n\tinput.transport == \"mcp\"\n\tinput.tool == \"gh.list\"\n}\n";

fn stating(scope: &str) -> String {
    format!(
        "# METADATA\n# title: x\n# custom:\n#   kitelogik:\n#     applies_to:\n#       transport: {scope}\n{MCP}"
    )
}

/// How many units are consulted for each transport, unproved last.
fn consulted(text: &str) -> [usize; 4] {
    let policies = Policies::new(&[file("p.rego", text)]).unwrap();
    [Some(Transport::Function), Some(Transport::Mcp), Some(Transport::Hosted), None]
        .map(|transport| decide(&policies, "x", transport).applied.len())
}

#[test]
fn a_stated_scope_is_taken_and_beats_the_inferred_one() {
    assert_eq!(consulted(MCP), [0, 1, 0, 1]);
    assert_eq!(consulted(&stating("mcp")), [0, 1, 0, 1]);
    assert_eq!(consulted(&stating("[mcp, hosted]")), [0, 1, 1, 1]);
    assert_eq!(consulted(&stating("[function, mcp, hosted, http]")), [1, 1, 1, 1]);
    let policies = Policies::new(&[file("p.rego", &stating("[hosted, mcp, mcp]"))]).unwrap();
    let want = Scope { transports: vec![Transport::Mcp, Transport::Hosted], inferred: false };
    assert_eq!(policies.units().next().unwrap().scope, Some(&want));
}

#[test]
fn metadata_of_others_is_left_alone() {
    for theirs in [
        "# METADATA\n# title: about kitelogik\n",
        "# METADATA\n# custom: {team: kitelogik}\n",
        "# kitelogik: x\n",
    ] {
        assert_eq!(consulted(&format!("{theirs}{MCP}")), [0, 1, 0, 1], "{theirs}");
    }
}

#[test]
fn a_scope_that_cannot_be_meant_is_refused() {
    let refused = |text: &str| {
        let error = Policies::new(&[file("p.rego", text)]).expect_err(text).0.remove(0);
        (error.code, error.line, error.column)
    };
    for scope in ["stdio", "[]", "[mcp, stdio]", "{mcp: true}", "1", "", "on"] {
        assert_eq!(refused(&stating(scope)), ("invalid_metadata", 1, 1));
    }
    assert_eq!(refused(&stating("[mcp")).0, "rego_parse_error");
    for (from, to) in [
        ("applies_to:", "aplies_to:"),
        ("transport:", "tool: x\n#       transport:"),
        ("# title: x", "# scope: rule"),
    ] {
        let code = refused(&stating("mcp").replace(from, to)).0;
        assert!(matches!(code, "invalid_metadata" | "rego_parse_error"), "{to}: {code}");
    }
    let late =
        MCP.replace("default", "# METADATA\n# custom: {kitelogik: {applies_to: {transport: mcp}}}\ndefault");
    assert_eq!(refused(&late), ("invalid_metadata", 3, 1));
    let late = late.replace("# custom", "# scope: package\n# custom");
    assert!(matches!(refused(&late).0, "invalid_metadata" | "rego_parse_error"));
}

#[test]
fn files_of_a_unit_state_one_scope_and_libraries_none() {
    let helper = "# METADATA\n# custom: {kitelogik: {applies_to: {transport: hosted}}}\npackage kitelogik.tool_call\n\nx := 1\n";
    let two = [file("a.rego", &stating("mcp")), file("b.rego", helper)];
    assert_eq!(Policies::new(&two).expect_err("two scopes").0[0].code, "invalid_metadata");
    let library = [
        file("a.rego", &MCP.replace("default", "import data.lib.x\n\ndefault")),
        file("lib.rego", &helper.replace("kitelogik.tool_call", "lib")),
    ];
    let error = Policies::new(&library).expect_err("a library").0.remove(0);
    assert_eq!((error.code, error.file.as_str()), ("invalid_metadata", "lib.rego"));
}
