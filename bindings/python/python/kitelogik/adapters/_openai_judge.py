"""What is asked of policy about one answer: what it says, and each call in it. Sans-IO."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

from kitelogik.adapters._openai_calls import ASK, Call, Verdict, Withheld, call_of, kind_of
from kitelogik.adapters._openai_events import refusal
from kitelogik.adapters._openai_formats import Chat, Responses, input_items
from kitelogik.adapters._openai_hosted import asks_caller, is_ask, is_end_of
from kitelogik.adapters._openai_kept import Kept, digest
from kitelogik.adapters._openai_redact import redacted_answer
from kitelogik.adapters._openai_steps import Answer, Decide, Refuse, Report, Rules, Step
from kitelogik.adapters._openai_surface import Json
from kitelogik.arguments import InvalidArguments, parse_arguments
from kitelogik.denial import denial
from kitelogik.errors import UngovernedSurface
from kitelogik.gate import Decision
from kitelogik.tools import ToolNames

Form = Responses | Chat
_SHOWN_OF_INVALID = 256
NO_OBLIGATION = "no obligation on a tool call can be honoured here"


class Judged(NamedTuple):
    """What is left of an answer, and what was taken out of it."""

    data: Json
    withheld: Withheld
    verdicts: list[Verdict]
    first_denied: Decision | None


def disclosed(form: Form, data: Json, model: object) -> Generator[Step, Any, tuple[Json, Answer | None]]:
    """Decide what an answer may show: return that, or the refusal in its place."""
    event: Json = {"event": "model_response", "response": form.text(data)}
    if isinstance(model, str):
        event["model"] = model
    decision: Decision = yield Decide(event)
    if not decision.allow:
        return data, Answer(403, refusal(decision))
    calls = {id(call.item) for call in form.calls(data)} if decision.obligations else set()
    shown, unmet = redacted_answer(data, decision.obligations, calls)
    if unmet is not None:
        yield Report(decision.decision_id, "cancelled", error=unmet)
        return data, Answer(403, refusal((yield Refuse(event, unmet))))
    yield Report(decision.decision_id, "ok")
    return shown, None


def judged(
    form: Form, body: Json, data: Json, rules: Rules, kept: Kept, *, again: bool = False
) -> Generator[Step, Any, Judged]:
    """Decide every call of an answer; `again`: what was decided on the very same call before stands."""
    verdicts: list[Verdict] = []
    first_denied: Decision | None = None
    for call in form.calls(data):
        known = kept.decided(call) if again else None
        if known is not None:
            verdicts.append(_as_before(call, *known))
            continue
        verdict, decision = yield from _decided(call, body, rules)
        if verdict.arguments is None and first_denied is None:
            first_denied = decision
        elif is_ask(call) and verdict.arguments is not None:
            kept.allow(_canonical(call), decision.decision_id)
        verdicts.append(verdict)
    if verdicts and isinstance(form, Responses):
        for verdict in verdicts:
            kept.remember(verdict)
    left, withheld = form.rewrite(data, verdicts)
    return Judged(left, withheld, verdicts, first_denied)


def _decided(call: Call, body: Json, rules: Rules) -> Generator[Step, Any, tuple[Verdict, Decision]]:
    event, arguments = _tool_call(call, rules.names)
    decision: Decision = yield Decide(event)
    tool = event.get("tool", rules.names.policy_name(call.name))
    allowed = decision.allow and not decision.obligations and arguments is not None
    if decision.allow and not allowed:
        yield Report(decision.decision_id, "cancelled", error=NO_OBLIGATION)
        decision = yield Refuse(event, NO_OBLIGATION)
    text = denial(tool, decision)
    answered = allowed and is_ask(call) and not asks_caller(body, call)
    return Verdict(call, arguments if allowed else None, text, decision.decision_id, answered), decision


def _as_before(call: Call, allowed: bool, said: str, decision_id: str) -> Verdict:
    text = parse_arguments(call.arguments).text if allowed else None
    return Verdict(call, text, said, decision_id, new=False)


def answered_asks(body: Json, rules: Rules, kept: Kept) -> Generator[Step, Any, Json]:
    """Return a request in which the caller answers yes only to asks of hosted MCP servers that policy allows.

    An ask that this program handed over was decided, for one yes. Another one, another yes, and an item
    beside it that asks for something else are decided now.
    """
    if isinstance(body.get("input") or "", str):
        return body
    items = input_items(body)
    refused: dict[int, Json] = {}
    for answer in items:
        if kind_of(answer) != "mcp_approval_response":
            continue
        ask_id = answer.get("approval_request_id")
        if answer.get("approve") is False:
            if (decision_id := kept.unreported.pop(ask_id)) is not None:
                yield Report(decision_id, "cancelled", error="the caller said no")
            continue
        asked = [call_of(item) for item in items if kind_of(item) == ASK and item.get("id") == ask_id]
        known = kept.asks.get(ask_id)
        call = _canonical(asked[0]) if asked and asked[0] is not None else known
        if call is not None and len(asked) < 2 and known is not None and digest(known) == digest(call):
            history = any(is_end_of(item, ask_id) for item in items)
            if kept.permits.pop(ask_id) is not None or history:
                continue
        if call is None or len(asked) > 1:
            raise UngovernedSurface(
                f"a yes to the ask {ask_id!r} of a hosted MCP server is not governed, as it was not decided "
                "here: send the item of the ask beside it"
            )
        verdict, decision = yield from _decided(call, body, rules)
        if verdict.arguments is None:
            refused[id(answer)] = {**answer, "approve": False, "reason": verdict.denial}
        else:
            kept.allow(call, decision.decision_id)
            kept.permits.pop(ask_id)
    return {**body, "input": [refused.get(id(item), item) for item in items]} if refused else body


def _canonical(ask: Call) -> Call:
    """Return an ask with its arguments as they are handed over, where they can be."""
    try:
        return ask._replace(arguments=parse_arguments(ask.arguments).text)
    except InvalidArguments:
        return ask


def ran(data: Json, kept: Kept) -> Generator[Step, Any, None]:
    """Report how the calls of hosted MCP servers ended that were allowed here."""
    items = data.get("output")
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and kind_of(item) == "mcp_call":
            decision_id = kept.unreported.pop(item.get("approval_request_id"))
            if decision_id is not None:
                error = item.get("error")
                yield Report(
                    decision_id, "ok" if error is None else "error", error=None if error is None else "mcp"
                )


def _tool_call(call: Call, names: ToolNames) -> tuple[Json, str | None]:
    """Build a call's event and the text to hand over. Arguments that cannot be read go as text: such an
    event is denied `invalid_args`, with a record that says why and how they began."""
    if call.server is None:
        identity = names.identify(call.name)
    else:
        tags = names.tags.get(call.name)
        identity = {
            "tool": call.name,
            "wire_tool": call.item["name"],
            "transport": "mcp",
            "server": {"alias": call.server},
            **({"tool_tags": list(tags)} if tags else {}),
        }
    event: Json = {"event": "tool_call", **identity}
    try:
        arguments = parse_arguments(call.arguments)
    except InvalidArguments as error:
        shown = str(call.arguments)[:_SHOWN_OF_INVALID].encode("utf-8", "replace").decode("utf-8")
        return {**event, "args": f"{error}; the arguments begin {shown!r}"}, None
    return {**event, "args": arguments.value}, arguments.text
