"""Server-sent events, read from chunks of any size and written again. Sans-IO."""

from __future__ import annotations

import json
import re

from kitelogik.adapters._openai_surface import Json
from kitelogik.errors import UngovernedSurface

MAX_EVENT_BYTES = 32 << 20
"""Bound on one event. What `completed` carries includes images in base64."""

DONE = None
"""What stands for the `[DONE]` that ends a stream of Chat Completions."""

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
encoded = json.encoder.encode_basestring_ascii
"""Write a string as JSON, in ASCII."""
_decode = json.JSONDecoder().raw_decode
# Written as it is: a line feed in it would begin an event of its own.
_NAME = re.compile(r"[a-z][a-z0-9_.]*")
_LINE_BYTES = 8
"""What a kept line costs beside its text."""


class EventReader:
    """Reads events whose data is one JSON object. Names, ids and comments are dropped."""

    def __init__(self) -> None:
        self._line: list[bytes] = []
        self._data: list[bytes] = []
        # Bytes of the event that has begun, and of its whole lines.
        self._size = self._kept = 0
        self._after_return = False
        self._started = False

    @property
    def is_between(self) -> bool:
        """Say whether the last event is over, and nothing of the next one has come."""
        return self._started and not self._size and not self._after_return

    def feed(self, chunk: bytes) -> list[Json | None]:
        """Return the events that this chunk completes. Raise `UngovernedSurface` on what is none."""
        if self.is_between:
            # Most chunks are one event: its name perhaps, then its data in one line.
            name = chunk.find(b"\n") + 1 if chunk.startswith(b"event:") else 0
            if (
                chunk.startswith(b"data: ", name)
                and chunk.endswith(b"\n\n")
                and chunk.find(b"\n", name) == len(chunk) - 2
                and b"\r" not in chunk
            ):
                return [self._parsed(chunk[name + 6 : -2])]
        if self._after_return and chunk:
            # It ended a line with the chunk before; a line feed here belongs to it.
            self._after_return = False
            if chunk.startswith(b"\n"):
                chunk = chunk[1:]
        self._size += len(chunk)
        if b"\n" not in chunk and b"\r" not in chunk:
            self._line.append(chunk)
            self._check_size()
            return []
        text = b"".join((*self._line, chunk)) if self._line else chunk
        lines = text.splitlines()
        self._line = [] if text.endswith((b"\n", b"\r")) else [lines.pop()]
        self._after_return = chunk.endswith(b"\r")
        if not self._started and lines:
            self._started = True
            lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
        events = []
        for line in lines:
            if line.startswith(b"data:"):
                self._keep(line[6:] if line.startswith(b" ", 5) else line[5:])
            elif line == b"data":
                self._keep(b"")
            elif not line and self._data:
                events.append(self._event())
        self._size = sum(map(len, self._line)) + self._kept
        self._check_size()
        return events

    def _keep(self, data: bytes) -> None:
        self._data.append(data)
        self._kept += len(data) + _LINE_BYTES
        self._check(self._kept)

    def _event(self) -> Json | None:
        data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
        self._data, self._kept = [], 0
        return self._parsed(data)

    def _parsed(self, data: bytes) -> Json | None:
        if data.startswith(b"[DONE]"):
            return DONE
        self._check(len(data))
        try:
            text = data.decode("utf-8").strip(" \t")
            event, end = _decode(text)
            if end != len(text):
                raise ValueError("more than one value")
        except (ValueError, RecursionError):
            raise UngovernedSurface("an event of the stream is no JSON; it was withheld") from None
        if not isinstance(event, dict):
            raise UngovernedSurface("an event of the stream is no JSON object; it was withheld")
        return event

    def _check_size(self) -> None:
        self._check(self._size)

    def _check(self, size: int) -> None:
        if size > MAX_EVENT_BYTES:
            raise UngovernedSurface(
                f"an event of the stream is over {MAX_EVENT_BYTES} bytes; it was withheld"
            )


def write(event: Json | None, *, named: bool) -> bytes:
    """Write one event, with its type as its name or without. ASCII: no reader splits its lines elsewhere."""
    if event is None:
        return b"data: [DONE]\n\n"
    if named and not _NAME.fullmatch(event["type"]):
        raise UngovernedSurface("an event of the stream has a type that is no name; it was withheld")
    name = f"event: {event['type']}\n" if named else ""
    return f"{name}data: {_encode(event)}\n\n".encode("ascii")
