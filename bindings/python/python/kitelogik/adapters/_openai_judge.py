"""What is asked of policy about one answer: what it says, and each call in it. Sans-IO."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

from kitelogik.adapters._openai_calls import Call, Verdict, Withheld, kind_of
from kitelogik.adapters._openai_events import refusal
from kitelogik.adapters._openai_formats import Chat, Responses, input_items
from kitelogik.adapters._openai_hosted import asks_caller, is_ask
from kitelogik.adapters._openai_kept import Kept
from kitelogik.adapters._openai_redact import redacted_answer
from kitelogik.adapters._openai_steps import Answer, Decide, Report, Rules, Step
from kitelogik.adapters._openai_surface import Json
from kitelogik.arguments import InvalidArguments, parse_arguments
from kitelogik.denial import denial
from kitelogik.errors import UngovernedSurface
from kitelogik.gate import Decision
from kitelogik.tools import ToolNames

Form = Responses | Chat
_SHOWN_OF_INVALID = 256


class Judged(NamedTuple):
    """What is left of an answer, and what was taken out of it."""

    data: Json
    withheld: Withheld
    verdicts: list[Verdict]
    first_denied: Decision | None


def disclosed(form: Form, data: Json, model: object) -> Generator[Step, Any, tuple[Json, Answer | None]]:
    """Decide what an answer may show: return that, or the refusal in its place."""
    event: Json = {"event": "model_response", "response": form.text(data)}
    decision: Decision = yield Decide({**event, "model": model} if isinstance(model, str) else event)
    if not decision.allow:
        return data, Answer(403, refusal(decision))
    shown, unmet = redacted_answer(data, decision.obligations)
    if unmet is not None:
        yield Report(decision.decision_id, "cancelled", error=unmet)
        return data, Answer(403, refusal(decision, reason_code="cannot_enforce"))
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
            kept.asks.put(call.call_id, decision.decision_id)
        verdicts.append(verdict)
    if verdicts and isinstance(form, Responses):
        for verdict in verdicts:
            kept.remember(verdict)
    left, withheld = form.rewrite(data, verdicts)
    return Judged(left, withheld, verdicts, first_denied)


def _decided(call: Call, body: Json, rules: Rules) -> Generator[Step, Any, tuple[Verdict, Decision]]:
    event, arguments = _tool_call(call, rules.names)
    decision: Decision = yield Decide(event)
    allowed = decision.allow and not decision.obligations and arguments is not None
    text = denial(event.get("tool", rules.names.policy_name(call.name)), decision)
    answered = allowed and is_ask(call) and not asks_caller(body, call)
    return Verdict(call, arguments if allowed else None, text, decision.decision_id, answered), decision


def _as_before(call: Call, allowed: bool, said: str, decision_id: str) -> Verdict:
    return Verdict(call, parse_arguments(call.arguments).text if allowed else None, said, decision_id)


def answered_asks(body: Json, rules: Rules, kept: Kept) -> Generator[Step, Any, Json]:
    """Return a request in which the caller answers yes only to asks of hosted MCP servers that policy allows.

    An ask that this program handed over was decided; another one is decided now, from the item beside it.
    """
    if isinstance(body.get("input") or "", str):
        return body
    items = input_items(body)
    yes = [i for i in items if kind_of(i) == "mcp_approval_response" and i.get("approve") is not False]
    refused: dict[int, Json] = {}
    form = Responses(body)
    for answer in yes:
        ask_id = answer.get("approval_request_id")
        if kept.asks.get(ask_id) is not None:
            continue
        asked = [call for call in form.calls({"output": items}) if is_ask(call) and call.call_id == ask_id]
        if len(asked) != 1:
            raise UngovernedSurface(
                f"a yes to the ask {ask_id!r} of a hosted MCP server is not governed, as it was not decided "
                "here: send the item of the ask beside it"
            )
        verdict, decision = yield from _decided(asked[0], body, rules)
        if verdict.arguments is None:
            refused[id(answer)] = {**answer, "approve": False, "reason": verdict.denial}
        else:
            kept.asks.put(ask_id, decision.decision_id)
    return {**body, "input": [refused.get(id(item), item) for item in items]} if refused else body


def ran(data: Json, kept: Kept) -> Generator[Step, Any, None]:
    """Report how the calls of hosted MCP servers ended that were allowed here."""
    items = data.get("output")
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and kind_of(item) == "mcp_call":
            decision_id = kept.asks.pop(item.get("approval_request_id"))
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
