//! The order across types that OPA defines: null, boolean, number, string, array, object, set. The derived
//! order of [`Value`](crate::Value) is that order because its variants are declared in it; this module holds
//! the tests that keep it so. Within a type: numbers by value, strings by code point, arrays by item then
//! length, objects by their sorted pairs, sets by their sorted members.

#[cfg(test)]
mod tests {
    use crate::{Number, Value};

    #[test]
    fn types_are_ordered_as_in_opa() {
        let empty = || std::iter::empty::<(Value, Value)>();
        let ordered = [
            Value::Null,
            false.into(),
            true.into(),
            (-1i64).into(),
            Number::parse("0.5").unwrap().into(),
            1i64.into(),
            "".into(),
            "a".into(),
            Value::array([]),
            Value::array([1i64.into()]),
            Value::array([1i64.into(), 0i64.into()]),
            Value::object(empty()),
            Value::object([("a", 1i64.into())]),
            Value::set([]),
            Value::set([1i64.into()]),
        ];
        for (i, a) in ordered.iter().enumerate() {
            for (j, b) in ordered.iter().enumerate() {
                assert_eq!(a.cmp(b), i.cmp(&j), "{a:?} against {b:?}");
            }
        }
    }
}
