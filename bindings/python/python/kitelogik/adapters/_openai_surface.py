"""What of the OpenAI API is governed: an allow-list. Everything else is refused before it is sent.

Sans-IO: nothing here imports a client. Item and parameter names are those of the OpenAI API reference.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any, Literal

from kitelogik.errors import UngovernedSurface

Json = dict[str, Any]
Wire = Literal["responses", "chat"]

_BOTH = (
    "model tools tool_choice parallel_tool_calls stream temperature top_p top_logprobs metadata user store"
    " service_tier safety_identifier prompt_cache_key prompt_cache_retention stream_options"
)
KEYS: dict[Wire, frozenset[str]] = {
    "responses": frozenset(
        f"{_BOTH} input instructions include max_output_tokens max_tool_calls previous_response_id reasoning"
        " text truncation background conversation".split()
    ),
    "chat": frozenset(
        f"{_BOTH} messages frequency_penalty presence_penalty logit_bias logprobs max_completion_tokens"
        " max_tokens n functions function_call prediction reasoning_effort response_format seed stop"
        " verbosity web_search_options".split()
    ),
}
HOSTED = {
    "web_search": "web_search",
    "web_search_2025_08_26": "web_search",
    "web_search_preview": "web_search",
    "web_search_preview_2025_03_11": "web_search",
    "file_search": "file_search",
    "code_interpreter": "code_interpreter",
    "image_generation": "image_generation",
    "mcp": "mcp",
}
"""Tools that the provider runs, by their type, and what policy calls them. A shell may be one of them too."""
POLICY_NAMES = frozenset({*HOSTED.values(), "shell"})
"""What policy and `hosted_tools` call the tools that the provider runs."""
_COMPUTER = frozenset({"computer", "computer_use_preview"})
TRACES = frozenset(
    {
        "web_search_call",
        "file_search_call",
        "code_interpreter_call",
        "image_generation_call",
        "mcp_list_tools",
        "mcp_call",
    }
)
"""Items that tell what the provider did; they hand the caller nothing to run."""
_CALLS = (
    "function_call",
    "custom_tool_call",
    "shell_call",
    "local_shell_call",
    "apply_patch_call",
    "computer_call",
)
INPUT_ITEMS = frozenset(
    {
        "message",
        "reasoning",
        "item_reference",
        "mcp_approval_request",
        "mcp_approval_response",
        *TRACES,
        *_CALLS,
        *(f"{kind}_output" for kind in _CALLS),
    }
)
_TOOLS: dict[Wire, frozenset[str]] = {
    "responses": frozenset({"function", "custom", "shell", "local_shell", "apply_patch"})
    | _COMPUTER
    | HOSTED.keys(),
    "chat": frozenset({"function", "custom"}),
}
_CHOICES: dict[Wire, frozenset[str]] = {
    "responses": _TOOLS["responses"] | {"allowed_tools", "computer_use"},
    "chat": _TOOLS["chat"] | {"allowed_tools"},
}
ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})

MAX_CHOICES = 128
"""The API's own bound on `n`."""

_INSTEAD = {
    "n": "ask for 1 to 128 choices",
    "prompt": "send instructions= and tools= in the request: a stored prompt can declare tools unseen",
    "access_programs": "leave it out: programs call tools unseen",
    "modalities": "ask for text",
    "audio": "ask for text",
}


