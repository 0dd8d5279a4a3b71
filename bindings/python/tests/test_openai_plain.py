"""Requests and answers that are read natively: they are what the exchange would have made of them."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any, cast

import pytest
from house import House
from hypothesis import given, settings
from hypothesis import strategies as st
from in_process import InProcess, library
from kitelogik.adapters._openai_drive import Run, body_of
from kitelogik.adapters._openai_kept import Kept
from kitelogik.adapters._openai_plain import Ahead, plain_call, plain_usage
from kitelogik.adapters._openai_routes import Route
from kitelogik.adapters._openai_steps import Answer, Decide, Reply, Report, Rules, Send
from kitelogik.adapters._openai_surface import INPUT_ITEMS, KEYS, Json, Wire
from kitelogik.adapters._openai_wire import exchange
from kitelogik.current import AsOfNow
from kitelogik.denial import compact
from kitelogik.errors import UngovernedSurface
from kitelogik.tools import ToolNames
from scripted_gate import ScriptedDecision, ScriptedGate
from scripted_model import calls, text

ALLOWED = ScriptedDecision("d1", True, "", "allowed")
FUNCTION = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {"a": {}}}}
ASKED: dict[Wire, Json] = {
    "responses": {"model": "m", "input": "go"},
    "chat": {"model": "m", "messages": [{"role": "user", "content": "go"}]},
}
TOLD: dict[Wire, Json] = {
    "responses": {
        "id": "r1",
        "status": "completed",
        "output": [
            {"type": "reasoning", "summary": []},
            {"type": "message", "role": "assistant", "content": []},
        ],
        "usage": {
            "input_tokens": 3,
            "output_tokens": 4,
            "total_tokens": 7,
            "input_tokens_details": {"a": [1]},
        },
    },
    "chat": {
        "id": "c1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "logprobs": None}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
    },
}


def rules(kept: Kept | None = None, *, watched: bool = False) -> Rules:
    kept = kept or Kept()
    return Rules(ToolNames.of(), lambda kind: watched and kind == "model_response", lambda: kept)


def written(body: object) -> bytes:
    return compact(body).encode("utf-8", "surrogatepass")


def came(content: bytes, status: int = 200) -> Any:
    return library.Response(status, headers={"content-type": "application/json"}, content=content)


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from([0, 1, 2, 4096, 2**53, 1.0, 2.5, "", "auto", "required", "resp_1", "user", "function"]),
    st.text(max_size=6),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["type", "role", "content", "name", "headers", "data", "file_data", "tool_calls", "é"]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)
kinds = st.sampled_from([*sorted(INPUT_ITEMS), "program_call", 7, None])
items = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"role": st.sampled_from(["user", "assistant", "tool", "nobody"]), "content": values}
        ),
        st.fixed_dictionaries({"type": kinds, "call_id": st.just("c1"), "output": values}),
        values,
    ),
    max_size=3,
)
tools = st.lists(
    st.one_of(
        st.just(FUNCTION),
        st.fixed_dictionaries(
            {"type": st.sampled_from(["custom", "mcp", "shell", "web_search"]), "name": values}
        ),
    ),
    max_size=2,
)
LIKELY = {
    "input": items,
    "messages": items,
    "tools": tools,
    "model": st.just("m"),
    "n": st.sampled_from([1, 2, 1.0, True]),
}


@st.composite
def requests(draw: st.DrawFn, wire: Wire) -> Json:
    body = dict(ASKED[wire])
    for key in draw(st.lists(st.sampled_from([*sorted(KEYS[wire]), "prompt"]), max_size=4)):
        body[key] = draw(st.one_of(LIKELY.get(key, values), values))
    return body


@st.composite
def answers(draw: st.DrawFn, wire: Wire) -> Json:
    """An answer of which one place says something else."""
    answer = json.loads(json.dumps(TOLD[wire]))
    for _ in range(draw(st.integers(0, 2))):
        at: Any = answer
        while True:
            keys = [*at] if isinstance(at, dict) else [*range(len(at))]
            extra = (
                ["type", "tool_calls", "function_call", "output", "usage", "x"]
                if isinstance(at, dict)
                else []
            )
            key = draw(st.sampled_from([*keys, *extra])) if keys or extra else None
            if key is None:
                break
            inner = at.get(key) if isinstance(at, dict) else at[key]
            if isinstance(inner, (dict, list)) and draw(st.booleans()):
                at = inner
                continue
            at[key] = draw(st.one_of(values, st.sampled_from(["message", "function_call", "mcp_call"])))
            break
    return cast("Json", answer)


@pytest.mark.parametrize("wire", ["responses", "chat"])
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_a_plain_request_is_what_its_exchange_begins_with(wire: Wire, data: st.DataObject) -> None:
    body = data.draw(requests(wire))
    content = written(body)
    event = plain_call(Route("ask", wire), content, rules())
    if event is None:
        return
    flow = exchange(wire, body_of(content), rules())
    assert next(flow) == Decide(dict(event))
    sent = flow.send(ALLOWED)
    assert sent == Send(content, False, "d1", 0)


@pytest.mark.parametrize("wire", ["responses", "chat"])
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_a_plain_answer_is_what_its_exchange_hands_on(wire: Wire, data: st.DataObject) -> None:
    content = written(data.draw(answers(wire)))
    response = came(content)
    usage = plain_usage(wire, response)
    if usage is None:
        return
    flow = exchange(wire, ASKED[wire], rules())
    next(flow)
    flow.send(ALLOWED)
    assert flow.send(Reply(200, json.loads(content), exact=True)) == Report("d1", "ok", usage or None)
    assert ended(flow) == Answer(200, None)


def ended(flow: Generator[Any, Any, Answer]) -> Answer:
    with pytest.raises(StopIteration) as end:
        next(flow)
    return cast("Answer", end.value.value)


REQUESTS: list[tuple[Wire, Json]] = [
    ("responses", {}),
    ("responses", {"input": [{"role": "user", "content": [{"type": "input_text", "text": "go"}]}]}),
    ("responses", {"input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}]}),
    ("responses", {"input": [{"type": "function_call_output", "call_id": "c", "output": "1"}]}),
    ("responses", {"previous_response_id": "resp_1", "instructions": "be brief", "tools": [FUNCTION]}),
    ("responses", {"stream": False, "background": None, "tool_choice": "required", "max_output_tokens": 5}),
    ("chat", {}),
    ("chat", {"tools": [{"type": "function", "function": {"name": "f"}}], "n": 1, "max_tokens": 9}),
    ("chat", {"messages": [{"role": "assistant", "tool_calls": [{"type": "function", "id": "c"}]}]}),
    ("chat", {"messages": [{"role": "tool", "tool_call_id": "c", "content": "1"}, {"role": "system"}]}),
]


@pytest.mark.parametrize(("wire", "more"), REQUESTS)
def test_what_most_agents_send_is_plain(wire: Wire, more: Json) -> None:
    body = {**ASKED[wire], **more}
    event = plain_call(Route("ask", wire), written(body), rules())
    assert event is not None
    flow = exchange(wire, body, rules())
    assert next(flow) == Decide(dict(event))


LEFT: list[tuple[Wire, bytes]] = [
    *(
        (wire, written({**ASKED[wire], **more}))
        for wire, more in cast(
            "list[tuple[Wire, Json]]",
            [
                ("responses", {"stream": True}),
                ("responses", {"background": True}),
                ("responses", {"conversation": "conv_1"}),
                ("responses", {"tools": [{"type": "web_search"}]}),
                ("responses", {"tools": [{"type": "mcp", "server_label": "a", "server_url": "https://a"}]}),
                ("responses", {"tools": [{**FUNCTION, "parameters": {"properties": {"headers": {}}}}]}),
                ("responses", {"input": [{"type": "mcp_approval_response", "approve": True}]}),
                ("responses", {"input": [{"type": "program_call"}]}),
                ("responses", {"input": [{"content": "nobody says it"}]}),
                (
                    "responses",
                    {"input": [{"role": "user", "content": [{"type": "input_file", "file_data": "A"}]}]},
                ),
                ("responses", {"input": "data:image/png;base64,AAAA"}),
                ("responses", {"prompt": {"id": "p"}}),
                ("responses", {"max_output_tokens": 2**70}),
                ("responses", {"model": None}),
                ("responses", {"input": "a" * (1 << 20)}),
                ("chat", {"web_search_options": {}}),
                ("chat", {"n": 2}),
                ("chat", {"functions": [{"name": "f"}]}),
                ("chat", {"function_call": "auto"}),
                ("chat", {"tool_choice": {"type": "function", "function": {"name": "f"}}}),
                ("chat", {"messages": [{"role": "nobody"}]}),
                ("chat", {"messages": [{"role": "assistant", "tool_calls": [{"type": "shell"}]}]}),
                ("chat", {"audio": {}}),
            ],
        )
    ),
    ("responses", b""),
    ("responses", b"[]"),
    ("responses", b"\xff"),
    ("responses", b'{"model":"m","model":"n","input":"go"}'),
    ("responses", b'{"model":"m","input":"go","str\\u0065am":true}'),
    ("responses", b'{"model":"m","input":' + b"[" * 70 + b"]" * 70 + b"}"),
    ("responses", b'{"model":"m","input":[{"role":"user","content":[{"type":"input_audio","data" : "A"}]}]}'),
]


@pytest.mark.parametrize(("wire", "content"), LEFT)
def test_what_asks_for_more_is_left_to_the_exchange(wire: Wire, content: bytes) -> None:
    assert plain_call(Route("ask", wire), content, rules()) is None


def test_where_answers_are_decided_nothing_is_plain() -> None:
    assert plain_call(Route("ask", "chat"), written(ASKED["chat"]), rules(watched=True)) is None


@pytest.mark.parametrize("more", [more for wire, more in REQUESTS if wire == "responses"])
def test_what_follows_on_an_answer_is_plain_while_none_of_its_calls_waits(more: Json) -> None:
    kept = Kept()
    kept.renamed.put("shown", "last")
    event = plain_call(Route("ask", "responses"), written({**ASKED["responses"], **more}), rules(kept))
    assert (event is None) == ("function_call_output" in str(more) or "previous_response_id" in more)


HANDS_OVER: list[tuple[Wire, bytes]] = [
    ("responses", b'{"output":[{"type":"function_call","name":"f","call_id":"c","arguments":"{}"}]}'),
    ("responses", b'{"output":[{"type":"message"},{"type":"web_search_call"}]}'),
    ("responses", b'{"output":[{"type":"message"},{"type":"new_call"}]}'),
    ("responses", b'{"output":[{"type":"message","type":"function_call"}]}'),
    ("responses", b'{"output":[{"type":"function_call","type":"message"}]}'),
    ("responses", b'{"output":[{"type":"message"}],"output":[{"type":"function_call"}]}'),
    ("responses", b'{"output":[{"type":"message","t\\u0079pe":"function_call"}]}'),
    ("responses", b'{"output":[{"role":"assistant"}]}'),
    ("responses", b'{"output":[["type","message"]]}'),
    ("responses", b'{"output":{"type":"message"}}'),
    ("responses", b'{"choices":[{"message":{"content":"hi"}}]}'),
    ("responses", b'{"output":[{"type":"message"}]} {"output":[]}'),
    ("responses", b'{"output":[{"type":"message","content":"\\ud800"}]}'),
    ("responses", b'{"output":[{"type":"message","content":NaN}]}'),
    ("responses", b'{"output":[{"type":"message"}]'),
    ("responses", b'\xef\xbb\xbf{"output":[]}'),
    ("responses", '{"output":[]}'.encode("utf-16")),
    ("responses", b'{"output":[' + b"[" * 70 + b"]" * 70 + b"]}"),
    ("responses", written({"output": [], **{f"k{n}": n for n in range(70)}})),
    ("responses", b"{}"),
    ("responses", b"[]"),
    ("responses", b""),
    ("chat", b'{"choices":[]}'),
    ("chat", b'{"choices":[{"message":{"content":"hi"}},{"message":{"tool_calls":[]}}]}'),
    ("chat", b'{"choices":[{"message":{"content":"hi"}},{"message":{"content":"hi"}}]}'),
    ("chat", b'{"choices":[{"message":{"content":null,"tool_calls":null}}]}'),
    ("chat", b'{"choices":[{"message":{"content":null,"tool\\u005fcalls":[]}}]}'),
    ("chat", b'{"choices":[{"message":{"content":null,"function_call":{"name":"f"}}}]}'),
    ("chat", b'{"choices":[{"message":{"content":"hi"},"message":{"tool_calls":[]}}]}'),
    ("chat", b'{"choices":[{"delta":{"content":"hi"}}]}'),
    ("chat", b'{"output":[]}'),
]


@pytest.mark.parametrize(("wire", "content"), HANDS_OVER)
def test_an_answer_that_may_hand_something_over_is_left_to_the_exchange(wire: Wire, content: bytes) -> None:
    assert plain_usage(wire, came(content)) is None


@pytest.mark.parametrize("wire", ["responses", "chat"])
def test_only_what_came_as_an_answer_is_one(wire: Wire) -> None:
    content = written(TOLD[wire])
    assert plain_usage(wire, came(content)) == {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
    assert [plain_usage(wire, came(content, status)) for status in (201, 302, 400, 500)] == [None] * 4


def test_a_plain_request_is_decided_and_reported_once(wire: str, colour: str) -> None:
    with InProcess(wire, colour, [text("hi"), calls(("fs_write", {"path": "/tmp/a"}))]) as agent:
        agent.create()
        assert agent.gate.kinds() == ["model_call"]
        assert [report["outcome"] for report in agent.gate.reports] == ["ok"]
        agent.create()
        assert agent.gate.kinds() == ["model_call", "model_call", "tool_call"]
        assert [report["outcome"] for report in agent.gate.reports] == ["ok", "ok"]
        assert len(agent.urls) == 2


@pytest.mark.parametrize("error", [KeyboardInterrupt, library.ConnectError, MemoryError])
def test_what_goes_wrong_in_sending_is_reported_once(
    wire: str, colour: str, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_request: Any) -> Any:
        raise error("no")

    with InProcess(wire, colour) as agent:
        monkeypatch.setattr(agent, "_answer", fails)
        agent.http._transport.handler = fails
        with pytest.raises(BaseException, match=r"no|Connection error"):
            agent.create()
        [report] = agent.gate.reports
        assert report["outcome"] == ("cancelled" if error is KeyboardInterrupt else "error")
        assert isinstance(report["error"], error)


def test_a_decision_stands_for_no_other_event() -> None:
    body = {**ASKED["responses"], "tools": [{"type": "web_search"}]}
    flow = exchange("responses", body, rules())
    gate: Any = ScriptedGate()
    run = Run(flow, gate, None, None, {}, AsOfNow(), Ahead(ALLOWED, came(b"{}")))
    with pytest.raises(UngovernedSurface, match="decided as another one"):
        run.next()


def test_an_event_that_was_read_is_decided_as_its_document(house: House) -> None:
    with house.governor() as governor:
        gate = governor.gate("openai", handling="hands_over", names=ToolNames.of())
        for body in (ASKED["responses"], {**ASKED["responses"], "input": [{"role": "user", "content": 1.5}]}):
            event = plain_call(Route("ask", "responses"), written(body), rules())
            assert event is not None
            assert {key: event[key] for key in event} == dict(event)
            assert (len(event), event.get("absent", 7), event.get("model")) == (5, 7, "m")
            with pytest.raises(KeyError):
                event["absent"]
            for given in (event, dict(event)):
                gate.decide(given)
    unlike = ("decision_id", "timestamp", "duration_us", "session")
    told = [{key: value for key, value in line.items() if key not in unlike} for line in house.decisions()]
    assert (told[0], told[2]) == (told[1], told[3])
    assert told[0] != told[2]


def with_call(wire: Wire, arguments: str) -> Json:
    call: Json = {"name": "f", "arguments": arguments}
    if wire == "responses":
        return {**TOLD[wire], "output": [{"type": "function_call", "call_id": "c", **call}]}
    message = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c", "type": "function", "function": call}],
    }
    return {**TOLD[wire], "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}


@pytest.mark.parametrize("wire", ["responses", "chat"])
@pytest.mark.parametrize(
    ("arguments", "exact", "as_it_came"),
    [
        ('{"a":1}', True, True),
        ('{"a": 1}', True, False),
        ('{"a":1.50}', True, False),
        ('{"a":1}', False, False),
    ],
)
def test_an_answer_whose_calls_are_allowed_as_they_are_written_is_handed_on_as_it_came(
    wire: Wire, arguments: str, exact: bool, as_it_came: bool
) -> None:
    flow = exchange(wire, ASKED[wire], rules())
    next(flow)
    flow.send(ALLOWED)
    flow.send(Reply(200, with_call(wire, arguments), exact=exact))
    asked = next(flow)
    assert isinstance(asked, Decide)
    assert asked.event["args"] == json.loads(arguments)
    with pytest.raises(StopIteration) as end:
        flow.send(ALLOWED)
    assert (end.value.value.body is None) == as_it_came
    if not as_it_came:
        assert end.value.value.body == with_call(wire, compact(json.loads(arguments)))
