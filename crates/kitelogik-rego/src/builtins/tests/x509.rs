//! `crypto.x509.*` and `crypto.parse_private_keys`; what is expected is what OPA gives.

mod certificates;

use super::{call, call_with, refuses};
use crate::{Limit, builtin::BuiltinError};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use certificates::{
    BELOW_LEAF, DEEP, LEAF, LEAF_KEY, LEAF_KEY_SEC1, MIDDLE, OTHER_KEY, OUTSIDE, REQUEST, ROOT, STRANGE,
    UNDER_DEEP,
};
use kitelogik_value::{Value, json};
use proptest::prelude::*;

/// A text as JSON.
fn quoted(text: &str) -> String {
    json::to_string(&Value::from(text))
}

/// What a function gives, as a value.
fn given(name: &str, operands: &[&str]) -> Value {
    let text = call(name, operands).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    json::parse(text.as_bytes(), &json::Limits::DATA).unwrap()
}

fn member<'v>(value: &'v Value, path: &[&str]) -> &'v Value {
    path.iter().fold(value, |value, step| match step.parse::<usize>() {
        Ok(at) => value.as_array().unwrap().get(at).unwrap(),
        Err(_) => value.get(step).unwrap_or_else(|| panic!("no {step} in {value:?}")),
    })
}

/// The first item of what the verification gives, and how long the chain is.
fn verified(certificates: &[&str], options: &str) -> (bool, usize) {
    let name = "crypto.x509.parse_and_verify_certificates_with_options";
    let answer = given(name, &[&quoted(&certificates.concat()), options]);
    let [valid, chain] = answer.as_array().unwrap() else { panic!("{answer:?}") };
    (valid.as_bool().unwrap(), chain.as_array().unwrap().len())
}

fn der(pem: &str) -> Vec<u8> {
    let digits: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    BASE64_STANDARD.decode(digits).unwrap()
}

#[test]
fn a_certificate_is_shown_as_go_shows_it() {
    let pem = given("crypto.x509.parse_certificates", &[&quoted(LEAF)]);
    let shown = member(&pem, &["0"]);
    for (path, wanted) in [
        (&["Subject", "CommonName"][..], "\"leaf\""),
        (&["Subject", "Organization"], "[\"Test\"]"),
        (&["Subject", "Country"], "null"),
        (&["Issuer", "Names", "1", "Type"], "[2,5,4,3]"),
        (&["SerialNumber"], "3"),
        (&["Version"], "3"),
        (&["NotBefore"], "\"2020-01-01T00:00:00Z\""),
        (&["NotAfter"], "\"2060-01-01T00:00:00Z\""),
        (&["PublicKeyAlgorithm"], "3"),
        (&["SignatureAlgorithm"], "10"),
        (&["DNSNames"], "[\"a.example.com\",\"*.b.example.com\"]"),
        (&["EmailAddresses"], "null"),
        (&["ExtKeyUsage"], "[1]"),
        (&["BasicConstraintsValid"], "false"),
        (&["MaxPathLen"], "0"),
        (&["URIStrings"], "[\"https://u@a.example.com:8/p%2Fq?x#f\"]"),
        (&["URIs", "0", "Host"], "\"a.example.com:8\""),
        (&["URIs", "0", "Path"], "\"/p/q\""),
        (&["URIs", "0", "RawPath"], "\"/p%2Fq\""),
        (&["URIs", "0", "User"], "{}"),
        (&["URIs", "0", "Fragment"], "\"f\""),
    ] {
        assert_eq!(json::to_string(member(shown, path)), wanted, "{path:?}");
    }
    let middle = given("crypto.x509.parse_certificates", &[&quoted(MIDDLE)]);
    assert_eq!(json::to_string(member(&middle, &["0", "PermittedDNSDomains"])), "[\"example.com\"]");
    assert_eq!(member(&middle, &["0", "MaxPathLenZero"]).as_bool(), Some(true));
    // The same from DER and from PEM, each in base64.
    for bytes in [der(LEAF), LEAF.as_bytes().to_vec()] {
        let encoded = quoted(&BASE64_STANDARD.encode(bytes));
        assert_eq!(given("crypto.x509.parse_certificates", &[&encoded]), pem);
    }
}

#[test]
fn what_is_no_certificate_is_refused() {
    let refused = |text: &str, message: &str| {
        refuses("crypto.x509.parse_certificates", &[&quoted(text)], message);
    };
    refused("YmFkc3RyaW5n", "x509: malformed certificate");
    refused("foo!", "illegal base64 data at input byte 3");
    refused(LEAF_KEY, "PEM block type is 'PRIVATE KEY', expected CERTIFICATE");
    let mut twice = der(LEAF);
    twice.extend(b"x");
    refused(&BASE64_STANDARD.encode(twice), "x509: malformed certificate");
}

