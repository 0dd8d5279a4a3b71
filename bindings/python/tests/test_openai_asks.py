"""Asks that the caller answers, and the traces of what the provider ran."""

from __future__ import annotations

import json
from typing import Any

import pytest
from in_process import InProcess
from kitelogik import UngovernedSurface
from scripted_model import echo, raw, text
from test_openai_hosted import SERVER, SHELL, ask, call_of_mcp, decided, ends, message, over, shown, yes

Json = dict[str, Any]
CALLER = [
    "always",
    {},
    {"always": {"tool_names": ["read"]}},
    {"always": {"tool_names": ["read"]}, "never": {"tool_names": ["read"]}},
    {"never": {"tool_names": ["write"]}},
    {"never": {"read_only": True}},
    {"never": {"read_only": True, "tool_names": ["read"]}},
    {"never": {"tool_names": "read"}},
    {"never": {"read_only": True}, "always": {"tool_names": ["write"]}},
]
POLICY = [None, "never", {"never": {"tool_names": ["read"]}}, {"always": {"tool_names": ["write"]}}]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("said", [*CALLER, *POLICY], ids=str)
def test_the_caller_answers_what_it_wants_to_answer(colour: str, said: Any, stream: bool) -> None:
    tools = [{**SERVER, "require_approval": said}]
    script = [raw([ask(1), ask(2, "/etc/a")]), raw([call_of_mcp(1)])]
    with over(colour, script) as agent:
        answer = shown(agent, stream, tools=tools)
        kinds = [item.type for item in answer.output]
        assert len(decided(agent)) == 2
        if said in POLICY:
            assert kinds == ["mcp_call"]
            return
        # What policy denies is no question to the caller.
        assert kinds == ["mcp_approval_request"]
        assert len(agent.model.requests) == 1
        assert agent.create(previous_response_id="resp_1", input=[yes(1)], tools=tools)
        one, two = agent.model.requests[1]["input"]
        assert (one, two["approve"]) == (yes(1), False)
        assert len(decided(agent)) == 2
        assert [outcome for _, outcome in ends(agent)] == ["ok"]


def asked(agent: InProcess) -> list[Json]:
    """The caller's history after an ask that it is to answer."""
    tools = [{**SERVER, "require_approval": "always"}]
    answer = agent.create(tools=tools)
    return [{"role": "user", "content": "go"}, *[item.to_dict() for item in answer.output]]


def test_a_no_of_the_caller_is_a_no(colour: str) -> None:
    with over(colour, [raw([ask(1)]), text("ok"), text("ok")]) as agent:
        no = {**yes(1), "approve": False, "reason": "not today"}
        history = [*asked(agent), no]
        assert ends(agent) == []
        for _ in range(2):
            agent.create(input=history, tools=[SERVER])
            assert agent.model.requests[-1]["input"][-1] == no
        # It was allowed, and did not happen.
        assert [outcome for _, outcome in ends(agent)] == ["cancelled"]


def test_a_yes_is_for_what_was_decided(colour: str) -> None:
    with over(colour, [raw([ask(1)]), text("ok")]) as agent:
        start, item = asked(agent)
        item["arguments"] = json.dumps({"path": "/etc/a"})
        agent.create(input=[start, item, yes(1)], tools=[SERVER])
        sent = agent.model.requests[1]["input"][-1]
        assert (sent["approve"], "not there" in sent["reason"]) == (False, True)
        assert [event["args"]["path"] for event in decided(agent)] == ["/tmp/a", "/etc/a"]


@pytest.mark.parametrize("approve", [True, "no", 0, None])
def test_a_yes_to_an_ask_that_was_not_decided_is_decided(colour: str, approve: Any) -> None:
    with over(colour, [text("ok")] * 2) as agent:
        for path, allowed in (("/tmp/a", approve), ("/etc/a", False)):
            agent.create(input=[ask(7, path), {**yes(7), "approve": approve}], tools=[SERVER])
            assert agent.model.requests[-1]["input"][-1]["approve"] == allowed
        assert [event["tool"] for event in decided(agent)] == ["files.read"] * 2


@pytest.mark.parametrize("items", [[yes(7)], [ask(7), ask(7, "/etc/a"), yes(7)], [ask(8), yes(7)]], ids=len)
def test_a_yes_to_what_nobody_can_see_is_refused(colour: str, items: list[Json]) -> None:
    with over(colour, [text("never")]) as agent:
        with pytest.raises(UngovernedSurface, match="ask_7"):
            agent.create(input=items, tools=[SERVER])
        assert agent.urls == []


def test_one_decision_is_for_one_yes(colour: str) -> None:
    with over(colour, [raw([ask(1)]), raw([call_of_mcp(1)]), text("ok"), text("ok"), text("ok")]) as agent:
        history = asked(agent)
        ran = agent.create(input=[*history, yes(1)], tools=[SERVER]).output[0].to_dict()
        assert len(decided(agent)) == 1
        # With what came of it, it is history.
        agent.create(input=[*history, yes(1), ran, {"role": "user", "content": "more"}], tools=[SERVER])
        assert len(decided(agent)) == 1
        # Without, the server would run it again, also where the item stands on the other side.
        agent.create(input=[*history, yes(1)], tools=[SERVER])
        agent.gate.verdict = lambda event: "not twice" if event["event"] == "tool_call" else None
        agent.create(input=[yes(1)], previous_response_id="resp_1")
        assert len(decided(agent)) == 3
        assert agent.model.requests[-1]["input"][-1]["reason"].count("not twice") == 1


