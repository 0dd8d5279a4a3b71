"""Redaction as the native half does it; which texts are redacted is for the adapters to say."""

from __future__ import annotations

import threading

import pytest
from kitelogik._native import redact


def test_what_any_pattern_finds_is_replaced_in_every_text() -> None:
    texts = ["card 4111111111111111, PIN 42", "none", "", "Zoë <zoe@example.org>"]
    patterns = [r"\d{16}", r"[a-z]+@[a-z.]+", r"PIN \d+"]
    redacted = ["card [REDACTED], [REDACTED]", "none", "", "Zoë <[REDACTED]>"]
    assert redact(patterns, texts) == redacted
    assert redact(patterns[::-1], texts) == redacted
    assert redact([], texts) == texts
    assert redact(patterns, []) == []
    assert texts[0].startswith("card 4111"), "what was given is as it was"


@pytest.mark.parametrize(
    ("patterns", "texts", "says"),
    [
        (["("], ["a"], "no pattern"),
        (["(?=a)"], ["a"], "no pattern"),
        (["(a{1000}){1000}"], ["a"], "size limit"),
        (["a*"], ["a"], "matches where there is nothing"),
        (["a"] * 33, ["a"], "33 patterns"),
        (["a" * 5000], ["a"], "5000 bytes"),
        (["b"], ["a" * (4 << 20), "a"], "4194305 bytes of text"),
        (["a"], ["a" * 100_001], "more than 100000 matches"),
        (["a"], ["\ud800"], "surrogates not allowed"),
    ],
)
def test_what_cannot_be_redacted_whole_is_an_error(patterns: list[str], texts: list[str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        redact(patterns, texts)


def test_a_text_alone_is_no_list_of_texts() -> None:
    with pytest.raises(TypeError):
        redact(["a"], "abc")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        redact("a", ["abc"])  # type: ignore[arg-type]


def test_long_texts_are_searched_on_several_threads() -> None:
    text = "x" * 100_000 + "secret"
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(redact(["secret"], [text]))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["x" * 100_000 + "[REDACTED]"]] * 4
