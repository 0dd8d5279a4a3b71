"""The http clients that openai 3.x is handed: they delegate to the client's own one (httpx2)."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2

from kitelogik.adapters._openai_surface import wire_of
from kitelogik.adapters._openai_wire import (
    Answer,
    Decide,
    Flow,
    HungUp,
    Read,
    Reply,
    Report,
    Rules,
    Send,
    Show,
    Step,
    exchange,
)
from kitelogik.denial import compact
from kitelogik.errors import UngovernedSurface
from kitelogik.gate import Gate
from kitelogik.sessions import AsOfNow

# They describe bytes that are replaced.
_OF_THE_BODY = frozenset({"content-length", "content-encoding", "transfer-encoding"})


@dataclass(frozen=True)
class Governance:
    """The gate and the rules of one governed client and its copies."""

    gate: Gate
    rules: Rules

    def over(self, inner: Any) -> Any:
        """Wrap an http client."""
        if isinstance(inner, httpx2.Client):
            return GovernedHTTP(inner, self)
        if isinstance(inner, httpx2.AsyncClient):
            return AsyncGovernedHTTP(inner, self)
        raise TypeError(
            f"govern() needs a client over httpx2, not {type(inner).__module__}; install openai>=3"
        )


class GovernedHTTP(httpx2.Client):
    """Delegates to `inner`, which closing it leaves open."""

    def __init__(self, inner: httpx2.Client, governance: Governance) -> None:
        super().__init__(transport=httpx2.MockTransport(_unreachable), timeout=inner.timeout, trust_env=False)
        self.governance = governance
        self._inner = inner

    def build_request(self, *args: Any, **kwargs: Any) -> httpx2.Request:
        """Build it with the headers, cookies and parameters of `inner`."""
        return self._inner.build_request(*args, **kwargs)

    def send(self, request: httpx2.Request, *, stream: bool = False, **kwargs: Any) -> httpx2.Response:
        """Carry one request through the gate. A streamed read of an unstreamed answer gets it whole."""
        if self.is_closed:
            raise RuntimeError("cannot send a request, as the client has been closed")
        wire = wire_of(request.method, request.url.path)
        flow = exchange(wire, _body(request.read()), self.governance.rules)
        run = _Run(flow, self.governance.gate, request, self._inner, kwargs)
        step = run.next()
        if isinstance(step, Answer):
            run.close_all()
            return _response(step, run.last, request)
        response = _streamed(run.last, _Body(run), request)
        if not stream:
            response.read()
        return response


class AsyncGovernedHTTP(httpx2.AsyncClient):
    """Delegates to `inner`, which closing it leaves open."""

    def __init__(self, inner: httpx2.AsyncClient, governance: Governance) -> None:
        super().__init__(transport=httpx2.MockTransport(_unreachable), timeout=inner.timeout, trust_env=False)
        self.governance = governance
        self._inner = inner

    def build_request(self, *args: Any, **kwargs: Any) -> httpx2.Request:
        """Build it with the headers, cookies and parameters of `inner`."""
        return self._inner.build_request(*args, **kwargs)

    async def send(self, request: httpx2.Request, *, stream: bool = False, **kwargs: Any) -> httpx2.Response:
        """Carry one request through the gate. A streamed read of an unstreamed answer gets it whole."""
        if self.is_closed:
            raise RuntimeError("cannot send a request, as the client has been closed")
        wire = wire_of(request.method, request.url.path)
        flow = exchange(wire, _body(await request.aread()), self.governance.rules)
        run = _AsyncRun(flow, self.governance.gate, request, self._inner, kwargs)
        step = await run.next()
        if isinstance(step, Answer):
            await run.close_all()
            return _response(step, run.last, request)
        response = _streamed(run.last, _AsyncBody(run), request)
        if not stream:
            await response.aread()
        return response


class _Drive:
    """What the sync and the async driver of one flow share."""

    def __init__(self, flow: Flow, gate: Gate, request: Any, inner: Any, options: dict[str, Any]) -> None:
        self.flow, self.gate, self.request, self.inner, self.options = flow, gate, request, inner, options
        self.unsettled: str | None = None
        self.last: Any = None
        self.chunks: Any = None
        # A stream is read later, perhaps elsewhere: it keeps the session in which it began.
        self.sessions = AsOfNow()

    def step(self, value: Any, error: BaseException | None) -> Step | Answer:
        try:
            return self.flow.send(value) if error is None else self.flow.throw(error)
        except StopIteration as end:
            self.sessions.end()
            return end.value  # type: ignore[no-any-return]
        except BaseException:
            self.sessions.end()
            raise

    def __del__(self) -> None:
        # A stream that was neither read to its end nor closed is settled all the same.
        if self.unsettled is not None:
            self.report(Report(self.unsettled, "cancelled", error="the stream was forgotten"))
        self.sessions.end()

    def report(self, step: Report) -> None:
        self.unsettled = None
        with self.sessions.again():
            self.gate.report(**_reported(step))


class _Run(_Drive):
    """Drives one flow for a sync client."""

    def next(self, error: BaseException | None = None) -> Show | Answer:
        """Go on to what can be shown, or to the end. What was opened is closed with it."""
        value: Any = None
        while True:
            try:
                step = self.step(value, error)
            except BaseException:
                self.close_all()
                raise
            value = error = None
            if isinstance(step, (Show, Answer)):
                return step
            try:
                value = self._do(step)
            except BaseException as raised:
                error = raised

    def hang_up(self) -> None:
        """End the flow where it stands."""
        with contextlib.suppress(HungUp):
            while isinstance(self.next(HungUp()), Show):
                pass
        self.close_all()

    def close_all(self) -> None:
        """Close what was opened."""
        if self.last is not None:
            self.last.close()

    def _do(self, step: Decide | Send | Read | Report) -> Any:
        if isinstance(step, Read):
            return next(self.chunks, b"")
        if isinstance(step, Decide):
            with self.sessions.again():
                return self.gate.decide(step.event)
        if isinstance(step, Report):
            return self.report(step)
        self.close_all()
        self.unsettled = step.decision_id
        self.last = self.inner.send(_rebuilt(self.request, step), stream=step.stream, **self.options)
        if not step.stream:
            return _reply(self.last)
        if self.last.status_code >= 400:
            self.last.read()
            return _reply(self.last)
        self.chunks = self.last.iter_bytes()
        return Reply(self.last.status_code, None)


class _AsyncRun(_Drive):
    """Drives one flow for an async client."""

    async def next(self, error: BaseException | None = None) -> Show | Answer:
        """Go on to what can be shown, or to the end. What was opened is closed with it."""
        value: Any = None
        while True:
            cancelled = isinstance(error, asyncio.CancelledError)
            try:
                step = self.step(value, error)
            except BaseException:
                await self.close_all()
                raise
            value = error = None
            if isinstance(step, (Show, Answer)):
                return step
            try:
                if cancelled and isinstance(step, Report):
                    # A cancelled task may be cancelled again at its next await; this must not be lost.
                    self.report(step)
                else:
                    value = await self._do(step)
            except BaseException as raised:
                error = raised

    async def hang_up(self) -> None:
        """End the flow where it stands."""
        with contextlib.suppress(HungUp):
            while isinstance(await self.next(HungUp()), Show):
                pass
        await self.close_all()

    async def close_all(self) -> None:
        """Close what was opened."""
        if self.last is not None:
            await self.last.aclose()

    async def _do(self, step: Decide | Send | Read | Report) -> Any:
        if isinstance(step, Read):
            return await anext(self.chunks, b"")
        if isinstance(step, Decide):
            with self.sessions.again():
                return await self.gate.adecide(step.event)
        if isinstance(step, Report):
            self.unsettled = None
            with self.sessions.again():
                return await self.gate.areport(**_reported(step))
        await self.close_all()
        self.unsettled = step.decision_id
        self.last = await self.inner.send(_rebuilt(self.request, step), stream=step.stream, **self.options)
        if not step.stream:
            return _reply(self.last)
        if self.last.status_code >= 400:
            await self.last.aread()
            return _reply(self.last)
        self.chunks = self.last.aiter_bytes()
        return Reply(self.last.status_code, None)


class _Body(httpx2.SyncByteStream):
    """What the caller reads of a stream."""

    def __init__(self, run: _Run) -> None:
        self._run, self._ended = run, False

    def __iter__(self) -> Iterator[bytes]:
        while not self._ended:
            step = self._run.next()
            if isinstance(step, Answer):
                self._ended = True
            else:
                yield step.content

    def close(self) -> None:
        """Hang up, unless it was read to its end."""
        self._ended = True
        self._run.hang_up()


class _AsyncBody(httpx2.AsyncByteStream):
    """What the caller reads of a stream."""

    def __init__(self, run: _AsyncRun) -> None:
        self._run, self._ended = run, False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while not self._ended:
            step = await self._run.next()
            if isinstance(step, Answer):
                self._ended = True
            else:
                yield step.content

    async def aclose(self) -> None:
        """Hang up, unless it was read to its end."""
        self._ended = True
        await self._run.hang_up()


def _reported(step: Report) -> dict[str, Any]:
    return {
        "decision_id": step.decision_id,
        "outcome": step.outcome,
        "usage": step.usage,
        "error": step.error,
    }


def _body(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise UngovernedSurface("the request body is no JSON; use the SDK's own methods") from None


def _rebuilt(request: httpx2.Request, step: Send) -> httpx2.Request:
    """Build the request that carries what was decided, with the caller's headers and timeout."""
    content = compact(step.body).encode("utf-8", "surrogatepass")
    if not step.turn and content == request.content:
        return request
    dropped = _OF_THE_BODY | ({"idempotency-key"} if step.turn else frozenset())
    headers = [(key, value) for key, value in request.headers.multi_items() if key.lower() not in dropped]
    return httpx2.Request(
        request.method, request.url, headers=headers, content=content, extensions=request.extensions
    )


