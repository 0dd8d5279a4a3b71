"""Streamed answers: what passes at once, what is held, and the events that show the rest. Sans-IO.

Calls are held to the end of the turn, where the whole answer and what it used are known. They are decided
on the very answer that an unstreamed request gets, and what is left of it is shown as events. So what the
caller sees is what was decided, whatever the provider said on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kitelogik.adapters._openai_calls import kind_of
from kitelogik.adapters._openai_formats import harmless
from kitelogik.adapters._openai_sse import DONE, encoded, write
from kitelogik.adapters._openai_surface import TRACES, Json
from kitelogik.errors import UngovernedSurface

MAX_HELD_BYTES = 64 << 20
"""Bound on what one turn may say without anything of it being shown, and on what is kept of it."""
HELD_SECONDS = 600.0
"""Bound on the time that a provider may talk without anything being shown."""

_OPENING = frozenset({"response.created", "response.queued", "response.in_progress"})
_CLOSING = frozenset({"response.completed", "response.incomplete", "response.failed"})
# Events about a part of a message or of reasoning; any other type is withheld.
_PARTS = frozenset(
    {
        "response.content_part.added",
        "response.content_part.done",
        "response.output_text.delta",
        "response.output_text.done",
        "response.output_text.annotation.added",
        "response.refusal.delta",
        "response.refusal.done",
        "response.reasoning_text.delta",
        "response.reasoning_text.done",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_part.done",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
    }
)
_TEXT = "response.output_text.delta"
_DELTA = frozenset(
    {
        "type",
        "item_id",
        "output_index",
        "content_index",
        "delta",
        "logprobs",
        "sequence_number",
        "obfuscation",
    }
)
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
_CHOICE = frozenset({"index", "delta", "finish_reason", "logprobs"})


class ResponsesStream:
    """The stream that the caller of one Responses request sees, over all its turns."""

    named = True

    def __init__(self, body: Json, *, hold: bool = False) -> None:
        self.asked, self._hold, self._harmless = body, hold, harmless(body)
        self.begun = self.failed = self.ended = False
        self.shown_id: str | None = None
        self._opening: dict[str, Json] = {}
        self._next = self._sequence = self._kept = 0
        self._earlier: list[Json] = []
        self._done: list[Json] = []
        self.begin()

    def begin(self) -> None:
        """Begin a turn."""
        self.failed = self.ended = False
        self._held = self._hold
        self._earlier += self._done
        self._done = []
        self._places: dict[int, tuple[int, object, object]] = {}
        self._texts: dict[tuple[int, int], tuple[str, str]] = {}
        self._answer: Json | None = None
        self._closing = ""
        if self.shown_id is None:
            self._opening = {}

    def take(self, event: Json | None) -> bytes:
        """Return what the caller sees of this event at once."""
        if event is not DONE and not self._held and (shown := self._delta(event)):
            return shown
        return self.written(self._take(event))

    def written(self, events: Iterable[Json | None]) -> bytes:
        """Write events as the caller reads them."""
        return b"".join(write(event, named=True) for event in events)

    def _delta(self, event: Json) -> bytes:
        """Write a piece of text anew: most events are one, and few of its parts can vary."""
        index, part = event.get("output_index"), event.get("content_index")
        known = self._texts.get((index, part)) if type(index) is int and type(part) is int else None
        if known is None or event.get("type") != _TEXT or event.get("item_id") != known[0]:
            return b""
        text = event.get("delta")
        if not isinstance(text, str) or event.get("logprobs") or not event.keys() <= _DELTA:
            return b""
        number, self._sequence = self._sequence, self._sequence + 1
        return f'{known[1]}{encoded(text)},"logprobs":[],"sequence_number":{number}}}\n\n'.encode("ascii")

    def _take(self, event: Json | None) -> list[Json | None]:
        if event is DONE:
            self.ended = True
            return []
        kind = kind_of(event)
        if kind == "error" or event.get("error") is not None:
            self.failed = self.ended = True
            return [self._numbered(_error(event.get("error") or event))]
        if kind in _OPENING:
            if self.shown_id is None:
                self._opening[kind] = {**event, "response": {**_response(event), "output": []}}
        elif kind in _CLOSING:
            self._answer, self._closing, self.ended = _response(event), kind, True
        elif not self._held:
            return self._item(kind, event)
        return []

    def answer(self) -> Json | None:
        """Return the answer of this turn as an unstreamed request gets it, None if it was cut short."""
        return self._answer

    def closing(self, answer: Json) -> list[Json | None]:
        """Return the events that end the stream: what of this answer the caller has not seen."""
        events = self._opened()
        shown = {item_id for _, item_id, _ in self._places.values()}
        for item in answer["output"]:
            if item.get("id") not in shown:
                events += map(self._numbered, _whole(item, self._next))
                self._next += 1
        # What was shown stays: the items are those of the events, each at its place.
        answer = {**answer, "output": [*self._earlier, *answer["output"]]}
        if self.shown_id is not None:
            answer = {**answer, "id": self.shown_id}
        named = f"response.{answer.get('status')}"
        kind = named if named in _CLOSING else self._closing
        return [*events, self._numbered({"type": kind, "response": answer})]

    def refused(self, error: Json) -> list[Json | None]:
        """Return the events that end the stream with an error."""
        return [*self._opened(), self._numbered(_error(error))]

    def _item(self, kind: str, event: Json) -> list[Json | None]:
        index, item = event.get("output_index"), event.get("item")
        if kind == "response.output_item.added":
            passes = isinstance(item, dict) and kind_of(item) in self._harmless and item.get("id") is not None
            if not passes or not isinstance(index, int) or index in self._places:
                # The order of items stays: what comes after a held one waits with it.
                self._held = True
                return []
            self._places[index] = (self._next, item["id"], item["type"])  # type: ignore[index]
            self._next += 1
        place = self._places.get(index) if isinstance(index, int) else None
        if place is None:
            return []
        if kind == "response.output_item.done":
            if not isinstance(item, dict) or (item.get("id"), item.get("type")) != place[1:]:
                return []
            self._kept += len(write(item, named=False))
            if self._kept > MAX_HELD_BYTES:
                raise UngovernedSurface(f"a stream is over {MAX_HELD_BYTES} bytes; the rest was withheld")
            self._done.append(item)
        elif kind not in _PARTS and kind != "response.output_item.added" and not _is_progress(kind, place[2]):
            return []
        shown = {**event, "output_index": place[0]}
        if kind == _TEXT:
            self._remember_text(index, shown)
        return [*self._opened(), self._numbered(shown)]

    def _remember_text(self, index: object, shown: Json) -> None:
        """Remember how the pieces of this text begin, for those that follow."""
        part, item_id = shown.get("content_index"), shown.get("item_id")
        if isinstance(index, int) and type(part) is int and isinstance(item_id, str):
            at = {
                "type": _TEXT,
                "item_id": item_id,
                "output_index": shown["output_index"],
                "content_index": part,
            }
            began = write(at, named=True).decode("ascii").removesuffix("}\n\n")
            self._texts[index, part] = (item_id, f'{began},"delta":')

    def _opened(self) -> list[Json | None]:
        """Return the opening events, once something is to be shown: the id in them is the stream's."""
        opening, self._opening = self._opening, {}
        for event in opening.values():
            self.shown_id = self.shown_id or event["response"].get("id")
        return [self._numbered(event) for event in opening.values()]

    def _numbered(self, event: Json) -> Json:
        event["sequence_number"] = self._sequence
        self._sequence += 1
        return event


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
        self._began = self._ends = ""
        self.begin()

    def begin(self) -> None:
        """Begin a turn."""
        self.failed = self.ended = self._done = False
        self._choices = {n: _Choice(role=choice.role) for n, choice in self._choices.items()}
        self._usage: Any = None
        self._kept = 0

    def take(self, event: Json | None) -> bytes:
        """Return what the caller sees of this chunk at once."""
        if event is not DONE and self._began and (shown := self._delta(event)):
            return shown
        return self.written(self._take(event))

    def written(self, events: Iterable[Json | None]) -> bytes:
        """Write chunks as the caller reads them."""
        return b"".join(write(event, named=False) for event in events)

    def _delta(self, event: Json) -> bytes:
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
        said, text = self._choices.get(number), delta.get("content")
        if said is None or not isinstance(text, str) or not text:
            return b""
        if choice.get("finish_reason") is not None or choice.get("logprobs") is not None:
            return b""
        self._keep(text)
        said.texts.setdefault("content", []).append(text)
        return (
            f'{self._began}{{"index":{number},"delta":{{"content":{encoded(text)}}},"logprobs":null,'
            f'"finish_reason":null}}]{self._ends}'
        ).encode("ascii")

    def _take(self, event: Json | None) -> list[Json | None]:
        if event is DONE:
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
                self._began = write({**self._head, "choices": []}, named=False).decode("ascii")[
                    : -len("]}\n\n")
                ]
                self._ends = (',"usage":null' if self._wants_usage else "") + "}\n\n"
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
        call = choice.calls.setdefault(index, _Call())
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
                self._keep(text)
                kept.setdefault(key, []).append(text)

    def _keep(self, text: str) -> None:
        self._kept += len(text)
        if self._kept > MAX_HELD_BYTES:
            raise UngovernedSurface(f"a turn is over {MAX_HELD_BYTES} characters; the rest was withheld")

    def _chunk(self, choices: list[Json]) -> Json:
        chunk = {**self._head, "choices": choices}
        return {**chunk, "usage": None} if self._wants_usage else chunk


