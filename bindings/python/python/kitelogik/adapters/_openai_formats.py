"""The two wire formats, unstreamed: where the calls stand in an answer, and how an answer or a request is
rewritten once they are decided. Sans-IO."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from kitelogik.adapters._openai_calls import (
    Call,
    Denied,
    Verdict,
    call_of,
    handed_over,
    kind_of,
    named,
    output_of,
)
from kitelogik.adapters._openai_surface import Json, relaxed
from kitelogik.denial import compact
from kitelogik.errors import UngovernedSurface

HARMLESS = frozenset({"message", "reasoning"})
"""Items of an answer that hand the caller nothing to run; any other type is withheld."""


class Responses:
    """The Responses API."""

    @staticmethod
    def asked(body: Json, data: Json) -> Json:
        """Return the answer as it is."""
        return data

    @staticmethod
    def text(data: Json) -> str:
        """Return what an answer says: its messages, refusals and reasoning."""
        return "\n".join(_said([item for item in _objects(data, "output") if kind_of(item) in HARMLESS]))

    @staticmethod
    def calls(data: Json) -> list[Call]:
        """Return the calls of an answer, in order."""
        return [call for item in _objects(data, "output") if (call := call_of(item)) is not None]

    @staticmethod
    def rewrite(data: Json, verdicts: Sequence[Verdict]) -> tuple[Json, Denied]:
        """Return the answer with allowed calls only, and what was taken out of it."""
        decided = {id(verdict.call.item): verdict for verdict in verdicts}
        output: list[Json] = []
        for item in _objects(data, "output"):
            verdict = decided.get(id(item))
            if verdict is not None and verdict.arguments is not None:
                output.append(handed_over(verdict))
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
        outputs = [output_of(verdict) for verdict in verdicts]
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
    """Chat Completions."""

    @staticmethod
    def asked(body: Json, data: Json) -> Json:
        """Return the answer with no more choices than the request asked for."""
        choices = _objects(data, "choices")[: body.get("n") or 1]
        if not choices:
            raise UngovernedSurface("the answer has no choice; it was withheld")
        return {**data, "choices": choices}

    @staticmethod
    def text(data: Json) -> str:
        """Return what an answer says: every text of every choice."""
        messages = [_message(choice) for choice in data["choices"]]
        plain = [text for m in messages for key, text in m.items() if key != "role" and isinstance(text, str)]
        return "\n".join((*plain, *_said([list(message.values()) for message in messages])))

    @staticmethod
    def calls(data: Json) -> list[Call]:
        """Return the calls of every choice, in order."""
        found = []
        for place, choice in enumerate(data["choices"]):
            message = _message(choice)
            for item in message.get("tool_calls") or []:
                kind, call = _chat_call(item)
                if call is not None:
                    given = call.get("arguments" if kind == "function" else "input")
                    given = compact({"input": given}) if kind == "custom" else given
                    found.append(named(item, call.get("name"), given, item.get("id"), place))
            call = message.get("function_call")
            if isinstance(call, dict):
                found.append(named(call, call.get("name"), call.get("arguments"), "", place))
        return found

    @staticmethod
    def rewrite(data: Json, verdicts: Sequence[Verdict]) -> tuple[Json, Denied]:
        """Return the answer with allowed calls only, and what was taken out of it."""
        choices = []
        for place, choice in enumerate(data["choices"]):
            allowed = [v for v in verdicts if v.arguments is not None and v.call.choice == place]
            kept: Json = {}
            for verdict in allowed:
                if verdict.call.call_id:
                    kept.setdefault("tool_calls", []).append(_handed_over(verdict))
                else:
                    kept["function_call"] = {**verdict.call.item, "arguments": verdict.arguments}
            message = {k: v for k, v in _message(choice).items() if k not in ("tool_calls", "function_call")}
            choice = {**choice, "message": {**message, **kept}}
            if not kept and choice.get("finish_reason") in ("tool_calls", "function_call"):
                choice["finish_reason"] = "stop"
            choices.append(choice)
        denied = tuple(verdict for verdict in verdicts if verdict.arguments is None)
        return {**data, "choices": choices}, Denied(denied, (), frozenset())

    @staticmethod
    def follow_up(body: Json, data: Json, verdicts: Sequence[Verdict]) -> Json:
        """Return the request that shows the model its denied calls; nothing else was called."""
        shown: Json = {"role": "assistant", "content": _message(data["choices"][0]).get("content")}
        outputs = []
        for verdict in verdicts:
            call = verdict.call
            if call.call_id:
                shown.setdefault("tool_calls", []).append(call.item)
                outputs.append({"role": "tool", "tool_call_id": call.call_id, "content": verdict.denial})
            else:
                shown["function_call"] = call.item
                outputs.append({"role": "function", "name": call.name, "content": verdict.denial})
        return {**relaxed(body), "messages": [*(body.get("messages") or []), shown, *outputs]}

    @staticmethod
    def give_up(data: Json, denied: Denied) -> Json:
        """Return the answer where each choice of which no call is left tells its denials as its text."""
        choices = []
        for place, choice in enumerate(data["choices"]):
            told = [verdict.denial for verdict in denied.calls if verdict.call.choice == place]
            message = choice["message"]
            if told and not message.keys() & {"tool_calls", "function_call"}:
                content = "\n".join(part for part in (message.get("content"), *told) if part)
                choice = {**choice, "message": {**message, "content": content}, "finish_reason": "stop"}
            choices.append(choice)
        return {**data, "choices": choices}


def input_items(body: Json) -> list[Json]:
    """Return the input of a Responses request as a list of items."""
    given = body.get("input")
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    return list(given or [])


def _said(value: object) -> Iterator[str]:
    """Yield the texts in a part of an answer, however deep they stand."""
    for item in value if isinstance(value, list) else ():
        yield from _said(item)
    for key, item in value.items() if isinstance(value, dict) else ():
        if key in ("text", "refusal", "transcript") and isinstance(item, str):
            yield item
        else:
            yield from _said(item)


def _chat_call(item: object) -> tuple[str, Json | None]:
    """Return the kind of a call and the object that holds it; none where it is no call that is known."""
    if not isinstance(item, dict):
        return "", None
    kind = item.get("type", "function")
    call = item.get(kind) if kind in ("function", "custom") else None
    return kind, call if isinstance(call, dict) else None


def _handed_over(verdict: Verdict) -> Json:
    """Return an allowed call of a message with the arguments that were decided."""
    item, text = verdict.call.item, verdict.arguments or ""
    kind, call = _chat_call(item)
    decided = {"arguments": text} if kind == "function" else json.loads(text)
    return {**item, kind: {**(call or {}), **decided}}


def _message(choice: Json) -> Json:
    message = choice.get("message")
    if not isinstance(message, dict) or not isinstance(message.get("tool_calls") or [], list):
        raise UngovernedSurface("the answer has a choice without a message; it was withheld")
    return message


def _objects(data: Json, key: str) -> list[Json]:
    items = data.get(key)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UngovernedSurface(f"the answer has no list of objects under {key!r}; it was withheld")
    return items
