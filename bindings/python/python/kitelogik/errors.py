"""The errors that reach users. Each can be pickled and copied."""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kitelogik._native import Decision


class KiteLogikError(Exception):
    """Everything that this package raises by itself."""


@dataclass(frozen=True)
class Diagnostic:
    """One thing that is wrong with a policy directory. Lines and columns count from 1; 0: the whole file."""

    file: str
    line: int
    column: int
    code: str
    message: str
    help: str


class PolicyLoadError(KiteLogikError):
    """Policies do not load; `diagnostics` holds everything that is wrong."""

    def __init__(self, message: str, diagnostics: tuple[Diagnostic, ...] = ()) -> None:
        super().__init__(message, diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        return str(self.args[0])


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


class PolicyWarning(UserWarning):
    """Policies load, but hardly as they were meant."""


class ActionDenied(KiteLogikError):
    """Policy denied an action. Deliberately no `OSError`: code that retries on those must not retry this."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision)
        self.decision = decision

    def __str__(self) -> str:
        return f"{self.decision.reason} ({self.decision.reason_code}, decision {self.decision.decision_id})"


# Between a program and what it calls of ours.
_BETWEEN = frozenset({"kitelogik", "openai", "httpx2", "httpx", "asyncio", "contextlib", "functools"})


def advise(text: str) -> None:
    """Warn of what a policy cannot do, at the line of the program that came here."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _BETWEEN:
        frame, level = frame.f_back, level + 1
    warnings.warn(text, PolicyWarning, stacklevel=level)
