"""One engine for each audit log of a process: policies, store and log, shared by every governed object."""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kitelogik._native import Decision, SessionKey
from kitelogik._native import Governor as NativeGovernor
from kitelogik.errors import ConfigError

log = logging.getLogger("kitelogik")

OLD_SECONDS = 3600.0
"""An implicit session of this age is worth a warning: all that it counts is one budget."""
OLD_EVENTS = 1000
TELL_SECONDS = 60.0
"""The same advice is given once in this time."""

# What is the operator's to mend. Other help is in the decision and in the record alone.
_TOLD = frozenset(
    (
        "tool_name_unmapped",
        "no_policy",
        "no_session",
        "policy_error",
        "policy_undefined",
        "policy_stale",
        "hosted_tool",
        "invalid_args",
        "cannot_enforce",
        "unavailable",
        "audit_unavailable",
        "approval_unavailable",
    )
)

_engines: weakref.WeakValueDictionary[Path, Engine] = weakref.WeakValueDictionary()
_lock = threading.RLock()


class Engine:
    """The native governor and what belongs to its process: the implicit session, one approver at a time."""

    def __init__(self, policies: tuple[Path, ...], audit_log: Path) -> None:
        self.policies, self.audit_log = policies, audit_log
        self.native = NativeGovernor([str(path) for path in policies], str(audit_log))
        self.memory: dict[str, Any] = {}
        self.tags: set[str] = set()
        """Every tag that a tool of some governed object carries."""
        self.closed = False
        self._implicit: SessionKey | None = None
        self._told: dict[tuple[str, str], float] = {}
        self._fresh()

    def _fresh(self) -> None:
        self.approving = threading.Lock()
        self.reloading = threading.Lock()
        self._opening = threading.Lock()
        self._implicit = None
        self._since = time.monotonic()
        self._events = 0

    def implicit(self) -> SessionKey:
        """Return the session of what this process does outside of every explicit one."""
        self._events += 1
        if self._events == OLD_EVENTS or (
            self._events < OLD_EVENTS and time.monotonic() - self._since > OLD_SECONDS
        ):
            self._events = max(self._events, OLD_EVENTS)
            log.warning(
                "all calls outside of a session share one budget, now for %d events; give each run its own: "
                "with kitelogik.session(user=…):",
                self._events,
            )
        key = self._implicit
        if key is None:
            with self._opening:
                if self._implicit is None:
                    self._implicit = self.native.session(
                        tenant="default",
                        user=None,
                        agent_id=None,
                        agent_role=None,
                        roles=[],
                        scope=None,
                        parent=None,
                        shared=True,
                    )
                key = self._implicit
        return key

    def reload(self) -> bool:
        """Load the policies again; True if they changed."""
        with self.reloading:
            return self.native.reload()

    def tell(self, decision: Decision, tool: str) -> None:
        """Log what the operator can do about a denial; the same advice once a minute."""
        code = decision.reason_code
        if code not in _TOLD or not decision.help:
            return
        now = time.monotonic()
        if now - self._told.get((code, tool), -TELL_SECONDS) < TELL_SECONDS:
            return
        if len(self._told) >= OLD_EVENTS:
            self._told.clear()
        self._told[(code, tool)] = now
        log.warning("%s denied (%s): %s", tool, code, decision.help)

    def forked(self) -> None:
        """In a forked child: what the parent opened is not ours."""
        self.native.forked()
        self._fresh()


def engine(policies: Any, audit_log: Any) -> Engine:
    """Return the engine of this log; the same log under other policies is a `ConfigError`."""
    paths = tuple(Path(os.path.abspath(path)) for path in _paths(policies))
    if not isinstance(audit_log, (str, os.PathLike)):
        raise ConfigError(f"audit_log= is the path of a file, not {audit_log!r}")
    target = Path(os.path.realpath(audit_log))
    with _lock:
        known = _engines.get(target)
        if known is not None and not known.closed:
            if [os.path.realpath(path) for path in known.policies] != [
                os.path.realpath(path) for path in paths
            ]:
                raise ConfigError(
                    f"{target} is the audit log of other policies in this process "
                    f"({', '.join(map(str, known.policies))}); name another log"
                )
            return known
        made = _engines[target] = Engine(paths, target)
        return made


def _paths(policies: Any) -> tuple[str | os.PathLike[str], ...]:
    given = (policies,) if isinstance(policies, (str, os.PathLike)) else policies
    paths = tuple(given) if isinstance(given, Iterable) else (given,)
    for path in paths:
        if not isinstance(path, (str, os.PathLike)):
            raise ConfigError(f"policies= is the path of a directory, or a list of them, not {policies!r}")
    return paths


# A fork while another thread reloads would leave the child with a lock that nobody frees.
_held: list[Engine] = []


def _before_fork() -> None:
    _lock.acquire()
    _held[:] = list(_engines.values())
    for each in _held:
        each.reloading.acquire()


def _after_fork_in_parent() -> None:
    for each in _held:
        each.reloading.release()
    _held.clear()
    _lock.release()


def _after_fork_in_child() -> None:
    for each in _held:
        each.forked()
    _held.clear()
    _lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
    )
