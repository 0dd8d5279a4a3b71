"""The calls of an answer: what each asks for, how it is handed over, how a denial answers it. Sans-IO."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from kitelogik.adapters._openai_surface import Json
from kitelogik.denial import compact
from kitelogik.errors import UngovernedSurface


class Call(NamedTuple):
    """One call as the model wrote it.

    `item` is the object of the wire, `choice` its place among several, `server` the label of the hosted MCP
    server whose tool it asks for. `legacy`: it is the `function_call` of a message of Chat.
    """

    name: str
    arguments: Any
    call_id: str
    item: Json
    choice: int = 0
    server: str | None = None
    legacy: bool = False


@dataclass(frozen=True)
class Verdict:
    """What was decided on a call: the text to hand over, or the denial that the model reads.

    `answered`: it is an ask of the provider that is allowed, and answered in the caller's place. `new`: it
    was not decided before.
    """

    call: Call
    arguments: str | None
    denial: str
    decision_id: str = ""
    answered: bool = False
    new: bool = True

    @property
    def shown(self) -> bool:
        """Say whether the caller gets the call."""
        return self.arguments is not None and not self.answered


@dataclass(frozen=True)
class Withheld:
    """Calls of one answer that the caller never saw; their answers wait for the caller's next request."""

    calls: tuple[Verdict, ...]
    reasoning: tuple[Json, ...]
    siblings: frozenset[str]


class _Kind(NamedTuple):
    """Where an item says what it asks for.

    `name`: the tool's name, None where the item names it. `keys`: the keys of its arguments. `form`: whether
    they are JSON in a string, a text, an object, or the keys themselves.
    """

    name: str | None
    keys: tuple[str, ...]
    form: Literal["json", "text", "object", "keys"]


_KINDS = {
    "function_call": _Kind(None, ("arguments",), "json"),
    "custom_tool_call": _Kind(None, ("input",), "text"),
    "shell_call": _Kind("shell", ("action",), "object"),
    "local_shell_call": _Kind("local_shell", ("action",), "object"),
    "apply_patch_call": _Kind("apply_patch", ("operation",), "object"),
    "computer_call": _Kind("computer", ("action", "actions", "pending_safety_checks"), "keys"),
    "mcp_approval_request": _Kind(None, ("arguments",), "json"),
}
"""Calls of the Responses API that the caller's code runs, and the ask of a hosted MCP server."""
ASK = "mcp_approval_request"
OUTPUTS = frozenset(f"{kind}_output" for kind in _KINDS if kind != ASK)
"""Items by which the caller says what became of them."""

# One black pixel: a denied action of a computer must be answered by a screenshot, and there is none.
_NO_SCREENSHOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5E"
    "rkJggg=="
)


def kind_of(item: Json) -> str:
    """Return the type of an item or an event, empty where it says none."""
    kind = item.get("type")
    return kind if isinstance(kind, str) else ""


def call_of(item: Json) -> Call | None:
    """Return the call that an item of the Responses API holds, if it holds one."""
    kind = _KINDS.get(kind_of(item))
    if kind is None:
        return None
    if item.get("namespace") is not None:
        raise UngovernedSurface("the answer holds a call in a namespace; it was withheld")
    if kind_of(item) == ASK:
        return _ask_of(item)
    given: Any = item.get(kind.keys[0])
    if kind.form == "text":
        given = compact({"input": given}) if isinstance(given, str) else None
    elif kind.form == "object":
        given = compact(given)
    elif kind.form == "keys":
        given = _actions_of(item, kind.keys)
    return named(item, kind.name or item.get("name"), given, item.get("call_id"))


def _actions_of(item: Json, keys: tuple[str, ...]) -> str | None:
    """Return what a computer is to do, None where it is nothing or of another shape."""
    found = {key: item[key] for key in keys if item.get(key) is not None}
    lists = [[value] if key == "action" else value for key, value in found.items()]
    whole = all(isinstance(given, list) and all(isinstance(one, dict) for one in given) for given in lists)
    return compact(found) if whole and (found.get("action") or found.get("actions")) else None


def _ask_of(item: Json) -> Call:
    """Return what a hosted MCP server's ask is for: policy calls it by the server's label and its tool."""
    server, name = item.get("server_label"), item.get("name")
    if not isinstance(server, str) or not isinstance(name, str):
        raise UngovernedSurface("the answer holds an ask without server or tool; it was withheld")
    return named(item, f"{server}.{name}", item.get("arguments"), item.get("id"))._replace(server=server)


def named(item: Json, name: object, arguments: object, call_id: object, choice: int = 0) -> Call:
    """Return a call, or raise `UngovernedSurface` where it has no name or no id."""
    if not isinstance(name, str) or not isinstance(call_id, str):
        raise UngovernedSurface("the answer holds a call without name or id; it was withheld")
    return Call(name, arguments, call_id, item, choice)


def handed_over(verdict: Verdict) -> Json:
    """Return the item of an allowed call with the arguments that were decided."""
    item, text = verdict.call.item, verdict.arguments or ""
    kind = _KINDS[kind_of(item)]
    if kind.form == "json":
        return {**item, kind.keys[0]: text}
    decided: Any = json.loads(text)
    if kind.form == "object":
        return {**item, kind.keys[0]: decided}
    return {**item, **decided}


def outputs_of(verdict: Verdict) -> list[Json]:
    """Return the input items that answer a call in the caller's place: a denial, or a yes to an ask."""
    kind, call_id, said = kind_of(verdict.call.item), verdict.call.call_id, verdict.denial
    if kind == ASK:
        answer: Json = {"type": "mcp_approval_response", "approval_request_id": call_id}
        return [
            {**answer, "approve": True} if verdict.answered else {**answer, "approve": False, "reason": said}
        ]
    answered = {"type": f"{kind}_output", "call_id": call_id}
    if kind == "shell_call":
        action = verdict.call.item.get("action")
        bound = action.get("max_output_length") if isinstance(action, dict) else None
        outcome = {"type": "exit", "exit_code": 1}
        output = [{"stdout": "", "stderr": said, "outcome": outcome}]
        return [{**answered, "output": output, **({} if bound is None else {"max_output_length": bound})}]
    if kind == "local_shell_call":
        return [{"type": answered["type"], "id": call_id, "output": said}]
    if kind == "apply_patch_call":
        return [{**answered, "status": "failed", "output": said}]
    if kind == "computer_call":
        screenshot = {"type": "computer_screenshot", "image_url": _NO_SCREENSHOT}
        return [{**answered, "output": screenshot}, {"role": "developer", "content": said}]
    return [{**answered, "output": said}]


def answered_by(item: Json) -> str | None:
    """Return the id of the call whose output an input item holds, if it holds one."""
    kind = kind_of(item)
    if kind == "mcp_approval_response":
        call_id = item.get("approval_request_id")
    elif kind in OUTPUTS:
        call_id = item.get("id" if kind == "local_shell_call_output" else "call_id")
    else:
        return None
    return call_id if isinstance(call_id, str) else None
