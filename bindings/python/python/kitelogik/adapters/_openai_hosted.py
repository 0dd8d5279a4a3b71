"""Tools that the provider runs: decided where declared. Hosted MCP servers are made to ask. Sans-IO."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

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
            kind: str = tool["type"]
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
        return {key: _shown(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return value


def _shown(key: str, value: Any) -> Any:
    if key == "server_url" and isinstance(value, str):
        try:
            url = urlsplit(value)
        except ValueError:
            return _OMITTED
        # A password stands before the host, a key behind the question mark.
        host, query = url.netloc.rpartition("@")[2], _OMITTED if url.query else ""
        return urlunsplit((url.scheme, host, url.path, query, ""))
    return _OMITTED if key in _SECRETS else without_secrets(value)


def asking(body: Json) -> Json:
    """Return a request in which each hosted MCP server asks before each call of a tool."""
    tools = body.get("tools") or ()
    if not any(tool["type"] == "mcp" for tool in tools):
        return body
    forced = [{**tool, "require_approval": "always"} if tool["type"] == "mcp" else tool for tool in tools]
    return {**body, "tools": forced}


def asks_caller(body: Json, call: Call) -> bool:
    """Say whether the caller wants to answer this ask, beside policy: `require_approval` says so.

    Where that says nothing, policy answers alone; where it says more than can be read here, the caller is
    asked. An ask of a server that nobody declared here is no business of ours to answer.
    """
    wanted = [
        tool.get("require_approval")
        for tool in body.get("tools") or ()
        if tool.get("type") == "mcp" and tool.get("server_label") == call.server
    ]
    return not wanted or any(_asks_for(given, call.item.get("name")) for given in wanted)


def _asks_for(wanted: object, name: object) -> bool:
    if not isinstance(wanted, dict):
        return wanted not in (None, "never")
    never, always = _named(wanted.get("never")), _named(wanted.get("always"))
    if always is not None and name in always:
        return True
    if "never" in wanted:
        return never is None or name not in never
    return always is None


def _named(given: object) -> list[object] | None:
    """Return the tools that a filter names, None where it says anything else."""
    names = given.get("tool_names") if isinstance(given, dict) and given.keys() == {"tool_names"} else None
    return names if isinstance(names, list) else None


def is_ask(call: Call) -> bool:
    """Say whether a call is the ask of a hosted MCP server."""
    return kind_of(call.item) == ASK


def is_end_of(item: Json, ask_id: object) -> bool:
    """Say whether an item tells what became of this ask after a yes."""
    return kind_of(item) == "mcp_call" and item.get("approval_request_id") == ask_id


def runs_shell(body: Json) -> bool:
    """Say whether the provider runs the shell that a request declares."""
    return any(tool["type"] == "shell" and is_hosted(tool) for tool in body.get("tools") or ())
