"""One request of a governed OpenAI client, as a generator that asks for what it needs: decide this event,
send this body, report this outcome. The sync and the async client drive the same one. Sans-IO."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, Literal

from kitelogik.adapters._openai_events import model_call, refusal, sum_usage, usage_of
from kitelogik.adapters._openai_formats import Call, Chat, Responses, Verdict
from kitelogik.adapters._openai_pending import PendingDenials
from kitelogik.adapters._openai_surface import Json, Wire, check
from kitelogik.arguments import InvalidArguments, parse_arguments
from kitelogik.denial import denial
from kitelogik.errors import ActionDenied, UngovernedSurface
from kitelogik.gate import Decision, Outcome, Usage
from kitelogik.tools import ToolNames

_FORMATS: dict[Wire, type[Responses] | type[Chat]] = {"responses": Responses, "chat": Chat}
_SHOWN_OF_INVALID = 256


@dataclass(frozen=True)
class Decide:
    """Ask the gate; the driver sends the `Decision` back in."""

    event: Json


@dataclass(frozen=True)
class Send:
    """Send this body; the driver sends a `Reply` back in, or throws what went wrong."""

    body: Json
    turn: int


@dataclass(frozen=True)
class Report:
    """Say how a decided event ended."""

    decision_id: str
    outcome: Outcome
    usage: Usage | None = None
    error: BaseException | str | None = None


@dataclass(frozen=True)
class Reply:
    """What came back: `data` is its JSON, None where it is none."""

    status: int
    data: Any


@dataclass(frozen=True)
class Answer:
    """What the caller gets: `body` in place of what came back, or the last reply as it came."""

    status: int
    body: Json | None


Step = Decide | Send | Report
Flow = Generator[Step, Any, Answer]


@dataclass(frozen=True)
class Rules:
    """How one governed client behaves."""

    names: ToolNames
    max_denied_turns: int = 3
    on_deny: Literal["return", "raise"] = "return"
    pending: PendingDenials = field(default_factory=PendingDenials, compare=False)


def exchange(wire: Wire, request: object, rules: Rules) -> Flow:
    """Carry one request of the caller through to an answer in which every call is allowed."""
    body = check(wire, request)
    form = _FORMATS[wire]
    if wire == "responses":
        body = rules.pending.inject(body)
    usage: Any = None
    turn = 0
    while True:
        decision: Decision = yield Decide(model_call(wire, body))
        if not decision.allow:
            return Answer(403, refusal(decision))
        if decision.obligations:
            yield Report(decision.decision_id, "cancelled", Usage(total_tokens=0), "obligations not honoured")
            return Answer(403, refusal(decision, reason_code="cannot_enforce"))
        reply: Reply = yield from _send(decision, body, turn)
        if reply.status >= 400:
            return Answer(reply.status, None)
        data = _object(reply)
        usage = sum_usage(usage, data.get("usage"))
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
        if first_denied is None or len(denied.calls) < len(verdicts):
            rules.pending.keep(data.get("id"), denied)
            return Answer(reply.status, kept)
        if turn >= rules.max_denied_turns:
            rules.pending.keep(data.get("id"), denied)
            return Answer(reply.status, form.give_up(kept, denied))
        body = form.follow_up(body, data, verdicts)
        turn += 1


def _send(decision: Decision, body: Json, turn: int) -> Generator[Step, Any, Reply]:
    """Send a decided request and settle it, whatever becomes of it, before any of its calls is decided."""
    try:
        reply: Reply = yield Send(body, turn)
    except BaseException as error:
        outcome: Outcome = "error" if isinstance(error, Exception) else "cancelled"
        yield Report(decision.decision_id, outcome, error=error)
        raise
    if reply.status >= 400:
        # The provider charges nothing for a request that it refused.
        yield Report(decision.decision_id, "error", Usage(total_tokens=0), f"status {reply.status}")
    else:
        used = usage_of(reply.data) if isinstance(reply.data, dict) else None
        yield Report(decision.decision_id, "ok", used)
    return reply


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
