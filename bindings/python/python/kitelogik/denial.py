"""What a model reads in place of a denied call's output; the same under every framework."""

from __future__ import annotations

import json

from kitelogik.gate import Decision

# Made once: `json.dumps` makes an encoder at every call that is not its default.
compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Write JSON without spaces, the same wherever this package writes it."""


def denial(tool: str, decision: Decision, *, cannot_enforce: str | None = None) -> str:
    """Write what the model reads in place of a denied call's output.

    `cannot_enforce`: why a call that policy allows cannot be handed over as it demands.
    """
    return compact(
        {
            "error": "denied_by_policy",
            "tool": tool,
            "reason": cannot_enforce or decision.reason,
            "reason_code": "cannot_enforce" if cannot_enforce else decision.reason_code,
            "decision_id": decision.decision_id,
            "policy_version": decision.policy_version,
        }
    )
