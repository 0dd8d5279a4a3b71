"""The two wire formats, unstreamed: where the calls stand in an answer, and how an answer or a request is
rewritten once they are decided. Sans-IO."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from kitelogik.adapters._openai_surface import Json, relaxed
from kitelogik.errors import UngovernedSurface

HARMLESS = frozenset({"message", "reasoning"})
"""Items of an answer that hand the caller nothing to run; any other type is withheld."""


class Call(NamedTuple):
    """One function call as the model wrote it; `item` is the object of the wire."""

    name: str
    arguments: Any
    call_id: str
    item: Json


@dataclass(frozen=True)
class Verdict:
    """What was decided on a call: the text to hand over, or the denial that the model reads."""

    call: Call
    arguments: str | None
    denial: str


@dataclass(frozen=True)
class Denied:
    """Denied calls of one answer that the caller never saw, kept for the caller's next request."""

    calls: tuple[Verdict, ...]
    reasoning: tuple[Json, ...]
    siblings: frozenset[str]


class Responses:
    """The Responses API."""

    @staticmethod
    def calls(data: Json) -> list[Call]:
        """Return the calls of an answer, in order."""
        calls = [item for item in _objects(data, "output") if item.get("type") == "function_call"]
        return [_call(item, item.get("name"), item.get("arguments"), item.get("call_id")) for item in calls]

    @staticmethod
    def rewrite(data: Json, verdicts: Sequence[Verdict]) -> tuple[Json, Denied]:
        """Return the answer with allowed calls only, and what was taken out of it."""
        decided = {id(verdict.call.item): verdict for verdict in verdicts}
        output: list[Json] = []
        for item in _objects(data, "output"):
            verdict = decided.get(id(item))
            if verdict is not None and verdict.arguments is not None:
                output.append({**item, "arguments": verdict.arguments})
            elif kind_of(item) in HARMLESS:
                output.append(item)
        denied = tuple(verdict for verdict in verdicts if verdict.arguments is None)
        reasoning: list[Json] = []
        # The API wants every reasoning item followed by what it led to: it goes where its call goes.
        while denied and output and output[-1].get("type") == "reasoning":
            reasoning.insert(0, output.pop())
        siblings = frozenset(v.call.call_id for v in verdicts if v.arguments is not None)
        return {**data, "output": output}, Denied(denied, tuple(reasoning), siblings)

    @staticmethod
    def follow_up(body: Json, data: Json, verdicts: Sequence[Verdict]) -> Json:
        """Return the request that shows the model its denied calls; nothing else was called."""
        decided = {id(verdict.call.item) for verdict in verdicts}
        stored = body.get("store") is not False
        shown = [
            item
            for item in _objects(data, "output")
            if id(item) in decided
            or item.get("type") == "message"
            or (item.get("type") == "reasoning" and (stored or item.get("encrypted_content")))
        ]
        outputs = [function_output(verdict) for verdict in verdicts]
        return {**relaxed(body), "input": [*input_items(body), *shown, *outputs]}

    @staticmethod
    def give_up(data: Json, denied: Denied) -> Json:
        """Return the answer without calls, their denials as its text."""
        text = "\n".join(verdict.denial for verdict in denied.calls)
        message = {
            "type": "message",
            "id": f"msg_{str(data.get('id', '')).removeprefix('resp_')}_denied",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": text, "annotations": []}],
        }
        output = [*data["output"], *denied.reasoning, message]
        return {**data, "output": output, "status": "completed", "incomplete_details": None}


class Chat:
    """Chat Completions with one choice."""

    @staticmethod
    def calls(data: Json) -> list[Call]:
        """Return the calls of the first choice, in order."""
        found = []
        for item in _message(data).get("tool_calls") or []:
            function = item.get("function") if isinstance(item, dict) else None
            if isinstance(function, dict) and item.get("type", "function") == "function":
                found.append(_call(item, function.get("name"), function.get("arguments"), item.get("id")))
        return found

    @staticmethod
    def rewrite(data: Json, verdicts: Sequence[Verdict]) -> tuple[Json, Denied]:
        """Return the answer with one choice and allowed calls only, and what was taken out of it."""
        kept = []
        for verdict in verdicts:
            if verdict.arguments is not None:
                function = {**verdict.call.item["function"], "arguments": verdict.arguments}
                kept.append({**verdict.call.item, "function": function})
        message = {k: v for k, v in _message(data).items() if k not in ("tool_calls", "function_call")}
        choice = {**data["choices"][0], "message": {**message, **({"tool_calls": kept} if kept else {})}}
        if not kept and choice.get("finish_reason") in ("tool_calls", "function_call"):
            choice["finish_reason"] = "stop"
        denied = tuple(verdict for verdict in verdicts if verdict.arguments is None)
        return {**data, "choices": [choice]}, Denied(denied, (), frozenset())

    @staticmethod
    def follow_up(body: Json, data: Json, verdicts: Sequence[Verdict]) -> Json:
        """Return the request that shows the model its denied calls; nothing else was called."""
        shown = {
            "role": "assistant",
            "content": _message(data).get("content"),
            "tool_calls": [verdict.call.item for verdict in verdicts],
        }
        outputs = [
            {"role": "tool", "tool_call_id": verdict.call.call_id, "content": verdict.denial}
            for verdict in verdicts
        ]
        return {**relaxed(body), "messages": [*(body.get("messages") or []), shown, *outputs]}

    @staticmethod
    def give_up(data: Json, denied: Denied) -> Json:
        """Return the answer without calls, their denials as its text."""
        choice = data["choices"][0]
        text = [choice["message"].get("content"), *(verdict.denial for verdict in denied.calls)]
        message = {**choice["message"], "content": "\n".join(part for part in text if part)}
        return {**data, "choices": [{**choice, "message": message, "finish_reason": "stop"}]}


def kind_of(item: Json) -> str:
    """Return the type of an item or an event, empty where it says none."""
    kind = item.get("type")
    return kind if isinstance(kind, str) else ""


def input_items(body: Json) -> list[Json]:
    """Return the input of a Responses request as a list of items."""
    given = body.get("input")
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    return list(given or [])


def function_output(verdict: Verdict) -> Json:
    """Return the input item that gives the model a denial as the call's output."""
    return {"type": "function_call_output", "call_id": verdict.call.call_id, "output": verdict.denial}


def _call(item: Json, name: object, arguments: object, call_id: object) -> Call:
    if not isinstance(name, str) or not isinstance(call_id, str):
        raise UngovernedSurface("the answer holds a function call without name or id; it was withheld")
    return Call(name, arguments, call_id, item)


def _message(data: Json) -> Json:
    message = _objects(data, "choices")[0].get("message") if data.get("choices") else None
    if not isinstance(message, dict) or not isinstance(message.get("tool_calls") or [], list):
        raise UngovernedSurface("the answer has no choice with a message; it was withheld")
    return message


def _objects(data: Json, key: str) -> list[Json]:
    items = data.get(key)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UngovernedSurface(f"the answer has no list of objects under {key!r}; it was withheld")
    return items
