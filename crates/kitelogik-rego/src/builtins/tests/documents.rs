//! Documents: patches and their text.

use super::{call, gives, refuses};
use crate::{Limit, builtin::BuiltinError};

#[test]
fn patches_change_objects_arrays_and_sets() {
    let patch = |document: &str, operations: &str, wanted: &str| {
        gives("json.patch", &[document, operations], wanted);
    };
    let refused = |document: &str, operations: &str, wanted: &str| {
        refuses("json.patch", &[document, operations], wanted);
    };
    patch(r#"{"a": 1}"#, r#"[{"op": "add", "path": "/b", "value": 2}]"#, r#"{"a": 1, "b": 2}"#);
    patch(r#"{"a": 1}"#, r#"[{"op": "replace", "path": "", "value": 2}]"#, "2");
    patch(r#"{"a/b": 1, "c~": 2}"#, r#"[{"op": "remove", "path": "/a~1b"}]"#, r#"{"c~": 2}"#);
    patch(r#"{"a": {"b": 1}}"#, r#"[{"op": "move", "from": "/a/b", "path": "c"}]"#, r#"{"a": {}, "c": 1}"#);
    patch(
        r#"{"a": {"b": 1}}"#,
        r#"[{"op": "copy", "from": "/a", "path": "/a/b"}]"#,
        r#"{"a": {"b": {"b": 1}}}"#,
    );
    patch("[1, 2, 3]", r#"[{"op": "add", "path": "/-", "value": 4}]"#, "[1, 2, 3, 4]");
    patch("[1, 2, 3]", r#"[{"op": "remove", "path": [1.0]}]"#, "[1, 3]");
    patch("[1, 2]", r#"[{"op": "test", "path": "/1", "value": 2}]"#, "[1, 2]");
    refused("[1]", r#"[{"op": "add", "path": "/2", "value": 4}]"#, "index for array insertion out of bounds");
    refused("[1]", r#"[{"op": "remove", "path": "/1"}]"#, "index for array delete out of bounds");
    refused("[1]", r#"[{"op": "remove", "path": "00"}]"#, "leading zeros are not allowed in JSON paths");
    refused("{}", r#"[{"op": "remove", "path": "/b"}]"#, "cannot delete child key \"b\" that does not exist");
    refused("{}", r#"[{"op": "move", "path": "/b"}]"#, "missing required attribute 'from'");
    refused("{}", "[1]", "must be an array of JSON-Patch objects, but at least one element is not an object");
    refused("{}", r#"[{"op": "fix", "path": "/b"}]"#, "unrecognized op: 'fix'");
    let removed = r#"[{"op": "remove", "path": ""}]"#;
    refused("{}", removed, "the patch removes the whole document");
}

#[test]
fn a_patch_has_its_bounds() {
    let deep = format!(r#"[{{"op": "add", "path": "{}", "value": 1}}]"#, "/a".repeat(300));
    assert_eq!(call("json.patch", &["{}", &deep]), Err(BuiltinError::Limit(Limit::Depth)));
    let wide = format!("[{}]", vec!["1"; 20_000].join(","));
    let operation = r#"{"op": "add", "path": "/0", "value": 1}"#;
    let many = format!("[{}]", vec![operation; 100].join(","));
    assert_eq!(call("json.patch", &[&wide, &many]), Err(BuiltinError::Limit(Limit::Memory)));
}

#[test]
fn text_of_documents_can_be_laid_out() {
    let document = r#"{"a": [], "c": [1, {"d": "<"}]}"#;
    let plain = r#""{\"a\":[],\"c\":[1,{\"d\":\"\\u003c\"}]}""#;
    gives("json.marshal_with_options", &[document, "{}"], plain);
    gives("json.marshal_with_options", &[document, r#"{"indent": " ", "pretty": false}"#], plain);
    gives(
        "json.marshal_with_options",
        &[document, r#"{"indent": " ", "prefix": "> "}"#],
        r#""> {\n>  \"a\": [],\n>  \"c\": [\n>   1,\n>   {\n>    \"d\": \"\\u003c\"\n>   }\n>  ]\n> }""#,
    );
    refuses(
        "json.marshal_with_options",
        &["1", r#"{"fancy": true}"#],
        "operand 2 object contained unknown key \"fancy\"",
    );
    let wide = format!("[[[[[1, 2, 3, {}]]]]]", vec!["1"; 3_000].join(","));
    let indent = format!(r#"{{"indent": "{}"}}"#, " ".repeat(30_000));
    assert_eq!(call("json.marshal_with_options", &[&wide, &indent]), Err(BuiltinError::Limit(Limit::Memory)));
}

#[test]
fn ids_tell_what_is_in_them() {
    gives("uuid.parse", &["\"no\""], "undefined");
    gives(
        "uuid.parse",
        &["\"00000000-0000-4000-8000-000000000000\""],
        r#"{"variant": "RFC4122", "version": 4}"#,
    );
    gives(
        "uuid.parse",
        &["\"{00000000-0000-2000-8002-030000000000}\""],
        r#"{"clocksequence": 2, "domain": "Org", "id": 0, "macvariables": "local:multicast", "nodeid": "03-00-00-00-00-00", "time": 6227451273709551616, "variant": "RFC4122", "version": 2}"#,
    );
}
