"""For any script of calls and any cut into chunks, a stream shows what an unstreamed request gets."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from typing import Any

import pytest
from conftest import RESPONSES_TOOL
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from in_process import InProcess
from kitelogik.adapters._openai_sse import EventReader
from kitelogik.adapters._openai_surface import TRACES
from scripted_model import Turn, calls, text, thinking
from test_openai_hosted import SERVER, no_etc

SETTINGS = settings(
    deadline=None,
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

paths = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=6).map(lambda end: f"/tmp/{end}"),
    st.sampled_from(["/etc/passwd", "/tmp/🪁\u2028\r\n", ""]),
)
arguments = st.one_of(
    paths.map(lambda path: {"path": path}),
    st.sampled_from(["", "[]", '{"path":"/tmp/a","path":"/etc/a"}', '{ "path" : "/tmp/\\u0061" }', "{"]),
)
call = st.tuples(st.just("fs_write"), arguments)
speech = st.one_of(st.none(), st.text(st.characters(codec="utf-8"), min_size=1, max_size=12))


hosted = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from(["/tmp/a", "/etc/a"])),
    st.tuples(st.just("trace"), st.sampled_from(["mcp_call", "web_search_call", "mcp_list_tools"])),
)
numbers = itertools.count(1)


def of_the_provider(kind: str, what: str) -> dict[str, Any]:
    """An ask of a hosted MCP server, or what the provider tells that it did."""
    at = {"id": f"i{next(numbers)}", "server_label": "files"}
    if kind == "ask":
        return {"type": "mcp_approval_request", **at, "name": "read", "arguments": json.dumps({"path": what})}
    said: dict[str, dict[str, Any]] = {
        "mcp_call": {"name": "read", "arguments": "{}", "output": "a"},
        "web_search_call": {"status": "completed", "action": {"type": "search", "query": "q"}},
        "mcp_list_tools": {"tools": []},
    }
    return {"type": what, **at, **said[what]}


@st.composite
def turn(draw: st.DrawFn) -> Turn:
    wanted, say = draw(st.lists(call, max_size=4)), draw(speech)
    made = calls(*wanted, say=say) if wanted else text(say or "done")
    items = [of_the_provider(*what) for what in draw(st.lists(hosted, max_size=3))]
    made = thinking(made) if draw(st.booleans()) else made
    return lambda wire, body: {**made(wire, body), **({"items": items} if wire == "responses" else {})}


def cut(sizes: list[int], content: bytes) -> Iterable[bytes]:
    place = number = 0
    while place < len(content):
        size = sizes[number % len(sizes)]
        yield content[place : place + size]
        place, number = place + size, number + 1


def unstreamed(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in ("stream", "stream_options")}


def view(wire: str, answer: Any) -> Any:
    """What an application has of an answer. A stream keeps its first id, and what earlier turns said."""
    data = json.loads(answer.to_json())
    if wire == "chat":
        [choice] = data["choices"]
        called = [
            {**item, "function": {k: v for k, v in item["function"].items() if k != "parsed_arguments"}}
            for item in choice["message"].get("tool_calls") or []
        ]
        return [{k: v for k, v in item.items() if k != "index"} for item in called], choice["finish_reason"]
    for item in data["output"]:
        item.pop("parsed_arguments", None)
        for part in item.get("content") or []:
            part.pop("parsed", None)
    return data["output"], data["status"], data["usage"]


@SETTINGS
@given(
    script=st.lists(turn(), min_size=1, max_size=3),
    sizes=st.lists(st.integers(1, 200), min_size=1, max_size=8),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    bound=st.integers(0, 3),
    asks=st.sampled_from(["always", "never"]),
)
@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_stream_shows_what_an_unstreamed_request_gets(
    wire: str, colour: str, script: list[Turn], sizes: list[int], end: str, bound: int, asks: str
) -> None:
    script = [*script, text("the end")]
    with (
        InProcess(wire, colour, script, max_denied_turns=bound) as plain,
        InProcess(
            wire,
            colour,
            script,
            cut=lambda content: cut(sizes, content),
            end=end,
            max_denied_turns=bound,
        ) as agent,
    ):
        body = (
            {"tools": [RESPONSES_TOOL, {**SERVER, "require_approval": asks}]} if wire == "responses" else {}
        )
        for one in (plain, agent):
            one.gate.verdict = no_etc
        expected, answer = plain.create(**body), agent.helper(**body)
        streamed, whole = view(wire, answer), view(wire, expected)
        if wire == "chat":
            earlier, last = (a.choices[0].message.content or "" for a in (answer, expected))
            assert earlier.endswith(last)
        else:
            earlier = streamed[0][: len(streamed[0]) - len(whole[0])]
            assert {item["type"] for item in earlier} <= {"message", "reasoning", *TRACES}
            del streamed[0][: len(earlier)]
        assert streamed == whole
        sent, wanted = ([unstreamed(body) for body in model.requests] for model in (agent.model, plain.model))
        assert sent == wanted
        decided = [[e for e in gate.events if e["event"] == "tool_call"] for gate in (agent.gate, plain.gate)]
        assert decided[0] == decided[1]
        assert agent.gate.reports == plain.gate.reports


@SETTINGS
@given(
    events=st.lists(st.dictionaries(st.text(max_size=4), st.text(max_size=9), max_size=3), max_size=5),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    mark=st.booleans(),
)
def test_events_are_read_however_they_are_cut(
    events: list[dict[str, str]], sizes: list[int], end: str, mark: bool
) -> None:
    lines = [": hello", "event: x", "id: 1"]
    for event in events:
        written = json.dumps(event, ensure_ascii=False).replace("\x85", " ").split(" ")
        lines += [f"data: {' '.join(written)}", "retry: 5", ""]
    content = ("\ufeff" * mark + "".join(line + end for line in lines)).encode("utf-8", "surrogatepass")
    reader = EventReader()
    try:
        wanted = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
        content.decode()
    except UnicodeDecodeError:
        return
    assert [event for chunk in cut(sizes, content) for event in reader.feed(chunk)] == wanted
