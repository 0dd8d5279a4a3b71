"""Tools that the provider runs: decided where declared. Hosted MCP servers are made to ask. Sans-IO."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kitelogik.adapters._openai_calls import ASK, Call, kind_of
from kitelogik.adapters._openai_surface import HOSTED, Json, Wire, is_hosted
from kitelogik.tools import ToolNames

_SECRETS = frozenset({"authorization", "headers", "domain_secrets"})
_OMITTED = "[omitted]"


def declarations(wire: Wire, body: Json, names: ToolNames) -> Iterator[Json]:
    """Yield one event for each tool that the provider would run by itself.

    A hosted MCP server is declared as `mcp` under its label; what it is asked for is decided call by call.
    """
    if wire == "chat":
        options = body.get("web_search_options")
        if options is not None:
            yield _declaration("web_search", "web_search_options", {"web_search_options": options}, names)
        return
    for tool in body.get("tools") or ():
        if is_hosted(tool):
            kind = tool["type"]
            event = _declaration(HOSTED.get(kind, kind), kind, without_secrets(tool), names)
            label = tool.get("server_label")
            if kind == "mcp" and isinstance(label, str):
                event["server"] = {"alias": label}
            yield event


def _declaration(name: str, wire_name: str, args: Json, names: ToolNames) -> Json:
    tags = names.tags.get(name)
    return {
        "event": "tool_call",
        "phase": "declare",
        "tool": name,
        "wire_tool": wire_name,
        "transport": "hosted",
        "args": args,
        **({"tool_tags": list(tags)} if tags else {}),
    }


def without_secrets(value: Any) -> Any:
    """Return a declaration without the credentials that the caller put into it."""
    if isinstance(value, dict):
        return {k: _OMITTED if k in _SECRETS else without_secrets(v) for k, v in value.items()}
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return value


def asking(body: Json) -> Json:
    """Return a request in which each hosted MCP server asks before each call of a tool."""
    tools = body.get("tools") or ()
    if not any(tool["type"] == "mcp" for tool in tools):
        return body
    forced = [{**tool, "require_approval": "always"} if tool["type"] == "mcp" else tool for tool in tools]
    return {**body, "tools": forced}


def asks_caller(body: Json, call: Call) -> bool:
    """Say whether the caller wants to answer this ask, beside policy: it says so by `require_approval`."""
    for tool in body.get("tools") or ():
        if tool.get("type") == "mcp" and tool.get("server_label") == call.server:
            wanted = tool.get("require_approval")
            always = wanted.get("always") if isinstance(wanted, dict) else None
            named = always.get("tool_names") if isinstance(always, dict) else None
            return wanted == "always" or (isinstance(named, list) and call.item.get("name") in named)
    # Nobody declared this server here: its ask is no business of ours to answer.
    return True


def is_ask(call: Call) -> bool:
    """Say whether a call is the ask of a hosted MCP server."""
    return kind_of(call.item) == ASK


def runs_shell(body: Json) -> bool:
    """Say whether the provider runs the shell that a request declares."""
    return any(tool["type"] == "shell" and is_hosted(tool) for tool in body.get("tools") or ())
