"""Answers that are made in the background, or read again by their id."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openai
import pytest
from house import OUTSIDE_TMP, House
from in_process import InProcess
from kitelogik import ActionDenied, UngovernedSurface, session
from scripted_gate import ScriptedGate, outside_tmp
from scripted_model import Turn, calls, echo, raw, spending, text
from storing_model import StoringModel
from test_openai_hosted import SERVER, SHELL, ask, call_of_mcp, over

Json = dict[str, Any]
BAD, GOOD = ("fs_write", {"path": "/etc/a"}), ("fs_write", {"path": "/tmp/a"})


def storing(colour: str, *turns: Turn, **keywords: Any) -> InProcess:
    return InProcess("responses", colour, gate=ScriptedGate(), model=StoringModel(turns), **keywords)


def kept(agent: InProcess) -> StoringModel:
    assert isinstance(agent.model, StoringModel)
    return agent.model


def read(agent: InProcess, answer_id: str = "resp_1", *, stream: bool = False) -> Any:
    """Read an answer by its id."""
    got = agent.run(agent.client.responses.retrieve(answer_id, **({"stream": True} if stream else {})))
    return agent.read(got)[-1].response if stream else got


def paths(answer: Any) -> list[str]:
    """What the calls are for that the caller has."""
    return [json.loads(item.arguments)["path"] for item in answer.output if item.type == "function_call"]


def count(agent: InProcess) -> int:
    return agent.gate.kinds().count("tool_call")


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_in_the_background_is_decided_when_it_is_read(colour: str, stream: bool) -> None:
    script = (spending(calls(BAD, GOOD, say="so"), tokens=100), echo())
    with storing(colour, *script) as agent:
        answer = agent.create(background=True)
        assert (answer.status, answer.output) == ("queued", [])
        # Nothing of it is decided, and it goes on spending.
        assert (agent.gate.kinds(), agent.gate.reports) == (["model_call"], [])
        assert (read(agent).output, agent.gate.reports) == ([], [])
        kept(agent).running.clear()
        answer = read(agent, stream=stream)
        assert (paths(answer), answer.output_text) == (["/tmp/a"], "so")
        [report] = agent.gate.reports
        assert (report["decision_id"], report["outcome"]) == ("d1", "ok")
        assert report["usage"]["total_tokens"] == 100
        assert count(agent) == 2
        # Read again, it is as it was; what it used is settled.
        for again in (False, True):
            assert paths(read(agent, stream=again)) == ["/tmp/a"]
        assert (count(agent), len(agent.gate.reports)) == (2, 1)
        call_id = next(item.call_id for item in answer.output if item.type == "function_call")
        output = {"type": "function_call_output", "call_id": call_id, "output": "wrote"}
        told = agent.create(input=[output], previous_response_id="resp_1").output_text
        assert told.startswith('model saw: wrote | {"error":"denied_by_policy"')


@pytest.mark.parametrize("stream", [False, True])
def test_of_a_turn_read_later_the_denials_are_told(colour: str, stream: bool) -> None:
    with storing(colour, calls(BAD), echo()) as agent:
        agent.create(background=True)
        kept(agent).running.clear()
        answer = read(agent, stream=stream)
        assert paths(answer) == []
        assert "denied_by_policy" in answer.output_text
        # Nobody asked the model anything.
        assert len(agent.model.requests) == 1
        told = agent.create(input="and?", previous_response_id="resp_1")
        assert "write outside /tmp: /etc/a" in told.output_text


def test_on_deny_raise_holds_for_what_is_read(colour: str) -> None:
    with storing(colour, calls(BAD, GOOD), on_deny="raise") as agent:
        agent.create(background=True)
        kept(agent).running.clear()
        with pytest.raises(ActionDenied, match="/etc/a"):
            read(agent)
        assert count(agent) == 2


def test_a_cancelled_answer_is_settled(colour: str) -> None:
    with storing(colour, calls(BAD)) as agent:
        agent.create(background=True)
        cancelled = agent.run(agent.client.responses.cancel("resp_1"))
        assert (cancelled.status, cancelled.output) == ("cancelled", [])
        [report] = agent.gate.reports
        assert (report["decision_id"], report["outcome"]) == ("d1", "cancelled")
        assert count(agent) == 0


def test_an_answer_that_nobody_here_asked_for_is_decided(colour: str) -> None:
    with storing(colour) as agent:
        model = kept(agent)
        model.answers["resp_9"] = model._responses(calls(BAD, GOOD)("responses", {}))
        assert paths(read(agent, "resp_9")) == ["/tmp/a"]
        assert (count(agent), agent.gate.reports) == (2, [])


CHANGES: dict[str, Json] = {
    "arguments": {"arguments": json.dumps({"path": "/etc/a"})},
    "name": {"name": "delete"},
    "kind": {"type": "shell_call", "action": {"path": "/tmp/a"}},
    "server": {"type": "mcp_approval_request", "id": "call_1_0", "server_label": "shell", "name": "shell"},
    "session": {},
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_decided_stands_for_the_very_same_call_only(colour: str, change: str) -> None:
    name = "shell.shell" if change == "server" else "shell"
    with storing(colour, calls((name, '{"path":"/tmp/a"}'))) as agent:
        agent.create()
        kept(agent).answers["resp_1"]["output"][0] |= CHANGES[change]
        agent.gate.session = "another" if change == "session" else ""
        agent.gate.verdict = lambda event: "not now"
        assert [shown.type for shown in read(agent).output] == ["message"]
        assert count(agent) == 2


def test_an_answer_that_is_none_yet_shows_nothing(colour: str) -> None:
    # Not in the background, but the provider says that it is not done: it is decided as it is, and settled.
    def undone(wire: str, body: Json) -> Json:
        return {"verbatim": json.dumps({"id": "r", "status": "in_progress", "output": [call]})}

    call = {"type": "function_call", "id": "i", "call_id": "c", "name": "fs_write", "arguments": "{}"}
    with InProcess("responses", colour, [undone] * 2, max_denied_turns=0) as agent:
        assert "denied_by_policy" in agent.create().output_text
        assert [report["outcome"] for report in agent.gate.reports] == ["ok"]
        assert agent.create(background=True).output == []


def test_what_cannot_be_read_is_withheld(colour: str) -> None:
    with storing(colour) as agent:
        kept(agent).answers["resp_1"] = {"id": "resp_1", "status": "completed", "output": [7]}
        kept(agent).answers["resp_2"] = {"id": "resp_2", "status": "completed"}
        for number in (1, 2):
            with pytest.raises(UngovernedSurface):
                read(agent, f"resp_{number}")
        with pytest.raises(openai.NotFoundError):
            read(agent, "resp_3")


@pytest.mark.parametrize("stream", [False, True])
def test_what_an_answer_shows_is_decided_when_it_is_read(colour: str, stream: bool) -> None:
    with storing(colour, text("it is hunter2")) as agent:
        agent.gate.governed.add("model_response")
        agent.gate.verdict = lambda event: (
            "a secret" if "hunter2" in event.get("response", "") else outside_tmp(event)
        )
        assert agent.create(background=True).output == []
        assert read(agent).output == []
        kept(agent).running.clear()
        with pytest.raises(openai.APIError, match="a secret"):
            read(agent, stream=stream)


def test_the_provider_s_tools_in_the_background(colour: str) -> None:
    shell = {"type": "shell_call", "id": "s", "call_id": "c", "action": {"commands": ["rm /etc/a"]}}
    script = [raw([ask(1), ask(2, "/etc/a")]), raw([call_of_mcp(1), shell])]
    with over(colour, [], model=StoringModel(script)) as agent:
        agent.create(tools=[SERVER], background=True)
        kept(agent).running.clear()
        assert [item.type for item in read(agent).output] == ["mcp_approval_request"]
        yes = {"type": "mcp_approval_response", "approval_request_id": "ask_1", "approve": True}
        agent.create(input=[yes], previous_response_id="resp_1", tools=[SERVER, SHELL], background=True)
        assert [item["approve"] for item in agent.model.requests[1]["input"]] == [True, False]
        kept(agent).running.clear()
        assert [item.type for item in read(agent, "resp_2").output] == ["mcp_call", "shell_call"]
        assert not [e for e in agent.gate.events if e.get("wire_tool") == "shell" and "phase" not in e]
        outcomes = {report["decision_id"]: report["outcome"] for report in agent.gate.reports}
        asked = [d for d, e in zip(agent.gate.decisions, agent.gate.events, strict=True) if e.get("server")]
        assert outcomes[asked[1].decision_id] == "ok"


USERS = """package kitelogik.tool_call

