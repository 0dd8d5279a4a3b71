//! Builtins that cargo features bring.

use crate::{Dialect, Options, Program, Source, builtins::lookup};
use kitelogik_value::Value;

/// A builtin of each feature, and whether the feature is on.
const OF_FEATURES: [(&str, bool); 4] = [
    ("json.match_schema", cfg!(feature = "jsonschema")),
    ("io.jwt.decode", cfg!(feature = "jwt")),
    ("time.date", cfg!(feature = "time")),
    ("yaml.is_valid", cfg!(feature = "yaml")),
];

#[test]
fn what_a_feature_leaves_out_does_not_compile() {
    for (name, there) in OF_FEATURES {
        assert_eq!(lookup(name).is_some(), there, "{name}");
        let args = if name == "json.match_schema" { "input.a, input.b" } else { "input.a" };
        let source = Source {
            path: "p.rego".to_owned(),
            text: format!("package p\n\nx := {name}({args})\n"),
            dialect: Dialect::V1,
        };
        let compiled = Program::compile(&[source], Value::object::<Value>([]), &Options::default());
        match compiled {
            Ok(_) => assert!(there, "{name} compiles"),
            Err(diagnostics) => {
                let messages: Vec<String> = diagnostics.into_iter().map(|d| d.message).collect();
                assert_eq!((there, messages), (false, vec![format!("undefined function {name}")]));
            }
        }
    }
}
