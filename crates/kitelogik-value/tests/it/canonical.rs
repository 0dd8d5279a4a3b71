//! Canonical bytes against RFC 8785.

use kitelogik_value::{canonical, json};
use proptest::prelude::*;

fn canon(text: &str) -> String {
    canonical::to_string(&json::parse(text.as_bytes(), &json::Limits::EVENT).unwrap())
}

#[test]
fn numbers_have_the_form_of_rfc_8785() {
    // Appendix B's finite doubles whose text is their shortest.
    for (text, want) in [
        ("-0.0", "0"),
        ("5e-324", "5e-324"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("9007199254740992", "9007199254740992"),
        ("295147905179352830000", "295147905179352830000"),
        ("9.999999999999997e22", "9.999999999999997e+22"),
        ("1e23", "1e+23"),
        ("0.000001", "0.000001"),
        ("1e-7", "1e-7"),
        ("333333333.3333332", "333333333.3333332"),
        ("4.50", "4.5"),
        ("2e-3", "0.002"),
        ("1E30", "1e+30"),
    ] {
        assert_eq!(canon(text), want, "{text}");
    }
}

#[test]
fn digits_that_a_double_would_lose_are_kept() {
    assert_eq!(canon("9007199254740993"), "9007199254740993");
    assert_eq!(canon("0.10000000000000000001"), "0.10000000000000000001");
    assert_eq!(canon("1180591620717411303424"), "1.180591620717411303424e+21");
}

#[test]
fn keys_stand_in_utf16_order() {
    // Section 3.2.3 of RFC 8785.
    let text = r#"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#;
    assert_eq!(
        canon(text),
        "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
    );
}

proptest! {
    #[test]
    fn equal_values_have_equal_bytes_and_only_they(a in super::value(), b in super::value()) {
        prop_assert_eq!(a == b, canonical::to_string(&a) == canonical::to_string(&b));
        let again = json::parse(canonical::to_string(&a).as_bytes(), &json::Limits::DATA).unwrap();
        prop_assert_eq!(again, a);
    }
}
