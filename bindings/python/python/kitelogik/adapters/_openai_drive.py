"""Drives the exchange of one request: asks the gate, sends, reads on. One driver a colour; the rest is theirs
both."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from kitelogik.adapters._openai_plain import Ahead, is_utf8
from kitelogik.adapters._openai_routes import readdressed
from kitelogik.adapters._openai_steps import (
    NO_ANSWER,
    READ,
    Answer,
    Decide,
    Flow,
    HungUp,
    Read,
    Refuse,
    Reply,
    Report,
    Send,
    Step,
)
from kitelogik.current import AsOfNow
from kitelogik.denial import compact
from kitelogik.errors import UngovernedSurface
from kitelogik.gate import Gate, Outcome

# They describe bytes that are replaced.
_OF_THE_BODY = frozenset({"content-length", "content-encoding", "transfer-encoding"})


class Drive:
    """What the sync and the async driver of one flow share."""

    def __init__(
        self,
        flow: Flow,
        gate: Gate,
        request: Any,
        inner: Any,
        options: dict[str, Any],
        sessions: AsOfNow,
        ahead: Ahead | None = None,
    ) -> None:
        self.flow, self.gate, self.request, self.inner, self.options = flow, gate, request, inner, options
        self.unsettled: str | None = None if ahead is None or not ahead.sent else ahead.decision.decision_id
        self.last: Any = None
        self.chunks: Any = None
        # A stream is read later, perhaps elsewhere: it keeps the session in which it began.
        self.sessions = sessions
        self._ahead = ahead

    def step(self, value: Any, error: BaseException | None) -> Step | Answer:
        try:
            return self.flow.send(value) if error is None else self.flow.throw(error)
        except StopIteration as end:
            self.unsettled = None
            self.sessions.end()
            return end.value  # type: ignore[no-any-return]
        except BaseException as error:
            self.sessions.end()
            ahead, self._ahead = self._ahead, None
            if ahead is not None and ahead.sent:
                # What was sent is settled although its exchange never came to it.
                self.report(settled(ahead, error))
                if ahead.error is not None:
                    raise ahead.error from None
            raise

    def __del__(self) -> None:
        # A stream that was neither read to its end nor closed is settled all the same.
        if self.unsettled is not None:
            self.report(Report(self.unsettled, "cancelled", error="the stream was forgotten"))
        self.sessions.end()

    def done(self, step: Decide | Send) -> Ahead | None:
        """Return what was done ahead of the flow if this is what it asks for first."""
        ahead = self._ahead
        if ahead is None:
            return None
        if isinstance(step, Decide):
            if step.event["event"] != "model_call":
                raise UngovernedSurface("the request was decided as another one than it is; it was withheld")
            if not ahead.sent:
                self._ahead = None
        else:
            self._ahead = None
            self.unsettled, self.last = step.decision_id, ahead.came
            if ahead.error is not None:
                raise ahead.error
        return ahead

    def report(self, step: Report) -> None:
        self.unsettled = None
        self.sessions.again(lambda: self.gate.report(**_reported(step)))


class Run(Drive):
    """Drives one flow for a sync client."""

    def next(self, error: BaseException | None = None) -> bytes | Answer:
        """Go on to what can be shown, or to the end. What was opened is closed with it."""
        value: Any = None
        while True:
            try:
                step = self.step(value, error)
            except BaseException:
                self.close_all()
                raise
            value = error = None
            if isinstance(step, (bytes, Answer)):
                return step
            try:
                value = self._do(step)
            except BaseException as raised:
                error = raised

    def hang_up(self) -> None:
        """End the flow where it stands."""
        # Read by another thread just now, it ends there: what it reads is closed.
        if not getattr(self.flow, "gi_running", False):
            with contextlib.suppress(HungUp):
                while isinstance(self.next(HungUp()), bytes):
                    pass
        self.close_all()

    def close_all(self) -> None:
        """Close what was opened."""
        if self.last is not None:
            self.last.close()

    def _do(self, step: Decide | Refuse | Send | Read | Report) -> Any:
        if step is READ:
            return next(self.chunks, b"")
        if isinstance(step, Report):
            return self.report(step)
        if isinstance(step, Refuse):
            return self.sessions.again(lambda: self.gate.refuse(step.event, step.why))
        if (ahead := self.done(step)) is not None:
            return ahead.decision if isinstance(step, Decide) else _reply(ahead.came)
        if isinstance(step, Decide):
            return self.sessions.again(lambda: self.gate.decide(step.event))
        self.close_all()
        self.unsettled = step.decision_id
        self.last = self.inner.send(_rebuilt(self.request, step), stream=step.stream, **self.options)
        if not step.stream:
            return _reply(self.last)
        if self.last.status_code >= NO_ANSWER:
            self.last.read()
            return _reply(self.last)
        self.chunks = iter(_chunks(self.last, self.last.iter_bytes))
        return Reply(self.last.status_code, None)


class AsyncRun(Drive):
    """Drives one flow for an async client."""

    async def next(self, error: BaseException | None = None) -> bytes | Answer:
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
            if isinstance(step, (bytes, Answer)):
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
        if not getattr(self.flow, "gi_running", False):
            with contextlib.suppress(HungUp):
                while isinstance(await self.next(HungUp()), bytes):
                    pass
        await self.close_all()

    async def close_all(self) -> None:
        """Close what was opened."""
        if self.last is not None:
            await self.last.aclose()

    async def _do(self, step: Decide | Refuse | Send | Read | Report) -> Any:
        if step is READ:
            return await anext(self.chunks, b"")
        if isinstance(step, Report):
            self.unsettled = None
            return await self.sessions.again_async(lambda: self.gate.areport(**_reported(step)))
        if isinstance(step, Refuse):
            return self.sessions.again(lambda: self.gate.refuse(step.event, step.why))
        if (ahead := self.done(step)) is not None:
            return ahead.decision if isinstance(step, Decide) else _reply(ahead.came)
        if isinstance(step, Decide):
            return await self.sessions.again_async(lambda: self.gate.adecide(step.event))
        await self.close_all()
        self.unsettled = step.decision_id
        self.last = await self.inner.send(_rebuilt(self.request, step), stream=step.stream, **self.options)
        if not step.stream:
            return _reply(self.last)
        if self.last.status_code >= NO_ANSWER:
            await self.last.aread()
            return _reply(self.last)
        self.chunks = aiter(_chunks(self.last, self.last.aiter_bytes))
        return Reply(self.last.status_code, None)


def settled(ahead: Ahead, error: BaseException) -> Report:
    """Say how a request ended that was sent ahead of an exchange which failed."""
    cause = ahead.error or error
    outcome: Outcome = "error" if isinstance(cause, Exception) else "cancelled"
    return Report(ahead.decision.decision_id, outcome, error=cause)


def _reported(step: Report) -> dict[str, Any]:
    return {
        "decision_id": step.decision_id,
        "outcome": step.outcome,
        "usage": step.usage,
        "error": step.error,
    }


def body_of(content: bytes) -> Any:
    """Return the JSON of a request, None where it has no body."""
    try:
        return json.loads(content.decode("utf-8", "surrogatepass")) if content else None
    except (ValueError, RecursionError):
        raise UngovernedSurface("the request body is no JSON; use the SDK's own methods") from None


def _rebuilt(request: Any, step: Send) -> Any:
    """Build the request that carries what was decided, with the caller's headers and timeout."""
    url = request.url
    if step.deployment is not None:
        path, mark, query = url.raw_path.decode("ascii").partition("?")
        url = url.copy_with(raw_path=f"{readdressed(path, step.deployment)}{mark}{query}".encode("ascii"))
    elif step.content is None or (not step.turn and step.content == request.content):
        return request
    dropped = _OF_THE_BODY | ({"idempotency-key"} if step.turn else frozenset())
    headers = [(key, value) for key, value in request.headers.multi_items() if key.lower() not in dropped]
    return type(request)(
        request.method, url, headers=headers, content=step.content, extensions=request.extensions
    )


