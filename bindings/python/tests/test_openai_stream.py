"""Streamed answers: what is left of them is what an unstreamed request would have got."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from in_process import Body, InProcess, library
from kitelogik import ActionDenied
from scripted_gate import ScriptedGate
from scripted_model import calls, echo, spending, status, text, thinking

GOOD = ("fs_write", {"path": "/tmp/a"})
BAD = ("fs_write", {"path": "/etc/a"})


def bytewise(content: bytes) -> Iterator[bytes]:
    return (content[at : at + 1] for at in range(len(content)))


def call_paths(agent: InProcess, events: list[Any]) -> list[str]:
    """The calls that an application takes from the events."""
    if agent.wire == "responses":
        done = [event.item for event in events if event.type == "response.output_item.done"]
        return [json.loads(item.arguments)["path"] for item in done if item.type == "function_call"]
    found: dict[int, str] = {}
    for event in events:
        for call in event.choices[0].delta.tool_calls or [] if event.choices else []:
            found[call.index] = found.get(call.index, "") + call.function.arguments
    assert list(found) == list(range(len(found)))
    return [json.loads(arguments)["path"] for arguments in found.values()]


def said(agent: InProcess, events: list[Any]) -> str:
    """The text that a user sees appear."""
    if agent.wire == "responses":
        return "".join(event.delta for event in events if event.type == "response.output_text.delta")
    return "".join(event.choices[0].delta.content or "" for event in events if event.choices)


def final_text(agent: InProcess, answer: Any) -> Any:
    return answer.output_text if agent.wire == "responses" else answer.choices[0].message.content


def test_an_allowed_call_is_shown_as_decided(wire: str, colour: str) -> None:
    with InProcess(wire, colour, [calls(GOOD, say="é moment")], cut=bytewise, end="\r\n") as agent:
        events = agent.streamed()
        assert call_paths(agent, events) == ["/tmp/a"]
        assert said(agent, events) == "é moment"
        assert agent.gate.kinds() == ["model_call", "tool_call"]
        used = {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18}
        assert agent.gate.reports == [{"decision_id": "d1", "outcome": "ok", "usage": used, "error": None}]


def test_a_denied_call_is_answered_in_the_same_stream(wire: str, colour: str) -> None:
    with InProcess(wire, colour, [calls(BAD), echo()]) as agent:
        events = agent.streamed()
        assert call_paths(agent, events) == []
        assert "/etc" not in "".join(str(event.to_json()) for event in events if "denied" not in str(event))
        assert said(agent, events).startswith('model saw: {"error":"denied_by_policy","tool":"fs.write"')
        assert agent.gate.kinds() == ["model_call", "tool_call", "model_call"]
        assert len(agent.model.requests) == 2
        if wire == "responses":
            assert [event.sequence_number for event in events] == list(range(len(events)))
            assert events[0].type == "response.created"
            assert {event.response.id for event in events if hasattr(event, "response")} == {"resp_2"}
            assert events[-1].response.usage.total_tokens == 36


def test_of_parallel_calls_the_allowed_ones_are_left(wire: str, colour: str) -> None:
    with InProcess(wire, colour, [calls(BAD, GOOD, BAD, GOOD, say="so")]) as agent:
        events = agent.streamed()
        assert call_paths(agent, events) == ["/tmp/a", "/tmp/a"]
        if wire == "responses":
            places = [event.output_index for event in events if event.type == "response.output_item.added"]
            assert places == [0, 1, 2]
            assert [item.type for item in events[-1].response.output] == [
                "message",
                "function_call",
                "function_call",
            ]
        else:
            assert events[-1].choices[0].finish_reason == "tool_calls"


def test_the_helper_puts_the_same_answer_together(wire: str, colour: str) -> None:
    script = [calls(BAD, say="I try"), calls(BAD, GOOD), echo()]
    with InProcess(wire, colour, script) as agent, InProcess(wire, colour, script) as plain:
        answer, expected = agent.helper(), plain.create()
        if wire == "responses":
            assert answer.id == "resp_1"
            kept = [item.to_dict() for item in answer.output]
            assert [item.pop("parsed_arguments", None) for item in kept] == [None] * 2
            # What the first turn said was shown, and stays.
            assert kept.pop(0)["content"][0]["text"] == "I try"
            assert kept == [item.to_dict() for item in expected.output]
            # The stream has one id, its chain goes on from its last answer.
            output = {"type": "function_call_output", "call_id": kept[0]["call_id"], "output": "wrote"}
            again = agent.create(previous_response_id=answer.id, input=[output])
            assert again.output_text.startswith('model saw: wrote | {"error":"denied_by_policy"')
            assert agent.model.requests[-1]["previous_response_id"] == "resp_2"
        else:
            calls_of = [[c.to_dict() for c in a.choices[0].message.tool_calls] for a in (answer, expected)]
            assert [c["function"]["arguments"] for c in calls_of[0]] == ['{"path":"/tmp/a"}']
            assert [c["id"] for c in calls_of[0]] == [c["id"] for c in calls_of[1]]
            assert answer.choices[0].message.role == "assistant"


def test_denied_turns_are_bounded(wire: str, colour: str) -> None:
    with InProcess(wire, colour, [calls(BAD, say="let me")] * 3, max_denied_turns=2) as agent:
        events = agent.streamed()
        assert call_paths(agent, events) == []
        assert said(agent, events).startswith("let melet melet me")
        assert '"reason_code":"policy"' in said(agent, events)
        assert len(agent.model.requests) == 3


def test_reasoning_and_text_pass_at_once(wire: str, colour: str) -> None:
    if wire == "chat":
        return
    with InProcess(wire, colour, [thinking(calls(GOOD, say="so"))]) as agent:
        added = [event.item.type for event in agent.streamed() if event.type == "response.output_item.added"]
        assert added == ["reasoning", "message", "function_call"]


def test_text_is_shown_before_the_turn_ends(wire: str) -> None:
    with InProcess(wire, "sync", [calls(GOOD, say="at once, word by word")], cut=bytewise) as agent:
        stream = agent.create(stream=True)
        seen = ""
        for event in stream:
            seen += said(agent, [event])
            if seen:
                break
        body = agent.bodies[0]
        assert body.read < 1800
        assert len(agent.gate.events) == 1
        stream.close()
        assert body.closed


def test_usage_is_asked_for_and_shown_to_who_asked(colour: str) -> None:
    for options in (None, {"include_usage": False}, {"include_usage": True}):
        body = {} if options is None else {"stream_options": options}
        with InProcess("chat", colour, [spending(text("ok"), tokens=30)]) as agent:
            events = agent.streamed(**body)
            assert agent.model.requests[0]["stream_options"]["include_usage"] is True
            usages = [event.usage for event in events if event.usage is not None]
            wanted = bool(options and options["include_usage"])
            assert [usage.total_tokens for usage in usages] == [30] * wanted
            assert any(not event.choices for event in events) is wanted
            assert ("usage" in events[0].model_fields_set) is wanted
            assert agent.gate.reports[0]["usage"]["total_tokens"] == 30


@pytest.mark.parametrize("read", [0, 1])
def test_hanging_up_settles_the_request_and_decides_nothing(wire: str, colour: str, read: int) -> None:
    with InProcess(wire, colour, [calls(GOOD, say="a long story")], cut=bytewise) as agent:
        stream = agent.create(stream=True)

        async def hang_up() -> None:
            if read:
                await anext(stream)
            await stream.close()

        if colour == "async":
            agent.run(hang_up())
        else:
            if read:
                next(stream)
            stream.close()
        assert agent.bodies[0].closed
        assert [report["outcome"] for report in agent.gate.reports] == ["cancelled"]
        assert agent.gate.kinds() == ["model_call"]


def test_another_thread_can_hang_up(wire: str) -> None:
    reading, closed = threading.Event(), threading.Event()

    class Waiting(Body):
        def close(self) -> None:
            super().close()
            closed.set()

    def chunks() -> Iterator[bytes]:
        yield b": hello\n\n"
        reading.set()
        assert closed.wait(10)
        raise library.ReadError("closed")

    with InProcess(wire, "sync", answers=[chunks()], body=Waiting) as agent:
        stream = agent.create(stream=True)
        thread = threading.Thread(target=lambda: (reading.wait(10), stream.response.close()))
        thread.start()
        with pytest.raises((library.ReadError, openai.APIConnectionError)):
            agent.read(stream)
        thread.join()
        assert [report["outcome"] for report in agent.gate.reports] == ["cancelled"]


def test_a_forgotten_stream_is_settled(wire: str) -> None:
    with InProcess(wire, "sync", [text("a")]) as agent:
        agent.create(stream=True)
        gc.collect()
        assert [report["outcome"] for report in agent.gate.reports] == ["cancelled"]


def test_a_cancelled_task_gives_up_an_escalation(wire: str) -> None:
    class Waiting(ScriptedGate):
        given_up = False

        async def adecide(self, event: Any, *, session: Any = None) -> Any:
            if event["event"] == "tool_call":
                try:
                    await asyncio.sleep(60)
                except asyncio.CancelledError:
                    self.given_up = True
                    raise
            return self.decide(event)

    gate = Waiting()
    with InProcess(wire, "async", [calls(GOOD)], gate) as agent:

        async def read() -> None:
            stream = (
                await agent.client.responses.create(stream=True, **agent.asked())
                if (wire == "responses")
                else await agent.client.chat.completions.create(stream=True, **agent.asked())
            )
            async for _ in stream:
                pass

        with pytest.raises((asyncio.TimeoutError, TimeoutError)):
            agent.run(asyncio.wait_for(read(), 0.2))
        assert gate.given_up
        assert agent.bodies[0].closed
        assert gate.kinds() == ["model_call"]


def test_a_refused_request_is_no_stream(wire: str, colour: str) -> None:
    with InProcess(wire, colour, [status(400)]) as agent:
        with pytest.raises(openai.BadRequestError):
            agent.create(stream=True)
        assert [report["outcome"] for report in agent.gate.reports] == ["error"]
    gate = ScriptedGate(lambda event: "spent")
    with (
        InProcess(wire, colour, [], gate) as agent,
        pytest.raises(openai.PermissionDeniedError, match="spent"),
    ):
        agent.create(stream=True)


def test_a_denied_follow_up_ends_the_stream_with_an_error(wire: str, colour: str) -> None:
    gate = ScriptedGate()
    gate.verdict = lambda event: "no" if event["event"] == "tool_call" or len(gate.events) > 2 else None
    with InProcess(wire, colour, [calls(BAD)], gate) as agent:
        with pytest.raises(openai.APIError, match="no") as refused:
            agent.streamed()
        assert refused.value.code == "denied_by_policy"
        assert refused.value.type == "policy"
    script = [calls(BAD), status(500)]
    with InProcess(wire, colour, script) as agent, pytest.raises(openai.APIError, match="scripted"):
        agent.streamed()


def test_on_deny_raise_reaches_the_reader(wire: str, colour: str) -> None:
    with InProcess(wire, colour, [calls(BAD, GOOD, say="a")], on_deny="raise") as agent:
        with pytest.raises(ActionDenied, match="write outside"):
            agent.streamed()
        assert agent.gate.kinds() == ["model_call", "tool_call", "tool_call"]
        assert agent.bodies[0].closed
