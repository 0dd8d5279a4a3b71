"""The two wire formats, unstreamed: where the calls stand in an answer, and how an answer or a request is
rewritten once they are decided. Sans-IO."""

from __future__ import annotations

import json
from collections.abc import Sequence

from kitelogik.adapters._openai_calls import (
    Call,
    Verdict,
    Withheld,
    answered_by,
    call_of,
    handed_over,
    kind_of,
    named,
    outputs_of,
)
from kitelogik.adapters._openai_hosted import runs_shell
from kitelogik.adapters._openai_redact import texts
from kitelogik.adapters._openai_surface import TRACES, Json, conversation_of, relaxed
from kitelogik.denial import compact
from kitelogik.errors import UngovernedSurface

HARMLESS = frozenset({"message", "reasoning", *TRACES})
"""Items of an answer that hand the caller nothing to run; any other type is withheld."""
_PROVIDER_SHELL = frozenset({"shell_call", "shell_call_output"})


def harmless(body: Json) -> frozenset[str]:
    """Return the types of items that hand the caller of this request nothing to run."""
    return HARMLESS | _PROVIDER_SHELL if runs_shell(body) else HARMLESS


def is_harmless(item: Json, kinds: frozenset[str]) -> bool:
    """Say whether an item is of these types. A shell that the item itself places elsewhere is none of the
    provider's."""
    kind = kind_of(item)
    place = item.get("environment") if kind == "shell_call" else None
    return kind in kinds and (
        place is None or (isinstance(place, dict) and place.get("type") == "container_reference")
    )


class Responses:
    """The Responses API: the answers to one request."""

    def __init__(self, body: Json, also: frozenset[str] = frozenset()) -> None:
        self._harmless = harmless(body) | also

    def asked(self, body: Json, data: Json) -> Json:
        """Return the answer as it is."""
        return data

    def several(self, data: Json) -> bool:
        """Say whether this is more than one answer."""
        return False

    def hands_over(self, data: Json) -> bool:
        """Say whether an answer holds anything but what passes as it is."""
        return not all(is_harmless(item, self._harmless) for item in objects(data, "output"))

    def text(self, data: Json) -> str:
        """Return what an answer says: its messages, refusals and reasoning, and what hosted tools gave."""
        items = objects(data, "output")
        return "\n".join(texts([item for item in items if is_harmless(item, self._harmless)]))

    def calls(self, data: Json) -> list[Call]:
        """Return the calls of an answer, in order."""
        return [
            call
            for item in objects(data, "output")
            if not is_harmless(item, self._harmless) and (call := call_of(item)) is not None
        ]

    def rewrite(self, data: Json, verdicts: Sequence[Verdict]) -> tuple[Json, Withheld]:
        """Return the answer with allowed calls only, and what was taken out of it."""
        decided = {id(verdict.call.item): verdict for verdict in verdicts}
        output: list[Json] = []
        for item in objects(data, "output"):
            verdict = decided.get(id(item))
            if verdict is not None and verdict.shown:
                output.append(handed_over(verdict))
            elif verdict is None and is_harmless(item, self._harmless):
                output.append(item)
        withheld = tuple(verdict for verdict in verdicts if not verdict.shown)
        reasoning: list[Json] = []
        # The API wants every reasoning item followed by what it led to: it goes where its call goes.
        while withheld and output and output[-1].get("type") == "reasoning":
            reasoning.insert(0, output.pop())
        siblings = frozenset(verdict.call.call_id for verdict in verdicts if verdict.shown)
        return {**data, "output": output}, Withheld(withheld, tuple(reasoning), siblings)

    def follow_up(self, body: Json, data: Json, verdicts: Sequence[Verdict]) -> Json:
        """Return the request that answers the withheld calls; nothing else was called."""
        outputs = [output for verdict in verdicts for output in outputs_of(verdict)]
        if conversation_of(body) is not None:
            # The conversation holds what was said before.
            return {**relaxed(body), "input": outputs}
        decided = {id(verdict.call.item) for verdict in verdicts}
        answered = {verdict.call.call_id for verdict in verdicts}
        stored = body.get("store") is not False
        shown = [
            item
            for item in objects(data, "output")
            if id(item) in decided
            or (answered_by(item) not in answered and is_harmless(item, self._harmless - {"reasoning"}))
            or (item.get("type") == "reasoning" and (stored or item.get("encrypted_content")))
        ]
        return {**relaxed(body), "input": [*input_items(body), *shown, *outputs]}

    def give_up(self, data: Json, withheld: Withheld) -> Json:
        """Return the answer without calls, their denials as its text."""
        text = "\n".join(verdict.denial for verdict in withheld.calls if not verdict.answered)
        message = {
            "type": "message",
            "id": f"msg_{str(data.get('id', '')).removeprefix('resp_')}_denied",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": text, "annotations": []}],
        }
        output = [*data["output"], *withheld.reasoning, message]
        return {**data, "output": output, "status": "completed", "incomplete_details": None}


