"""The errors that reach users. Each can be pickled and copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kitelogik.gate import Decision


class KiteLogikError(Exception):
    """Everything that this package raises by itself."""


class PolicyLoadError(KiteLogikError):
    """Policies could not be loaded."""


class ConfigError(KiteLogikError):
    """Keywords contradict each other or what was set up before."""


class UngovernedSurface(KiteLogikError):
    """A way to the model that is not governed; nothing was sent. The message says what to do instead."""


class SessionError(KiteLogikError):
    """A session is used against its rules."""


class AuditError(KiteLogikError):
    """The audit log cannot be used."""


class StoreError(KiteLogikError):
    """The store cannot be used."""


class ActionDenied(KiteLogikError):
    """Policy denied an action. Deliberately no `OSError`: code that retries on those must not retry this."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision)
        self.decision = decision

    def __str__(self) -> str:
        return f"{self.decision.reason} ({self.decision.reason_code}, decision {self.decision.decision_id})"
