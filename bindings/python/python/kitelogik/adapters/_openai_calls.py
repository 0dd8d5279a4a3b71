"""The calls of an answer: what each asks for, how it is handed over, how a denial answers it. Sans-IO."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from kitelogik.adapters._openai_surface import Json
from kitelogik.denial import compact
from kitelogik.errors import UngovernedSurface


class Call(NamedTuple):
    """One call as the model wrote it; `item` is the object of the wire, `choice` its place among several."""

    name: str
    arguments: Any
    call_id: str
    item: Json
    choice: int = 0


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


class _Kind(NamedTuple):
    """Where an item says what it asks for: the tool's name, or none where the item names it; the key of its
    arguments, and whether they are JSON in a string, a text, or an object."""

    name: str | None
    key: str
    form: Literal["json", "text", "object"]


_KINDS = {
    "function_call": _Kind(None, "arguments", "json"),
    "custom_tool_call": _Kind(None, "input", "text"),
    "shell_call": _Kind("shell", "action", "object"),
    "local_shell_call": _Kind("local_shell", "action", "object"),
    "apply_patch_call": _Kind("apply_patch", "operation", "object"),
}
"""Calls of the Responses API that the caller's code runs."""
OUTPUTS = frozenset(f"{kind}_output" for kind in _KINDS)
"""Items by which the caller says what became of them."""


def kind_of(item: Json) -> str:
    """Return the type of an item or an event, empty where it says none."""
    kind = item.get("type")
    return kind if isinstance(kind, str) else ""


def call_of(item: Json) -> Call | None:
    """Return the call that an item of the Responses API holds, if it holds one."""
    kind = _KINDS.get(kind_of(item))
    if kind is None:
        return None
    given = item.get(kind.key)
    if kind.form == "text":
        given = compact({"input": given}) if isinstance(given, str) else None
    elif kind.form == "object":
        given = compact(given)
    return named(item, kind.name or item.get("name"), given, item.get("call_id"))


def named(item: Json, name: object, arguments: object, call_id: object, choice: int = 0) -> Call:
    """Return a call, or raise `UngovernedSurface` where it has no name or no id."""
    if not isinstance(name, str) or not isinstance(call_id, str):
        raise UngovernedSurface("the answer holds a call without name or id; it was withheld")
    return Call(name, arguments, call_id, item, choice)


def handed_over(verdict: Verdict) -> Json:
    """Return the item of an allowed call with the arguments that were decided."""
    item, text = verdict.call.item, verdict.arguments or ""
    kind = _KINDS[kind_of(item)]
    decided: Any = text if kind.form == "json" else json.loads(text)
    return {**item, kind.key: decided["input"] if kind.form == "text" else decided}


def output_of(verdict: Verdict) -> Json:
    """Return the input item that gives the model a denial as the call's output."""
    kind, call_id, said = kind_of(verdict.call.item), verdict.call.call_id, verdict.denial
    answered = {"type": f"{kind}_output", "call_id": call_id}
    if kind == "shell_call":
        action = verdict.call.item.get("action")
        bound = action.get("max_output_length") if isinstance(action, dict) else None
        outcome = {"type": "exit", "exit_code": 1}
        output = [{"stdout": "", "stderr": said, "outcome": outcome}]
        return {**answered, "output": output, **({} if bound is None else {"max_output_length": bound})}
    if kind == "local_shell_call":
        return {"type": answered["type"], "id": call_id, "output": said}
    if kind == "apply_patch_call":
        return {**answered, "status": "failed", "output": said}
    return {**answered, "output": said}


def answered_by(item: Json) -> str | None:
    """Return the id of the call whose output an input item holds, if it holds one."""
    if kind_of(item) not in OUTPUTS:
        return None
    call_id = item.get("id" if item["type"] == "local_shell_call_output" else "call_id")
    return call_id if isinstance(call_id, str) else None
