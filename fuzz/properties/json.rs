//! What must hold of the JSON reader and writers, whatever the bytes.

use kitelogik_value::{
    canonical,
    json::{self, Duplicates, ErrorKind, Limits},
};

/// Reading ends without a panic and agrees with another reader; what was read can be written in every form,
/// read again, and is still the same.
pub(crate) fn hold(bytes: &[u8]) {
    let read = json::parse(bytes, &Limits::EVENT);
    let last_wins = json::parse_with(bytes, &Limits::EVENT, Duplicates::LastWins);
    let other: Result<serde_json::Value, _> = serde_json::from_slice(bytes);
    match &read {
        Ok(value) => {
            assert_eq!(last_wins.as_ref(), Ok(value), "without a duplicate both readings are one");
            // The other reader holds numbers as doubles.
            if let Err(error) = other {
                assert!(error.to_string().contains("number out of range"), "accepted alone: {error}");
            }
            let forms = [json::to_string(value), json::to_ascii(value), canonical::to_string(value)];
            for form in &forms {
                let again = json::parse(form.as_bytes(), &Limits { max_bytes: usize::MAX, ..Limits::EVENT });
                assert_eq!(again.as_ref(), Ok(value), "another value when read again: {form}");
                assert_eq!(again.as_ref().map(canonical::to_string).as_ref(), Ok(&forms[2]));
            }
            assert!(forms[1].is_ascii());
        }
        Err(error) => {
            assert!(error.offset <= bytes.len() && error.line >= 1 && error.column >= 1, "{error}");
            if other.is_ok() {
                let ours = match error.kind {
                    ErrorKind::DuplicateKey(_) | ErrorKind::TooDeep { .. } | ErrorKind::TooLarge { .. } => {
                        true
                    }
                    // An exponent beyond nine digits, which the other reader takes for zero.
                    ErrorKind::BadNumber => bytes.iter().filter(|byte| byte.is_ascii_digit()).count() > 9,
                    _ => false,
                };
                assert!(ours, "refused alone: {error}");
                let duplicate = matches!(error.kind, ErrorKind::DuplicateKey(_));
                // Behind the duplicate there may stand such an exponent too.
                let refused = last_wins.err().map(|error| error.kind);
                let agrees = matches!((&refused, duplicate), (None, true) | (Some(_), false));
                assert!(agrees || (duplicate && refused == Some(ErrorKind::BadNumber)), "{error}");
            }
        }
    }
}
