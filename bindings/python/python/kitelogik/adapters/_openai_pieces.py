"""Pieces of a streamed text, most of a stream: one is recognised by the form of another. Sans-IO."""

from __future__ import annotations

import json
from typing import Generic, TypeVar
from uuid import uuid4

from kitelogik._native import Form
from kitelogik.adapters._openai_sse import encoded
from kitelogik.adapters._openai_surface import Json

# They stand for what varies from piece to piece. Nobody who writes a stream knows them.
TEXT, _NUMBER, _NOISE = (uuid4().hex for _ in range(3))
MAX_FORMS = 64
"""Forms learnt of one turn at most; further pieces are read like any other event."""


Piece = tuple[str, bytes]
"""A piece of text, and how it is written as JSON in ASCII."""


def written(text: str) -> Piece:
    """Return a piece of this text."""
    return text, encoded(text).encode("ascii")


W = TypeVar("W")


class PieceForm(Generic[W]):
    """The form of the last piece that was read whole: what its event says besides the text, byte for byte.

    A chunk of that form is a piece of the same text and nothing else: its other bytes were all read before.
    """

    def __init__(self, where: W) -> None:
        self._form: Form | None = None
        self._learnt = 0
        self.where = where
        """What the learner said of the place of that text."""

    def piece(self, chunk: bytes) -> Piece | None:
        """Return what a chunk says that is a further piece, None for any other chunk."""
        return None if self._form is None else self._form.piece(chunk)

    def learn(self, chunk: bytes, event: Json, masked: Json, where: W) -> None:
        """Take the form of a chunk that is this event alone; `masked` has `TEXT` for its text."""
        if self._learnt >= MAX_FORMS:
            return
        self._learnt += 1
        name, data, end = chunk.partition(b"data: ")
        masked = {**masked, **{key: mark for key, mark in _VARYING.items() if key in masked}}
        for separators in ((",", ":"), (", ", ": ")):
            for ascii_only in (True, False):
                said = json.dumps(event, separators=separators, ensure_ascii=ascii_only)
                if data and end == f"{said}\n\n".encode("utf-8", "replace"):
                    form = json.dumps(masked, separators=separators, ensure_ascii=ascii_only)
                    whole = name + data + f"{form}\n\n".encode("utf-8", "replace")
                    self._form, self.where = Form(whole, TEXT, _NOISE, _NUMBER), where
                    return


_VARYING = {"sequence_number": _NUMBER, "obfuscation": _NOISE}
