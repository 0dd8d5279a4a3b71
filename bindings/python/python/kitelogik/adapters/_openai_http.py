"""The http clients that the SDK is handed: they delegate to the client's own one. That is one of httpx2 under
openai 3.x and of httpx under 2.x, whose faces are the same."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from kitelogik.adapters._openai_again import again
from kitelogik.adapters._openai_drive import AsyncRun, Run, body_of, response_of, settled, streamed
from kitelogik.adapters._openai_plain import Ahead, passes, plain_call, plain_usage
from kitelogik.adapters._openai_routes import Route, route_of
from kitelogik.adapters._openai_steps import Answer, Rules
from kitelogik.adapters._openai_wire import exchange
from kitelogik.current import AsOfNow
from kitelogik.errors import KiteLogikError, UngovernedSurface
from kitelogik.gate import Gate


class Carried(BaseException):
    """Carries an error of ours past openai 2.x, which retries and wraps any `Exception` of an http client."""

    def __init__(self, error: KiteLogikError) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True)
class Governance:
    """The gate and the rules of one governed client and its copies."""

    gate: Gate
    rules: Rules

    def over(self, inner: Any) -> Any:
        """Wrap an http client."""
        for base in type(inner).__mro__:
            library = base.__module__.partition(".")[0]
            if library in ("httpx2", "httpx") and base.__name__ in ("Client", "AsyncClient"):
                sync, colours = base.__name__ == "Client", _clients(library)
                return colours[0](inner, self) if sync else colours[1](inner, self)
        raise TypeError(f"govern() needs a client over httpx2 or httpx, not {type(inner).__module__}")


class _Governed:
    """What both colours share; mixed into the library's own client."""

    http: Any
    is_closed: bool

    def __init__(self, inner: Any, governance: Governance) -> None:
        unreachable = self.http.MockTransport(_unreachable)
        super().__init__(transport=unreachable, timeout=inner.timeout, trust_env=False)  # type: ignore[call-arg]
        self.governance = governance
        self._inner = inner
        # The SDK adds to them; it is the inner client that calls them.
        self._event_hooks = inner._event_hooks

    def build_request(self, *args: Any, **kwargs: Any) -> Any:
        """Build it with the headers, cookies and parameters of `inner`."""
        return self._inner.build_request(*args, **kwargs)

    def _route(self, request: Any) -> Route:
        if self.is_closed:
            raise RuntimeError("cannot send a request, as the client has been closed")
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        return route_of(request.method, path, query)

    def _plain(self, route: Route, content: bytes) -> Mapping[str, Any] | None:
        return plain_call(route, content, self.governance.rules) if route.what == "ask" else None

    def _run(self, route: Route, request: Any, content: bytes, *rest: Any) -> tuple[Any, ...]:
        body, rules = body_of(content), self.governance.rules
        asks = route.what == "ask"
        flow = exchange(route.wire, body, rules, route.deployment) if asks else again(route, body, rules)
        return flow, self.governance.gate, request, self._inner, *rest

    def _settle(self, ahead: Ahead | None, error: BaseException) -> None:
        """Settle what was sent ahead of an exchange that could not begin."""
        if ahead is not None and ahead.sent and ahead.usage is None:
            end = settled(ahead, error)
            self.governance.gate.report(end.decision_id, outcome=end.outcome, error=end.error)
            if ahead.error is not None:
                raise ahead.error from None

    def _raised(self, error: KiteLogikError) -> BaseException:
        return error if self.http.__name__ == "httpx2" else Carried(error)


class _Sync(_Governed):
    def send(self, request: Any, *, stream: bool = False, **options: Any) -> Any:
        """Carry one request through the gate. A streamed read of an unstreamed answer gets it whole."""
        try:
            content = request.read()
            route, sessions, ahead = self._route(request), AsOfNow(), None
            try:
                event = self._plain(route, content)
                if event is not None:
                    ahead = self._ahead(route, event, request, options)
                    if ahead.usage is not None:
                        report = self.governance.gate.report
                        report(ahead.decision.decision_id, outcome="ok", usage=ahead.usage or None)
                        sessions.end()
                        return ahead.came
                run = Run(*self._run(route, request, content, options, sessions, ahead))
            except BaseException as error:
                sessions.end()
                self._settle(ahead, error)
                raise
            step = run.next()
            if isinstance(step, Answer):
                run.close_all()
                return response_of(step, run.last, request, self.http)
            response = streamed(run.last, self.body(run), request, self.response)  # type: ignore[attr-defined]
            if not stream:
                response.read()
            return response
        except KiteLogikError as error:
            raise self._raised(error) from None

    def _ahead(self, route: Route, event: Mapping[str, Any], request: Any, options: dict[str, Any]) -> Ahead:
        decision = self.governance.gate.decide(event)
        if not passes(decision):
            return Ahead(decision)
        try:
            came = self._inner.send(request, **options)
            return Ahead(decision, came, plain_usage(route.wire, came))
        except BaseException as error:
            return Ahead(decision, error=error)


