"""A real governor in a temporary directory, and its log as a test reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kitelogik import Governor

OUTSIDE_TMP = """package kitelogik.tool_call

default decision := {"allow": true}

deny contains msg if {
    path := input.args.path
    not startswith(path, "/tmp/")
    msg := sprintf("write outside /tmp: %v", [path])
}
"""

ASKS = """package kitelogik.tool_call

default decision := {"allow": true}

decision := {"escalate": true, "reviewers": ["finance-oncall"], "reason": "over the limit"} if {
    input.args.amount > 1000
}
"""


class House:
    """Policies, a log, and governors on them."""

    def __init__(self, folder: Path, **policies: str) -> None:
        self.policies, self.log = folder / "policies", folder / "audit.jsonl"
        self.policies.mkdir()
        for name, text in (policies or {"files": OUTSIDE_TMP}).items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        (self.policies / f"{name}.rego").write_text(text)

    def governor(self, **keywords: Any) -> Governor:
        return Governor(policies=self.policies, audit_log=self.log, **keywords)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def decisions(self) -> list[dict[str, Any]]:
        return [line for line in self.lines() if "decision" in line]

    def outcomes(self) -> list[str]:
        return [line["outcome"] for line in self.lines() if line["event"] == "outcome"]
