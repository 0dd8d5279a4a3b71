//! What redaction replaces, and when it refuses.

use kitelogik_policy::{MAX_MATCHES, MAX_PATTERN, MAX_PATTERNS, MAX_TEXT, RedactError, redact};
use std::borrow::Cow;

/// The text as it is sent or shown.
fn redacted(patterns: &[&str], text: &str) -> String {
    redact(patterns, &[text]).unwrap().remove(0).replace("[REDACTED]", "#")
}

#[test]
fn each_match_is_replaced() {
    for (patterns, text, want) in [
        (&["b"][..], "abcb", "a#c#"),
        (&["b+"], "abbbc", "a#c"),
        (&["(?i)SECRET"], "my Secret, my secret", "my #, my #"),
        (&["^a"], "aa", "#a"),
        (&["a$"], "a\na", "a\n#"),
        (&["(?m)^a"], "a\na", "#\n#"),
        (&["a.b"], "a\nb", "a\nb"),
        (&["(?s)a.b"], "a\nb", "#"),
        (&[r"\d{4}"], "12345678 ٤٤٤٤", "## ٤٤٤٤"),
        (&["é|世"], "né 世界", "n# #界"),
        (&[r"\x{1F600}"], "a😀b", "a#b"),
        (&[r"\Qa.b\E"], "a.b axb", "# axb"),
        (&["a"], "", ""),
        (&[], "abc", "abc"),
    ] {
        assert_eq!(redacted(patterns, text), want, "{patterns:?} in {text:?}");
    }
}

#[test]
fn what_overlaps_is_one_and_the_order_of_patterns_changes_nothing() {
    let text = "xabcdx abab";
    for (patterns, want) in [
        (["abc", "bcd", "none"], "x#x abab"),
        (["b", "abcd", "c"], "x#x a#a#"),
        (["ab", "ba", "cd"], "x##x #"),
        (["ab", "ab", "ab"], "x#cdx ##"),
        // What stands for a match is no text to search.
        (["abcd", "REDACTED", "E"], "x#x abab"),
    ] {
        let [a, b, c] = patterns;
        for order in [[a, b, c], [a, c, b], [b, a, c], [b, c, a], [c, a, b], [c, b, a]] {
            assert_eq!(redacted(&order, text), want, "{order:?}");
        }
    }
}

#[test]
fn many_texts_are_taken_at_once_and_those_without_a_match_are_not_copied() {
    let texts = ["a1", "b", "", "2"];
    let out = redact(&[r"\d"], &texts).unwrap();
    assert_eq!(out, ["a[REDACTED]", "b", "", "[REDACTED]"]);
    assert!(matches!(out[1], Cow::Borrowed("b")));
    assert_eq!(redact::<&str, &str>(&["a"], &[]).unwrap(), Vec::<Cow<'_, str>>::new());
}

#[test]
fn every_bound_refuses_the_whole() {
    let refused = |patterns: &[&str], texts: &[&str]| redact(patterns, texts).expect_err("refused");
    let many: Vec<String> = (0..=MAX_PATTERNS).map(|n| format!("a{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(refused(&many, &["a"]), RedactError::TooManyPatterns(MAX_PATTERNS + 1));
    assert!(redact(&many[1..], &["a"]).is_ok());
    let long = "a".repeat(MAX_PATTERN + 1);
    assert_eq!(refused(&[&long], &["b"]), RedactError::LongPattern(MAX_PATTERN + 1));
    assert!(redact(&["a".repeat(MAX_PATTERN)], &["b"]).is_ok());
    let half = "a".repeat(MAX_TEXT / 2);
    assert_eq!(refused(&["b"], &[&half, &half, "a"]), RedactError::TooMuchText(MAX_TEXT + 1));
    assert!(redact(&["b"], &[&half, &half]).is_ok());
    let ones = "a".repeat(MAX_MATCHES);
    assert_eq!(refused(&["a"], &[&ones, "a"]), RedactError::TooManyMatches);
    assert_eq!(redact(&["a"], &[&ones]).unwrap()[0].len(), MAX_MATCHES * "[REDACTED]".len());
    for pattern in ["(", "a**", "a{1001}", "(?=a)", r"(a)\1", "(a{1000}){1000}"] {
        assert!(matches!(refused(&["a", pattern], &["b"]), RedactError::Pattern(_)), "{pattern}");
    }
    for pattern in ["", "a*", "a|", "(?:)", r"\b", "^", "(?m)$", "x|\\B"] {
        let error = refused(&["c", pattern], &["ab"]);
        assert_eq!(error, RedactError::MatchesNothing(pattern.to_owned()), "{pattern}");
        assert!(error.to_string().contains(&format!("`{pattern}`")), "{error}");
    }
}
