//! The tagged form keeps what JSON lacks.

use conformance::{
    question::read_json,
    tagged::{tag, untag},
};
use kitelogik_value::{Value, json};

#[test]
fn sets_and_odd_keys_come_back() {
    let set = Value::set([1i64.into(), Value::set([]), "a".into()]);
    let odd = Value::object([(Value::from(1i64), set.clone()), (Value::Null, "x".into())]);
    let dollar = Value::object([("$set", Value::array([]))]);
    for value in [set, odd, dollar, Value::array([Value::object([("a", Value::set([]))])])] {
        let text = json::to_string(&tag(&value));
        assert_eq!(untag(&read_json(text.as_bytes()).unwrap()), value, "{text}");
    }
}

#[test]
fn a_set_is_no_array() {
    assert_ne!(tag(&Value::set([])), tag(&Value::array([])));
}