#[test]
fn a_chain_leads_from_the_last_to_the_first() {
    assert_eq!(verified(&[ROOT, MIDDLE, LEAF], "{}"), (true, 3));
    assert_eq!(verified(&[ROOT, OUTSIDE, MIDDLE, LEAF], "{}"), (true, 3));
    // Not without the link, nor to another root, nor the other way round.
    assert_eq!(verified(&[ROOT, LEAF], "{}"), (false, 0));
    assert_eq!(verified(&[OUTSIDE, MIDDLE, LEAF], "{}"), (false, 0));
    assert_eq!(verified(&[LEAF, MIDDLE, ROOT], "{}"), (false, 0));
    assert_eq!(verified(&[LEAF], "{}"), (false, 0));
    let answer = given("crypto.x509.parse_and_verify_certificates", &["\"foobar\""]);
    assert_eq!(json::to_string(&answer), "[false,[]]");
}

#[test]
fn a_chain_holds_only_if_each_link_does() {
    assert_eq!(verified(&[ROOT, MIDDLE, OUTSIDE], "{}"), (false, 0), "its name is not permitted");
    assert_eq!(verified(&[ROOT, MIDDLE, STRANGE], "{}"), (false, 0), "its critical extension is unknown");
    assert_eq!(verified(&[ROOT, MIDDLE, LEAF, BELOW_LEAF], "{}"), (false, 0), "the leaf may not sign");
    assert_eq!(verified(&[ROOT, MIDDLE, DEEP, UNDER_DEEP], "{}"), (false, 0), "the path is too long");
    assert_eq!(verified(&[MIDDLE, DEEP, UNDER_DEEP], "{}"), (false, 0), "also where the middle is trusted");
    assert_eq!(verified(&[DEEP, UNDER_DEEP], "{}"), (true, 2));
    // One bit of the signature.
    let mut broken = der(LEAF);
    if let Some(last) = broken.last_mut() {
        *last ^= 1;
    }
    let all = [der(ROOT), der(MIDDLE), broken].concat();
    let text = quoted(&BASE64_STANDARD.encode(all));
    let answer = given("crypto.x509.parse_and_verify_certificates", &[&text]);
    assert_eq!(json::to_string(&answer), "[false,[]]");
}

