"""A provider that means harm streams: nothing undecided is shown, nothing hangs, memory is bounded."""

from __future__ import annotations

import itertools
import json
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from in_process import InProcess
from kitelogik import UngovernedSurface
from kitelogik.adapters import _openai_stream_chat, _openai_stream_responses, _openai_wire
from kitelogik.adapters._openai_sse import MAX_EVENT_BYTES
from scripted_model import calls, verbatim

Json = dict[str, Any]
BAD = {"type": "function_call", "id": "f1", "call_id": "c1", "name": "fs_write"}
ETC, TMP = '{"path":"/etc/a"}', '{"path":"/tmp/a"}'
HEAD = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m"}


def sse(*events: Any) -> bytes:
    written = [event if isinstance(event, str) else json.dumps(event) for event in events]
    return "".join(f"data: {text}\n\n" for text in written).encode()


def response(*output: Json, kind: str = "completed", **more: Any) -> Json:
    made = {"id": "r", "object": "response", "created_at": 0, "model": "m", "output": list(output), **more}
    return {"type": f"response.{kind}", "response": {**made, "status": kind}}


def opened(index: int, item: Json, kind: str = "added") -> Json:
    return {"type": f"response.output_item.{kind}", "output_index": index, "item": item}


def message(said: str) -> Json:
    content = [{"type": "output_text", "text": said, "annotations": []}]
    return {"type": "message", "id": "m1", "role": "assistant", "status": "completed", "content": content}


def chunk(*choices: Json) -> Json:
    return {**HEAD, "choices": list(choices)}


def choice(finish: str | None = None, index: int = 0, **delta: Any) -> Json:
    return {"index": index, "delta": delta, "finish_reason": finish}


def piece(index: int, arguments: str, **more: Any) -> Json:
    name = {} if more.get("id") is None else {"name": "fs_write"}
    return {"index": index, **more, "function": {"arguments": arguments, **name}}


def shown(agent: InProcess, **body: Any) -> str:
    return " ".join(event.to_json(indent=None) for event in agent.streamed(**body))


