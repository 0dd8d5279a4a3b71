//! `kitelogik audit schema`: what it prints is public.

use super::kitelogik;

fn schema(args: &[&str]) -> String {
    let output = kitelogik(&[&["audit", "schema"], args].concat(), None);
    assert_eq!(output.status.code(), Some(0));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_columns_for_duckdb_are_these() {
    let columns = schema(&["--format", "duckdb"]);
    insta::assert_snapshot!("schema_duckdb", columns.replace(", '", ",\n '"));
    assert_eq!(schema(&[]), columns);
    assert_eq!(columns.lines().count(), 1);
}

#[test]
fn the_json_schema_is_this() {
    let json = schema(&["--format", "jsonschema"]);
    insta::assert_snapshot!("schema_jsonschema", json.replace(",\"", ",\n\""));
    let output = kitelogik(&["--format", "json", "audit", "schema"], None);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), json);
}

#[test]
fn another_format_is_a_wrong_command_line() {
    let output = kitelogik(&["audit", "schema", "--format", "csv"], None);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("duckdb, jsonschema"));
}
