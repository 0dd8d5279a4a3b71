//! YAML, with OPA 1.22.2's answers.

use super::{call, gives};
use crate::{Limit, builtin::BuiltinError};

fn text(text: &str) -> String {
    let mut out = Vec::new();
    kitelogik_value::json::write_string(text, &mut out);
    String::from_utf8(out).unwrap()
}

fn reads(yaml: &str, wanted: &str) {
    gives("yaml.unmarshal", &[&text(yaml)], wanted);
}

fn fails(yaml: &str, wanted: &str) {
    match call("yaml.unmarshal", &[&text(yaml)]) {
        Err(BuiltinError::Failed(message)) => assert_eq!(message, wanted),
        other => panic!("{yaml}: {other:?}"),
    }
    gives("yaml.is_valid", &[&text(yaml)], "false");
}

fn writes(value: &str, wanted: &str) {
    gives("yaml.marshal", &[value], &text(wanted));
}

#[test]
fn plain_text_is_what_go_yaml_takes_it_for() {
    reads("[yes, no, on, true, True, ~, null, Null]", r#"["yes", "no", "on", true, true, null, null, null]"#);
    reads("[0x1F, 0o17, 017, 08, 0b11, 1_000, +1, -0]", "[31, 15, 15, 8, 3, 1000, 1, 0]");
    reads("[1e3, 1.5, .5, 1., 1e400, 1e21, 1e-7]", r#"[1000, 1.5, 0.5, 1, "1e400", 1e+21, 1e-7]"#);
    reads("[18446744073709551615, -9223372036854775809]", "[18446744073709551615, -9223372036854776000]");
    reads("[2001-01-01, 190:20:30, 1.2.3]", r#"["2001-01-01", "190:20:30", "1.2.3"]"#);
    reads("{1: a, \"1\": b, true: c, 1e6: d}", r#"{"1": "b", "1e+06": "d", "true": "c"}"#);
    reads("[!!str 1, !!float 1, !!int '0x1f', ! 1, !x 1, !!binary aGk=]", r#"["1", 1, 31, 1, "1", "hi"]"#);
    reads("", "null");
    reads("a: 1\n---\nb: 2", r#"{"a": 1}"#);
    fails("[.inf]", "json: unsupported value: .inf");
    fails("!!int x", "yaml: cannot decode !!str `x` as a !!int");
    fails("null: 1", "yaml: invalid map key: null");
    fails("a: 1\n---\n[", "yaml: line 4: while parsing a node, did not find expected node content");
    fails("a: \u{7f}", "yaml: control characters are not allowed");
}

#[test]
fn tabs_stand_where_no_key_can_begin() {
    for (text, line) in [
        ("a: 1\n---\n\tb: 2\n", 3),
        ("\t# c\na: 1", 1),
        ("-\tb: 2", 1),
        ("a:\n- \tb: 2", 2),
        ("a: 1\n\t\nb: 2", 2),
        ("a:\n- b\n\t", 3),
        ("a: [1]\n\t\nb: 2", 2),
        ("- # c\n\t", 2),
    ] {
        fails(text, &format!("yaml: line {line}: a tab where a key or an entry could begin"));
    }
    reads("a: 1\t# c\n# d\n\t# e\nb: [2,\n  \t3]\t\n", r#"{"a": 1, "b": [2, 3]}"#);
    reads("a\n\tb", r#""a b""#);
    reads("a:\n- b\n \tc", r#"{"a": ["b c"]}"#);
    reads("---\ta", r#""a""#);
    reads("a: |\n  b\n  \tc\n", r#"{"a": "b\n\tc\n"}"#);
}

#[test]
fn blocks_anchors_and_merges() {
    reads("a: |\n  x\n  y\nb: >-\n  x\n  y\n", r#"{"a": "x\ny\n", "b": "x y"}"#);
    reads("a: |\n  x", r#"{"a": "x"}"#);
    reads("a: &x {b: 1}\nc: *x", r#"{"a": {"b": 1}, "c": {"b": 1}}"#);
    reads(
        "x: {<<: [{a: 1}, {a: 2, c: 3}], c: 4}\ny: {<<: {a: 1}, <<: {a: 2, d: 3}}",
        r#"{"x": {"a": 1, "c": 4}, "y": {"a": 1, "d": 3}}"#,
    );
    fails("x: {<<: 1}", "yaml: map merge requires map or sequence of maps as the value");
    fails("&a [*a]", "yaml: an anchor's value contains itself");
}

#[test]
fn what_would_grow_has_its_bounds() {
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for at in 1..12 {
        let items = vec![format!("*a{}", at - 1); 10].join(", ");
        laughs.push_str(&format!("a{at}: &a{at} [{items}]\n"));
    }
    assert!(call("yaml.unmarshal", &[&text(&laughs)]).is_err());
    let flow = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    fails(&flow, "yaml: line 1: recursion limit exceeded");
    let block = text(&"- ".repeat(20_000));
    assert_eq!(call("yaml.unmarshal", &[&block]), Err(BuiltinError::Limit(Limit::Depth)));
    assert_eq!(call("yaml.is_valid", &[&block]), Err(BuiltinError::Limit(Limit::Depth)));
    let names: Vec<String> = (0..20_000).map(|n| format!("\"k{n}\": 1")).collect();
    assert!(call("yaml.marshal", &[&format!("{{{}}}", names.join(","))]).is_ok());
}

#[test]
fn values_are_written_in_blocks() {
    writes(
        r#"{"a": {"b": [[1, [2]], {"c": 1, "d": [{}, []]}]}, "e": {}}"#,
        "a:\n  b:\n    - - 1\n      - - 2\n    - c: 1\n      d:\n        - {}\n        - []\ne: {}\n",
    );
    writes(
        r#"{"a": "x\n\n", "b": [" x\ny", "x \ny", "\nx\n"]}"#,
        "a: |+\n  x\n\nb:\n  - |2-\n     x\n    y\n  - \"x \\ny\"\n  - |2\n\n    x\n",
    );
    writes(
        r#"["yes", "1", "", "- a", "a: b", "a #b", "it's", "\t", "😀"]"#,
        "- \"yes\"\n- \"1\"\n- \"\"\n- '- a'\n- 'a: b'\n- 'a #b'\n- it's\n- \"\\t\"\n- \"\\U0001F600\"\n",
    );
    writes(
        "[1e6, 1E5, 1e400, 12345678901234567890123, 1.0]",
        "- 1e+06\n- 100000\n- 1e400\n- 1.2345678901234568e+22\n- 1\n",
    );
    writes(
        r#"{"a10": 1, "a9": 2, "A": 3, "_x": 4, "b\nc": [5]}"#,
        "_x: 4\nA: 3\na9: 2\na10: 1\n? |-\n  b\n  c\n: - 5\n",
    );
    writes("\"a\\n\"", "|\n  a\n");
}
