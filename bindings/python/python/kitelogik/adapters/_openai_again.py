"""Answers and items that were made before and are read again: as governed as when they are made. Sans-IO."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import Any

from kitelogik.adapters._openai_calls import ASK, OUTPUTS, kind_of
from kitelogik.adapters._openai_events import refusal, usage_of
from kitelogik.adapters._openai_formats import Responses, objects
from kitelogik.adapters._openai_judge import disclosed, judged, ran
from kitelogik.adapters._openai_kept import Kept
from kitelogik.adapters._openai_routes import Route
from kitelogik.adapters._openai_steps import NO_ANSWER, Answer, Flow, Reply, Report, Rules, Send, Step
from kitelogik.adapters._openai_stream_responses import ResponsesStream
from kitelogik.adapters._openai_surface import Json, check_items, conversation_of
from kitelogik.adapters._openai_wire import close, is_unfinished, object_of, read, unfinished
from kitelogik.errors import ActionDenied, UngovernedSurface

_WITH_SHELL: Json = {"tools": [{"type": "shell"}]}
_OF_THE_CALLER = frozenset({"mcp_approval_response", *OUTPUTS})


def again(route: Route, request: object, rules: Rules) -> Flow:
    """Carry a request through that asks no model anything."""
    _check_given(request)
    # A stream is read later, perhaps in another session than the one in which it began.
    kept = rules.kept()
    if route.what == "answer":
        return (yield from _answer(rules, kept, streamed=route.streamed))
    reply: Reply = yield Send()
    if route.what == "plain" or reply.status >= NO_ANSWER:
        return Answer(reply.status, None, reply.data)
    return (yield from _items(reply, rules, kept, listed=route.what == "items"))


def _answer(rules: Rules, kept: Kept, *, streamed: bool) -> Flow:
    """Decide an answer that is read by its id; what was decided on it before stands."""
    stream = ResponsesStream({}, hold=rules.governs("model_response")) if streamed else None
    reply: Reply = yield Send(stream=streamed)
    if reply.status >= NO_ANSWER:
        return Answer(reply.status, None, reply.data)
    if stream is not None:
        reply = Reply(reply.status, (yield from read(stream)))
        if reply.data is None:
            return Answer(reply.status, None)
    data = object_of(reply)
    if is_unfinished(data):
        return Answer(reply.status, unfinished(data))
    yield from _settled(data, kept)
    yield from ran(data, kept)
    answer = yield from _decided(data, reply.status, rules, kept)
    if stream is not None:
        yield from close(stream, answer, kept)
    return answer


def _decided(data: Json, status: int, rules: Rules, kept: Kept) -> Flow:
    form = Responses(_WITH_SHELL if kept.shells.get(data.get("id")) else {})
    if rules.governs("model_response"):
        data, refused = yield from disclosed(form, data, data.get("model"))
        if refused is not None:
            return refused
    left, withheld, verdicts, first_denied = yield from judged(form, {}, data, rules, kept, again=True)
    if first_denied is not None and rules.on_deny == "raise":
        raise ActionDenied(first_denied)  # type: ignore[arg-type]
    if verdicts and len(withheld.calls) == len(verdicts):
        # Nobody asked the model anything: it reads the denials with the caller's next request.
        left = form.give_up(left, withheld)
    conversation = conversation_of(data)
    if withheld.calls and (conversation is None or any(verdict.new for verdict in withheld.calls)):
        # A conversation goes on: what was decided before has been answered in it, or waits already.
        kept.pending.keep(conversation or data.get("id"), withheld)
    return Answer(status, left)


def _settled(data: Json, kept: Kept) -> Generator[Step, Any, None]:
    """Settle what an answer spent that was made in the background."""
    decision_id = kept.running.pop(data.get("id"))
    if decision_id is not None:
        done = data.get("status") in ("completed", "incomplete")
        # The store forgets the oldest; what it forgot is settled.
        with contextlib.suppress(KeyError):
            yield Report(decision_id, "ok" if done else "cancelled", usage_of(data))


def _items(reply: Reply, rules: Rules, kept: Kept, *, listed: bool) -> Flow:
    """Decide the items of a conversation that are calls; drop what is denied."""
    data = object_of(reply)
    items = objects(data, "data") if listed else [data]
    form = Responses({}, _OF_THE_CALLER)
    shown: Json = {"output": items}
    if rules.governs("model_response"):
        shown, refused = yield from disclosed(form, shown, None)
        if refused is not None:
            return refused
    left, _, _, first_denied = yield from judged(form, {}, shown, rules, kept, again=True)
    if listed:
        return Answer(reply.status, {**data, "data": left["output"]})
    if left["output"]:
        return Answer(reply.status, left["output"][0])
    if first_denied is not None:
        return Answer(403, refusal(first_denied))
    raise UngovernedSurface(f"the item {kind_of(data)!r} is not governed; it was withheld")


def _check_given(body: object) -> None:
    """Check items that are put into a conversation: what a model reads, no ask and no answer to one."""
    if body is None:
        return
    if not isinstance(body, dict):
        raise UngovernedSurface("the request body is no JSON object; use the SDK's own methods")
    items = body.get("items")
    if isinstance(items, str):
        raise UngovernedSurface("this form of items= is not governed: send a list of objects")
    check_items("conversation", items)
    if any(kind_of(item) in (ASK, "mcp_approval_response") for item in items or ()):
        raise UngovernedSurface(
            "an ask of a hosted MCP server and the answer to it go into input= of responses.create: they are "
            "decided there"
        )
