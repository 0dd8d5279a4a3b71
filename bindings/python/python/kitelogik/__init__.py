"""Governance for AI agents: policy in Rego decides each action, and an audit log says so.

Importing this package imports no agent framework.
"""

from kitelogik import namesake  # noqa: F401 - first: it refuses a folder that two packages share
from kitelogik._native import Decision, Match, __version__
from kitelogik.approvals import ApprovalRequest
from kitelogik.errors import (
    ActionDenied,
    AuditError,
    ConfigError,
    Diagnostic,
    KiteLogikError,
    PolicyLoadError,
    PolicyWarning,
    SessionError,
    StoreError,
    UngovernedSurface,
)
from kitelogik.gate import Usage
from kitelogik.governor import Governor
from kitelogik.sessions import Session, session
from kitelogik.tool_gate import govern_tool
from kitelogik.tools import tool

__all__ = [
    "ActionDenied",
    "ApprovalRequest",
    "AuditError",
    "ConfigError",
    "Decision",
    "Diagnostic",
    "Governor",
    "KiteLogikError",
    "Match",
    "PolicyLoadError",
    "PolicyWarning",
    "Session",
    "SessionError",
    "StoreError",
    "UngovernedSurface",
    "Usage",
    "__version__",
    "govern_tool",
    "session",
    "tool",
]