def test_what_was_answered_here_is_spent(colour: str) -> None:
    with over(colour, [raw([ask(1)]), raw([call_of_mcp(1)]), text("ok")]) as agent:
        agent.create(tools=[SERVER])
        agent.create(input=[ask(1), yes(1)], tools=[SERVER])
        assert len(decided(agent)) == 2


TRACES: list[Json] = [
    {
        "type": "web_search_call",
        "id": "t1",
        "status": "completed",
        "action": {"type": "search", "query": "q"},
    },
    {"type": "file_search_call", "id": "t2", "status": "completed", "queries": ["q"], "results": None},
    {**call_of_mcp(9), "approval_request_id": None},
    {"type": "mcp_list_tools", "id": "t4", "server_label": "files", "tools": []},
    {
        "type": "code_interpreter_call",
        "id": "t5",
        "status": "completed",
        "container_id": "c",
        "code": "1",
        "outputs": None,
    },
    {"type": "image_generation_call", "id": "t6", "status": "completed", "result": "AAAA"},
]


def test_traces_pass_with_their_progress(colour: str) -> None:
    with over(colour, [raw([*TRACES, message("done")])] * 2) as agent:
        answer = agent.create()
        kinds = [item["type"] for item in TRACES]
        assert [item.type for item in answer.output] == [*kinds, "message"]
        events = agent.streamed()
        seen = [event.type for event in events]
        for kind in kinds:
            if kind != "mcp_list_tools":
                assert seen.count(f"response.{kind}.in_progress") == 1
        assert [item.type for item in events[-1].response.output] == [*kinds, "message"]
        assert [event.sequence_number for event in events] == list(range(len(events)))
        assert decided(agent) == []


def test_progress_stands_at_its_own_item(colour: str) -> None:
    search = TRACES[0]
    added = {"type": "response.output_item.added", "output_index": 0, "item": search}
    told = {"type": "response.web_search_call.searching", "output_index": 0, "item_id": "t1"}
    other = {"type": "response.code_interpreter_call_code.delta", "output_index": 0, "delta": "rm"}
    call = {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": "rm"}
    lost = {**told, "output_index": 7}
    made = {"id": "r", "object": "response", "status": "completed", "output": [search]}
    end = {"type": "response.completed", "response": made}
    events = [{"type": "response.created", "response": made}, added, told, other, call, lost, end]
    content = "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode()
    with InProcess("responses", colour, answers=[[content]]) as agent:
        kinds = [event.type for event in agent.streamed()]
        assert kinds[2] == "response.web_search_call.searching"
        assert [kind for kind in kinds if "delta" in kind or kind == told["type"]] == [told["type"]]


RAN: list[Json] = [
    {
        "type": "shell_call",
        "id": "s1",
        "call_id": "c1",
        "status": "completed",
        "action": {"commands": ["ls"]},
    },
    {"type": "shell_call_output", "id": "s2", "call_id": "c1", "status": "completed", "output": []},
]
PLACES: dict[str, tuple[Any, bool]] = {
    "nowhere": (None, True),
    "container": ({"type": "container_reference", "container_id": "c"}, True),
    "here": ({"type": "local"}, False),
    "unknown": ({"type": "elsewhere"}, False),
    "no place": ("local", False),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("place", PLACES)
def test_a_shell_of_the_provider_is_a_trace_where_it_was_declared(
    colour: str, place: str, stream: bool
) -> None:
    environment, harmless = PLACES[place]
    script = [raw([{**RAN[0], "environment": environment}, RAN[1]]), echo()]
    here = {**SHELL, "environment": {"type": "local"}}
    for tools, passes in (([SHELL], harmless), ([], False), ([here], False)):
        with over(colour, script) as agent:
            agent.gate.verdict = no_shell
            answer = shown(agent, stream, tools=tools)
            assert ("shell_call" in [item.type for item in answer.output]) is passes
            assert [event["args"] for event in decided(agent)] == ([] if passes else [{"commands": ["ls"]}])


def no_shell(event: Json) -> str | None:
    return "no shell" if event.get("wire_tool") == "shell" and "phase" not in event else None


def test_a_shell_is_where_the_whole_item_places_it(colour: str) -> None:
    here = {**RAN[0], "environment": {"type": "local"}}
    made = {"id": "r", "object": "response", "status": "completed", "output": [here]}
    events = [
        {"type": "response.created", "response": made},
        {"type": "response.output_item.added", "output_index": 0, "item": RAN[0]},
        {"type": "response.output_item.done", "output_index": 0, "item": here},
        {"type": "response.completed", "response": made},
    ]
    content = "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode()
    with InProcess("responses", colour, answers=[[content]], max_denied_turns=0) as agent:
        agent.gate.verdict = no_shell
        seen = agent.streamed(tools=[SHELL])
        assert "local" not in "".join(event.to_json() for event in seen)
        assert "no shell" in seen[-1].response.output_text