def _reply(response: httpx2.Response) -> Reply:
    try:
        return Reply(response.status_code, response.json())
    except (ValueError, RecursionError):
        return Reply(response.status_code, None)


def _response(answer: Answer, last: httpx2.Response | None, request: httpx2.Request) -> httpx2.Response:
    if answer.body is None and last is not None:
        return last
    refused = answer.status >= 400
    headers = [("content-type", "application/json"), *([("x-should-retry", "false")] if refused else [])]
    if last is not None and not refused:
        headers = [*_headers(last), *headers]
    content = compact(answer.body).encode("utf-8", "surrogatepass")
    return httpx2.Response(answer.status, headers=headers, content=content, request=request)


def _streamed(last: httpx2.Response, body: Any, request: httpx2.Request) -> httpx2.Response:
    headers = [*_headers(last), ("content-type", "text/event-stream")]
    extensions = last.extensions
    return httpx2.Response(
        last.status_code, headers=headers, stream=body, request=request, extensions=extensions
    )


def _headers(last: httpx2.Response) -> list[tuple[str, str]]:
    dropped = _OF_THE_BODY | {"content-type"}
    return [(key, value) for key, value in last.headers.multi_items() if key.lower() not in dropped]


def _unreachable(request: httpx2.Request) -> httpx2.Response:
    raise UngovernedSurface(f"{request.method} {request.url.path} did not pass the gate")
