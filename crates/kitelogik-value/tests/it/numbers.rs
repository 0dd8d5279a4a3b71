//! Exact equality and order.

use kitelogik_value::Number;
use proptest::prelude::*;

fn number(text: &str) -> Number {
    Number::parse(text).unwrap_or_else(|| panic!("{text} is no number"))
}

#[test]
fn numbers_are_equal_by_value_and_print_as_written() {
    for same in
        [["1", "1.0"], ["1", "10e-1"], ["100", "1e2"], ["0", "-0.0"], ["1e400", "10e399"], ["-5", "-5.000"]]
    {
        assert_eq!(number(same[0]), number(same[1]));
        assert_eq!(number(same[1]).to_string(), same[1]);
    }
    assert_ne!(number("9007199254740993"), number("9007199254740992.0"));
    assert_ne!(number("0.1"), number("0.10000000000000000001"));
}

#[test]
fn order_is_exact() {
    let ascending = [
        "-1e400",
        "-10",
        "-9.5",
        "-0.001",
        "0",
        "1e-400",
        "0.1",
        "0.11",
        "1",
        "9223372036854775807",
        "9223372036854775808",
        "1e400",
    ];
    for pair in ascending.windows(2) {
        assert!(number(pair[0]) < number(pair[1]), "{pair:?}");
        assert!(number(pair[1]) > number(pair[0]), "{pair:?}");
    }
}

#[test]
fn what_is_no_number_is_refused() {
    for text in [
        "",
        "-",
        "01",
        "1.",
        ".5",
        "+1",
        "1e",
        "1e+",
        "NaN",
        "Infinity",
        "0x1",
        "1 ",
        "1e1000000000",
        "--1",
        "1e1.5",
    ] {
        assert!(Number::parse(text).is_none(), "{text}");
    }
}

#[test]
fn integers_are_recognised_in_any_form() {
    for text in ["0", "2.0", "20e-1", "1e400", "-7"] {
        assert!(number(text).is_integer(), "{text}");
    }
    for text in ["0.5", "1e-400", "25e-1"] {
        assert!(!number(text).is_integer(), "{text}");
    }
}

proptest! {
    #[test]
    fn doubles_are_ordered_as_doubles(a in any::<f64>(), b in any::<f64>()) {
        if let (Some(x), Some(y)) = (Number::from_f64(a), Number::from_f64(b)) {
            prop_assert_eq!(x.partial_cmp(&y), a.partial_cmp(&b));
            prop_assert_eq!(x.to_f64(), a);
        }
    }

    #[test]
    fn integers_compare_across_forms(a in any::<i64>(), b in any::<i64>()) {
        let (x, y) = (Number::from(a), number(&format!("{b}.0")));
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
    }
}
