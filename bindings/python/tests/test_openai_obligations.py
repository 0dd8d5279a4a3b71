"""What policy demands of a request or an answer is done before it is sent or shown, or it is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openai
import pytest
from house import House
from in_process import InProcess
from scripted_gate import ScriptedGate
from scripted_model import Turn, calls, choices, raw, text, verbatim
from test_openai_hosted import call_of_mcp

Json = dict[str, Any]
SECRET, HIDDEN = "hunter2", "[REDACTED]"


def demanding(kind: str, **obligations: Any) -> ScriptedGate:
    """A gate that demands this of one kind of event."""
    gate = ScriptedGate()

    def verdict(event: Json) -> None:
        gate.obligations = obligations if event["event"] == kind else {}

    gate.verdict = verdict
    gate.governed |= {kind}
    return gate


def seen(agent: InProcess, stream: bool, **body: Any) -> str:
    """Everything that the caller has of an answer."""
    answer = agent.create(stream=stream, **body)
    return "".join(event.to_json(indent=None) for event in (agent.read(answer) if stream else [answer]))


@pytest.mark.parametrize("stream", [False, True])
def test_a_forced_model_is_asked_in_every_turn(wire: str, colour: str, stream: bool) -> None:
    script = [calls(("fs_write", {"path": "/etc/a"})), text("done")]
    gate = demanding("model_call", force_model="small")
    demand = gate.verdict
    gate.verdict = lambda event: demand(event) or ("no" if event["event"] == "tool_call" else None)
    gate.governed.add("model_response")
    with InProcess(wire, colour, script, gate) as agent:
        assert "done" in seen(agent, stream)
        assert [body["model"] for body in agent.model.requests] == ["small", "small"]
        # What was asked for is what was decided; what answered is what policy said.
        models = [(e["event"], e["model"]) for e in gate.events if "model" in e]
        assert models == [("model_call", "m"), ("model_response", "small")] * 2


REQUESTS: dict[str, Json] = {
    "string": {"input": f"say {SECRET}"},
    "instructions": {"input": "go", "instructions": f"never say {SECRET}"},
    "message": {"input": [{"role": "user", "content": [{"type": "input_text", "text": SECRET}]}]},
    "looks like a file": {"input": f"data:text/plain;base64,{SECRET}"},
    "part that looks like a file": {
        "input": [{"role": "user", "content": [{"type": "input_text", "text": f"data:{SECRET}"}]}]
    },
    "output of a call": {
        "input": [
            {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a":"hunter2"}'},
            {"type": "function_call_output", "call_id": "c1", "output": f"it was {SECRET}"},
        ]
    },
    "logprobs": {
        "input": [
            {
                "role": "assistant",
                "content": [{"type": "output_text", "text": SECRET, "logprobs": [{"token": SECRET}]}],
            }
        ]
    },
}
MESSAGES: dict[str, Json] = {
    "string": {"messages": [{"role": "user", "content": f"say {SECRET}"}]},
    "parts": {"messages": [{"role": "user", "content": [{"type": "text", "text": SECRET}]}]},
    "looks like a file": {"messages": [{"role": "user", "content": f"data:;base64,{SECRET}"}]},
    "prediction": {"prediction": {"type": "content", "content": SECRET}},
    "arguments": {
        "messages": [
            {
                "role": "assistant",
                "tool_calls": [
                    {"id": "1", "type": "function", "function": {"name": "f", "arguments": SECRET}}
                ],
            },
            {"role": "tool", "tool_call_id": "1", "content": SECRET},
        ]
    },
}


@pytest.mark.parametrize("case", [*REQUESTS, *MESSAGES])
def test_what_a_request_says_is_redacted_before_it_is_sent(wire: str, colour: str, case: str) -> None:
    cases = REQUESTS if wire == "responses" else MESSAGES
    if case not in cases:
        return
    with InProcess(wire, colour, [text("ok")], demanding("model_call", redact_messages=[SECRET])) as agent:
        agent.create(**cases[case])
        sent = json.dumps(agent.model.requests)
        assert (SECRET in sent, HIDDEN in sent) == (False, True)


def test_names_ids_and_files_are_no_texts(colour: str) -> None:
    image = {"type": "input_image", "image_url": f"data:image/png;base64,{SECRET}", "detail": "auto"}
    file = {"type": "input_file", "filename": "a", "file_data": f"data:text/plain;base64,{SECRET}"}
    items = [
        {"role": "user", "content": [image, file]},
        {"type": "reasoning", "id": f"rs_{SECRET}", "summary": [], "encrypted_content": SECRET},
        {"type": "function_call", "call_id": SECRET, "name": f"get_{SECRET}", "arguments": "{}"},
        {"type": "function_call_output", "call_id": SECRET, "output": "ok"},
    ]
    gate = demanding("model_call", redact_messages=[SECRET])
    with InProcess("responses", colour, [text("ok")], gate) as agent:
        agent.create(input=items)
        assert agent.model.requests[0]["input"] == items


def said(**parts: Any) -> Json:
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", **parts}


def part(said: str, **more: Any) -> Json:
    return {"type": "output_text", "text": said, "annotations": [], **more}


CALL = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "c1",
    "name": "f",
    "arguments": '{"path":"hunter2"}',
}
SHELL = {"type": "shell_call", "id": "sh_1", "call_id": "c2", "action": {"commands": [f"cat {SECRET}"]}}
CITED = {
    "type": "url_citation",
    "url": f"http://a/{SECRET}",
    "title": SECRET,
    "start_index": 0,
    "end_index": 1,
}
ANSWERS: dict[str, Json] = {
    "message": said(content=[part(f"it is {SECRET}")]),
    "refusal": said(content=[{"type": "refusal", "refusal": f"not {SECRET}"}]),
    "citation": said(content=[{**part("see"), "annotations": [CITED]}]),
    "reasoning": {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": SECRET}],
        "content": [{"type": "reasoning_text", "text": SECRET}],
    },
    "mcp": {**call_of_mcp(1), "output": SECRET, "arguments": json.dumps({"a": SECRET})},
    "search": {
        "type": "file_search_call",
        "id": "fs_1",
        "status": "completed",
        "queries": [SECRET],
        "results": [{"text": SECRET, "file_id": "f", "filename": "n"}],
    },
    "code": {
        "type": "code_interpreter_call",
        "id": "ci_1",
        "status": "completed",
        "container_id": "c",
        "code": f"print('{SECRET}')",
        "outputs": [{"type": "logs", "logs": SECRET}],
    },
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("case", ANSWERS)
def test_no_text_of_an_answer_shows_what_policy_hides(colour: str, case: str, stream: bool) -> None:
    gate = demanding("model_response", redact_response=[SECRET])
    items = [ANSWERS[case], said(id="msg_2", content=[part("end")])]
    with InProcess("responses", colour, [raw(items)], gate) as agent:
        shown = seen(agent, stream)
        assert (SECRET in shown, HIDDEN in shown, "end" in shown) == (False, True, True)
        # And policy has read it before.
        [event] = [event for event in gate.events if event["event"] == "model_response"]
        assert SECRET in event["response"]
        assert [report["outcome"] for report in gate.reports] == ["ok", "ok"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_shell_of_the_provider_is_redacted_and_a_call_is_not(colour: str, stream: bool) -> None:
    gate = demanding("model_response", redact_response=[SECRET])
    ran = {"type": "shell_call_output", "id": "so_1", "call_id": "c2", "output": []}
    with InProcess("responses", colour, [raw([CALL]), raw([SHELL, ran])], gate) as agent:
        assert SECRET in seen(agent, stream)
        assert gate.events[-1]["args"] == {"path": SECRET}
        shown = seen(agent, stream, tools=[{"type": "shell", "environment": {"type": "container_auto"}}])
        assert (SECRET in shown, HIDDEN in shown) == (False, True)


@pytest.mark.parametrize("stream", [False, True])
def test_every_choice_of_chat_is_redacted(colour: str, stream: bool) -> None:
    function = {"name": "f", "arguments": json.dumps({"path": SECRET})}
    called = {"id": "1", "type": "function", "function": function}
    script = choices({"content": f"a {SECRET}"}, {"refusal": SECRET}, {"tool_calls": [called]})
    gate = demanding("model_response", redact_response=[SECRET])
    with InProcess("chat", colour, [script], gate) as agent:
        shown = seen(agent, stream, n=3)
        assert (shown.count(SECRET), shown.count(HIDDEN)) == (1, 2)
        assert gate.events[-1]["args"] == {"path": SECRET}


def test_tokens_do_not_spell_what_is_redacted(colour: str) -> None:
    tokens = [{"token": letter, "logprob": 0.0} for letter in SECRET]
    message = said(content=[part(SECRET, logprobs=tokens)])
    gate = demanding("model_response", redact_response=[SECRET])
    with InProcess("responses", colour, [raw([message])], gate) as agent:
        answer = agent.create()
        assert answer.output[0].content[0].to_dict()["logprobs"] == []

    choice = {"index": 0, "message": {"role": "assistant", "content": SECRET}, "finish_reason": "stop"}
    choice["logprobs"] = {"content": tokens, "refusal": None}
    answered = {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
    with InProcess("chat", colour, [verbatim(json.dumps(answered))], gate) as agent:
        answer = agent.create()
        assert (answer.choices[0].message.content, answer.choices[0].logprobs) == (HIDDEN, None)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", ["model_call", "model_response", "tool_call"])
def test_what_cannot_be_honoured_is_refused_and_reported(
    wire: str, colour: str, kind: str, stream: bool
) -> None:
    gate = demanding(kind, unheard_of=1)
    script = [text("secret") if kind != "tool_call" else calls(("fs_write", {"path": "/tmp/a"}))]
    with InProcess(wire, colour, script, gate, max_denied_turns=0) as agent:
        if kind == "tool_call":
            shown = seen(agent, stream)
            assert "/tmp/a" not in shown
            assert "cannot_enforce" in shown
        else:
            with pytest.raises(openai.APIError) as refused:
                seen(agent, stream)
            assert isinstance(refused.value.body, dict)
            assert refused.value.body["reason_code"] == "cannot_enforce"
        assert len(agent.model.requests) == (kind != "model_call")
        assert gate.reports[-1]["outcome"] == "cancelled"
        [(denied, why)] = gate.refused
        assert denied["event"] == kind
        assert "obligation" in why
        demanded = next(d for d in gate.decisions if d.obligations)
        assert gate.reports[-1]["decision_id"] == demanded.decision_id


@pytest.mark.parametrize("obligation", ["redact_messages", "redact_response"])
def test_a_pattern_that_nobody_can_read_is_refused(
    wire: str, monkeypatch: pytest.MonkeyPatch, obligation: str
) -> None:
    def unreadable(patterns: list[str], texts: list[str]) -> list[str]:
        raise ValueError("an unclosed group")

    monkeypatch.setattr("kitelogik.adapters._openai_redact.redact", unreadable)
    kind = "model_call" if obligation == "redact_messages" else "model_response"
    script: list[Turn] = [text("secret")]
    with InProcess(wire, "sync", script, demanding(kind, **{obligation: ["("]})) as agent:
        with pytest.raises(openai.PermissionDeniedError) as refused:
            agent.create()
        assert "secret" not in str(refused.value)
        assert agent.gate.reports[-1]["error"] == "an unclosed group"
        assert agent.gate.refused[-1][1] == "an unclosed group"


REDACTS = """package tako.policy

