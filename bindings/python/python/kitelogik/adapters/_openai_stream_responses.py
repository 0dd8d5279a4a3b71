"""Streams of the Responses API: see `_openai_stream`. Sans-IO."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kitelogik.adapters._openai_calls import kind_of
from kitelogik.adapters._openai_formats import harmless, is_harmless
from kitelogik.adapters._openai_pieces import TEXT, Piece, PieceForm, written
from kitelogik.adapters._openai_sse import write
from kitelogik.adapters._openai_stream import MAX_HELD_BYTES
from kitelogik.adapters._openai_surface import TRACES, Json
from kitelogik.errors import UngovernedSurface

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
_PLACE_BYTES = 512
"""What the place of an item or of a text costs beside its names."""
_PROGRESS = re.compile(r"response\.[a-z0-9_]+(\.[a-z0-9_]+)*")
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
        self._texts: dict[tuple[int, int], tuple[str, bytes]] = {}
        self._form = PieceForm(b"")
        self._answer: Json | None = None
        self._closing = ""
        if self.shown_id is None:
            self._opening = {}

    def piece(self, chunk: bytes) -> bytes:
        """Return what the caller sees of a chunk that is a further piece of text, nothing for any other."""
        piece = None if self._held else self._form.piece(chunk)
        return b"" if piece is None else self._piece(self._form.where, piece)

    def take(self, event: Json | None, alone_in: bytes = b"") -> bytes:
        """Return what the caller sees of this event at once; `alone_in` is its chunk, where it is alone."""
        if event is not None and not self._held and (shown := self._delta(event, alone_in)):
            return shown
        return self.written(self._take(event))

    def written(self, events: Iterable[Json | None]) -> bytes:
        """Write events as the caller reads them."""
        return b"".join(write(event, named=True) for event in events)

    def _delta(self, event: Json, alone_in: bytes) -> bytes:
        """Write a piece of text anew: most events are one, and few of its parts can vary."""
        index, part = event.get("output_index"), event.get("content_index")
        known = self._texts.get((index, part)) if type(index) is int and type(part) is int else None
        if known is None or event.get("type") != _TEXT or event.get("item_id") != known[0]:
            return b""
        text = event.get("delta")
        if not isinstance(text, str) or event.get("logprobs") or not event.keys() <= _DELTA:
            return b""
        if alone_in:
            self._form.learn(alone_in, event, {**event, "delta": TEXT}, known[1])
        return self._piece(known[1], written(text))

    def _piece(self, began: bytes, piece: Piece) -> bytes:
        number, self._sequence = self._sequence, self._sequence + 1
        return b'%b%b,"logprobs":[],"sequence_number":%d}\n\n' % (began, piece[1], number)

    def _take(self, event: Json | None) -> list[Json | None]:
        if event is None:
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
            item_id = item.get("id")
            if not isinstance(item_id, str) or item_id not in shown:
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
            item_id = item.get("id") if isinstance(item, dict) and is_harmless(item, self._harmless) else None
            passes = isinstance(item_id, str) and item_id
            if not passes or not isinstance(index, int) or index in self._places:
                # The order of items stays: what comes after a held one waits with it.
                self._held = True
                return []
            self._keep(_PLACE_BYTES + len(item_id))  # type: ignore[arg-type]
            self._places[index] = (self._next, item_id, item["type"])  # type: ignore[index]
            self._next += 1
        place = self._places.get(index) if isinstance(index, int) else None
        if place is None:
            return []
        if kind == "response.output_item.done":
            if not isinstance(item, dict) or (item.get("id"), item.get("type")) != place[1:]:
                return []
            if not is_harmless(item, self._harmless):
                return []
            self._keep(len(write(item, named=False)))
            self._done.append(item)
        elif kind not in _PARTS and kind != "response.output_item.added" and not _is_progress(kind, place[2]):
            return []
        shown = {**event, "output_index": place[0]}
        # What was looked at is what is shown: nobody is to find a call where this kind of event has none.
        shown.pop("response", None)
        if not kind.startswith("response.output_item."):
            shown.pop("item", None)
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
            if (index, part) not in self._texts:
                self._keep(_PLACE_BYTES + 2 * len(item_id))
            began = write(at, named=True).removesuffix(b"}\n\n")
            self._texts[index, part] = (item_id, began + b',"delta":')

    def _keep(self, size: int) -> None:
        self._kept += size
        if self._kept > MAX_HELD_BYTES:
            raise UngovernedSurface(f"a stream is over {MAX_HELD_BYTES} bytes; the rest was withheld")

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


def _is_progress(kind: str, item: object) -> bool:
    """Say whether an event tells how far a tool of the provider is, at whose item it stands."""
    return item in TRACES and _PROGRESS.fullmatch(kind) is not None and kind.startswith(f"response.{item}")


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