class _Async(_Governed):
    async def send(self, request: Any, *, stream: bool = False, **options: Any) -> Any:
        """Carry one request through the gate. A streamed read of an unstreamed answer gets it whole."""
        try:
            content = await request.aread()
            route, sessions, ahead = self._route(request), AsOfNow(), None
            try:
                event = self._plain(route, content)
                if event is not None:
                    ahead = await self._ahead(route, event, request, options)
                    if ahead.usage is not None:
                        report = self.governance.gate.areport
                        await report(ahead.decision.decision_id, outcome="ok", usage=ahead.usage or None)
                        sessions.end()
                        return ahead.came
                run = AsyncRun(*self._run(route, request, content, options, sessions, ahead))
            except BaseException as error:
                sessions.end()
                self._settle(ahead, error)
                raise
            step = await run.next()
            if isinstance(step, Answer):
                await run.close_all()
                return response_of(step, run.last, request, self.http)
            response = streamed(run.last, self.body(run), request, self.response)  # type: ignore[attr-defined]
            if not stream:
                await response.aread()
            return response
        except KiteLogikError as error:
            raise self._raised(error) from None

    async def _ahead(
        self, route: Route, event: Mapping[str, Any], request: Any, options: dict[str, Any]
    ) -> Ahead:
        decision = await self.governance.gate.adecide(event)
        if not passes(decision):
            return Ahead(decision)
        try:
            came = await self._inner.send(request, **options)
            return Ahead(decision, came, plain_usage(route.wire, came))
        except BaseException as error:
            return Ahead(decision, error=error)


class _Plain:
    """A response whose body is handed on as it is: nothing is to be decoded or cut into pieces."""

    stream: Any
    is_closed: bool
    is_stream_consumed: bool

    def _as_it_is(self, chunk_size: int | None) -> bool:
        consumed = self.is_closed or self.is_stream_consumed or hasattr(self, "_content")
        return chunk_size is None and not consumed

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        if not self._as_it_is(chunk_size):
            yield from super().iter_bytes(chunk_size)  # type: ignore[misc]
            return
        self.is_stream_consumed = True
        yield from self.stream
        self.close()  # type: ignore[attr-defined]

    async def aiter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        given = self.stream if self._as_it_is(chunk_size) else super().aiter_bytes(chunk_size)  # type: ignore[misc]
        plain = given is self.stream
        self.is_stream_consumed = self.is_stream_consumed or plain
        async for chunk in given:
            yield chunk
        if plain:
            await self.aclose()  # type: ignore[attr-defined]


class _Body:
    """What the caller reads of a stream. Closed before its end, it hangs up."""

    def __init__(self, run: Run) -> None:
        self._run, self._ended = run, False

    def __iter__(self) -> Iterator[bytes]:
        while not self._ended:
            step = self._run.next()
            if isinstance(step, Answer):
                self._ended = True
            else:
                yield step

    def close(self) -> None:
        self._ended = True
        self._run.hang_up()


class _AsyncBody:
    """What the caller reads of a stream. Closed before its end, it hangs up."""

    def __init__(self, run: AsyncRun) -> None:
        self._run, self._ended = run, False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while not self._ended:
            step = await self._run.next()
            if isinstance(step, Answer):
                self._ended = True
            else:
                yield step

    async def aclose(self) -> None:
        self._ended = True
        await self._run.hang_up()


@cache
def _clients(library: str) -> tuple[type[Any], type[Any]]:
    """Make the two clients over a library that the SDK has imported."""
    http = sys.modules[library]
    body = type("Body", (_Body, http.SyncByteStream), {})
    async_body = type("AsyncBody", (_AsyncBody, http.AsyncByteStream), {})
    shared = {"http": http, "response": type("Response", (_Plain, http.Response), {})}
    return (
        type("GovernedHTTP", (_Sync, http.Client), {**shared, "body": body}),
        type("AsyncGovernedHTTP", (_Async, http.AsyncClient), {**shared, "body": async_body}),
    )


def _unreachable(request: Any) -> Any:
    raise UngovernedSurface(f"{request.method} {request.url.path} did not pass the gate")