RESPONSES: dict[str, list[Any]] = {
    "only in completed": [response(kind="created"), response({**BAD, "arguments": ETC})],
    "in created": [response({**BAD, "arguments": ETC}, kind="created"), response()],
    "done without added": [opened(0, {**BAD, "arguments": ETC}, "done"), response()],
    "another type when done": [
        opened(0, message("a")),
        opened(0, {**BAD, "id": "m1", "arguments": ETC}, "done"),
        response(),
    ],
    "changed when done": [
        opened(0, {**BAD, "arguments": TMP}),
        {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": TMP},
        {"type": "response.function_call_arguments.done", "output_index": 0, "arguments": ETC},
        opened(0, {**BAD, "arguments": ETC}, "done"),
        response({**BAD, "arguments": ETC}),
    ],
    "never completed": [opened(0, {**BAD, "arguments": ETC}), opened(0, {**BAD, "arguments": ETC}, "done")],
    "unknown events": [
        {"type": "response.new_thing", "output_index": 0, "item": {**BAD, "arguments": ETC}},
        {"type": "response.mcp_call_arguments.done", "output_index": 0, "arguments": ETC},
        {"type": ["response.completed"], "response": ETC},
        opened(0, {"type": [], "id": "n", "arguments": ETC}),
        response({"type": "new_call", "id": "n", "arguments": ETC}, {"type": {}, "arguments": ETC}),
    ],
    "the same place twice": [opened(0, message("a")), opened(0, {**BAD, "arguments": ETC}), response()],
    "arguments in a message": [
        opened(0, message("a")),
        {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": ETC},
        response(message("a")),
    ],
    "after the end": [response(message("a")), response({**BAD, "arguments": ETC})],
    "a name with a line feed": [
        {"type": "response.output_text.delta\ndata: " + ETC, "output_index": 0},
        response(),
    ],
    "places that are none": [
        opened(0, message("a")),
        {"type": "response.output_text.delta", "output_index": [0], "delta": ETC},
        {"type": "response.output_item.added", "output_index": 1, "item": ETC},
        response(),
    ],
}
CHAT: dict[str, list[Any]] = {
    "interleaved": [
        chunk(choice(tool_calls=[piece(1, "", id="c1"), piece(0, "", id="c0")])),
        *(chunk(choice(tool_calls=[piece(n % 2, ETC[n : n + 1])])) for n in range(len(ETC))),
        chunk(choice("tool_calls")),
        "[DONE]",
    ],
    "no finish_reason": [chunk(choice(tool_calls=[piece(0, ETC, id="c")])), "[DONE]"],
    "second choice": [chunk(choice(index=1, tool_calls=[piece(0, ETC, id="c")])), "[DONE]"],
    "function_call": [chunk(choice(function_call={"name": "fs_write", "arguments": ETC})), "[DONE]"],
    "after the end": [
        chunk(choice("stop", content="a")),
        "[DONE]",
        chunk(choice(tool_calls=[piece(0, ETC, id="c")])),
    ],
    "cut short": [chunk(choice(tool_calls=[piece(0, ETC, id="c")]))],
    "choices that are none": [chunk(choice(content="a")), {**HEAD, "choices": {"0": ETC}}, "[DONE]"],
    "a message for a delta": [
        {**HEAD, "choices": [{"index": 0, "message": {"tool_calls": [piece(0, ETC, id="c")]}}]},
        "[DONE]",
    ],
}


@pytest.mark.parametrize("case", [*RESPONSES, *(f"chat {name}" for name in CHAT)])
def test_no_undecided_call_is_shown(colour: str, case: str) -> None:
    chat = case.startswith("chat ")
    events = CHAT[case.removeprefix("chat ")] if chat else RESPONSES[case]
    with InProcess(
        "chat" if chat else "responses", colour, answers=[[sse(*events)]], max_denied_turns=0
    ) as agent:
        seen = shown(agent)
        for path in ("/etc/a", "denied"):
            seen = seen.replace(f"write outside /tmp: {path}", "")
        assert "/etc" not in seen
        assert [report["outcome"] for report in agent.gate.reports] == ["ok"]


@pytest.mark.parametrize("case", ["index", "calls", "name"])
def test_pieces_of_no_call_are_withheld(case: str) -> None:
    part: Any = {
        "index": {"id": "c", "function": {"arguments": ETC}},
        "calls": ETC,
        "name": {"index": 0, "id": "c", "function": {"arguments": ETC}},
    }[case]
    given = [chunk(choice("tool_calls", tool_calls=[part])), "[DONE]"]
    with (
        InProcess("chat", "sync", answers=[[sse(*given)]]) as agent,
        pytest.raises(UngovernedSurface, match="withheld"),
    ):
        agent.streamed()


def test_two_hundred_parallel_calls_are_decided(wire: str, colour: str) -> None:
    wanted = [("fs_write", {"path": f"/{'tmp' if n % 2 else 'etc'}/{n}"}) for n in range(200)]
    with InProcess(wire, colour, [calls(*wanted)]) as agent:
        seen = shown(agent)
        assert "/etc" not in seen
        assert "/tmp/199" in seen
        assert len(agent.gate.events) == 201


@pytest.mark.parametrize(
    "content", [b"data: {\n\n", b"data: []\n\n", b"data: \xff\n\n", b"data: " + b"[" * 9999 + b"\n\n"]
)
def test_what_is_no_event_is_withheld(wire: str, colour: str, content: bytes) -> None:
    with InProcess(wire, colour, answers=[[content]]) as agent:
        with pytest.raises(UngovernedSurface, match="withheld"):
            agent.streamed()
        assert agent.bodies[0].closed
        assert [report["outcome"] for report in agent.gate.reports] == ["error"]


def test_an_answer_that_is_no_stream_shows_nothing(wire: str, colour: str) -> None:
    with InProcess(wire, colour, [verbatim(json.dumps({"output": [{**BAD, "arguments": ETC}]}))]) as agent:
        assert agent.streamed() == []


def test_an_event_of_a_hundred_megabytes_is_withheld(wire: str, colour: str) -> None:
    start, block = b'data: {"type":"response.completed","response":"', b"x" * (1 << 16)
    chunks = itertools.chain([start], itertools.repeat(block, 1600))
    with InProcess(wire, colour, answers=[chunks]) as agent:
        tracemalloc.start()
        with pytest.raises(UngovernedSurface, match="withheld"):
            agent.streamed()
        assert tracemalloc.get_traced_memory()[1] < 3 * MAX_EVENT_BYTES
        tracemalloc.stop()
        assert agent.bodies[0].read < MAX_EVENT_BYTES + (1 << 20)


def endless(wire: str) -> Iterator[bytes]:
    """A call whose arguments never end."""
    if wire == "chat":
        yield sse(chunk(choice(tool_calls=[piece(0, "", id="c")])))
        more = sse(chunk(choice(tool_calls=[piece(0, "/etc" * 4000)])))
    else:
        yield sse(response(kind="created"), opened(0, {**BAD, "arguments": ""}))
        more = sse(
            {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": "/etc" * 4000}
        )
    yield from itertools.repeat(more)


def test_a_stream_that_never_ends_is_closed(wire: str, colour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_openai_wire, "MAX_HELD_BYTES", 1 << 20)
    monkeypatch.setattr(_openai_stream_responses, "MAX_HELD_BYTES", 1 << 20)
    monkeypatch.setattr(_openai_stream_chat, "MAX_HELD_BYTES", 1 << 20)
    with InProcess(wire, colour, answers=[endless(wire)]) as agent:
        with pytest.raises(UngovernedSurface):
            agent.streamed()
        assert agent.bodies[0].closed
        assert agent.bodies[0].read < 2 << 20


def test_a_stream_that_only_whispers_is_closed(
    wire: str, colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = itertools.count(0, 100)
    monkeypatch.setattr("kitelogik.adapters._openai_wire.monotonic", lambda: float(next(now)))
    whispers: Iterable[bytes] = itertools.repeat(b": still here\n\n")
    with InProcess(wire, colour, answers=[whispers]) as agent:
        with pytest.raises(UngovernedSurface, match="was closed"):
            agent.streamed()
        assert agent.bodies[0].read < 200
