//! METADATA blocks: what is read, what is refused, and the calls of `rego.metadata`.

use super::{ask, compile, eval, source, value};
use kitelogik_rego::{Options, Program, syntax::annotations::Scope};
use kitelogik_value::json;

#[test]
fn blocks_are_read_and_attached() {
    let text = "# METADATA
# scope: subpackages
# title: Tools
# organizations: [Acme]
# custom:
#   kitelogik:
#     applies_to: {transport: mcp}
package t

# METADATA
# description: Never reached
#   by anyone
# authors:
# - Ana Lim <ana@example.com>
# - {name: Bo}
# related_resources:
# - https://example.com
# - {ref: https://example.com/b, description: b}
# schemas:
# - input: schema.input
# - data.x: {type: object}
# entrypoint: true
p := 1

# A remark.
q := 2

# METADATA
# title: of q
q := 2 if true
";
    let program = compile(&[text], "{}");
    let all: Vec<_> = program.annotations().collect();
    let found: Vec<_> = all.iter().map(|a| (a.path.as_str(), a.annotations.scope, a.place.line)).collect();
    let wanted =
        [("data.t", Scope::Subpackages, 1), ("data.t.p", Scope::Document, 10), ("data.t.q", Scope::Rule, 28)];
    assert_eq!(found, wanted);
    let applies = all[0].annotations.custom.at(&["kitelogik", "applies_to", "transport"]);
    assert_eq!(applies.and_then(|value| value.as_str()), Some("mcp"));
    assert_eq!(
        json::to_string(&all[1].annotations.to_value()),
        r#"{"authors":[{"email":"ana@example.com","name":"Ana Lim"},{"name":"Bo"}],"description":"Never reached by anyone","entrypoint":true,"related_resources":[{"ref":"https://example.com"},{"description":"b","ref":"https://example.com/b"}],"schemas":[{"path":["input"],"schema":["schema","input"]},{"definition":{"type":"object"},"path":["data","x"]}],"scope":"document"}"#
    );
}

#[test]
fn malformed_blocks_are_refused() {
    for (text, wanted) in [
        ("# METADATA\n\np := 1", "2:1 parse_error: expected METADATA block, found whitespace"),
        (
            "# METADATA\n# title: a\n# title: b\np := 1",
            "4:1 parse_error: yaml: mapping key \"title\" already defined",
        ),
        ("# METADATA\n# - a\np := 1", "2:1 parse_error: yaml: a METADATA block must be an object"),
        ("# METADATA\n# entrypoint: 1\np := 1", "2:1 parse_error: yaml: entrypoint must be true or false"),
        ("# METADATA\n# custom: 1\np := 1", "2:1 parse_error: yaml: custom must be an object"),
        (
            "# METADATA\n# scope: package\np := 1",
            "2:1 parse_error: annotation scope 'package' must be applied to package (have rule)",
        ),
        (
            "# METADATA\n# scope: nowhere\np := 1",
            "2:1 parse_error: invalid annotation scope 'nowhere'. Use one of 'rule', 'document', 'package', or \
             'subpackages'",
        ),
        (
            "# METADATA\n# title: a\nimport data.x\np := 1",
            "2:1 parse_error: invalid annotation scope 'import'. Use one of 'rule', 'document', 'package', or \
             'subpackages'",
        ),
        (
            "p := 1\n# METADATA\n# title: a\n",
            "3:1 parse_error: invalid annotation scope ''. Use one of 'rule', 'document', 'package', or \
             'subpackages'",
        ),
        (
            "# METADATA\n# scope: rule\n# entrypoint: true\np := 1",
            "2:1 parse_error: annotation entrypoint applied to non-document or package scope 'rule'",
        ),
        (
            "# METADATA\n# authors: [{}]\np := 1",
            "2:1 parse_error: invalid author definition {}: 'name' and/or 'email' values required in object",
        ),
        (
            "# METADATA\n# scope: document\n# title: a\np := 1\n# METADATA\n# scope: document\np := 1",
            "6:1 type_error: document annotation redeclared: t.rego:2",
        ),
    ] {
        let text = format!("package t\n{text}");
        let all = Program::compile(&[source(&text)], value("{}"), &Options::default()).unwrap_err();
        let one = |d: &kitelogik_rego::Diagnostic| {
            let code = d.code.strip_prefix("rego_").unwrap_or(d.code);
            format!("{}:{} {code}: {}", d.place.line, d.place.column, d.message)
        };
        assert_eq!(all.iter().map(one).collect::<Vec<_>>().join("\n"), wanted, "{text}");
    }
    // No block: not in the first column, or another word.
    assert_eq!(ask(" # METADATA\n# {\np := 1\n# metadata\n# {", "{}"), "1");
}

#[test]
fn calls_give_what_is_said_of_their_rule() {
    for (text, wanted) in [
        ("p := rego.metadata.rule()", "{}"),
        ("# METADATA\n# title: a\np := rego.metadata.rule()", r#"{"scope":"rule","title":"a"}"#),
        ("# METADATA\n# title: a\np := x if rego.metadata.rule(x)", r#"{"scope":"rule","title":"a"}"#),
        (
            "# METADATA\n# title: a\np := rego.metadata.chain()",
            r#"[{"annotations":{"scope":"rule","title":"a"},"path":["t","p"]}]"#,
        ),
        ("# METADATA\n# title: a\np := 1 if false\nelse := rego.metadata.rule()", "{}"),
        ("p := [x | x := rego.metadata.chain()[_].path]", r#"[["t","p"]]"#),
    ] {
        assert_eq!(ask(text, "{}"), wanted, "{text}");
    }
    let program = compile(
        &[
            "# METADATA\n# scope: subpackages\n# title: top\npackage a",
            "# METADATA\n# title: own\npackage a.b\np := [x.annotations.title | some x in rego.metadata.chain()]",
            "package a.b\n# METADATA\n# scope: document\n# title: all of p\np := 1 if false",
        ],
        "{}",
    );
    let chain = eval(&program, "data.a.b.p", "{}").unwrap().value;
    assert_eq!(chain, Some(value(r#"["all of p", "own", "top"]"#)));
}
