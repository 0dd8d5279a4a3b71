"""Governance for AI agents: policy in Rego decides each action, and an audit log says so.

Importing this package imports no agent framework.
"""

from kitelogik.errors import (
    ActionDenied,
    AuditError,
    ConfigError,
    KiteLogikError,
    PolicyLoadError,
    SessionError,
    StoreError,
    UngovernedSurface,
)
from kitelogik.gate import Usage
from kitelogik.govern_tool import govern_tool
from kitelogik.tools import tool

__all__ = [
    "ActionDenied",
    "AuditError",
    "ConfigError",
    "KiteLogikError",
    "PolicyLoadError",
    "SessionError",
    "StoreError",
    "UngovernedSurface",
    "Usage",
    "govern_tool",
    "tool",
]
