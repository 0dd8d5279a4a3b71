"""Whatever an endpoint answers: it is decided and shown, or refused by name. Nothing else is raised."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kitelogik.adapters._openai_again import again
from kitelogik.adapters._openai_kept import Kept
from kitelogik.adapters._openai_routes import Route
from kitelogik.adapters._openai_steps import READ, Answer, Decide, Refuse, Reply, Rules, Send
from kitelogik.adapters._openai_surface import Json, Wire
from kitelogik.adapters._openai_wire import exchange
from kitelogik.errors import KiteLogikError
from kitelogik.tools import ToolNames
from scripted_gate import ScriptedDecision

CALL = {"type": "function_call", "id": "f1", "call_id": "c1", "name": "evil", "arguments": '{"a":1}'}
MESSAGE = {
    "type": "message",
    "id": "m1",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "hi", "annotations": []}],
}
ITEMS: list[Json] = [
    MESSAGE,
    CALL,
    {"type": "reasoning", "id": "r1", "summary": []},
    {"type": "web_search_call", "id": "w1", "status": "completed"},
    {"type": "shell_call", "id": "s1", "call_id": "c2", "action": {"commands": ["ls"]}},
    {"type": "local_shell_call", "id": "l1", "call_id": "c3", "action": {"command": ["ls"]}},
    {
        "type": "computer_call",
        "id": "p1",
        "call_id": "c4",
        "action": {"type": "click"},
        "pending_safety_checks": [],
    },
    {"type": "custom_tool_call", "id": "u1", "call_id": "c5", "name": "evil", "input": "x"},
    {
        "type": "apply_patch_call",
        "id": "a1",
        "call_id": "c6",
        "operation": {"type": "delete_file", "path": "a"},
    },
    {"type": "mcp_approval_request", "id": "q1", "name": "read", "server_label": "files", "arguments": "{}"},
    {"type": "mcp_call", "id": "k1", "approval_request_id": "q1", "output": "x"},
]
VALUES: list[Any] = [
    *(
        None,
        True,
        0,
        -1,
        2.5,
        1e300,
        10**30,
        "",
        "x",
        "\ud800",
        "\n",
        "message",
        "function_call",
        "completed",
    ),
    *([], {}, [1], [None], [{}], [[]], {"a": 1}, {"type": "x"}, {"name": "evil", "arguments": "{}"}),
    *([{"index": 0}], [{"index": True, "id": "c", "function": {"name": "evil", "arguments": "{}"}}]),
]
CALLS = {item["type"] for item in ITEMS} - {"message", "reasoning", "web_search_call", "mcp_call"}
KEYS = ["type", "item", "response", "id", "index", "output", "error", "usage", "delta", "tool_calls"]
KEYS += ["function_call", "content", "choices", "message", "environment", "namespace", "status", "call_id"]
KEYS += ["name", "arguments", "finish_reason", "conversation"]
ASKED: dict[Wire, Json] = {
    "responses": {"model": "m", "input": "go", "tools": [{"type": "function", "name": "evil"}]},
    "chat": {"model": "m", "messages": [{"role": "user", "content": "go"}]},
}
RULES = Rules(ToolNames.of(), lambda kind: False, lambda kept=Kept(): kept, max_denied_turns=1)  # type: ignore[misc]  # noqa: B008


@st.composite
def changed(draw: st.DrawFn, whole: Any) -> Any:
    """The same with something else in one of its places."""
    whole = copy.deepcopy(whole)
    at = whole
    while True:
        keys = [*at] if isinstance(at, dict) else [*range(len(at))]
        keys += draw(st.lists(st.sampled_from(KEYS), max_size=1)) if isinstance(at, dict) else []
        if not keys:
            return whole
        key = draw(st.sampled_from(keys))
        inner = at.get(key) if isinstance(at, dict) else at[key]
        if isinstance(inner, (dict, list)) and inner and draw(st.integers(0, 3)):
            at = inner
            continue
        at[key] = copy.deepcopy(draw(st.sampled_from(VALUES)))
        return whole


@st.composite
def answers(draw: st.DrawFn, wire: Wire) -> Json:
    if wire == "responses":
        whole: Json = {
            "id": "r1",
            "status": "completed",
            "output": draw(st.lists(st.sampled_from(ITEMS), max_size=3)),
        }
    else:
        told: Json = {"role": "assistant", "content": "hi"}
        call = {"id": "c1", "type": "function", "function": {"name": "evil", "arguments": "{}"}}
        custom = {"id": "c2", "type": "custom", "custom": {"name": "evil", "input": "x"}}
        told["tool_calls"] = draw(st.lists(st.sampled_from([call, custom]), max_size=2))
        told["function_call"] = draw(st.sampled_from([None, call["function"]]))
        whole = {"id": "c1", "choices": [{"index": 0, "message": told, "finish_reason": "stop"}]}
    whole["usage"] = {"total_tokens": 3}
    for _ in range(draw(st.integers(0, 2))):
        whole = draw(changed(whole))
    return whole


@st.composite
def streams(draw: st.DrawFn, wire: Wire) -> list[Any]:
    events: list[Any] = []
    if wire == "responses":
        items = draw(st.lists(st.sampled_from(ITEMS), max_size=3))
        events.append({"type": "response.created", "response": {"id": "r1", "output": []}})
        for place, item in enumerate(items):
            at = {"output_index": place, "item_id": item["id"]}
            events.append({"type": "response.output_item.added", **at, "item": item})
            delta = {
                "type": "response.output_text.delta",
                **at,
                "content_index": 0,
                "delta": "a",
                "logprobs": [],
            }
            events += [delta, delta, {"type": "response.web_search_call.searching", **at}]
            events.append({"type": "response.output_item.done", **at, "item": item})
        whole = {"id": "r1", "status": "completed", "output": items}
        events.append({"type": "response.completed", "response": whole})
    else:
        call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "evil", "arguments": "{}"}}
        deltas: list[Json] = [
            {"role": "assistant", "content": ""},
            {"content": "a"},
            {"tool_calls": [call]},
            {
                "tool_calls": [
                    {"index": 1, "id": "c2", "type": "custom", "custom": {"name": "evil", "input": "x"}}
                ]
            },
            {"function_call": {"name": "evil", "arguments": "{}"}},
        ]
        for delta in draw(st.lists(st.sampled_from(deltas), max_size=5)):
            choice = {"index": 0, "delta": delta, "finish_reason": None}
            events.append({"id": "c1", "object": "chat.completion.chunk", "choices": [choice]})
        events.append("[DONE]")
    for _ in range(draw(st.integers(0, 2))):
        events = draw(changed(events))
    return events if isinstance(events, list) else [events]


def sse(events: list[Any]) -> Iterator[bytes]:
    for event in events:
        said = event if isinstance(event, str) else json.dumps(event)
        yield f"data: {said}\n\n".encode("utf-8", "surrogatepass")


def carry(flow: Any, replies: Iterator[Any], allow: Iterator[bool]) -> tuple[Answer | None, bytes]:
    """Drive an exchange to its end; what was shown of a stream."""
    value: Any = None
    shown, chunks = b"", iter(list[bytes]())
    try:
        while True:
            step = flow.send(value)
            value = None
            if isinstance(step, bytes):
                shown += step
            elif isinstance(step, (Decide, Refuse)):
                allowed = isinstance(step, Decide) and (step.event["event"] == "model_call" or next(allow))
                value = ScriptedDecision(
                    "d", allowed, "" if allowed else "no", "allowed" if allowed else "policy"
                )
            elif step is READ:
                value = next(chunks, b"")
            elif isinstance(step, Send) and step.stream:
                chunks, value = sse(next(replies)), Reply(200, None)
            elif isinstance(step, Send):
                value = Reply(200, next(replies), exact=True)
    except StopIteration as end:
        return cast("Answer | None", end.value), shown
    except KiteLogikError:
        return None, shown


MANY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
GOOD: dict[Wire, Json] = {
    "responses": {"id": "r2", "status": "completed", "output": [MESSAGE]},
    "chat": {"choices": [{"index": 0, "message": {"content": "done"}, "finish_reason": "stop"}]},
}


@pytest.mark.parametrize("wire", ["responses", "chat"])
@MANY
@given(data=st.data())
def test_any_answer_is_shown_or_refused(wire: Wire, data: st.DataObject) -> None:
    allow = data.draw(st.booleans())
    flow = exchange(wire, ASKED[wire], RULES)
    answer, _ = carry(flow, iter([data.draw(answers(wire)), *[GOOD[wire]] * 9]), iter([allow] * 99))
    if answer is not None and answer.body is not None and not allow:
        assert called(wire, answer.body) == []


@MANY
@given(data=st.data())
def test_any_answer_that_is_read_again_is_shown_or_refused(data: st.DataObject) -> None:
    what: Any = data.draw(st.sampled_from(["answer", "items", "item"]))
    answer: Any = data.draw(answers("responses"))
    if what == "items" and isinstance(answer, dict):
        answer = {"data": answer.get("output")}
    elif what == "item":
        answer = data.draw(changed(data.draw(st.sampled_from(ITEMS))))
    carry(again(Route(what, "responses"), None, RULES), iter([answer]), iter([data.draw(st.booleans())] * 99))


@pytest.mark.parametrize("wire", ["responses", "chat"])
@MANY
@given(data=st.data())
def test_any_stream_is_shown_or_refused(wire: Wire, data: st.DataObject) -> None:
    allow = data.draw(st.booleans())
    flow = exchange(wire, {**ASKED[wire], "stream": True}, RULES)
    done = (
        [{"type": "response.completed", "response": GOOD["responses"]}] if wire == "responses" else ["[DONE]"]
    )
    _, shown = carry(flow, iter([data.draw(streams(wire)), *[done] * 9]), iter([allow] * 99))
    events = [json.loads(line[6:]) for line in shown.decode().splitlines() if line.startswith("data: {")]
    if not allow:
        assert [call for event in events for call in called(wire, event, "delta")] == []


def called(wire: Wire, said: Json, key: str = "message") -> list[Any]:
    """Every call in an answer, or in one event of a stream."""
    if wire == "chat":
        messages = [choice[key] for choice in said.get("choices") or []]
        found = [message.get(name) for message in messages for name in ("tool_calls", "function_call")]
        return [call for call in found if call]
    whole = said.get("response", said)
    items = [said.get("item"), *(whole.get("output") or [])]
    return [item for item in items if isinstance(item, dict) and item.get("type") in CALLS]
