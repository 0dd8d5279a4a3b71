"""What a model reads in place of a denied call's output; the same under every framework."""

from __future__ import annotations

import json

from kitelogik.gate import Decision

# Made once: `json.dumps` makes an encoder at every call that is not its default.
compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Write JSON without spaces, the same wherever this package writes it."""


def denial(tool: str, decision: Decision) -> str:
    """Write what the model reads in place of a denied call's output."""
    return compact(
        {
            "error": "denied_by_policy",
            "tool": tool,
            "reason": decision.reason,
            "reason_code": decision.reason_code,
            "decision_id": decision.decision_id,
            "policy_version": decision.policy_version,
        }
    )
