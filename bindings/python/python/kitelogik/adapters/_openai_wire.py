"""One request of a governed OpenAI client, as a generator that asks for what it needs: decide this event,
send this body, read on, show these bytes, report this outcome. The sync and the async client drive the same
one. Sans-IO."""

from __future__ import annotations

from collections.abc import Generator
from time import monotonic
from typing import Any

from kitelogik.adapters._openai_events import model_call, refusal, sum_usage, usage_of
from kitelogik.adapters._openai_formats import Chat, Responses
from kitelogik.adapters._openai_hosted import asking, declarations, runs_shell
from kitelogik.adapters._openai_judge import NO_OBLIGATION, answered_asks, disclosed, judged, ran
from kitelogik.adapters._openai_kept import Kept
from kitelogik.adapters._openai_pending import NOTHING_WITHHELD
from kitelogik.adapters._openai_redact import obliged
from kitelogik.adapters._openai_sse import EventReader
from kitelogik.adapters._openai_steps import (
    NO_ANSWER,
    READ,
    Answer,
    Decide,
    Flow,
    Refuse,
    Reply,
    Report,
    Rules,
    Send,
    Step,
)
from kitelogik.adapters._openai_stream import HELD_SECONDS, MAX_HELD_BYTES
from kitelogik.adapters._openai_stream_chat import ChatStream
from kitelogik.adapters._openai_stream_responses import ResponsesStream
from kitelogik.adapters._openai_surface import Json, Wire, check, conversation_of
from kitelogik.denial import compact
from kitelogik.errors import ActionDenied, UngovernedSurface
from kitelogik.gate import Decision, Outcome, Usage

Stream = ResponsesStream | ChatStream
_FORMATS: dict[Wire, type[Responses] | type[Chat]] = {"responses": Responses, "chat": Chat}
_STREAMS: dict[Wire, type[ResponsesStream] | type[ChatStream]] = {
    "responses": ResponsesStream,
    "chat": ChatStream,
}
MAX_ASKED_TURNS = 64
"""Further requests that only answer asks of hosted MCP servers; then the answers wait for the caller."""
END_SECONDS, MAX_END_BYTES = 10.0, 1 << 20
"""How long and how far a stream is read on after its end, so that its connection can be used again."""


def exchange(wire: Wire, request: object, rules: Rules, deployment: str | None = None) -> Flow:
    """Carry one request of the caller through to an answer in which every call is allowed.

    `deployment`: the model that the address names. It is the one that answers, and so the one decided.
    """
    body = check(wire, request)
    for event in declarations(wire, body, rules.names):
        declared: Decision = yield Decide(event)
        if not declared.allow:
            return Answer(403, refusal(declared))
        if declared.obligations:
            yield Report(declared.decision_id, "cancelled", error=NO_OBLIGATION)
            return Answer(403, refusal((yield Refuse(event, NO_OBLIGATION))))
    # A stream is read later, perhaps in another session than the one in which it began.
    kept = rules.kept()
    if wire == "responses":
        body = kept.pending.inject(kept.continued(body))
        body = yield from answered_asks(body, rules, kept)
    # What is decided before it is shown is held until it is.
    watched = rules.governs("model_response")
    stream = _STREAMS[wire](body, hold=watched) if body.get("stream") else None
    body = stream.asked if stream is not None else body
    answer = yield from _turns(wire, body, rules, kept, stream, watched, deployment)
    if stream is not None and stream.begun:
        yield from close(stream, answer, kept)
    return answer


def _turns(
    wire: Wire,
    body: Json,
    rules: Rules,
    kept: Kept,
    stream: Stream | None,
    watched: bool,
    deployment: str | None,
) -> Flow:
    """Send the request, and again with answers to what was withheld while nothing else is left of a turn."""
    form = _FORMATS[wire](body)
    usage: Any = None
    turn = denied_turns = asked_turns = 0
    while True:
        asked = asking(body)
        content = compact(asked).encode("utf-8", "surrogatepass")
        event = model_call(wire, asked, content)
        event["model"] = model = event["model"] if deployment is None else deployment
        decision: Decision = yield Decide(event)
        if not decision.allow:
            return Answer(403, refusal(decision))
        if decision.obligations:
            asked, unmet = obliged(asked, decision.obligations)
            if unmet is not None:
                yield Report(decision.decision_id, "cancelled", Usage(total_tokens=0), unmet)
                return Answer(403, refusal((yield Refuse(event, unmet))))
            content = compact(asked).encode("utf-8", "surrogatepass")
            model = decision.obligations.get("force_model", model)
        addressed = model if deployment is not None and model != deployment else None
        step = Send(content, stream is not None, decision.decision_id, turn, addressed)
        reply: Reply = yield from _send(step, stream, kept, background=bool(body.get("background")))
        if reply.status >= NO_ANSWER or (stream is not None and reply.data is None):
            return Answer(reply.status, None, reply.data)
        came = form.asked(body, object_of(reply))
        if runs_shell(body):
            kept.shells.put(came.get("id"), True)
        conversation = conversation_of(body)
        if conversation is not None:
            # What it waited for has been sent.
            kept.pending.keep(conversation, NOTHING_WITHHELD)
        if body.get("background") and is_unfinished(came):
            return Answer(reply.status, unfinished(came))
        usage = sum_usage(usage, came.get("usage"))
        if wire == "responses":
            yield from ran(came, kept)
        data = came
        if watched:
            data, refused = yield from disclosed(form, came, model)
            if refused is not None:
                return refused
        if stream is None and not turn and reply.exact and data is reply.data and not form.hands_over(data):
            return Answer(reply.status, None)
        left, withheld, verdicts, first_denied = yield from judged(form, body, data, rules, kept)
        if conversation is not None:
            # It waits for them whatever becomes of this request.
            kept.pending.keep(conversation, withheld)
        if usage is not None:
            left["usage"] = usage
        if first_denied is not None and rules.on_deny == "raise":
            raise ActionDenied(first_denied)  # type: ignore[arg-type]
        several = form.several(data)
        if withheld.calls and (several or len(withheld.calls) == len(verdicts)):
            # Of several choices each is an answer of its own: the request is not sent again for one.
            goes_on = (
                denied_turns < rules.max_denied_turns
                if first_denied is not None
                else asked_turns < MAX_ASKED_TURNS
            )
            if not several and goes_on:
                denied_turns += first_denied is not None
                asked_turns += first_denied is None
                for verdict in verdicts:
                    kept.permits.pop(verdict.call.call_id)
                body = form.follow_up(body, data, verdicts)
                turn += 1
                continue
            left = form.give_up(left, withheld)
        kept.pending.keep(conversation or data.get("id"), withheld)
        as_it_came = stream is None and reply.exact and left == reply.data
        return Answer(reply.status, None if as_it_came else left)


