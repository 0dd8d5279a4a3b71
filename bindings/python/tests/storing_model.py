"""A scripted model that keeps what it answered: background answers, stored answers, conversations."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from scripted_model import Json, ScriptedModel, Turn
from scripted_stream import stream

Sent = tuple[int, str, bytes]


class StoringModel(ScriptedModel):
    """Routes by method and path. `deleted` holds the paths of what was deleted."""

    def __init__(self, turns: Iterable[Turn] = ()) -> None:
        super().__init__(turns)
        self.answers: dict[str, Json] = {}
        self.inputs: dict[str, list[Json]] = {}
        self.running: set[str] = set()
        """Background answers that are still being made."""
        self.conversations: dict[str, list[Json]] = {}
        self.deleted: list[str] = []
        self._last: dict[str, str] = {}

    def route(self, method: str, url: Any, content: bytes, *, end: str = "\n") -> Sent:
        """Answer one request of any method."""
        parts = url.path.removeprefix("/v1").strip("/").split("/")
        body = json.loads(content) if content else {}
        if method == "POST" and parts == ["responses"]:
            return self._create(url.path, content, body, end)
        if method == "DELETE":
            self.deleted.append(url.path)
            return _json({"id": parts[1], "object": "conversation", "created_at": 0, "metadata": {}})
        if parts[0] == "conversations":
            return self._conversation(method, parts[1:], body)
        return self._read(parts[1], parts[2:], streamed=b"stream=true" in url.query, end=end)

    def _create(self, path: str, content: bytes, body: Json, end: str) -> Sent:
        code, kind, sent = self.respond(path, content, end=end)
        if code != 200:
            return code, kind, sent
        answer = self._latest
        conversation = _conversation_of(body)
        if conversation is not None:
            answer["conversation"] = {"id": conversation}
            items = self.conversations.setdefault(conversation, [])
            items += [*_items(body), *answer["output"]]
            self._last[conversation] = answer["id"]
        self.answers[answer["id"]], self.inputs[answer["id"]] = answer, _items(body)
        if body.get("stream"):
            return code, kind, sent
        if body.get("background"):
            self.running.add(answer["id"])
            # It shows what it has so far: the caller must not see it.
            return _json({**answer, "status": "queued", "usage": None})
        return _json(answer)

    def _responses(self, parts: Json) -> Json:
        self._latest = super()._responses(parts)
        return self._latest

    def _read(self, answer_id: str, rest: list[str], *, streamed: bool, end: str) -> Sent:
        answer = self.answers.get(answer_id)
        if answer is None:
            return 404, "application/json", b'{"error":{"message":"no such answer"}}'
        if rest == ["input_items"]:
            return _json(_page(self.inputs[answer_id]))
        if rest == ["cancel"]:
            self.running.discard(answer_id)
            self.answers[answer_id] = answer = {**answer, "status": "cancelled", "output": [], "usage": None}
        if streamed:
            return 200, "text/event-stream", stream("responses", answer, usage=False, end=end)
        return _json({**answer, "status": "in_progress"} if answer_id in self.running else answer)

    def _conversation(self, method: str, rest: list[str], body: Json) -> Sent:
        if method == "POST" and not rest:
            name = f"conv_{len(self.conversations) + 1}"
            self.conversations[name] = list(body.get("items") or [])
            return _json({"id": name, "object": "conversation", "created_at": 0, "metadata": {}})
        items = self.conversations[rest[0]]
        if rest[1:] == ["items"]:
            given = list(body.get("items") or [])
            items += given
            return _json(_page(given if method == "POST" else items))
        if len(rest) == 3:
            return _json(next(item for item in items if item.get("id") == rest[2]))
        return _json({"id": rest[0], "object": "conversation", "created_at": 0, "metadata": {}})

    def _check(self, wire: str, body: Json) -> None:
        conversation = _conversation_of(body)
        if conversation in self._last:
            # What its last answer called must be answered.
            body = {**body, "previous_response_id": self._last[conversation]}
        super()._check(wire, body)


def _conversation_of(body: Json) -> str | None:
    given = body.get("conversation")
    found = given.get("id") if isinstance(given, dict) else given
    return found if isinstance(found, str) else None


def _items(body: Json) -> list[Json]:
    given = body.get("input") or []
    return [{"role": "user", "content": given}] if isinstance(given, str) else list(given)


def _page(items: list[Json]) -> Json:
    ids = [item.get("id", "") for item in items] or [""]
    return {"object": "list", "data": items, "first_id": ids[0], "last_id": ids[-1], "has_more": False}


def _json(value: Json) -> Sent:
    return 200, "application/json", json.dumps(value).encode()
