"""The http clients that openai 3.x is handed: they delegate to the client's own one (httpx2)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx2

from kitelogik.adapters._openai_surface import wire_of
from kitelogik.adapters._openai_wire import Answer, Decide, Flow, Reply, Report, Rules, Send, exchange
from kitelogik.denial import compact
from kitelogik.errors import UngovernedSurface
from kitelogik.gate import Gate

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
        """Carry one request through the gate. A streamed read gets the decided body whole."""
        if self.is_closed:
            raise RuntimeError("cannot send a request, as the client has been closed")
        wire = wire_of(request.method, request.url.path)
        flow = exchange(wire, _body(request.read()), self.governance.rules)
        last: list[httpx2.Response] = []

        def send(step: Send) -> Reply:
            last[:] = [self._inner.send(_rebuilt(request, step), **kwargs)]
            return _reply(last[0])

        return _response(_drive(flow, self.governance, send), last, request)


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
        """Carry one request through the gate. A streamed read gets the decided body whole."""
        if self.is_closed:
            raise RuntimeError("cannot send a request, as the client has been closed")
        wire = wire_of(request.method, request.url.path)
        flow = exchange(wire, _body(await request.aread()), self.governance.rules)
        last: list[httpx2.Response] = []

        async def send(step: Send) -> Reply:
            last[:] = [await self._inner.send(_rebuilt(request, step), **kwargs)]
            return _reply(last[0])

        return _response(await _adrive(flow, self.governance, send), last, request)


def _drive(flow: Flow, governance: Governance, send: Callable[[Send], Reply]) -> Answer:
    gate = governance.gate
    value: Any = None
    error: BaseException | None = None
    while True:
        try:
            step = flow.send(value) if error is None else flow.throw(error)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        value = error = None
        try:
            if isinstance(step, Decide):
                value = gate.decide(step.event)
            elif isinstance(step, Send):
                value = send(step)
            else:
                gate.report(**_reported(step))
        except BaseException as raised:
            error = raised


async def _adrive(flow: Flow, governance: Governance, send: Callable[[Send], Awaitable[Reply]]) -> Answer:
    gate = governance.gate
    value: Any = None
    error: BaseException | None = None
    while True:
        try:
            step = flow.send(value) if error is None else flow.throw(error)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        cancelled = isinstance(error, asyncio.CancelledError)
        value = error = None
        try:
            if isinstance(step, Decide):
                value = await gate.adecide(step.event)
            elif isinstance(step, Send):
                value = await send(step)
            elif cancelled:
                # A cancelled task may be cancelled again at its next await; this must not be lost.
                gate.report(**_reported(step))
            else:
                await gate.areport(**_reported(step))
        except BaseException as raised:
            error = raised


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


def _response(answer: Answer, last: list[httpx2.Response], request: httpx2.Request) -> httpx2.Response:
    if answer.body is None:
        return last[0]
    headers: list[tuple[str, str]] = []
    if answer.status < 400:
        headers = [(k, v) for k, v in last[0].headers.multi_items() if k.lower() not in _OF_THE_BODY]
    headers = [(k, v) for k, v in headers if k.lower() != "content-type"]
    headers += [
        ("content-type", "application/json"),
        *([("x-should-retry", "false")] if answer.status >= 400 else []),
    ]
    content = compact(answer.body).encode("utf-8", "surrogatepass")
    return httpx2.Response(answer.status, headers=headers, content=content, request=request)


def _unreachable(request: httpx2.Request) -> httpx2.Response:
    raise UngovernedSurface(f"{request.method} {request.url.path} did not pass the gate")