def _reply(response: Any) -> Reply:
    try:
        text = response.content.decode("utf-8-sig")
        try:
            return Reply(response.status_code, _exactly(text), exact=is_utf8(response))
        except _Twice:
            return Reply(response.status_code, json.loads(text))
    except (ValueError, RecursionError):
        return Reply(response.status_code, None)


class _Twice(Exception):
    """A key stands twice in an object: each reader may take another value (RFC 8259, section 4)."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice
    return found


_read = json.JSONDecoder(object_pairs_hook=_unique).raw_decode


def _exactly(text: str) -> Any:
    """Read JSON; raise `_Twice` where readers could differ."""
    text = text.strip(" \t\r\n")
    value, end = _read(text)
    if end != len(text):
        raise ValueError("more than one value")
    return value


def _chunks(response: Any, decoded: Any) -> Any:
    """Return the chunks of a stream as they come in, decoded only where they are encoded."""
    return decoded() if response.headers.get("content-encoding") else response.stream


def response_of(answer: Answer, last: Any, request: Any, http: Any) -> Any:
    """Return what the caller gets of an answer that is no stream."""
    if answer.body is None and last is not None:
        return last
    refused = answer.status >= 400
    headers = [("content-type", "application/json"), *([("x-should-retry", "false")] if refused else [])]
    if last is not None and not refused:
        headers = [*_headers(last), *headers]
    content = compact(answer.body).encode("utf-8", "surrogatepass")
    response = http.Response(answer.status, headers=headers, content=content, request=request)
    if last is not None:
        # A transport of the caller's own may not have measured it.
        with contextlib.suppress(RuntimeError):
            response.elapsed = last.elapsed
    return response


def streamed(last: Any, body: Any, request: Any, response: Any) -> Any:
    """Return what the caller gets of an answer that is a stream."""
    headers = [*_headers(last), ("content-type", "text/event-stream")]
    return response(
        last.status_code, headers=headers, stream=body, request=request, extensions=last.extensions
    )


def _headers(last: Any) -> list[tuple[str, str]]:
    dropped = _OF_THE_BODY | {"content-type"}
    return [(key, value) for key, value in last.headers.multi_items() if key.lower() not in dropped]
