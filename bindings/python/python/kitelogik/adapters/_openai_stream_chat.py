"""Streams of Chat Completions: see `_openai_stream`. Sans-IO."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kitelogik.adapters._openai_pieces import TEXT, Piece, PieceForm, written
from kitelogik.adapters._openai_sse import DONE, write
from kitelogik.adapters._openai_stream import MAX_HELD_BYTES
from kitelogik.adapters._openai_surface import Json
from kitelogik.errors import UngovernedSurface

_CHUNK = frozenset(
    {
        "id",
        "object",
        "created",
        "model",
        "choices",
        "usage",
        "system_fingerprint",
        "service_tier",
        "obfuscation",
    }
)
_CALL_BYTES, _PIECE_BYTES = 512, 64
"""What a call and a piece of text cost beside what they say."""
_CHOICE = frozenset({"index", "delta", "finish_reason", "logprobs"})

Pieces = dict[str, list[str]]


@dataclass
class _Call:
    """The pieces of one call."""

    call_id: object = None
    kind: object = None
    parts: dict[str, Pieces] = field(default_factory=dict)

    def whole(self) -> Json:
        parts = {kind: _joined(pieces) for kind, pieces in self.parts.items()}
        return {"id": self.call_id, "type": self.kind or "function", **parts}


@dataclass
class _Choice:
    """What one choice said in this turn."""

    texts: Pieces = field(default_factory=dict)
    calls: dict[int, _Call] = field(default_factory=dict)
    legacy: Pieces = field(default_factory=dict)
    finish: str | None = None
    role: bool = False


def _joined(pieces: Pieces) -> Json:
    return {key: "".join(texts) for key, texts in pieces.items()}


class ChatStream:
    """The stream that the caller of one Chat request sees, over all its turns."""

    named = False

    def __init__(self, body: Json, *, hold: bool = False) -> None:
        self._hold = hold
        options = body.get("stream_options") or {}
        self._wanted = range(body.get("n") or 1)
        self._wants_usage = options.get("include_usage") is True
        self.asked = {**body, "stream_options": {**options, "include_usage": True}}
        self.begun = self.failed = self.ended = False
        self.shown_id: str | None = None
        self._choices: dict[int, _Choice] = {}
        self._head: Json = {}
        # How chunks begin and end that show a piece of text at once; empty where none does.
        self._began = self._ends = b""
        self._around: dict[int, tuple[bytes, bytes]] = {}
        self.begin()

    def begin(self) -> None:
        """Begin a turn."""
        self.failed = self.ended = self._done = False
        self._choices = {n: _Choice(role=choice.role) for n, choice in self._choices.items()}
        self._usage: Any = None
        self._kept = 0
        self._form = PieceForm(0)

    def piece(self, chunk: bytes) -> bytes:
        """Return what the caller sees of a chunk that is a further piece of text, nothing for any other."""
        piece = self._form.piece(chunk)
        return self._piece(self._form.where, piece) if piece is not None and piece[0] else b""

    def take(self, event: Json | None, alone_in: bytes = b"") -> bytes:
        """Return what the caller sees of this event at once; `alone_in` is its chunk, where it is alone."""
        if event is not None and self._began and (shown := self._delta(event, alone_in)):
            return shown
        return self.written(self._take(event))

    def written(self, events: Iterable[Json | None]) -> bytes:
        """Write chunks as the caller reads them."""
        return b"".join(write(event, named=False) for event in events)

    def _delta(self, event: Json, alone_in: bytes) -> bytes:
        """Write a piece of text anew: most chunks are one, and few of their parts can vary."""
        given = event.get("choices")
        if not isinstance(given, list) or len(given) != 1 or event.get("usage") or not event.keys() <= _CHUNK:
            return b""
        choice = given[0]
        if not isinstance(choice, dict) or not choice.keys() <= _CHOICE:
            return b""
        delta, number = choice.get("delta"), choice.get("index")
        if not isinstance(delta, dict) or len(delta) != 1 or type(number) is not int:
            return b""
        text = delta.get("content")
        if number not in self._choices or not isinstance(text, str) or not text:
            return b""
        if choice.get("finish_reason") is not None or choice.get("logprobs") is not None:
            return b""
        if alone_in:
            masked = {**event, "choices": [{**choice, "delta": {"content": TEXT}}]}
            self._form.learn(alone_in, event, masked, number)
        return self._piece(number, written(text))

    def _piece(self, number: int, piece: Piece) -> bytes:
        text, said = piece
        self._keep(text)
        self._choices[number].texts.setdefault("content", []).append(text)
        around = self._around.get(number)
        if around is None:
            around = self._around[number] = (
                self._began + b'{"index":%d,"delta":{"content":' % number,
                b'},"logprobs":null,"finish_reason":null}]' + self._ends,
            )
        return around[0] + said + around[1]

    def _take(self, event: Json | None) -> list[Json | None]:
        if event is None:
            self.ended = self._done = True
            return []
        if event.get("error") is not None:
            self.failed = self.ended = True
            return [{"error": event["error"]}]
        usage = event.pop("usage", None)
        self._usage = usage or self._usage
        given = event.get("choices")
        given = given if isinstance(given, list) else []
        if not self._head:
            self._head = {k: v for k, v in event.items() if k not in ("choices", "obfuscation")}
            if not self._hold:
                self._began = write({**self._head, "choices": []}, named=False).removesuffix(b"]}\n\n")
                self._ends = (b',"usage":null' if self._wants_usage else b"") + b"}\n\n"
        event["choices"] = [choice for choice in given if self._choice(choice)]
        # Left out: a chunk of which nothing is left, and the one with the usage, which comes at the end.
        if self._hold or (not event["choices"] and (given or usage)):
            return []
        event["id"] = self._head.get("id")
        if self._wants_usage:
            event["usage"] = None
        return [event]

    def answer(self) -> Json | None:
        """Return the answer of this turn as an unstreamed request gets it, None if it was cut short."""
        choices = []
        for number, choice in sorted(self._choices.items()):
            message: Json = {"role": "assistant", "content": None, **_joined(choice.texts)}
            whole = choice.finish is not None or self._done
            if choice.calls and whole:
                message["tool_calls"] = [call.whole() for _, call in sorted(choice.calls.items())]
            if choice.legacy and whole:
                message["function_call"] = _joined(choice.legacy)
            choices.append({"index": number, "message": message, "finish_reason": choice.finish})
        if not choices:
            return None
        answer = {**self._head, "object": "chat.completion", "choices": choices}
        return answer if self._usage is None else {**answer, "usage": self._usage}

    def closing(self, answer: Json) -> list[Json | None]:
        """Return the chunks that end the stream: what of this answer the caller has not seen."""
        chunks: list[Json | None] = []
        for given in answer["choices"]:
            said, message = self._choices[given["index"]], given["message"]
            whole = {"index": given["index"], "finish_reason": None}
            shown = "".join(() if self._hold else said.texts.get("content", ()))
            if self._hold:
                first = {key: message[key] for key in ("role", "refusal") if message.get(key)}
                chunks.append(self._chunk([{**whole, "delta": first}]))
            if rest := (message.get("content") or "")[len(shown) :]:
                chunks.append(self._chunk([{**whole, "delta": {"content": rest}}]))
            for number, call in enumerate(message.get("tool_calls") or []):
                chunks.append(self._chunk([{**whole, "delta": {"tool_calls": [{"index": number, **call}]}}]))
            if "function_call" in message:
                chunks.append(self._chunk([{**whole, "delta": {"function_call": message["function_call"]}}]))
            if given["finish_reason"] is not None:
                finish = {"finish_reason": given["finish_reason"]}
                chunks.append(self._chunk([{**whole, "delta": {}, **finish}]))
        if self._wants_usage and answer.get("usage") is not None:
            chunks.append({**self._chunk([]), "usage": answer["usage"]})
        return [*chunks, DONE]

    def refused(self, error: Json) -> list[Json | None]:
        """Return the chunk that ends the stream with an error."""
        return [{"error": error}]

    def _choice(self, given: object) -> bool:
        """Take one choice of a chunk and leave in it what is shown at once; say whether that is anything."""
        if not isinstance(given, dict) or not isinstance(delta := given.get("delta"), dict):
            return False
        if type(number := given.get("index")) is not int or number not in self._wanted:
            return False
        choice = self._choices.get(number)
        if choice is None:
            choice = self._choices[number] = _Choice()
        finish, given["finish_reason"] = given.get("finish_reason"), None
        choice.finish = finish if isinstance(finish, str) else choice.finish
        given.pop("message", None)
        if calls := delta.pop("tool_calls", None):
            if not isinstance(calls, list):
                raise UngovernedSurface("the stream holds calls that are no list; they were withheld")
            for part in calls:
                self._add(choice, part)
        self._pieces(choice.legacy, delta.pop("function_call", None))
        if choice.role:
            delta.pop("role", None)
        choice.role = choice.role or "role" in delta
        for key in ("content", "refusal"):
            if isinstance(text := delta.get(key), str):
                self._keep(text)
                choice.texts.setdefault(key, []).append(text)
        return any(delta.values()) or given.get("logprobs") is not None

    def _add(self, choice: _Choice, part: object) -> None:
        """Add one piece of a call. Names and arguments come in pieces, ids and types whole."""
        index = part.get("index") if isinstance(part, dict) else None
        if not isinstance(part, dict) or not isinstance(index, int):
            raise UngovernedSurface("the stream holds a piece of a call without index; it was withheld")
        call = choice.calls.get(index)
        if call is None:
            self._count(_CALL_BYTES)
            call = choice.calls[index] = _Call()
        for given in (part.get("id"), part.get("type")):
            if given is not None and not isinstance(given, str):
                raise UngovernedSurface("the stream holds a call without id or type; it was withheld")
            self._count(len(given or ""))
        call.call_id = call.call_id or part.get("id")
        call.kind = call.kind or part.get("type")
        for kind in ("function", "custom"):
            if isinstance(part.get(kind), dict):
                self._pieces(call.parts.setdefault(kind, {}), part[kind])

    def _pieces(self, kept: Pieces, given: object) -> None:
        if not isinstance(given, dict):
            return
        for key, text in given.items():
            if isinstance(text, str):
                if key not in kept:
                    self._count(_CALL_BYTES + len(key))
                self._keep(text)
                kept.setdefault(key, []).append(text)

    def _keep(self, text: str) -> None:
        self._count(len(text) + _PIECE_BYTES)

    def _count(self, size: int) -> None:
        self._kept += size
        if self._kept > MAX_HELD_BYTES:
            raise UngovernedSurface(f"a turn is over {MAX_HELD_BYTES} bytes; the rest was withheld")

    def _chunk(self, choices: list[Json]) -> Json:
        chunk = {**self._head, "choices": choices}
        return {**chunk, "usage": None} if self._wants_usage else chunk
