"""Tools that the provider runs are decided where they are declared, and hosted MCP servers at each ask."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from in_process import InProcess
from kitelogik import UngovernedSurface
from kitelogik.adapters import _openai_wire
from scripted_gate import ScriptedGate
from scripted_model import Turn, calls, echo, raw, text
from storing_model import StoringModel

Json = dict[str, Any]
SECRET = "s3cret"
SERVER: Json = {
    "type": "mcp",
    "server_label": "files",
    "server_url": "https://files.example/mcp",
    "require_approval": "never",
    "authorization": SECRET,
    "headers": {"X-Key": SECRET},
}
SHELL: Json = {"type": "shell", "environment": {"type": "container_auto"}}


def call_of_mcp(number: int, **more: Any) -> Json:
    """What the provider tells of a call that it made after a yes."""
    what = {"server_label": "files", "name": "read", "arguments": "{}", "output": "text", "error": None}
    return {"type": "mcp_call", "id": f"mcp_{number}", **what, "approval_request_id": f"ask_{number}", **more}


def ask(number: int, path: str = "/tmp/a", name: str = "read", server: str = "files") -> Json:
    what = {"server_label": server, "name": name, "arguments": json.dumps({"path": path})}
    return {"type": "mcp_approval_request", "id": f"ask_{number}", **what}


def yes(number: int) -> Json:
    return {"type": "mcp_approval_response", "approval_request_id": f"ask_{number}", "approve": True}


def message(said: str) -> Json:
    content = [{"type": "output_text", "text": said, "annotations": []}]
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}


def no_etc(event: Json) -> str | None:
    path = event["args"].get("path", "") if event["event"] == "tool_call" else ""
    return f"not there: {path}" if path.startswith("/etc") else None


def over(colour: str, script: list[Turn], **keywords: Any) -> InProcess:
    return InProcess("responses", colour, script, ScriptedGate(no_etc), **keywords)


def declared(said: str | None) -> ScriptedGate:
    """A gate that says this of every declaration."""
    return ScriptedGate(lambda event: said if "phase" in event else None)


def decided(agent: InProcess) -> list[Json]:
    """The calls that were decided, without the declarations."""
    return [e for e in agent.gate.events if e["event"] == "tool_call" and e.get("phase") != "declare"]


def ends(agent: InProcess) -> list[tuple[str, str]]:
    """How the decided calls ended, as far as it was said."""
    of_calls = {
        d.decision_id for d, e in zip(agent.gate.decisions, agent.gate.events, strict=True) if "tool" in e
    }
    return [(r["decision_id"], r["outcome"]) for r in agent.gate.reports if r["decision_id"] in of_calls]


def shown(agent: InProcess, stream: bool, **body: Any) -> Any:
    """The answer of one request, streamed or not."""
    if not stream:
        return agent.create(**body)
    return agent.streamed(**body)[-1].response


DECLARED: dict[str, tuple[str, Json]] = {
    "web_search": ("web_search", {"type": "web_search"}),
    "web_search_2025_08_26": ("web_search", {"type": "web_search_2025_08_26"}),
    "web_search_preview": ("web_search", {"type": "web_search_preview"}),
    "web_search_preview_2025_03_11": ("web_search", {"type": "web_search_preview_2025_03_11"}),
    "file_search": ("file_search", {"type": "file_search", "vector_store_ids": ["v"]}),
    "code_interpreter": ("code_interpreter", {"type": "code_interpreter", "container": {"type": "auto"}}),
    "image_generation": ("image_generation", {"type": "image_generation"}),
    "shell": ("shell", SHELL),
    "shell anywhere": ("shell", {"type": "shell"}),
    "mcp": ("mcp", SERVER),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", DECLARED)
def test_a_hosted_tool_is_decided_before_anything_is_sent(colour: str, kind: str, stream: bool) -> None:
    name, tool = DECLARED[kind]
    for allowed in (True, False):
        gate = declared("not that tool" if not allowed else None)
        tags = {name: ["provider"]}
        with InProcess("responses", colour, [text("ok")], gate, tool_tags=tags, hosted_tools=[name]) as agent:
            agent.client = agent.client.with_options(max_retries=2)
            if allowed:
                assert shown(agent, stream, tools=[tool]).output_text == "ok"
            else:
                with pytest.raises(openai.PermissionDeniedError, match="not that tool") as refused:
                    agent.create(tools=[tool], stream=stream)
                assert refused.value.code == "denied_by_policy"
            event = gate.events[0]
            what = (event["phase"], event["tool"], event["wire_tool"], event["transport"], event["tool_tags"])
            assert what == ("declare", name, tool["type"], "hosted", ["provider"])
            assert gate.kinds() == (["tool_call", "model_call"] if allowed else ["tool_call"])
            assert len(agent.urls) == allowed
            assert gate.keywords["hosted_tools"] == (name,)


def test_every_hosted_tool_of_a_request_is_decided(colour: str) -> None:
    gate = ScriptedGate(lambda event: "no" if event.get("tool") == "image_generation" else None)
    tools = [tool for _, tool in DECLARED.values()]
    with InProcess("responses", colour, [text("never")], gate) as agent:
        with pytest.raises(openai.PermissionDeniedError):
            agent.create(tools=tools)
        assert [event["tool"] for event in gate.events] == [name for name, _ in list(DECLARED.values())[:7]]
        assert agent.urls == []


@pytest.mark.parametrize("stream", [False, True])
def test_the_search_of_chat_is_a_hosted_tool(colour: str, stream: bool) -> None:
    for said in (None, "no search"):
        gate = declared(said)
        with InProcess("chat", colour, [text("ok")], gate) as agent:
            options = {"search_context_size": "low"}
            if said is None:
                agent.create(web_search_options=options)
            else:
                with pytest.raises(openai.PermissionDeniedError, match="no search"):
                    agent.create(web_search_options=options, stream=stream)
            event = gate.events[0]
            assert (event["tool"], event["args"]) == ("web_search", {"web_search_options": options})
            assert len(agent.urls) == (said is None)


def test_an_obligation_on_a_declaration_cannot_be_honoured(colour: str) -> None:
    gate = ScriptedGate(lambda event: None, obligations={"redact_messages": ["a"]})
    with InProcess("responses", colour, [text("never")], gate) as agent:
        with pytest.raises(openai.PermissionDeniedError) as refused:
            agent.create(tools=[{"type": "web_search"}])
        assert isinstance(refused.value.body, dict)
        assert refused.value.body["reason_code"] == "cannot_enforce"
        assert (agent.urls, gate.reports[0]["outcome"]) == ([], "cancelled")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ana:hunter2@files.example/mcp?key=hunter2#hunter2", "https://files.example/mcp?[omitted]"),
        ("files.example/mcp", "files.example/mcp"),
        ("https://[hunter2/mcp", "[omitted]"),
    ],
)
def test_the_address_of_a_hosted_server_is_shown_without_credentials(url: str, shown: str) -> None:
    with over("sync", [text("ok")]) as agent:
        agent.create(tools=[{**SERVER, "server_url": url}])
        assert agent.gate.events[0]["args"]["server_url"] == shown
        assert "hunter2" not in json.dumps(agent.gate.events)
        assert agent.model.requests[0]["tools"][0]["server_url"] == url


@pytest.mark.parametrize("said", ["always", "never", None, {"never": {"tool_names": ["read"]}}, {}])
def test_a_hosted_server_always_asks_and_its_secrets_stay_here(colour: str, said: Any) -> None:
    with over(colour, [text("ok")]) as agent:
        network = {"type": "allowlist", "domain_secrets": [{"name": "k", "value": SECRET}]}
        shell = {"type": "shell", "environment": {"type": "container_auto", "network_policy": network}}
        agent.create(tools=[{**SERVER, "require_approval": said}, shell])
        [sent] = agent.model.requests
        assert sent["tools"] == [{**SERVER, "require_approval": "always"}, shell]
        assert SECRET not in json.dumps(agent.gate.events)
        assert agent.gate.events[0]["args"]["server_url"] == SERVER["server_url"]
        assert agent.gate.events[0]["server"] == {"alias": "files"}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("form", ["stateless", "chained", "conversation"])
def test_an_ask_is_decided_and_answered(colour: str, form: str, stream: bool) -> None:
    script = [raw([ask(1), ask(2, "/etc/a")]), raw([call_of_mcp(1), message("read it")])]
    bodies: dict[str, Json] = {
        "stateless": {},
        "chained": {"previous_response_id": "resp_1"},
        "conversation": {"conversation": {"id": "conv_1"}},
    }
    start: list[Turn] = [text("hello")] if form == "chained" else []
    with over(colour, [], model=StoringModel([*start, *script])) as agent:
        if start:
            agent.create()
        answer = shown(agent, stream, tools=[SERVER], **bodies[form])
        assert [item.type for item in answer.output] == ["mcp_call", "message"]
        first, second = decided(agent)
        what = (first["tool"], first["wire_tool"], first["transport"], first["server"], first["args"])
        assert what == ("files.read", "read", "mcp", {"alias": "files"}, {"path": "/tmp/a"})
        assert second["args"] == {"path": "/etc/a"}
        sent = agent.model.requests[-1]
        *before, one, two = sent["input"]
        assert one == yes(1)
        assert (two["approval_request_id"], two["approve"]) == ("ask_2", False)
        assert "not there: /etc/a" in two["reason"]
        assert [item.get("id") for item in before] == (
            [] if form == "conversation" else [None, "ask_1", "ask_2"]
        )
        assert {key: sent.get(key) for key in bodies[form]} == bodies[form]
        assert sent["tools"][0]["require_approval"] == "always"
        assert answer.usage.total_tokens == 36
        assert ends(agent)[-1] == (agent.gate.decisions[agent.gate.events.index(first)].decision_id, "ok")


def test_the_end_of_an_ask_is_reported(colour: str) -> None:
    failed = call_of_mcp(2, output=None, error={"type": "http_error", "code": 500, "message": "x"})
    script = [raw([ask(1), ask(2)]), raw([call_of_mcp(1), failed, call_of_mcp(1), call_of_mcp(9)])]
    with over(colour, script) as agent:
        agent.create(tools=[SERVER])
        assert [outcome for _, outcome in ends(agent)] == ["ok", "error"]


@pytest.mark.parametrize("stream", [False, True])
def test_asks_beside_calls_wait_for_the_next_request(colour: str, stream: bool) -> None:
    script = [raw([ask(1), ask(2, "/etc/a")]), raw([call_of_mcp(1)]), text("more")]
    fill = calls(("fs_write", {"path": "/tmp/b"}))
    script[0] = lambda wire, body: {**fill(wire, body), "items": [ask(1), ask(2, "/etc/a")]}
    with over(colour, script) as agent:
        answer = shown(agent, stream, tools=[SERVER])
        assert [item.type for item in answer.output] == ["function_call"]
        assert len(agent.model.requests) == 1
        output = {"type": "function_call_output", "call_id": "call_1_0", "output": "wrote"}
        history = [{"role": "user", "content": "go"}, answer.output[0].to_dict(), output]
        answer = agent.create(input=history, tools=[SERVER])
        sent = agent.model.requests[1]["input"]
        assert [i.get("type") for i in sent[3:5]] == ["mcp_approval_request"] * 2
        assert (sent[5], sent[6]["approve"]) == (yes(1), False)
        # Resent with what came of it, it is history; without, it would run again, and is decided again.
        count = len(decided(agent))
        agent.create(input=[*history, *[item.to_dict() for item in answer.output]], tools=[SERVER])
        assert len(decided(agent)) == count
        assert yes(1) in agent.model.requests[2]["input"]


def test_denials_and_asks_are_bounded_each(colour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_openai_wire, "MAX_ASKED_TURNS", 3)
    with over(colour, [raw([ask(n)]) for n in range(9)]) as agent:
        answer = agent.create(tools=[SERVER])
        assert len(agent.model.requests) == 4
        assert [item.type for item in answer.output] == ["message"]
    denied = [raw([ask(1, "/etc/a"), ask(2)]), raw([ask(3)]), raw([ask(4, "/etc/a"), ask(5)]), text("never")]
    with over(colour, denied, max_denied_turns=1) as agent:
        assert "denied_by_policy" in agent.create(tools=[SERVER]).output_text
        assert len(agent.model.requests) == 3
        # The yes to the last one waits with the denial beside it.
        agent.create(input="and now?", previous_response_id="resp_3", tools=[SERVER])
        given = [item.get("approve") for item in agent.model.requests[3]["input"]]
        assert given == [False, True, None]


def test_the_bound_on_asks() -> None:
    assert _openai_wire.MAX_ASKED_TURNS == 64


@pytest.mark.parametrize("hole", ["server_label", "name", "id"])
def test_an_ask_without_server_tool_or_id_is_withheld(colour: str, hole: str) -> None:
    with over(colour, [raw([{**ask(1), hole: None}])]) as agent:
        with pytest.raises(UngovernedSurface):
            agent.create(tools=[SERVER])
        assert decided(agent) == []


def test_what_a_model_runs_after_an_ask_is_decided_too(colour: str) -> None:
    script = [raw([ask(1)]), calls(("fs_write", {"path": "/etc/a"})), echo()]
    with over(colour, script) as agent:
        assert "denied_by_policy" in agent.create(tools=[SERVER]).output_text
        assert len(agent.model.requests) == 3