default decision := {"allow": false, "reason": "only ana may write"}

decision := {"allow": true} if input.session.user == "ana"
"""


def test_another_session_decides_for_itself(colour: str, tmp_path: Path) -> None:
    house = House(tmp_path, users=USERS)
    gate: Any = house.governor()
    with InProcess("responses", colour, gate=gate, model=StoringModel([calls(GOOD)])) as agent:
        with session(user="ana").use():
            agent.create(background=True)
            kept(agent).running.clear()
            assert [paths(read(agent)), paths(read(agent))] == [["/tmp/a"]] * 2
        with session(user="eve").use():
            assert "only ana may write" in read(agent).output_text
    decided = [line for line in house.decisions() if line["event"] == "tool_call"]
    assert [(line["session"]["user"], line["decision"]["allow"]) for line in decided] == [
        ("ana", True),
        ("eve", False),
    ]


def test_other_policies_decide_anew(colour: str, tmp_path: Path) -> None:
    house = House(tmp_path)
    gate = house.governor()
    script = StoringModel([calls(GOOD)])
    with InProcess("responses", colour, gate=gate, model=script, session="implicit") as agent:  # type: ignore[arg-type]
        agent.create()
        assert paths(read(agent)) == ["/tmp/a"]
        house.write("files", OUTSIDE_TMP.replace('"/tmp/"', '"/var/"'))
        assert gate.reload()
        assert "write outside" in read(agent).output_text
    assert [line["decision"]["allow"] for line in house.decisions()] == [True, True, False]


def test_a_stream_belongs_to_the_session_in_which_it_began(colour: str, tmp_path: Path) -> None:
    house = House(tmp_path)
    gate: Any = house.governor()
    script = [calls(BAD, say="so"), text("one"), text("two")]
    with InProcess("responses", colour, gate=gate, model=StoringModel(script)) as agent:
        with session(user="ana", tenant="acme").use():
            stream = agent.create(stream=True)
        shown = agent.read(stream)[-1].response.id
        assert shown == "resp_1"
        # Its id goes on in its tenant.
        with session(user="ana", tenant="acme").use():
            agent.create(input="more", previous_response_id=shown)
        assert agent.model.requests[-1]["previous_response_id"] == "resp_2"
