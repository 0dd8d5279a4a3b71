//! Two spellings of one path.

use kitelogik_core::canonical_twin;
use kitelogik_value::{Value, json};
use proptest::prelude::*;

fn twin(path: &str) -> Option<String> {
    let args = Value::object([("path", Value::from(path))]);
    canonical_twin(&args).map(|twin| twin.get("path").and_then(Value::as_str).unwrap().to_owned())
}

#[test]
fn paths_are_cleaned() {
    for (path, want) in [
        ("/tmp/../etc/a", "/etc/a"),
        ("/tmp//a", "/tmp/a"),
        ("/tmp/./a", "/tmp/a"),
        ("/../../etc/a", "/etc/a"),
        ("/tmp/%2e%2e/etc/a", "/etc/a"),
        ("/tmp/%252e%252e/etc/a", "/etc/a"),
        ("/tmp/%25252e%25252e/etc/a", "/etc/a"),
        ("tmp/../../etc/a", "../etc/a"),
        ("~/../a", "~/../a/.."),
        ("file:///tmp/../etc/a", "/etc/a"),
        ("FILE://localhost/etc/a", "/etc/a"),
        ("file:/etc/a", "/etc/a"),
        ("C:\\tmp\\..\\a", "C:/a"),
        ("\\\\host\\share\\..\\a", "/host/a"),
        ("/tmp/..\\..\\etc/a", "/etc/a"),
        ("%2fetc%2fa", "/etc/a"),
    ] {
        if want == "~/../a/.." {
            assert_eq!(twin(path), None, "{path} is as clean as it gets");
        } else {
            assert_eq!(twin(path).as_deref(), Some(want), "{path}");
        }
    }
}

#[test]
fn what_is_clean_or_no_path_is_left_alone() {
    let long = format!("/{}/../x", "a".repeat(5_000));
    for text in [
        "/tmp/a",
        "/tmp/",
        "a",
        "a..b",
        "https://x.example/a/../b",
        "/a\n/../b",
        "",
        "50%",
        "hello world",
        &long,
    ] {
        assert_eq!(twin(text), None, "{text:.40}");
    }
}

#[test]
fn nested_arguments_are_walked() {
    let args = json::parse(br#"{"a":[{"b":"/x/../y"},"/z"],"n":1}"#, &json::Limits::EVENT).unwrap();
    assert_eq!(json::to_string(&canonical_twin(&args).unwrap()), r#"{"a":[{"b":"/y"},"/z"],"n":1}"#);
}

proptest! {
    #[test]
    fn a_twin_has_no_twin(path in r"(/|\./|\.\./|~/|[a-c]|%2e|%2f|\\){0,12}") {
        if let Some(clean) = twin(&path) {
            prop_assert_eq!(twin(&clean), None, "{} became {}", path, clean);
        }
    }

    #[test]
    fn an_absolute_twin_never_holds_dots(path in r"/(\.\./|\./|/|[a-c]/|%2e%2e/){0,12}[a-c]") {
        let clean = twin(&path).unwrap_or(path);
        prop_assert!(!clean.split('/').any(|s| s == ".." || s == "."), "{}", clean);
        prop_assert!(!clean.contains("//"));
    }
}
