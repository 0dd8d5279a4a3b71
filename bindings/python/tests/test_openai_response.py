"""Where a unit decides what a model's answer may show, nothing of it is shown before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openai
import pytest
from house import OUTSIDE_TMP, House
from in_process import InProcess
from scripted_gate import ScriptedGate
from scripted_model import calls, echo, text, thinking
from test_openai_stream import BAD, GOOD, call_paths, said

SECRETS = """package kitelogik.model_response

default decision := {"allow": true}

deny contains "the answer holds a secret" if contains(input.response, "hunter2")
"""


def watching() -> ScriptedGate:
    def verdict(event: dict[str, Any]) -> str | None:
        if event["event"] == "model_response":
            return "a secret" if "hunter2" in event["response"] else None
        return "no" if event.get("args", {}).get("path", "/tmp").startswith("/etc") else None

    gate = ScriptedGate(verdict)
    gate.governed.add("model_response")
    return gate


def take(agent: InProcess, stream: bool, seen: list[Any]) -> None:
    """Take an answer, and keep what of it was seen."""
    if not stream:
        seen.append(agent.create())
    elif agent.colour == "sync":
        seen.extend(agent.create(stream=True))
    else:
        seen.extend(agent.streamed())


@pytest.mark.parametrize("stream", [False, True])
def test_a_denied_answer_is_not_shown(wire: str, colour: str, stream: bool) -> None:
    with InProcess(wire, colour, [calls(GOOD, say="it is hunter2")], watching()) as agent:
        seen: list[Any] = []
        with pytest.raises(openai.APIError, match="a secret") as refused:
            take(agent, stream, seen)
        assert refused.value.code == "denied_by_policy"
        assert isinstance(refused.value, openai.PermissionDeniedError) is not stream
        assert "hunter2" not in str(seen)
        # Its calls are not even decided.
        assert agent.gate.kinds() == ["model_call", "model_response"]
        assert [report["outcome"] for report in agent.gate.reports] == ["ok"]


def test_an_allowed_answer_is_shown_whole(wire: str, colour: str) -> None:
    script = [calls(BAD, say="one"), thinking(calls(BAD, GOOD, say="two")), echo()]
    with InProcess(wire, colour, script, watching()) as agent:
        events = agent.streamed()
        assert call_paths(agent, events) == ["/tmp/a"]
        # Of the first turn nothing is left; held as it was, nothing of it is shown either.
        assert said(agent, events) == "two"
        assert agent.gate.kinds() == [
            *("model_call", "model_response", "tool_call"),
            *("model_call", "model_response", "tool_call", "tool_call"),
        ]
    with InProcess(wire, colour, script, watching()) as agent:
        answer = agent.helper()
        if wire == "responses":
            assert answer.id == "resp_2"
            assert [item.type for item in answer.output][-2:] == ["message", "function_call"]
        else:
            assert (answer.choices[0].message.role, answer.choices[0].message.content) == ("assistant", "two")


def test_an_obligation_on_an_answer_that_cannot_be_honoured_withholds_it(wire: str) -> None:
    gate = watching()

    def verdict(event: dict[str, Any]) -> None:
        gate.obligations = {"sign": "it"} if event["event"] == "model_response" else {}

    gate.verdict = verdict
    with InProcess(wire, "sync", [text("a")], gate) as agent, pytest.raises(openai.PermissionDeniedError):
        agent.create()


@pytest.mark.parametrize("stream", [False, True])
def test_under_a_real_governor(wire: str, colour: str, tmp_path: Path, stream: bool) -> None:
    house = House(tmp_path, files=OUTSIDE_TMP, secrets=SECRETS)
    gate: Any = house.governor()
    script = [calls(GOOD, say="fine"), text("it is hunter2")]
    with InProcess(wire, colour, script, gate, session="implicit") as agent:
        answer = agent.create(stream=stream)
        shown = agent.read(answer) if stream else [answer]
        assert "/tmp/a" in "".join(event.to_json() for event in shown)
        with pytest.raises(openai.APIError, match="the answer holds a secret"):
            agent.read(agent.create(stream=True)) if stream else agent.create()
    kinds = [line["event"] for line in house.decisions()]
    assert kinds == ["model_call", "model_response", "tool_call", "model_call", "model_response"]
    assert [line["decision"]["allow"] for line in house.decisions()] == [True, True, True, True, False]
