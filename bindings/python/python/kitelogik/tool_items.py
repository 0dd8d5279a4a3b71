"""Governed generators: decided at their call, made item by item, reported at their end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from typing import TYPE_CHECKING, Any

from kitelogik.current import AsOfNow
from kitelogik.gate import Decision, Outcome

if TYPE_CHECKING:
    from kitelogik.tool_gate import Call


def generator(call: Call) -> Callable[..., Any]:
    """Govern a generator function."""

    def run(*args: Any, **kwargs: Any) -> Any:
        # Decided at the call, not at the first item: so this function is no generator itself.
        return _Items(call, args, kwargs)

    return run


class _Items(Generator[Any, Any, Any]):
    """The items of a governed generator, each made in the session of the call; reported when they are
    exhausted or it is closed. The body begins at the first one: what has changed by then is decided again."""

    def __init__(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._open = self._started = False
        self._call, self._given = call, (args, kwargs)
        self._decision, self._event = call.begun(args, kwargs)
        try:
            self._inner: Generator[Any, Any, Any] = call.function(*args, **kwargs)
        except BaseException as error:
            call.failed(self._decision, error)
            raise
        self._sessions = AsOfNow()
        self._open = True

    def send(self, value: Any, /) -> Any:
        if not self._started:
            self._sessions.again(self._start)
        return self._sessions.again(lambda: self._step(self._inner.send, value))

    def throw(self, *error: Any) -> Any:
        return self._sessions.again(lambda: self._step(self._inner.throw, *error))

    def _step(self, step: Callable[..., Any], *given: Any) -> Any:
        try:
            return step(*given)
        except (StopIteration, GeneratorExit):
            self._report("ok" if self._started else "cancelled")
            raise
        except BaseException as error:
            self._report("error" if isinstance(error, Exception) else "cancelled", error)
            raise

    def _start(self) -> None:
        self._started = True
        if self._call.unchanged(self._decision, self._event):
            return
        self._open = False
        try:
            self._decision, self._event = self._call.begun(*self._given)
        except BaseException:
            self._sessions.end()
            # Nobody gets at a body whose arguments were denied by asking again.
            self._inner.close()
            raise
        self._open = True

    def _report(self, outcome: Outcome, error: BaseException | None = None) -> None:
        if self._open:
            self._open = False
            self._call.report(self._decision, outcome, error)
            self._sessions.end()

    def __del__(self) -> None:
        if self._open:
            self.close()


def async_generator(call: Call) -> Callable[..., Any]:
    """Govern an async generator function."""

    def run(*args: Any, **kwargs: Any) -> Any:
        return _AsyncItems(call, args, kwargs)

    return run


class _AsyncItems(AsyncGenerator[Any, Any]):
    """The items of a governed async generator, each made in the session of the call: decided before the first
    one, because a call cannot wait."""

    def __init__(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._call, self._given = call, (args, kwargs)
        self._decision: Decision | None = None
        self._inner: AsyncGenerator[Any, Any] | None = None
        self._open = True
        self._sessions = AsOfNow()

    async def asend(self, value: Any, /) -> Any:
        return await self._sessions.again_async(lambda: self._step("asend", value))

    async def athrow(self, *error: Any) -> Any:
        return await self._sessions.again_async(lambda: self._step("athrow", *error))

    async def _step(self, step: str, *given: Any) -> Any:
        inner = self._inner or await self._start()
        try:
            return await getattr(inner, step)(*given)
        except (StopAsyncIteration, GeneratorExit):
            self._report("ok")
            raise
        except BaseException as error:
            self._report("error" if isinstance(error, Exception) else "cancelled", error)
            raise

    async def _start(self) -> AsyncGenerator[Any, Any]:
        args, kwargs = self._given
        self._decision = await self._call.abegun(args, kwargs)
        inner: AsyncGenerator[Any, Any] = self._call.function(*args, **kwargs)
        self._inner = inner
        return inner

    async def aclose(self) -> None:
        if self._inner is not None:
            await self._sessions.again_async(self._inner.aclose)
        self._report("ok")

    def _report(self, outcome: Outcome, error: BaseException | None = None) -> None:
        if self._open:
            self._open = False
            if self._decision is not None:
                self._call.report(self._decision, outcome, error)
            self._sessions.end()

    def __del__(self) -> None:
        self._report("cancelled")