#[test]
fn options_say_when_for_whom_and_what_for() {
    let chain = [ROOT, MIDDLE, LEAF];
    let with = |options: &str| verified(&chain, options).0;
    assert!(with(r#"{"CurrentTime": 1577836800000000000}"#), "the first second");
    assert!(!with(r#"{"CurrentTime": 1577836799999999999}"#));
    assert!(with(r#"{"CurrentTime": 2840140800000000000}"#), "the last second");
    assert!(!with(r#"{"CurrentTime": 2840140800000000001}"#));
    for (host, held) in [
        ("a.example.com", true),
        ("A.EXAMPLE.com.", true),
        ("x.b.example.com", true),
        ("b.example.com", false),
        ("x.y.b.example.com", false),
        ("example.com", false),
        // No host, but the very name; Go lets it be.
        ("*.b.example.com", true),
        ("10.0.0.1", false),
    ] {
        assert_eq!(with(&format!(r#"{{"DNSName": "{host}"}}"#)), held, "{host}");
    }
    assert!(with(r#"{"KeyUsages": ["KeyUsageClientAuth", "KeyUsageServerAuth"]}"#));
    assert!(!with(r#"{"KeyUsages": ["KeyUsageClientAuth"]}"#));
    assert!(with(r#"{"KeyUsages": ["KeyUsageAny"]}"#));
    for (options, message) in [
        (r#"{"Roots": 1}"#, "invalid key option"),
        (r#"{"DNSName": 1}"#, "'DNSName' should be a string"),
        (r#"{"CurrentTime": 1.5}"#, "'CurrentTime' should be a valid int64 number"),
        (r#"{"KeyUsages": ["a", "KeyUsageAny", "b"]}"#, "invalid entries for 'KeyUsages' found: [a b]"),
    ] {
        let operands = [&*quoted(&chain.concat()), options];
        refuses("crypto.x509.parse_and_verify_certificates_with_options", &operands, message);
    }
}

#[test]
fn the_time_is_the_evaluations() {
    let name = "crypto.x509.parse_and_verify_certificates";
    let answer = given(name, &[&quoted(&[ROOT, MIDDLE, LEAF].concat())]);
    assert_eq!(member(&answer, &["0"]).as_bool(), Some(true));
    assert!(super::lookup(name).is_some_and(|def| def.nondeterministic));
}

#[test]
fn a_request_shows_what_is_asked_for() {
    let shown = given("crypto.x509.parse_certificate_request", &[&quoted(REQUEST)]);
    assert_eq!(json::to_string(member(&shown, &["DNSNames"])), "[\"a.example.com\"]");
    assert_eq!(json::to_string(member(&shown, &["Version"])), "0");
    let kind = member(&shown, &["Attributes", "0", "Value", "0", "0", "Type"]);
    assert_eq!(json::to_string(kind), "[2,5,29,17]");
    let encoded = quoted(&BASE64_STANDARD.encode(der(REQUEST)));
    assert_eq!(given("crypto.x509.parse_certificate_request", &[&encoded]), shown);
    let other = quoted(&BASE64_STANDARD.encode(LEAF));
    refuses(
        "crypto.x509.parse_certificate_request",
        &[&other],
        "invalid PEM-encoded certificate signing request",
    );
}

#[test]
fn private_keys_have_one_value_in_every_form() {
    let keys = |text: &str| call("crypto.parse_private_keys", &[&quoted(text)]).unwrap();
    let leaf = keys(LEAF_KEY);
    assert!(leaf.starts_with(r#"[{"Curve": {}, "D": "#), "{leaf}");
    assert_eq!(keys(LEAF_KEY_SEC1), leaf);
    assert_eq!(keys(&BASE64_STANDARD.encode(LEAF_KEY)), leaf);
    assert_eq!(keys(&format!("{LEAF}{LEAF_KEY}")), leaf);
    assert_eq!((keys("").as_str(), keys("nope").as_str()), ("null", "[]"));
    let jwk = given("crypto.x509.parse_rsa_private_key", &[&quoted(LEAF_KEY)]);
    assert_eq!(json::to_string(member(&jwk, &["crv"])), "\"P-256\"");
    refuses("crypto.x509.parse_rsa_private_key", &["\"\""], "input PEM data was empty");
}

#[test]
fn a_pair_is_a_certificate_with_its_own_key() {
    let pair = |key: &str| call("crypto.x509.parse_keypair", &[&quoted(LEAF), &quoted(key)]);
    let shown = pair(LEAF_KEY).unwrap();
    assert!(shown.contains("\"Leaf\"") && !shown.contains("URIStrings"), "{shown}");
    assert_eq!(pair(LEAF_KEY_SEC1).as_deref(), Ok(shown.as_str()));
    let mismatch = "tls: private key does not match public key".to_owned();
    assert_eq!(pair(OTHER_KEY), Err(BuiltinError::Failed(mismatch)));
}

#[test]
fn every_signature_is_charged() {
    let chain = quoted(&[ROOT, MIDDLE, LEAF].concat());
    let verify = |steps| call_with("crypto.x509.parse_and_verify_certificates", &[&chain], steps);
    assert_eq!(verify(3_000), Err(BuiltinError::Limit(Limit::Steps)));
    assert!(verify(20_000).is_ok());
}

/// Every function, with a text for each operand.
fn call_all(text: &str) {
    let text = quoted(text);
    for name in [
        "crypto.parse_private_keys",
        "crypto.x509.parse_and_verify_certificates",
        "crypto.x509.parse_certificate_request",
        "crypto.x509.parse_certificates",
        "crypto.x509.parse_rsa_private_key",
    ] {
        let _ = call(name, &[&text]);
    }
    let _ = call("crypto.x509.parse_keypair", &[&text, &text]);
    let _ = call("crypto.x509.parse_keypair", &[&quoted(LEAF), &text]);
}

/// In PEM under every label, and bare.
fn call_all_with_bytes(bytes: &[u8]) {
    let digits = BASE64_STANDARD.encode(bytes);
    call_all(&digits);
    for label in ["CERTIFICATE", "CERTIFICATE REQUEST", "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"] {
        call_all(&format!("-----BEGIN {label}-----\n{digits}\n-----END {label}-----\n"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_bytes_make_them_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), text in "\\PC{0,40}") {
        call_all(&text);
        call_all_with_bytes(&bytes);
    }

    #[test]
    fn no_changed_certificate_makes_them_panic(
        which in 0..6_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let sources = [LEAF, MIDDLE, STRANGE, REQUEST, LEAF_KEY, LEAF_KEY_SEC1];
        let mut bytes = der(sources[which]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        call_all_with_bytes(&bytes);
    }
}
