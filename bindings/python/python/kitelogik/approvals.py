"""Asking an approver inside the program. Exactly `True` approves; whatever goes wrong denies."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import os
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from kitelogik._native import Pending
from kitelogik.sessions import Session

APPROVER_SECONDS = 300.0
"""How long an approver has, the wait for its turn included."""


@dataclass(frozen=True)
class ApprovalRequest:
    """What an approver is asked: shown to a human, it says what will run, and why it is asked."""

    tool: str
    wire_tool: str | None
    args: dict[str, Any]
    reason: str
    reasons: tuple[str, ...]
    reviewers: tuple[str, ...]
    session: Session | None
    decision_id: str
    expires_at: datetime


Approver = Callable[[ApprovalRequest], bool] | Callable[[ApprovalRequest], Awaitable[bool]]
Verdict = tuple[str, str]
"""A word for `resolve`, and what an operator can do."""

_asking: contextvars.ContextVar[bool] = contextvars.ContextVar("kitelogik_asking", default=False)
# One approver is asked at a time, so that it would wait for itself.
_NESTED: Verdict = (
    "unavailable",
    "an approver is being asked, and what it does itself needs approval: let policy allow that",
)


def is_async(approver: Approver) -> bool:
    """Say whether calling it gives something to await."""
    return inspect.iscoroutinefunction(approver) or inspect.iscoroutinefunction(
        getattr(approver, "__call__", None)  # noqa: B004 - an object with an async __call__
    )


def request(pending: Pending, session: Session | None) -> ApprovalRequest:
    """Build what the approver is shown."""
    decision = pending.decision
    return ApprovalRequest(
        tool=pending.tool,
        wire_tool=pending.wire_tool,
        args=pending.args,
        reason=decision.reason,
        reasons=decision.reasons,
        reviewers=decision.reviewers,
        session=session,
        decision_id=decision.decision_id,
        expires_at=datetime.now(timezone.utc) + timedelta(seconds=APPROVER_SECONDS),
    )


def voucher() -> str:
    """Return the operating system's user, who vouches for what the program approves."""
    uid = os.getuid() if hasattr(os, "getuid") else -1
    try:
        import pwd

        return pwd.getpwuid(uid).pw_name
    except (ImportError, KeyError):
        return f"uid:{uid}"


class _Asked:
    """One question to a sync approver, put in a daemon thread with a copy of the caller's context."""

    def __init__(
        self, approver: Approver, question: ApprovalRequest, turn: threading.Lock, told: Callable[[], None]
    ) -> None:
        self.verdict: Verdict = ("expired", "")
        self.done = threading.Event()
        self._given_up = False
        self._parts = (approver, question, turn, told)
        context = contextvars.copy_context()
        threading.Thread(
            target=context.run, args=(self._run,), daemon=True, name="kitelogik-approver"
        ).start()

    def give_up(self) -> None:
        """Nobody waits any more: an approver whose turn has not come is not asked, a late answer dropped."""
        self._given_up = True

    def _run(self) -> None:
        approver, question, turn, told = self._parts
        if not turn.acquire(timeout=APPROVER_SECONDS):
            return
        try:
            if self._given_up:
                return
            _asking.set(True)
            self.verdict = _read(approver(question))
        except BaseException as error:
            self.verdict = _raised(error)
        finally:
            turn.release()
            self.done.set()
            told()


def ask(approver: Approver, question: ApprovalRequest, turn: threading.Lock) -> Verdict:
    """Block until a sync approver has answered, or too long."""
    if _asking.get():
        return _NESTED
    asked = _Asked(approver, question, turn, lambda: None)
    try:
        answered = asked.done.wait(APPROVER_SECONDS)
    finally:
        asked.give_up()
    return asked.verdict if answered else ("expired", "")


async def ask_async(approver: Approver, question: ApprovalRequest, turn: threading.Lock) -> Verdict:
    """Await an approver of either kind."""
    if _asking.get():
        return _NESTED
    if is_async(approver):
        begun = _asking.set(True)
        try:
            answer: Any = approver(question)
            return _read(await asyncio.wait_for(answer, APPROVER_SECONDS))
        except (TimeoutError, asyncio.TimeoutError):
            return ("expired", "")
        except Exception as error:
            return _raised(error)
        finally:
            _asking.reset(begun)
    loop = asyncio.get_running_loop()
    answered = asyncio.Event()

    def told() -> None:
        # The loop may be gone by the time a late approver answers.
        if not loop.is_closed():
            loop.call_soon_threadsafe(answered.set)

    asked = _Asked(approver, question, turn, told)
    try:
        await asyncio.wait_for(answered.wait(), APPROVER_SECONDS)
    except (TimeoutError, asyncio.TimeoutError):
        return ("expired", "")
    finally:
        asked.give_up()
    return asked.verdict


def _read(answer: object) -> Verdict:
    if answer is True:
        return ("approved", "")
    if answer is False:
        return ("rejected", "")
    if inspect.iscoroutine(answer):
        answer.close()
    return ("unavailable", f"the approver returned {type(answer).__name__}; it must return True or False")


def _raised(error: BaseException) -> Verdict:
    return ("unavailable", f"the approver raised {type(error).__name__}: {error}")