class Chat:
    """Chat Completions: the answers to one request."""

    def __init__(self, _body: Json) -> None:
        pass

    def asked(self, body: Json, data: Json) -> Json:
        """Return the answer with no more choices than the request asked for."""
        came, wanted = objects(data, "choices"), body.get("n") or 1
        if not came:
            raise UngovernedSurface("the answer has no choice; it was withheld")
        return data if len(came) <= wanted else {**data, "choices": came[:wanted]}

    def several(self, data: Json) -> bool:
        """Say whether this is more than one answer."""
        return len(data["choices"]) > 1

    def hands_over(self, data: Json) -> bool:
        """Say whether an answer holds anything but what passes as it is."""
        messages = [_message(choice) for choice in data["choices"]]
        return any("tool_calls" in message or "function_call" in message for message in messages)

    def text(self, data: Json) -> str:
        """Return what an answer says: every text of every choice."""
        return "\n".join(texts([without_calls(_message(choice)) for choice in data["choices"]]))

    def calls(self, data: Json) -> list[Call]:
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
                legacy = named(call, call.get("name"), call.get("arguments"), "", place)
                found.append(legacy._replace(legacy=True))
        return found

    def rewrite(self, data: Json, verdicts: Sequence[Verdict]) -> tuple[Json, Withheld]:
        """Return the answer with allowed calls only, and what was taken out of it."""
        choices = []
        for place, choice in enumerate(data["choices"]):
            allowed = [v for v in verdicts if v.arguments is not None and v.call.choice == place]
            kept: Json = {}
            for verdict in allowed:
                if not verdict.call.legacy:
                    kept.setdefault("tool_calls", []).append(_handed_over(verdict))
                else:
                    kept["function_call"] = {**verdict.call.item, "arguments": verdict.arguments}
            choice = {**choice, "message": {**without_calls(_message(choice)), **kept}}
            if not kept and choice.get("finish_reason") in ("tool_calls", "function_call"):
                choice["finish_reason"] = "stop"
            choices.append(choice)
        withheld = tuple(verdict for verdict in verdicts if not verdict.shown)
        return {**data, "choices": choices}, Withheld(withheld, (), frozenset())

    def follow_up(self, body: Json, data: Json, verdicts: Sequence[Verdict]) -> Json:
        """Return the request that shows the model its denied calls; nothing else was called."""
        shown: Json = {"role": "assistant", "content": _message(data["choices"][0]).get("content")}
        outputs = []
        for verdict in verdicts:
            call = verdict.call
            if not call.legacy:
                shown.setdefault("tool_calls", []).append(call.item)
                outputs.append({"role": "tool", "tool_call_id": call.call_id, "content": verdict.denial})
            else:
                shown["function_call"] = call.item
                outputs.append({"role": "function", "name": call.name, "content": verdict.denial})
        return {**relaxed(body), "messages": [*(body.get("messages") or []), shown, *outputs]}

    def give_up(self, data: Json, withheld: Withheld) -> Json:
        """Return the answer where each choice of which no call is left tells its denials as its text."""
        choices = []
        for place, choice in enumerate(data["choices"]):
            told = [verdict.denial for verdict in withheld.calls if verdict.call.choice == place]
            message = choice["message"]
            if told and not message.keys() & {"tool_calls", "function_call"}:
                said = message.get("content")
                content = "\n".join((said, *told) if said and isinstance(said, str) else told)
                choice = {**choice, "message": {**message, "content": content}, "finish_reason": "stop"}
            choices.append(choice)
        return {**data, "choices": choices}


def input_items(body: Json) -> list[Json]:
    """Return the input of a Responses request as a list of items."""
    given = body.get("input")
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    return list(given or [])


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


def without_calls(message: Json) -> Json:
    """Return a message of Chat without the calls in it."""
    return {key: value for key, value in message.items() if key not in ("tool_calls", "function_call")}


def _message(choice: Json) -> Json:
    message = choice.get("message")
    if not isinstance(message, dict) or not isinstance(message.get("tool_calls") or [], list):
        raise UngovernedSurface("the answer has a choice without a message; it was withheld")
    return message


def objects(data: Json, key: str) -> list[Json]:
    """Return a list of objects, or raise `UngovernedSurface`."""
    items = data.get(key)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UngovernedSurface(f"the answer has no list of objects under {key!r}; it was withheld")
    return items
