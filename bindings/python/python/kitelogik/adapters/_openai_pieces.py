"""Pieces of a streamed text, most of a stream: one is recognised by the form of another. Sans-IO."""

from __future__ import annotations

import json
import re
from uuid import uuid4

from kitelogik.adapters._openai_surface import Json

_decode = json.JSONDecoder().raw_decode
_STRING = r'"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*"'
# They stand for what varies from piece to piece. Nobody who writes a stream knows them.
TEXT, _NUMBER, _NOISE = (uuid4().hex for _ in range(3))
MAX_FORMS = 64
"""Forms learnt of one turn at most; further pieces are read like any other event."""


class PieceForm:
    """The form of the last piece that was read whole: what its event says besides the text, byte for byte.

    A chunk of that form is a piece of the same text and nothing else: its other bytes were all read before.
    """

    def __init__(self) -> None:
        self._form: re.Pattern[bytes] | None = None
        self._learnt = 0
        self.where = ""
        """What the learner said of the place of that text."""

    def text(self, chunk: bytes) -> str | None:
        """Return the text of a chunk that is a further piece, None for any other chunk."""
        found = self._form.fullmatch(chunk) if self._form is not None else None
        if found is None:
            return None
        try:
            text: str = _decode(found[1].decode("utf-8"))[0]
        except ValueError:
            return None
        return text

    def learn(self, chunk: bytes, event: Json, masked: Json, where: str) -> None:
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
                    self._form, self.where = _compiled(name + data, form), where
                    return


_VARYING = {"sequence_number": _NUMBER, "obfuscation": _NOISE}


def _compiled(start: bytes, form: str) -> re.Pattern[bytes]:
    pattern = re.escape(start) + re.escape(f"{form}\n\n".encode("utf-8", "replace"))
    for mark, stands_for in ((TEXT, f"({_STRING})"), (_NOISE, _STRING), (_NUMBER, "[0-9]+")):
        pattern = pattern.replace(f'"{mark}"'.encode(), stands_for.encode())
    return re.compile(pattern, re.DOTALL)
