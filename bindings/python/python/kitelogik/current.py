"""Which sessions are current, in a thread or task and in what began there and is read later."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from kitelogik.sessions import Session

R = TypeVar("R")

entered_sessions: ContextVar[tuple[Session, ...]] = ContextVar("kitelogik_sessions", default=())
"""The sessions that were entered here, the innermost one last."""


class AsOfNow:
    """The sessions that are current now, for what is read later, perhaps elsewhere. They stay open for it."""

    def __init__(self) -> None:
        self._entered: tuple[Session, ...] | None = entered_sessions.get()
        for one in self._entered[-1:]:
            one.keep()

    def again(self, call: Callable[[], R]) -> R:
        """Call with these sessions current again, wherever this is."""
        now, then = entered_sessions.get(), self._entered or ()
        if now is then:
            return call()
        entered_sessions.set(then)
        try:
            return call()
        finally:
            entered_sessions.set(now)

    async def again_async(self, call: Callable[[], Awaitable[R]]) -> R:
        """As `again`."""
        now, then = entered_sessions.get(), self._entered or ()
        if now is then:
            return await call()
        entered_sessions.set(then)
        try:
            return await call()
        finally:
            entered_sessions.set(now)

    def end(self) -> None:
        """Keep them no longer; twice is once."""
        entered, self._entered = self._entered, None
        for one in (entered or ())[-1:]:
            one.let_go()


class SessionItems(Generator[Any, Any, Any]):
    """The items of a generator, each made with the sessions current that were so when it began."""

    def __init__(self, inner: Generator[Any, Any, Any], sessions: AsOfNow) -> None:
        self._inner, self._sessions = inner, sessions

    def send(self, value: Any, /) -> Any:
        return self._step(lambda: self._inner.send(value))

    def throw(self, *error: Any) -> Any:
        return self._step(lambda: self._inner.throw(*error))

    def close(self) -> None:
        self._step(self._inner.close)
        self._sessions.end()

    def _step(self, step: Callable[[], Any]) -> Any:
        try:
            return self._sessions.again(step)
        except BaseException:
            self._sessions.end()
            raise

    def __del__(self) -> None:
        self.close()


class AsyncSessionItems(AsyncGenerator[Any, Any]):
    """The items of an async generator, each made with the sessions current that were so when it began."""

    def __init__(self, inner: AsyncGenerator[Any, Any], sessions: AsOfNow) -> None:
        self._inner, self._sessions = inner, sessions

    async def asend(self, value: Any, /) -> Any:
        return await self._step(lambda: self._inner.asend(value))

    async def athrow(self, *error: Any) -> Any:
        return await self._step(lambda: self._inner.athrow(*error))

    async def aclose(self) -> None:
        await self._step(self._inner.aclose)
        self._sessions.end()

    async def _step(self, step: Callable[[], Awaitable[Any]]) -> Any:
        try:
            return await self._sessions.again_async(step)
        except BaseException:
            self._sessions.end()
            raise

    def __del__(self) -> None:
        self._sessions.end()
