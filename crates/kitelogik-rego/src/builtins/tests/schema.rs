//! JSON Schema, with OPA 1.22.2's answers.

use super::{call, gives};
use crate::{Limit, builtin::BuiltinError};

/// What does not fit, as `field: what` in order.
fn problems(document: &str, schema: &str, wanted: &[&str]) {
    let found = call("json.match_schema", &[document, schema]).unwrap();
    let found = kitelogik_value::json::parse(found.as_bytes(), &kitelogik_value::json::Limits::DATA).unwrap();
    let [valid, problems] = found.as_array().unwrap() else { panic!("{found:?}") };
    let errors: Vec<&str> = problems
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem.get("error").and_then(|error| error.as_str()).unwrap())
        .collect();
    assert_eq!(errors, wanted, "{document} {schema}");
    assert_eq!(valid.as_bool(), Some(wanted.is_empty()));
}

fn verifies(schema: &str, wanted: &str) {
    let wanted = if wanted.is_empty() {
        "[true, null]".to_owned()
    } else {
        format!("[false, \"jsonschema: {wanted}\"]")
    };
    gives("json.verify_schema", &[schema], &wanted);
}

#[test]
fn documents_are_held_to_schemas() {
    gives(
        "json.match_schema",
        &[r#"{"id": "foo"}"#, r#"{"properties": {"id": {"type": "integer"}}}"#],
        r#"[false, [{"desc": "Invalid type. Expected: integer, given: string", "error": "id: Invalid type. Expected: integer, given: string", "field": "id", "type": "invalid_type"}]]"#,
    );
    problems("\"[1, 1.0]\"", r#"{"items": {"type": "integer"}}"#, &[]);
    problems(
        r#"{"a": 1, "b": 2}"#,
        r#"{"required": ["c"], "properties": {"a": {}}, "additionalProperties": false}"#,
        &["(Root): c is required", "(Root): Additional property b is not allowed"],
    );
    problems(
        "[1, 1, \"x\"]",
        r#"{"items": [{"minimum": 1, "exclusiveMinimum": true}], "additionalItems": {"enum": [1, 2]}, "uniqueItems": true, "maxItems": 2}"#,
        &[
            "0: Must be greater than 1",
            "2: 2 must be one of the following: 1, 2",
            "(Root): Array must have at most 2 items",
            "(Root): array items[0,1] must be unique",
        ],
    );
    problems(
        r#"{"a": {"b": 0.3}}"#,
        r#"{"properties": {"a": {"properties": {"b": {"multipleOf": 0.1, "maximum": 0.25}}}}}"#,
        &["a.b: Must be less than or equal to 0.25"],
    );
    problems(
        r#"{"a": "x", "b": "2020-02-30", "c": "no"}"#,
        r#"{"patternProperties": {"^[ab]$": {"format": "date"}}, "propertyNames": {"maxLength": 1}, "properties": {"c": {"pattern": "^y", "minLength": 3}}}"#,
        &[
            "a: Does not match format 'date'",
            "b: Does not match format 'date'",
            "c: String length must be greater than or equal to 3",
            "c: Does not match pattern '^y'",
        ],
    );
    problems(
        r#"{"a": 5}"#,
        r##"{"definitions": {"d": {"type": "string"}, "e": {"$id": "#e", "type": "null"}}, "properties": {"a": {"anyOf": [{"$ref": "#/definitions/d"}, {"$ref": "#e"}, {"type": "integer", "maximum": 4}]}}}"##,
        &["a: Must validate at least one schema (anyOf)", "a: Must be less than or equal to 4"],
    );
    problems(
        r#"{"a": 5}"#,
        r#"{"if": {"required": ["a"]}, "then": {"required": ["b"]}, "not": {"maxProperties": 1}, "dependencies": {"a": ["z"]}}"#,
        &[
            "(Root): Must not validate the schema (not)",
            "(Root): Has a dependency on z",
            "(Root): Must validate \"then\" as \"if\" was valid",
            "(Root): b is required",
        ],
    );
}

#[test]
fn schemas_are_held_to_their_draft() {
    verifies(r#"{"type": "boolean"}"#, "");
    verifies("\"true\"", "");
    verifies("\"1\"", "schema is invalid");
    verifies("\"{\"", "invalid JSON string");
    verifies(
        r#"{"type": "unknown"}"#,
        "has a primitive type that is NOT VALID -- given: /unknown/ Expected valid values are:[array boolean integer number null object string]",
    );
    verifies(r#"{"items": 1}"#, "Invalid type. Expected: Valid Schema/Array Of Schemas, given: items");
    verifies(r#"{"pattern": "("}"#, "pattern must be a valid regex");
    verifies(r#"{"required": ["a", "a"]}"#, "required items must be unique");
    verifies(r#"{"minLength": 3, "maxLength": 2}"#, "minLength cannot be greater than maxLength");
    verifies(r#"{"exclusiveMinimum": true}"#, "exclusiveMinimum cannot be used without minimum");
    let four = r#""$schema": "http://json-schema.org/draft-04/schema#""#;
    verifies(
        &format!(r#"{{{four}, "exclusiveMinimum": 1}}"#),
        "Invalid type. Expected: boolean, given: exclusiveMinimum",
    );
    verifies(
        &format!(r#"{{{four}, "properties": {{"a": true}}}}"#),
        "Expected: Valid Schema, given: Invalid JSON",
    );
    verifies(
        r#"{"$ref": "http://example.com/x"}"#,
        "reference http://example.com/x leads out of the schema; references are not fetched",
    );
}

#[test]
fn a_schema_that_turns_in_circles_ends() {
    let circle = r##"{"$ref": "#"}"##;
    verifies(circle, "");
    assert_eq!(call("json.match_schema", &["{}", circle]), Err(BuiltinError::Limit(Limit::Depth)));
    let many = r##"{"allOf": [{"$ref": "#"}, {"$ref": "#"}]}"##;
    assert!(matches!(call("json.match_schema", &["{}", many]), Err(BuiltinError::Limit(_))));
    // It follows the document down, and ends with it.
    let tree = r##"{"properties": {"a": {"$ref": "#"}}, "additionalProperties": false}"##;
    problems(r#"{"a": {"a": {"b": 1}}}"#, tree, &["a.a: Additional property b is not allowed"]);
    let huge = r#"{"properties": {"a": {"multipleOf": 1e999999}}}"#;
    assert_eq!(call("json.match_schema", &[r#"{"a": 1}"#, huge]), Err(BuiltinError::Limit(Limit::Memory)));
}
