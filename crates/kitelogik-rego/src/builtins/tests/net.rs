//! `net.cidr_*`; every result is what OPA gives, but where the test says otherwise.

use super::{call, call_with, gives, refuses};
use crate::{Limit, builtin::BuiltinError};
use proptest::prelude::*;

#[test]
fn mapped_addresses_are_those_of_ipv4() {
    gives("net.cidr_contains", &["\"10.0.0.0/8\"", "\"::ffff:10.1.2.3\""], "true");
    gives("net.cidr_contains", &["\"::ffff:10.0.0.0/104\"", "\"10.1.2.3\""], "true");
    gives("net.cidr_contains", &["\"::/0\"", "\"10.1.2.3\""], "false");
    gives("net.cidr_contains", &["\"::/80\"", "\"::/80\""], "true");
    gives("net.cidr_intersects", &["\"::/0\"", "\"10.0.0.0/8\""], "false");
    gives("net.cidr_expand", &["\"::ffff:10.0.0.4/127\""], r#"{"10.0.0.4", "10.0.0.5"}"#);
}

#[test]
fn networks_are_read_as_go_reads_them() {
    for (text, wanted) in [
        ("1.2.3.4/08", "true"),
        ("1.2.3.04/8", "false"),
        ("1.2.3.4/+8", "false"),
        ("1.2.3.4/33", "false"),
        ("1.2.3.4/", "false"),
        ("fe80::1%eth0/64", "false"),
        ("64:ff9b::1.2.3.4/96", "true"),
        ("1::2::3/64", "false"),
        ("/8", "false"),
    ] {
        gives("net.cidr_is_valid", &[&format!("\"{text}\"")], wanted);
    }
    gives("net.cidr_is_valid", &["8"], "false");
    refuses("net.cidr_contains", &["\"10.0.0.0/8\"", "8"], "operand 1 must be string but got number");
    refuses(
        "net.cidr_contains",
        &["\"10.0.0.0/8\"", "\"x\""],
        "not a valid textual representation of an IP address or CIDR: x",
    );
    refuses("net.cidr_intersects", &["\"x\"", "\"y\""], "invalid CIDR address: x");
}

#[test]
fn merging_gives_the_fewest_networks() {
    gives("net.cidr_merge", &[r#"["0.0.0.0/1", "128.0.0.0/1"]"#], r#"{"0.0.0.0/0"}"#);
    gives("net.cidr_merge", &[r#"["::/1", "8000::/1"]"#], r#"{"::/0"}"#);
    gives(
        "net.cidr_merge",
        &[r#"["10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/32"]"#],
        r#"{"10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/32"}"#,
    );
    // An address alone is its class's network, and keeps its own digits if nothing merges with it.
    gives("net.cidr_merge", &[r#"["192.0.2.112"]"#], r#"{"192.0.2.112/24"}"#);
    // OPA ends in a panic here.
    gives("net.cidr_merge", &[r#"["::2/128", "::3/128"]"#], r#"{"::2/127"}"#);
    refuses("net.cidr_merge", &["[1]"], "element must be string");
    refuses("net.cidr_merge", &[r#"["::1"]"#], "IPv6 invalid: needs prefix length");
}

#[test]
fn a_network_too_large_to_expand_ends_at_the_step_limit() {
    let steps = |cidr: &str, steps| call_with("net.cidr_expand", &[cidr], steps);
    assert_eq!(steps("\"0.0.0.0/0\"", 1_000_000), Err(BuiltinError::Limit(Limit::Steps)));
    assert_eq!(steps("\"::/0\"", 100_000), Err(BuiltinError::Limit(Limit::Steps)));
    assert_eq!(steps("\"10.0.0.0/24\"", 256), Err(BuiltinError::Limit(Limit::Steps)));
    // Copying the operand in takes the first step.
    assert!(steps("\"10.0.0.0/24\"", 257).is_ok());
}

proptest! {
    #[test]
    fn no_text_makes_them_panic(a in "[0-9a-f:./%]{0,24}|\\PC{0,12}", b in "[0-9a-f:./%]{0,24}") {
        let list = json_of(&[&a, &b]);
        let (a, b) = (json_of(&[&a]), json_of(&[&b]));
        let one = |list: &str| list.trim_matches(['[', ']']).to_owned();
        for name in ["net.cidr_contains", "net.cidr_intersects", "net.cidr_contains_matches"] {
            let _ = call(name, &[&one(&a), &one(&b)]);
        }
        let _ = call_with("net.cidr_expand", &[&one(&a)], 1_000);
        let _ = call("net.cidr_is_valid", &[&one(&a)]);
        let _ = call("net.cidr_merge", &[&list]);
    }

    #[test]
    fn merging_keeps_every_address_and_adds_none(nets in prop::collection::vec((0u8..=255, 24u32..=32), 1..6)) {
        let texts: Vec<String> = nets.iter().map(|(host, prefix)| format!("10.0.0.{host}/{prefix}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let merged = call("net.cidr_merge", &[&json_of(&texts)]).unwrap();
        let merged: Vec<&str> = merged.trim_matches(['{', '}']).split(", ").collect();
        for host in 0..=255 {
            let inside = |nets: &[&str]| nets.iter().any(|net| {
                let net = net.trim_matches('"');
                call("net.cidr_contains", &[&format!("\"{net}\""), &format!("\"10.0.0.{host}\"")]).unwrap() == "true"
            });
            prop_assert_eq!(inside(&texts), inside(&merged), "{}", host);
        }
    }
}

/// The texts as a JSON array.
fn json_of(texts: &[&str]) -> String {
    kitelogik_value::json::to_string(&kitelogik_value::Value::array(
        texts.iter().map(|text| kitelogik_value::Value::from(*text)),
    ))
}
