"""What is not governed is refused by name, unwrapped, and nothing is sent."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from conftest import CHAT_TOOL, RESPONSES_TOOL, Bench
from house import House
from in_process import InProcess
from kitelogik import ActionDenied, ConfigError, UngovernedSurface
from kitelogik.adapters.openai import govern
from openai import OpenAI
from scripted_gate import ScriptedGate
from scripted_model import calls, echo, raw, text

RESPONSES: dict[str, dict[str, Any]] = {
    "prompt": {"prompt": {"id": "pmpt_1"}},
    "conversation of no form": {"conversation": {"name": "c"}},
    "input item": {"input": [{"type": "program", "code": "1"}]},
    "a yes to an ask of nobody": {
        "input": [{"type": "mcp_approval_response", "approval_request_id": "1", "approve": True}]
    },
    "two shells": {
        "tools": [
            {"type": "shell", "environment": {"type": "local"}},
            {"type": "shell", "environment": {"type": "container_auto"}},
        ]
    },
    "programs": {"tools": [{"type": "programmatic_tool_calling"}]},
    "tool search": {"tools": [{"type": "tool_search"}]},
    "choice": {"tool_choice": {"type": "programmatic_tool_calling"}},
    "extra body": {"extra_body": {"new_parameter": 1}},
}
CHAT: dict[str, dict[str, Any]] = {
    "audio": {"modalities": ["audio"]},
    "n": {"n": 129},
    "n that is no number": {"n": True},
    "extra body": {"extra_body": {"new_parameter": 1}},
}
OTHERS: dict[str, Callable[[Any], Any]] = {
    "resumed stream": lambda client: client.responses.retrieve("resp_1", stream=True, starting_after=3),
    "compact": lambda client: client.responses.compact(model="m"),
    "chat retrieve": lambda client: client.chat.completions.retrieve("c"),
    "batches": lambda client: client.batches.list(),
    "websocket": lambda client: client.responses.connect(),
    "websocket of a copy": lambda client: client.with_options(timeout=1).responses.connect(),
    "realtime": lambda client: client.realtime.connect(model="m"),
    "live": lambda client: client.live,
    "beta": lambda client: client.beta,
    "post": lambda client: client.post("/completions", cast_to=object, body={"model": "m"}),
    "ask in a conversation": lambda client: client.conversations.create(
        items=[{"type": "mcp_approval_response", "approval_request_id": "1", "approve": True}]
    ),
}


@pytest.mark.parametrize("case", [*RESPONSES, *CHAT])
def test_a_request_outside_the_list_is_refused(bench: Bench, case: str) -> None:
    cases = RESPONSES if bench.wire == "responses" else CHAT
    if case not in cases:
        return
    agent = bench.agent([text("never")])
    with pytest.raises(UngovernedSurface) as refused:
        agent.send(**cases[case])
    assert len(str(refused.value)) > 20
    assert bench.model.requests == []
    assert agent.gate.events == []


@pytest.mark.parametrize("case", OTHERS)
def test_another_way_to_the_model_is_refused(bench: Bench, case: str) -> None:
    agent = bench.agent([])

    async def awaited(result: Any) -> Any:
        if hasattr(result, "__await__"):
            return await result
        if hasattr(result, "__aiter__"):
            return [item async for item in result]
        return result

    with pytest.raises(UngovernedSurface):
        agent.run(awaited(OTHERS[case](agent.client)))
    assert bench.model.requests == []


@pytest.mark.parametrize("wire", ["responses"], indirect=True)
def test_item_types_that_are_not_known_are_withheld(bench: Bench) -> None:
    hidden = {
        "type": "program",
        "id": "s",
        "call_id": "c",
        "code": "shell('id')",
        "status": "completed",
    }
    answer = bench.agent([raw([hidden])]).send()
    assert answer.output == []


@pytest.mark.parametrize("wire", ["responses"], indirect=True)
def test_the_denial_stands_beside_resent_items(bench: Bench) -> None:
    agent = bench.agent(
        [calls(("fs_write", {"path": "/tmp/a"}), ("fs_write", {"path": "/etc/a"})), echo(), echo()]
    )
    answer = agent.send()
    output = {"type": "function_call_output", "call_id": answer.output[0].call_id, "output": "wrote"}
    history = [{"role": "user", "content": "go"}, *[item.to_dict() for item in answer.output], output]
    for _ in range(2):  # a retry carries it again
        assert '| {"error":"denied_by_policy"' in agent.text(agent.send(input=history))


def test_raw_and_parsed_answers_are_decided_too(bench: Bench) -> None:
    agent = bench.agent([calls(("fs_write", {"path": "/etc/a"}))] * 2, max_denied_turns=0)
    if bench.wire == "responses":
        made = agent.client.responses.with_raw_response.create(model="m", input="go", tools=[RESPONSES_TOOL])
    else:
        messages = [{"role": "user", "content": "go"}]
        completions = agent.client.chat.completions.with_raw_response
        made = completions.create(model="m", messages=messages, tools=[CHAT_TOOL])
    response = agent.run(made)
    assert agent.calls(response.parse()) == []
    assert "denied_by_policy" in response.text


def test_the_same_keywords_return_the_client_itself() -> None:
    gate = ScriptedGate()
    client = govern(OpenAI(api_key="none"), governor=gate, tool_names={"a": "b"})
    assert govern(client, governor=gate, tool_names={"a": "b"}) is client
    with pytest.raises(ConfigError):
        govern(client, governor=gate)
    with pytest.raises(TypeError, match="in the worker"):
        pickle.dumps(client)
    client.close()


@pytest.mark.parametrize("other", [object(), print, "client"])
def test_other_objects_are_refused_with_the_line_to_write(other: Any) -> None:
    with pytest.raises(TypeError, match=r"client = govern\(OpenAI\(\)"):
        govern(other, governor=ScriptedGate())


@pytest.mark.parametrize("stream", [False, True])
def test_azure_is_governed_under_its_own_addresses(wire: str, colour: str, stream: bool) -> None:
    script = [calls(("fs_write", {"path": "/etc/a"}), ("fs_write", {"path": "/tmp/a"}))]
    with InProcess(wire, colour, script * 2, azure=True) as agent:
        assert isinstance(agent.client, type(agent.original))
        for client in (agent.client, agent.client.with_options(timeout=5)):
            agent.client = client
            answer = agent.create(stream=stream)
            shown = agent.read(answer) if stream else [answer]
            written = "".join(event.to_json() for event in shown)
            assert ("/tmp/a" in written, "/etc/a" in written) == (True, False)
        end = "/openai/responses" if wire == "responses" else "/openai/deployments/m/chat/completions"
        assert agent.urls == [f"http://model{end}?api-version=v1"] * 2


def test_an_error_of_ours_is_not_retried_nor_wrapped(wire: str, colour: str) -> None:
    with InProcess(wire, colour, [calls(("fs_write", {"path": "/etc/a"}))] * 3, on_deny="raise") as agent:
        agent.client = agent.client.with_options(max_retries=2)
        with pytest.raises(ActionDenied):
            agent.create()
        assert len(agent.urls) == 1


def test_errors_can_be_pickled_and_copied(house: House) -> None:
    decision = house.governor().decide({"event": "tool_call", "tool": "t", "args": {"path": "/etc"}})
    assert pickle.loads(pickle.dumps(decision)) == decision
    assert hash(pickle.loads(pickle.dumps(decision))) == hash(decision)
    for error in (ActionDenied(decision), UngovernedSurface("x")):
        assert str(pickle.loads(pickle.dumps(error))) == str(error) == str(copy.copy(error))
    assert not isinstance(ActionDenied(decision), OSError)
