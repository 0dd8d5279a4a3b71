"""A governor whose answers a test writes down; it keeps every event and report in order."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kitelogik.tools import ToolNames

Verdict = Callable[[dict[str, Any]], str | None]


@dataclass(frozen=True)
class ScriptedDecision:
    decision_id: str
    allow: bool
    reason: str
    reason_code: str
    policy_version: str = "sha256:test"
    obligations: Mapping[str, Any] = field(default_factory=dict)


def outside_tmp(event: dict[str, Any]) -> str | None:
    path = event["args"].get("path", "") if event["event"] == "tool_call" else "/tmp/"
    return None if path.startswith("/tmp/") else f"write outside /tmp: {path}"


class ScriptedGate:
    """`verdict` returns the reason of a denial, or None; malformed arguments are denied as the core does."""

    def __init__(self, verdict: Verdict = outside_tmp, obligations: Mapping[str, Any] | None = None) -> None:
        self.verdict = verdict
        self.obligations = obligations or {}
        self.events: list[dict[str, Any]] = []
        self.decisions: list[ScriptedDecision] = []
        self.reports: list[dict[str, Any]] = []
        self.refused: list[tuple[dict[str, Any], str]] = []
        self._ids = itertools.count(1)
        self.names = ToolNames.of()
        self.memory: dict[str, Any] = {}
        self.session = ""
        self.governed = {"model_call", "tool_call"}

    def gate(self, adapter: str, *, names: ToolNames, **keywords: Any) -> ScriptedGate:
        self.names = names
        self.keywords = {"adapter": adapter, **keywords}
        return self

    def governs(self, kind: str) -> bool:
        return kind in self.governed

    def tenant(self) -> str:
        return "default"

    def standing(self) -> str:
        return self.session

    def same_args(self, decision: Any, args: Mapping[str, Any]) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None  # type: ignore[assignment]

    def decide(self, event: Mapping[str, Any], *, session: Any = None) -> ScriptedDecision:
        document = dict(event)
        self.events.append(document)
        if document["event"] == "tool_call" and not isinstance(document["args"], dict):
            reason, code = "the arguments are not valid", "invalid_args"
        else:
            reason = self.verdict(document) or ""
            code = "policy" if reason else "allowed"
        obligations = {} if reason else self.obligations
        made = ScriptedDecision(f"d{next(self._ids)}", not reason, reason, code, obligations=obligations)
        self.decisions.append(made)
        return made

    def refuse(self, event: Mapping[str, Any], why: str) -> ScriptedDecision:
        self.refused.append((dict(event), why))
        return ScriptedDecision(
            f"d{next(self._ids)}", False, "as demanded it cannot be done", "cannot_enforce"
        )

    async def adecide(self, event: Mapping[str, Any], *, session: Any = None) -> ScriptedDecision:
        return self.decide(event, session=session)

    def report(self, decision_id: str, *, outcome: str, usage: Any = None, error: Any = None) -> None:
        told = {"decision_id": decision_id, "outcome": outcome, "usage": usage, "error": error}
        self.reports.append(told)

    async def areport(self, decision_id: str, **outcome: Any) -> None:
        self.report(decision_id, **outcome)

    def kinds(self) -> list[str]:
        return [event["event"] for event in self.events]
