//! The reader: what it takes, what it refuses and where.

use kitelogik_value::{
    Number, Value,
    json::{self, Duplicates, ErrorKind, Limits},
};
use proptest::prelude::*;

fn refusal(text: &[u8]) -> json::Error {
    json::parse(text, &Limits::EVENT).expect_err("should be refused")
}

#[test]
fn bad_documents_are_refused_with_their_place() {
    let cases: [(&[u8], &str); 20] = [
        (b"", "expected a value at line 1 column 1"),
        (b"{\"a\":1,}", "expected a key at line 1 column 8"),
        (b"[1,]", "expected a value at line 1 column 4"),
        (b"[1 2]", "expected `,` or `]` at line 1 column 4"),
        (b"{\"a\" 1}", "expected `:` at line 1 column 6"),
        (b"{\n \"a\": 1\n \"b\": 2}", "expected `,` or `}` at line 3 column 2"),
        (b"1 2", "expected nothing after the value at line 1 column 3"),
        (b"nul", "expected a value at line 1 column 1"),
        (b"01", "not a JSON number, or out of range at line 1 column 1"),
        (b"-", "not a JSON number, or out of range at line 1 column 1"),
        (b"1e9999999999", "not a JSON number, or out of range at line 1 column 13"),
        (b"NaN", "expected a value at line 1 column 1"),
        (b"\"a", "string with no end at line 1 column 3"),
        (b"\"a\nb\"", "string with a control character at line 1 column 3"),
        (b"\"\\x\"", "string with an unknown escape at line 1 column 4"),
        (b"\"\\ud800\"", "a surrogate escape without its other half at line 1 column 8"),
        (b"\"\\udc00\\ud800\"", "a surrogate escape without its other half at line 1 column 8"),
        (b"{\"a\":1,\"b\":2,\"a\":3}", "key `a` occurs twice in one object at line 1 column 20"),
        (b"{\"a\":1,\"\\u0061\":3}", "key `a` occurs twice in one object at line 1 column 19"),
        (b"[\"\xff\"]", "not UTF-8 at line 1 column 3"),
    ];
    for (text, want) in cases {
        assert_eq!(refusal(text).to_string(), want, "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn size_and_depth_are_bounded() {
    let nested = |n: usize| [vec![b'['; n], vec![b']'; n]].concat();
    assert!(json::parse(&nested(64), &Limits::EVENT).is_ok());
    assert_eq!(refusal(&nested(65)).kind, ErrorKind::TooDeep { limit: 64 });
    let generous = Limits { max_bytes: 1 << 20, max_depth: usize::MAX };
    assert!(json::parse(&nested(2_000), &generous).is_ok());
    assert_eq!(
        json::parse(&nested(100_000), &generous).unwrap_err().kind,
        ErrorKind::TooDeep { limit: 2_000 }
    );
    assert_eq!(refusal(&vec![b' '; (1 << 20) + 1]).kind, ErrorKind::TooLarge { limit: 1 << 20 });
}

#[test]
fn the_last_of_equal_keys_wins_where_asked_for() {
    let got =
        json::parse_with(br#"{"b":1,"a":1,"b":2,"b":3}"#, &Limits::EVENT, Duplicates::LastWins).unwrap();
    assert_eq!(json::to_string(&got), r#"{"a":1,"b":3}"#);
}

#[test]
fn ascii_output_escapes_all_else() {
    let value = json::parse("\"a\u{e9}\u{1f600}\\n\"".as_bytes(), &Limits::EVENT).unwrap();
    assert_eq!(json::to_ascii(&value), "\"a\\u00e9\\ud83d\\ude00\\n\"");
}

proptest! {
    #[test]
    fn what_is_written_reads_back(value in super::value()) {
        for text in [json::to_string(&value), json::to_ascii(&value)] {
            prop_assert_eq!(&json::parse(text.as_bytes(), &Limits::DATA).unwrap(), &value);
        }
        prop_assert!(json::to_ascii(&value).is_ascii());
    }

    #[test]
    fn another_reader_agrees(value in super::value()) {
        let text = json::to_string(&value);
        let theirs: serde_json::Value = serde_json::from_str(&text).unwrap();
        // Where two shortest decimals lie equally near a double, printers differ; doubles do not.
        let ours = json::to_string(&json::parse(theirs.to_string().as_bytes(), &Limits::DATA).unwrap());
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&ours).unwrap(), theirs);
    }

    #[test]
    fn no_bytes_make_it_panic_and_both_readers_agree_on_refusal(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let ours = json::parse(&bytes, &Limits::EVENT).is_ok();
        if ours { prop_assert!(serde_json::from_slice::<serde_json::Value>(&bytes).is_ok()); }
    }

    #[test]
    fn json_like_text_agrees(text in r#"[\[\]{}:,"\\0-9eE.+\-a-c \n]{0,24}"#) {
        let theirs = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        let ours = json::parse_with(text.as_bytes(), &Limits::EVENT, Duplicates::LastWins).is_ok();
        // They refuse numbers beyond a double.
        prop_assert!(ours == theirs || text.contains(['e', 'E']));
    }
}

proptest! {
    #[test]
    fn the_length_of_a_text_is_told_without_writing_it(text in "(\\PC|[\\x00-\\x1f\"\\\\\\x7f]){0,40}", n in any::<i64>(), x in any::<f64>()) {
        prop_assert_eq!(json::string_len(&text), json::to_string(&Value::from(text.as_str())).len());
        let float = Number::from_f64(x).map_or(Value::Null, Value::from);
        let items = [Value::from(n), float, Value::from(true), Value::from(false), Value::array([])];
        let object = Value::object([(text.as_str(), Value::array(items)), ("b", Value::object::<&str>([]))]);
        let set = Value::object([(object.clone(), Value::set([object.clone(), Value::Null]))]);
        for value in [object, set] {
            prop_assert_eq!(json::written_len(&value), json::to_string(&value).len(), "{:?}", value);
        }
    }
}