def check(wire: Wire, body: object) -> Json:
    """Return the request body if every part of it is governed, or raise `UngovernedSurface`."""
    if not isinstance(body, dict):
        raise UngovernedSurface("the request body is no JSON object; use the SDK's own methods")
    if not body.keys() <= KEYS[wire]:
        key = min(body.keys() - KEYS[wire])
        raise _refused(f"the parameter {key!r}", _INSTEAD.get(key, "leave it out"))
    if not isinstance(body.get("stream_options") or {}, dict):
        raise _refused("this form of stream_options=", "send an object")
    if body.get("n") is not None and (type(body["n"]) is not int or not 1 <= body["n"] <= MAX_CHOICES):
        raise _refused(f"n={body['n']!r}", _INSTEAD["n"])
    if not isinstance(body.get("model"), str):
        raise _refused("a request without model=", "name the model")
    if body.get("conversation") is not None and conversation_of(body) is None:
        raise _refused("this form of conversation=", "send its id")
    if body.get("tools") is not None:
        _check_tools(wire, body["tools"])
    _dicts("functions", body.get("functions"))
    _check_choice(wire, body.get("tool_choice"))
    if wire == "chat":
        _check_messages(body.get("messages"))
    else:
        check_items("input", body.get("input"))
    return body


def _check_tools(wire: Wire, given: object) -> None:
    tools = _dicts("tools", given)
    _check_types("tool", tools, _TOOLS[wire], "declare a function tool instead")
    if len({is_hosted(tool) for tool in tools if tool["type"] == "shell"}) > 1:
        raise _refused("a shell here beside one that the provider runs", "declare one of the two")


def conversation_of(body: Json) -> str | None:
    """Return the id of the conversation that a request belongs to, if it says one."""
    given = body.get("conversation")
    found = given.get("id") if isinstance(given, dict) else given
    return found if isinstance(found, str) else None


def is_hosted(tool: Json) -> bool:
    """Say whether the provider runs a declared tool."""
    if tool.get("type") == "shell":
        environment = tool.get("environment")
        return not (isinstance(environment, dict) and environment.get("type") == "local")
    return tool.get("type") in HOSTED


def is_forced(choice: object) -> bool:
    """Say whether a `tool_choice` forces a call, in either wire format."""
    if isinstance(choice, dict):
        inner = choice.get("allowed_tools", choice)
        return choice.get("type") != "allowed_tools" or inner.get("mode") == "required"
    return choice == "required"


def relaxed(body: Json) -> Json:
    """Return the body with a forcing `tool_choice` made `auto`, so that a denied call is not forced again."""
    forced = {"tool_choice": "auto"} if is_forced(body.get("tool_choice")) else {}
    if isinstance(body.get("function_call"), dict):
        forced["function_call"] = "auto"
    return {**body, **forced}


def _check_choice(wire: Wire, choice: object) -> None:
    if isinstance(choice, dict):
        _check_types("tool_choice", [choice], _CHOICES[wire], "force a function tool instead")
        if not isinstance(choice.get("allowed_tools", {}), dict):
            raise _refused("this form of tool_choice", "use 'auto'")
    elif choice not in (None, "auto", "none", "required"):
        raise _refused(f"tool_choice={choice!r}", "use 'auto', 'none', 'required' or a function")


def check_items(what: str, given: object) -> None:
    """Raise `UngovernedSurface` unless these are items that may be sent."""
    if given is None or isinstance(given, str):
        return
    for item in _dicts(what, given):
        kind = item.get("type", "message" if "role" in item else None)
        if kind not in INPUT_ITEMS:
            raise _refused(f"the {what} item {kind!r}", "send messages, function calls and their outputs")


def _check_messages(given: object) -> None:
    for message in _dicts("messages", given):
        if message.get("role") not in ROLES:
            raise _refused(f"a message of role {message.get('role')!r}", "use roles and tool_calls")
        calls = _dicts("tool_calls", message.get("tool_calls"))
        _check_types("tool call", calls, _TOOLS["chat"], "send function calls")


def _check_types(what: str, items: Iterable[Json], allowed: AbstractSet[str], instead: str) -> None:
    for item in items:
        if item.get("type") not in allowed:
            raise _refused(f"the {what} {item.get('type')!r}", instead)


def _dicts(what: str, given: object) -> list[Json]:
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise _refused(f"this form of {what}=", "send a list of objects")
    return given


def _refused(what: str, instead: str) -> UngovernedSurface:
    return UngovernedSurface(f"{what} is not governed yet: {instead}")
