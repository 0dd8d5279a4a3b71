"""Every kind of call that the caller's code can run, and every way to ask for an answer."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from in_process import InProcess
from scripted_model import Turn, calls, choices, echo, raw
from test_openai_stream import BAD, GOOD

Json = dict[str, Any]


def shown(agent: InProcess, *, stream: bool, **body: Any) -> str:
    """What the caller has of an answer, streamed or not."""
    answer = agent.create(stream=stream, **body)
    return "".join(event.to_json(indent=None) for event in (agent.read(answer) if stream else [answer]))


def item(kind: str, path: str, number: int) -> Json:
    """A call of this kind that touches this path."""
    command = {"type": "exec", "command": ["rm", path], "env": {}}
    asked: dict[str, Json] = {
        "function_call": {"name": "fs_write", "arguments": json.dumps({"path": path})},
        "custom_tool_call": {"name": "note", "input": path},
        "shell_call": {"action": {"commands": [f"rm {path}"], "max_output_length": 9}},
        "local_shell_call": {"action": command, "status": "completed"},
        "apply_patch_call": {"operation": {"type": "delete_file", "path": path}, "status": "completed"},
    }
    return {"type": kind, "id": f"i{number}", "call_id": f"c{number}", **asked[kind]}


EVENTS: dict[str, tuple[str, Json]] = {
    "function_call": ("fs.write", {"path": "/tmp/a"}),
    "custom_tool_call": ("note", {"input": "/tmp/a"}),
    "shell_call": ("shell", {"commands": ["rm /tmp/a"], "max_output_length": 9}),
    "local_shell_call": ("local_shell", {"type": "exec", "command": ["rm", "/tmp/a"], "env": {}}),
    "apply_patch_call": ("apply_patch", {"type": "delete_file", "path": "/tmp/a"}),
}


def no_etc(event: Json) -> str | None:
    return "not there" if event["event"] == "tool_call" and "/etc" in json.dumps(event["args"]) else None


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", EVENTS)
def test_every_kind_of_call_is_decided_by_its_own_name(colour: str, kind: str, stream: bool) -> None:
    both = raw([item(kind, "/etc/a", 1), item(kind, "/tmp/a", 2)])
    with InProcess("responses", colour, [both, echo()]) as agent:
        agent.gate.verdict = no_etc
        seen = shown(agent, stream=stream)
        assert ("/tmp/a" in seen, "/etc/a" in seen) == (True, False)
        event = agent.gate.events[2]
        assert (event.get("tool", event["wire_tool"]), event["args"]) == EVENTS[kind]
        # The caller answers what it saw; the denial of the other stands beside its output.
        key = "id" if kind == "local_shell_call" else "call_id"
        output: Json = {"type": f"{kind}_output", key: "c2", "output": "done"}
        answer = agent.create(previous_response_id="resp_1", input=[output])
        assert answer.output_text.startswith("model saw: done | ")
        assert "denied_by_policy" in answer.output_text


@pytest.mark.parametrize("kind", EVENTS)
def test_every_kind_of_denial_is_answered_in_its_own_form(colour: str, kind: str) -> None:
    with InProcess("responses", colour, [raw([item(kind, "/etc/a", 1)]), echo()]) as agent:
        agent.gate.verdict = no_etc
        assert "denied_by_policy" in agent.create().output_text
        output = agent.model.requests[1]["input"][-1]
        assert output["type"] == f"{kind}_output"
        if kind == "shell_call":
            assert (output["output"][0]["outcome"]["exit_code"], output["max_output_length"]) == (1, 9)


@pytest.mark.parametrize("kind", ["custom_tool_call", "shell_call", "apply_patch_call"])
@pytest.mark.parametrize("given", [None, 7, [], {"a": float("nan")}])
def test_calls_of_another_shape_are_denied(kind: str, given: Any) -> None:
    key = {"custom_tool_call": "input", "shell_call": "action", "apply_patch_call": "operation"}[kind]
    with InProcess(
        "responses", "sync", [raw([{**item(kind, "/tmp/a", 1), key: given}])], max_denied_turns=0
    ) as agent:
        answer = agent.create()
        assert [item.type for item in answer.output] == ["message"]
        assert "invalid_args" in answer.output_text


def test_their_tools_can_be_declared(colour: str) -> None:
    local = {"type": "local"}
    tools = [{"type": "shell", "environment": local}, {"type": "apply_patch"}, {"type": "local_shell"}]
    tools.append({"type": "custom", "name": "note"})
    with InProcess("responses", colour, [calls(GOOD)]) as agent:
        agent.create(tools=tools, tool_choice={"type": "custom", "name": "note"})
        assert agent.model.requests[0]["tools"] == tools


def chat_call(path: str, kind: str = "function") -> Json:
    text = json.dumps({"path": path})
    call = {"name": "fs_write", "arguments": text} if kind == "function" else {"name": "note", "input": path}
    return {"id": f"c{path}", "type": kind, kind: call}


@pytest.mark.parametrize("stream", [False, True])
def test_each_of_several_choices_is_decided(colour: str, stream: bool) -> None:
    bad, good = chat_call("/etc/a"), chat_call("/tmp/a")
    script = choices(
        {"tool_calls": [bad]}, {"tool_calls": [bad, good]}, {"content": "c"}, {"tool_calls": [good]}
    )
    with InProcess("chat", colour, [script]) as agent:
        agent.gate.verdict = no_etc
        answer = agent.create(n=3) if not stream else None
        seen = answer.to_json(indent=None) if answer else shown(agent, stream=True, n=3)
        assert ("/tmp/a" in seen, "/etc/a" in seen) == (True, False)
        assert len(agent.model.requests) == 1
        assert len(agent.gate.events) == 4
        if answer:
            first, second, third = answer.choices
            assert "denied_by_policy" in first.message.content
            assert [call.id for call in second.message.tool_calls] == ["c/tmp/a"]
            assert third.message.content == "c"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", ["custom", "legacy"])
def test_the_other_calls_of_chat(colour: str, kind: str, stream: bool) -> None:
    def message(path: str) -> Json:
        if kind == "custom":
            return {"tool_calls": [chat_call(path, "custom")]}
        return {"function_call": {"name": "fs_write", "arguments": json.dumps({"path": path})}}

    body: Json = {
        "functions": [{"name": "fs_write", "parameters": {}}],
        "function_call": {"name": "fs_write"},
    }
    body = body if kind == "legacy" else {}
    with InProcess("chat", colour, [choices(message("/tmp/a")), choices(message("/etc/a")), echo()]) as agent:
        agent.gate.verdict = no_etc
        seen = shown(agent, stream=stream, **body)
        assert "/tmp/a" in seen
        assert ("function_call" if kind == "legacy" else "tool_calls") in seen
        seen = shown(agent, stream=stream, **body)
        assert "/etc/a" not in seen
        if kind == "legacy":
            # It was forced once, and the model learns of the denial.
            assert agent.model.requests[1]["function_call"] == {"name": "fs_write"}
            assert agent.model.requests[2]["function_call"] == "auto"
            assert agent.model.requests[2]["messages"][-1]["role"] == "function"
        else:
            assert agent.model.requests[2]["messages"][-1]["role"] == "tool"


@pytest.mark.parametrize("way", ["raw", "streaming", "parse", "post", "gzip"])
def test_every_way_to_ask(wire: str, colour: str, way: str) -> None:
    def cut(content: bytes) -> list[bytes]:
        return [gzip.compress(content)] if way == "gzip" else [content]

    script: list[Turn] = [calls(BAD, GOOD)]
    with InProcess(wire, colour, script, cut=cut) as agent:
        if way == "gzip":
            agent.headers["content-encoding"] = "gzip"
        surface = agent.client.responses if wire == "responses" else agent.client.chat.completions
        body = agent.asked()
        if way == "raw":
            seen = agent.run(surface.with_raw_response.create(**body)).text
        elif way == "streaming":
            seen = agent.run(streaming(agent, surface, body))
        elif way == "parse":
            seen = agent.run(surface.parse(**body)).to_json()
        elif way == "post":
            path = "/responses" if wire == "responses" else "/chat/completions"
            seen = json.dumps(agent.run(agent.client.post(path, cast_to=object, body=body)))
        else:
            seen = agent.create().to_json()
        assert ("/tmp/a" in seen, "/etc/a" in seen) == (True, False)
        assert len(agent.gate.events) == 3


def streaming(agent: InProcess, surface: Any, body: Json) -> Any:
    """The text that `with_streaming_response` lets the caller read."""
    if agent.colour == "sync":
        with surface.with_streaming_response.create(**body) as response:
            return "".join(response.iter_text())

    async def read() -> str:
        async with surface.with_streaming_response.create(**body) as response:
            return "".join([text async for text in response.iter_text()])

    return read()


@pytest.mark.parametrize("way", ["plain", "gzip"])
def test_a_stream_can_be_read_raw(wire: str, way: str) -> None:
    def cut(content: bytes) -> list[bytes]:
        return [gzip.compress(content)] if way == "gzip" else [content]

    with InProcess(wire, "sync", [calls(BAD, GOOD)], cut=cut) as agent:
        if way == "gzip":
            agent.headers["content-encoding"] = "gzip"
        surface = agent.client.responses if wire == "responses" else agent.client.chat.completions
        with surface.with_streaming_response.create(stream=True, **agent.asked()) as response:
            seen = "".join(response.iter_text())
        assert ("/tmp/a" in seen, "/etc/a" in seen) == (True, False)