def _send(step: Send, stream: Stream | None, kept: Kept, *, background: bool) -> Generator[Step, Any, Reply]:
    """Send a decided request and settle it, whatever becomes of it, before any of its calls is decided."""
    decision_id = step.decision_id or ""
    try:
        reply: Reply = yield step
        if stream is not None and reply.status < NO_ANSWER:
            reply = Reply(reply.status, (yield from read(stream)))
    except GeneratorExit:
        # Nobody drives this any more.
        raise
    except BaseException as error:
        outcome: Outcome = "error" if isinstance(error, Exception) else "cancelled"
        yield Report(decision_id, outcome, error=error)
        raise
    if reply.status >= NO_ANSWER:
        # The provider charges nothing for a request that it refused.
        yield Report(decision_id, "error", Usage(total_tokens=0), f"status {reply.status}")
    elif stream is not None and stream.failed:
        yield Report(decision_id, "error", error="the stream ended with an error")
    elif background and _is_running(reply.data):
        # It goes on spending; what it spent is known when it is read again.
        kept.running.put(reply.data["id"], decision_id)
    else:
        used = usage_of(reply.data) if isinstance(reply.data, dict) else None
        yield Report(decision_id, "ok", used)
    return reply


def read(stream: Stream) -> Generator[Step, Any, Json | None]:
    """Read one turn of a stream and show what passes; return its answer, None where it was cut short."""
    if not stream.begun:
        stream.begun = True
        yield b""
    stream.begin()
    reader = EventReader()
    silent, since = 0, monotonic()
    while not stream.ended:
        chunk: bytes = yield READ
        if not chunk:
            break
        silent += len(chunk)
        shown = stream.piece(chunk) if reader.is_between else b""
        if not shown:
            events = reader.feed(chunk)
            alone_in = chunk if len(events) == 1 and reader.is_between else b""
            for event in events:
                if not stream.ended:
                    shown += stream.take(event, alone_in)
        if shown:
            yield shown
            silent, since = 0, monotonic()
        elif silent > MAX_HELD_BYTES or monotonic() - since > HELD_SECONDS:
            raise UngovernedSurface("the stream goes on without anything that can be shown; it was closed")
    return None if stream.failed else stream.answer()


def close(stream: Stream, answer: Answer, kept: Kept) -> Generator[Step, Any, None]:
    """Show what is left to show, then let the provider end its stream, so that the connection stays."""
    if answer.status >= 400:
        body = answer.body or answer.came
        error = body.get("error") if isinstance(body, dict) else None
        events = stream.refused(error if isinstance(error, dict) else {"message": f"status {answer.status}"})
    elif answer.body is None:
        return
    else:
        events = stream.closing(answer.body)
        last_id = answer.body.get("id")
        if stream.shown_id is not None and isinstance(last_id, str) and stream.shown_id != last_id:
            kept.renamed.put(stream.shown_id, last_id)
    yield stream.written(events)
    count, since = 0, monotonic()
    while count <= MAX_END_BYTES and monotonic() - since <= END_SECONDS and (chunk := (yield READ)):
        count += len(chunk)


def is_unfinished(data: Json) -> bool:
    """Say whether an answer is still being made."""
    return data.get("status") in ("queued", "in_progress")


def _is_running(data: object) -> bool:
    return isinstance(data, dict) and is_unfinished(data) and isinstance(data.get("id"), str)


def unfinished(data: Json) -> Json:
    """Return an answer that is still being made: nothing of it is decided, so nothing of it is shown."""
    return {**data, "output": []}


def object_of(reply: Reply) -> Json:
    """Return the JSON object that came back, or raise `UngovernedSurface`."""
    if not isinstance(reply.data, dict):
        raise UngovernedSurface("the answer is no JSON object; it was withheld")
    return reply.data
