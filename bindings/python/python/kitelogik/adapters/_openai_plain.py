"""Requests that are sent as they came, and answers that are handed on as they came: read natively, without
an object for each of their parts. What is not certainly such a one is the exchange's, which gets what was
done before. Sans-IO."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from kitelogik._native import WireReader
from kitelogik.adapters._openai_events import DEFAULT_OUTPUT_TOKENS
from kitelogik.adapters._openai_routes import Route
from kitelogik.adapters._openai_steps import Rules
from kitelogik.adapters._openai_surface import INPUT_ITEMS, KEYS, ROLES, Wire
from kitelogik.gate import Decision, Usage

_UTF8 = re.compile(rb"[\w.+/-]*(; ?charset=\"?utf-?8\"?)?", re.IGNORECASE)
_READERS: dict[Wire, WireReader] = {
    wire: WireReader(
        chat=wire == "chat",
        keys={*KEYS[wire]},
        # A yes to a hosted MCP server is decided before the request is.
        items={kind for kind in INPUT_ITEMS if not kind.startswith("mcp_approval")},
        roles={*ROLES},
        tools={"function", "custom"},
        harmless={"message", "reasoning"},
        reserve=DEFAULT_OUTPUT_TOKENS,
    )
    for wire in KEYS
}


class Ahead(NamedTuple):
    """What was done of a request before its exchange: the decision, and what came of it or went wrong.

    `usage`: the answer is handed on as it came, and used this; empty where it says nothing.
    """

    decision: Decision
    came: Any = None
    usage: Usage | None = None
    error: BaseException | None = None

    @property
    def sent(self) -> bool:
        """Say whether the request was sent."""
        return self.came is not None or self.error is not None


def plain_call(route: Route, content: bytes, rules: Rules) -> Mapping[str, Any] | None:
    """Return the event of a request whose exchange would begin with it, and send what came."""
    if rules.governs("model_response"):
        return None
    read = _READERS[route.wire].request(content)
    if read is None:
        return None
    event, follows = read
    if route.deployment is not None and route.deployment != event["model"]:
        return None
    return None if follows and rules.kept().waits() else event


def passes(decision: Decision) -> bool:
    """Say whether a decided request is sent as it came."""
    return decision.allow and not decision.obligations


def plain_usage(wire: Wire, came: Any) -> Usage | None:
    """Return the usage of an answer that is handed on as it came; empty where it says none."""
    return _READERS[wire].answer(came.content) if came.status_code == 200 and is_utf8(came) else None


def is_utf8(came: Any) -> bool:
    """Say whether every reader of an answer takes it for UTF-8: some go by what its header says."""
    said = [value for name, value in came.headers.raw if name.lower() == b"content-type"]
    return said == [b"application/json"] or _UTF8.fullmatch(b", ".join(said)) is not None
