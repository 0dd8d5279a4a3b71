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
fn long_literals_are_ordered_by_what_they_begin_with() {
    let (ones, zeros) = ("1".repeat(200_000), "0".repeat(200));
    let ascending = [
        format!("-{ones}"),
        format!("-1.{ones}"),
        "-1".to_owned(),
        format!("-0.{zeros}1"),
        "0".to_owned(),
        format!("0.{zeros}1"),
        format!("0.{ones}e-{zeros}7"),
        format!("0.{ones}e-7"),
        format!("0.{ones}"),
        format!("1.{zeros}1"),
        format!("1.{ones}"),
        format!("{ones}.5e-3"),
        ones.clone(),
        format!("{ones}e+{zeros}3"),
    ];
    let mut sorted = ascending.clone();
    sorted.sort_by(|a, b| Number::cmp_text(a, b));
    assert!(sorted == ascending);
    sorted.reverse();
    sorted.sort_by(|a, b| Number::cmp_text(b, a).reverse());
    assert!(sorted.iter().map(|t| number(t)).eq(ascending.iter().map(|t| number(t))));
    assert_eq!(number(&format!("1.5{zeros}")), number("15e-1"));
    assert_eq!(number(&format!("1{zeros}")), number(&format!("1e{zeros}200")));
    let ones_after = format!("1.{ones}");
    let start = std::time::Instant::now();
    for _ in 0..20_000 {
        assert!(number("2") > number(&format!("1.{zeros}")));
        assert!(Number::cmp_text("2", &ones_after).is_gt());
    }
    assert!(start.elapsed().as_secs() < 10);
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
    fn one_value_is_equal_however_it_is_written(digits in 1u64.., zeros in 0usize..90, shift in -30i64..30) {
        let plain = format!("{digits}e{shift}");
        let padded = format!("{digits}{}e{}", "0".repeat(zeros), shift - zeros as i64);
        let pointed = format!("0.{}{digits}e{}", "0".repeat(zeros), shift + (zeros + digits.to_string().len()) as i64);
        let next = format!("{}.{}1e{shift}", digits, "0".repeat(zeros));
        for same in [&padded, &pointed] {
            prop_assert!(Number::cmp_text(&plain, same).is_eq());
            prop_assert!(Number::cmp_text(same, &next).is_lt());
            let (low, high) = (format!("-{next}"), format!("-{same}"));
            prop_assert!(Number::cmp_text(&high, &low).is_gt());
        }
    }

    #[test]
    fn integers_compare_across_forms(a in any::<i64>(), b in any::<i64>()) {
        let (x, y) = (Number::from(a), number(&format!("{b}.0")));
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
    }
}
