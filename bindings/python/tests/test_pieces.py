"""A piece of a streamed text is recognised by the form of another, and by nothing less."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kitelogik._native import Form

texts = st.text(st.characters(codec="utf-8"), max_size=30)
FORM = b'data: {"n":"<number>","text":"<text>","noise":"<noise>"}\n\n'


def form() -> Form:
    return Form(FORM, "<text>", "<noise>", "<number>")


def chunk(number: object, text: str, noise: str, *, ascii_only: bool = True) -> bytes:
    said = (json.dumps(value, ensure_ascii=ascii_only) for value in (text, noise))
    return 'data: {{"n":{},"text":{},"noise":{}}}\n\n'.format(number, *said).encode()


@settings(max_examples=200, deadline=None)
@given(number=st.integers(0, 2**70), text=texts, noise=texts, ascii_only=st.booleans())
def test_a_piece_is_its_text(number: int, text: str, noise: str, ascii_only: bool) -> None:
    found = form().piece(chunk(number, text, noise, ascii_only=ascii_only))
    assert found is not None
    assert (found[0], json.loads(found[1])) == (text, text)
    assert found[1].isascii()
    assert b"\n" not in found[1]


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, 60), byte=st.integers(0, 255), put=st.booleans())
def test_another_byte_is_another_text_or_no_piece(at: int, byte: int, put: bool) -> None:
    whole = chunk(12, "wörd \n", "no", ascii_only=False)
    changed = whole[:at] + bytes([byte]) + whole[at if put else at + 1 :]
    found = form().piece(changed)
    if found is not None:
        # What was recognised is what a reader of the whole event reads.
        event = json.loads(changed.removeprefix(b"data: "))
        assert found[0] == event["text"]
        assert event.keys() == {"n", "text", "noise"}


@pytest.mark.parametrize(
    "other",
    [
        b"",
        chunk(-1, "a", "b"),
        chunk(1.5, "a", "b"),
        chunk('"1"', "a", "b"),
        chunk(1, "a", "b") + b"\n",
        chunk(1, "a", "b")[:-1],
        chunk(1, "a", "b") * 2,
        chunk(1, "a", "b").replace(b'"a"', b'"a","text":"c"'),
        chunk(1, "a", "b").replace(b'"a"', b"7"),
        chunk(1, "a", "b").replace(b'"a"', b' "a"'),
        chunk(1, "a", "b").replace(b'"a"', b'"a'),
        chunk(1, "a", "b").replace(b'"a"', b'"\\ud800"'),
        chunk(1, "a", "b").replace(b'"a"', b'"\\x"'),
        chunk(1, "a", "b").replace(b'"a"', b'"\t"'),
        chunk(1, "a", "b").replace(b'"a"', b'"\xff"'),
        chunk(1, "a" * (1 << 20), "b"),
    ],
)
def test_what_differs_in_anything_else_is_no_piece(other: bytes) -> None:
    assert form().piece(other) is None


def test_a_form_has_one_place_for_its_text() -> None:
    with pytest.raises(ValueError, match="no place for its text"):
        Form(b"data: {}\n\n", "<text>", "<noise>", "<number>")
    twice = Form(b'["<text>","<text>"]', "<text>", "<noise>", "<number>")
    assert twice.piece(b'["a","<text>"]') == ("a", b'"a"')
    assert twice.piece(b'["a","a"]') is None
