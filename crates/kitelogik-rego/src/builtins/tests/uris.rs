//! URIs, and patterns that meet.

use super::{call_with, gives, refuses};

#[test]
fn uris_come_apart() {
    gives(
        "uri.parse",
        &["\"HTTPS://user:pw@host.com:80/a%20b/c%2F?x=1&y#frag%41\""],
        r#"{"fragment": "fragA", "hostname": "host.com", "path": "/a b/c/", "port": "80", "raw_path": "/a%20b/c%2F", "raw_query": "x=1&y", "scheme": "https"}"#,
    );
    gives("uri.parse", &["\"/a%20b\""], r#"{"path": "/a b", "raw_path": "/a b"}"#);
    gives("uri.parse", &["\"mailto:a@b\""], r#"{"scheme": "mailto"}"#);
    gives("uri.parse", &["\"//[::1%25en0]:1\""], r#"{"hostname": "::1%en0", "port": "1"}"#);
    gives("uri.parse", &["\"///p\""], r#"{"path": "///p", "raw_path": "///p"}"#);
    gives("uri.parse", &["\"\""], "{}");
    gives("uri.is_valid", &["\"\""], "false");
    gives("uri.is_valid", &["1"], "false");
    gives("uri.is_valid", &["\"http://a:b/\""], "false");
    gives("uri.is_valid", &["\"http://a/%FF\""], "true");
    refuses("uri.parse", &["\"http://a/%FF\""], "decoded bytes are not UTF-8");
    refuses("uri.parse", &["\"http://a:b/\""], r#"parse "http://a:b/": invalid port ":b" after host"#);
    refuses(
        "uri.parse",
        &["\"a:b\\u0001\""],
        r#"parse "a:b\u{1}": net/url: invalid control character in URL"#,
    );
    refuses("uri.parse", &["\":b\""], r#"parse ":b": missing protocol scheme"#);
    refuses("uri.parse", &["\"http://a b/\""], r#"parse "http://a b/": invalid character " " in host name"#);
    refuses("uri.parse", &["\"/%zz\""], r#"parse "/%zz": invalid URL escape "%zz""#);
}

#[test]
fn patterns_meet_where_opa_says_so() {
    let meet = |a: &str, b: &str, wanted: &str| gives("regex.globs_match", &[a, b], wanted);
    meet("\"a.a.[0-9]+z\"", "\".b.b2359825792*594823z\"", "true");
    meet("\"[a-z]+\"", "\"[0-9]*\"", "false");
    meet("\"[b-y]\"", "\"[à-ü]*.\"", "true");
    // Both know the empty string, which OPA's search does not see.
    meet("\"a*b*\"", "\"\"", "false");
    refuses(
        "regex.globs_match",
        &["\"pqrs]\"", "\"a\""],
        "input:pqrs], pos:5, set-close ']' with no preceding '[': the input provided is invalid",
    );
    let many = format!("\"{}z\"", ".*a*b+".repeat(40));
    let other = format!("\"{}y\"", "[a-c]*b*.+".repeat(40));
    assert_eq!(call_with("regex.globs_match", &[&many, &other], 1_000_000).as_deref(), Ok("false"));
}
