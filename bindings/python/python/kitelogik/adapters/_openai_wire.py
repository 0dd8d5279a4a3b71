"""One request of a governed OpenAI client, as a generator that asks for what it needs: decide this event,
send this body, read on, show these bytes, report this outcome. The sync and the async client drive the same
one. Sans-IO."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Literal

from kitelogik.adapters._openai_calls import Call, Verdict
from kitelogik.adapters._openai_events import model_call, refusal, sum_usage, usage_of
from kitelogik.adapters._openai_formats import Chat, Responses
from kitelogik.adapters._openai_kept import Kept
from kitelogik.adapters._openai_sse import EventReader, write
from kitelogik.adapters._openai_stream import (
    HELD_SECONDS,
    MAX_HELD_BYTES,
    ChatStream,
    ResponsesStream,
    Stream,
)
from kitelogik.adapters._openai_surface import Json, Wire, check
from kitelogik.arguments import InvalidArguments, parse_arguments
from kitelogik.denial import denial
from kitelogik.errors import ActionDenied, UngovernedSurface
from kitelogik.gate import Decision, Outcome, Usage
from kitelogik.tools import ToolNames

_FORMATS: dict[Wire, type[Responses] | type[Chat]] = {"responses": Responses, "chat": Chat}
_STREAMS: dict[Wire, type[ResponsesStream] | type[ChatStream]] = {
    "responses": ResponsesStream,
    "chat": ChatStream,
}
_SHOWN_OF_INVALID = 256


class HungUp(BaseException):
    """Thrown in where the caller closed a stream. No `Exception`: nobody is to take it for a failure."""


@dataclass(frozen=True)
class Decide:
    """Ask the gate; the driver sends the `Decision` back in."""

    event: Json


@dataclass(frozen=True)
class Send:
    """Send this body; the driver sends a `Reply` back in, or throws what went wrong."""

    decision_id: str
    body: Json
    turn: int
    stream: bool


@dataclass(frozen=True)
class Read:
    """Read on in the stream that was opened last; the driver sends the bytes back in, none at its end."""


@dataclass(frozen=True)
class Show:
    """Let the caller read these bytes. The first one, empty, says that there will be a stream."""

    content: bytes


@dataclass(frozen=True)
class Report:
    """Say how a decided event ended."""

    decision_id: str
    outcome: Outcome
    usage: Usage | None = None
    error: BaseException | str | None = None


@dataclass(frozen=True)
class Reply:
    """What came back: `data` is its JSON, None where it is none or a stream."""

    status: int
    data: Any


@dataclass(frozen=True)
class Answer:
    """What the caller gets: `body` in place of what came back, or the last reply as it came."""

    status: int
    body: Json | None
    came: Any = None


Step = Decide | Send | Read | Show | Report
Flow = Generator[Step, Any, Answer]


@dataclass(frozen=True)
class Rules:
    """How one governed client behaves."""

    names: ToolNames
    governs: Callable[[str], bool] = field(compare=False)
    kept: Callable[[], Kept] = field(compare=False)
    max_denied_turns: int = 3
    on_deny: Literal["return", "raise"] = "return"


def exchange(wire: Wire, request: object, rules: Rules) -> Flow:
    """Carry one request of the caller through to an answer in which every call is allowed."""
    body = check(wire, request)
    if wire == "responses":
        kept = rules.kept()
        body = kept.pending.inject(kept.renamed.real(body))
    # What is decided before it is shown is held until it is.
    watched = rules.governs("model_response")
    stream = _STREAMS[wire](body, hold=watched) if body.get("stream") else None
    answer = yield from _turns(wire, stream.asked if stream is not None else body, rules, stream, watched)
    if stream is not None and stream.begun:
        yield from _close(stream, answer, rules)
    return answer


def _turns(wire: Wire, body: Json, rules: Rules, stream: Stream | None, watched: bool) -> Flow:
    """Send the request, and again with the denials while nothing is left of what the model called."""
    form = _FORMATS[wire]
    usage: Any = None
    turn = 0
    while True:
        decision: Decision = yield Decide(model_call(wire, body))
        if not decision.allow:
            return Answer(403, refusal(decision))
        if decision.obligations:
            yield Report(decision.decision_id, "cancelled", Usage(total_tokens=0), "obligations not honoured")
            return Answer(403, refusal(decision, reason_code="cannot_enforce"))
        reply: Reply = yield from _send(decision, body, turn, stream)
        if reply.status >= 400 or (stream is not None and reply.data is None):
            return Answer(reply.status, None, reply.data)
        data = form.asked(body, _object(reply))
        usage = sum_usage(usage, data.get("usage"))
        if watched:
            shown = {"event": "model_response", "model": body["model"], "response": form.text(data)}
            decision = yield Decide(shown)
            if not decision.allow or decision.obligations:
                return Answer(403, refusal(decision))
            yield Report(decision.decision_id, "ok")
        verdicts: list[Verdict] = []
        first_denied: Decision | None = None
        for call in form.calls(data):
            event, arguments = _tool_call(call, rules.names)
            decision = yield Decide(event)
            allowed = decision.allow and not decision.obligations and arguments is not None
            if not allowed and first_denied is None:
                first_denied = decision
            text = denial(rules.names.policy_name(call.name), decision)
            verdicts.append(Verdict(call, arguments if allowed else None, text))
        kept, denied = form.rewrite(data, verdicts)
        if usage is not None:
            kept["usage"] = usage
        if first_denied is not None and rules.on_deny == "raise":
            raise ActionDenied(first_denied)  # type: ignore[arg-type]
        several = form is Chat and len(data["choices"]) > 1
        if first_denied is not None and (several or len(denied.calls) == len(verdicts)):
            # Of several choices each is an answer of its own: the request is not sent again for one.
            if not several and turn < rules.max_denied_turns:
                body = form.follow_up(body, data, verdicts)
                turn += 1
                continue
            kept = form.give_up(kept, denied)
        rules.kept().pending.keep(data.get("id"), denied)
        return Answer(reply.status, kept)


def _send(decision: Decision, body: Json, turn: int, stream: Stream | None) -> Generator[Step, Any, Reply]:
    """Send a decided request and settle it, whatever becomes of it, before any of its calls is decided."""
    try:
        reply: Reply = yield Send(decision.decision_id, body, turn, stream is not None)
        if stream is not None and reply.status < 400:
            reply = Reply(reply.status, (yield from _read(stream)))
    except GeneratorExit:
        # Nobody drives this any more.
        raise
    except BaseException as error:
        outcome: Outcome = "error" if isinstance(error, Exception) else "cancelled"
        yield Report(decision.decision_id, outcome, error=error)
        raise
    if reply.status >= 400:
        # The provider charges nothing for a request that it refused.
        yield Report(decision.decision_id, "error", Usage(total_tokens=0), f"status {reply.status}")
    elif stream is not None and stream.failed:
        yield Report(decision.decision_id, "error", error="the stream ended with an error")
    else:
        used = usage_of(reply.data) if isinstance(reply.data, dict) else None
        yield Report(decision.decision_id, "ok", used)
    return reply


def _read(stream: Stream) -> Generator[Step, Any, Json | None]:
    """Read one turn of a stream and show what passes; return its answer, None where it was cut short."""
    if not stream.begun:
        stream.begun = True
        yield Show(b"")
    stream.begin()
    reader = EventReader()
    silent, since = 0, monotonic()
    while not stream.ended:
        chunk: bytes = yield Read()
        if not chunk:
            break
        silent += len(chunk)
        shown = b""
        for event in reader.feed(chunk):
            if not stream.ended:
                shown += b"".join(write(passes, named=stream.named) for passes in stream.take(event))
        if shown:
            yield Show(shown)
            silent, since = 0, monotonic()
        elif silent > MAX_HELD_BYTES or monotonic() - since > HELD_SECONDS:
            raise UngovernedSurface("the stream goes on without anything that can be shown; it was closed")
    return None if stream.failed else stream.answer()


def _close(stream: Stream, answer: Answer, rules: Rules) -> Generator[Step, Any, None]:
    """Show what is left to show, then let the provider end its stream, so that the connection stays."""
    if answer.status >= 400:
        body = answer.body or answer.came
        error = body.get("error") if isinstance(body, dict) else None
        events = stream.refused(error if isinstance(error, dict) else {"message": f"status {answer.status}"})
    elif answer.body is None:
        return
    else:
        events = stream.closing(answer.body)
        if stream.shown_id is not None:
            rules.kept().renamed.keep(stream.shown_id, answer.body.get("id"))
    yield Show(b"".join(write(event, named=stream.named) for event in events))
    read = 0
    while read <= MAX_HELD_BYTES and (chunk := (yield Read())):
        read += len(chunk)


def _tool_call(call: Call, names: ToolNames) -> tuple[Json, str | None]:
    """Build a call's event and the text to hand over. Arguments that cannot be read go as text: such an
    event is denied `invalid_args`, with a record that says why and how they began."""
    event: Json = {"event": "tool_call", **names.identify(call.name)}
    try:
        arguments = parse_arguments(call.arguments)
    except InvalidArguments as error:
        shown = str(call.arguments)[:_SHOWN_OF_INVALID].encode("utf-8", "replace").decode("utf-8")
        return {**event, "args": f"{error}; the arguments begin {shown!r}"}, None
    return {**event, "args": arguments.value}, arguments.text


def _object(reply: Reply) -> Json:
    if not isinstance(reply.data, dict):
        raise UngovernedSurface("the answer is no JSON object; it was withheld")
    return reply.data