import rego.v1

allow := true

redact_messages contains "a" if input.stage == "pre_chat"

redact_response contains "a" if input.stage == "post_chat"
"""


@pytest.mark.parametrize("stage", ["pre_chat", "post_chat"])
def test_what_turns_out_to_be_impossible_is_denied_in_the_record(
    wire: str, colour: str, tmp_path: Path, stage: str
) -> None:
    """A redaction is bounded; what it cannot take is known only once policy has allowed it."""
    house = House(tmp_path, tako=REDACTS)
    too_much = "a b" * 100_001
    asked = {"model": "m", "input": too_much} if wire == "responses" else {"messages": [user(too_much)]}
    asked = asked if stage == "pre_chat" else {}
    script = [text(too_much if stage == "post_chat" else "fine")]
    gate: Any = house.governor()
    with InProcess(wire, colour, script, gate) as agent:
        with pytest.raises(openai.PermissionDeniedError) as refused:
            agent.create(**asked)
        assert len(agent.model.requests) == (stage == "post_chat")
    *_, allowed, outcome, denied = house.lines()
    assert (allowed["decision"]["allow"], outcome["outcome"]) == (True, "cancelled")
    assert outcome["decision_id"] == allowed["decision_id"]
    assert (denied["event"], denied["decision"]["allow"]) == (allowed["event"], False)
    assert denied["decision"]["reason_code"] == "cannot_enforce"
    assert denied["decision"]["help"] == "more than 100000 matches"
    assert isinstance(refused.value.body, dict)
    assert refused.value.body["decision_id"] == denied["decision_id"]


def user(said: str) -> Json:
    return {"role": "user", "content": said}