Stream = ResponsesStream | ChatStream


def _is_progress(kind: str, item: object) -> bool:
    """Say whether an event tells how far a tool of the provider is, at whose item it stands."""
    return isinstance(item, str) and item in TRACES and kind.startswith(f"response.{item}")


def _response(event: Json) -> Json:
    response = event.get("response")
    if not isinstance(response, dict):
        raise UngovernedSurface(f"the event {event.get('type')!r} holds no response; it was withheld")
    return response


def _error(error: object) -> Json:
    """Return an error event: its fields as the API gives them, and nested as clients look for them."""
    given = error if isinstance(error, dict) else {"message": str(error)}
    fields = {key: given.get(key) for key in ("code", "message", "param")}
    kept = ("type", "reason_code", "decision_id", "policy_version")
    return {"type": "error", **fields, "error": {**fields, **{k: given[k] for k in kept if k in given}}}


def _whole(item: Json, place: int) -> Iterator[Json]:
    """Yield the events that show one whole item at this place of the output."""
    at = {"item_id": item.get("id"), "output_index": place}
    started, inner = item, list[Json]()
    if item.get("type") == "function_call":
        started = {**item, "arguments": "", "status": "in_progress"}
        text = item["arguments"]
        inner = [
            {"type": "response.function_call_arguments.delta", **at, "delta": text},
            {"type": "response.function_call_arguments.done", **at, "name": item["name"], "arguments": text},
        ]
    elif item.get("type") == "custom_tool_call":
        started, text = {**item, "input": ""}, item["input"]
        inner = [
            {"type": "response.custom_tool_call_input.delta", **at, "delta": text},
            {"type": "response.custom_tool_call_input.done", **at, "input": text},
        ]
    elif item.get("type") == "message" and isinstance(item.get("content"), list):
        started = {**item, "content": [], "status": "in_progress"}
        for number, part in enumerate(item["content"]):
            inner += _whole_part(part, {**at, "content_index": number})
    yield {"type": "response.output_item.added", "output_index": place, "item": started}
    yield from inner
    yield {"type": "response.output_item.done", "output_index": place, "item": item}


def _whole_part(part: Json, at: Json) -> Iterator[Json]:
    key = {"output_text": "text", "refusal": "refusal"}.get(part.get("type", ""))
    started = part if key is None else {**part, key: ""}
    yield {"type": "response.content_part.added", **at, "part": started}
    if key is not None:
        more: Json = {"logprobs": []} if key == "text" else {}
        yield {"type": f"response.{part['type']}.delta", **at, "delta": part[key], **more}
        yield {"type": f"response.{part['type']}.done", **at, key: part[key], **more}
    yield {"type": "response.content_part.done", **at, "part": part}
