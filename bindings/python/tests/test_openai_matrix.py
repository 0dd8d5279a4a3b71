"""{responses, chat} by {sync, async}: what policy has not allowed never reaches the caller."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from conftest import Bench
from kitelogik import ActionDenied
from scripted_gate import ScriptedGate
from scripted_model import calls, echo, status, text

GOOD = ("fs_write", {"path": "/tmp/a"})
BAD = ("fs_write", {"path": "/etc/a"})
KEYS = ["error", "tool", "reason", "reason_code", "decision_id", "policy_version"]


def test_an_allowed_call_is_handed_over_as_decided(bench: Bench) -> None:
    agent = bench.agent([calls(("fs_write", '{ "path" : "/tmp/\\u0061" }'))])
    answer = agent.send()
    assert agent.calls(answer) == [{"path": "/tmp/a"}]
    assert r"{\"path\":\"/tmp/a\"}" in answer.to_json(indent=None)
    assert agent.gate.kinds() == ["model_call", "tool_call"]
    assert agent.gate.events[1] == {
        "event": "tool_call",
        "wire_tool": "fs_write",
        "tool": "fs.write",
        "transport": "function",
        "args": {"path": "/tmp/a"},
    }
    used = {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18}
    assert agent.gate.reports == [{"decision_id": "d1", "outcome": "ok", "usage": used, "error": None}]


def test_a_denied_call_goes_back_to_the_model(bench: Bench) -> None:
    agent = bench.agent([calls(BAD), echo()])
    answer = agent.send()
    assert agent.calls(answer) == []
    denial = agent.text(answer).removeprefix("model saw: ")
    assert list(json.loads(denial)) == KEYS
    assert denial.startswith('{"error":"denied_by_policy","tool":"fs.write","reason":"write outside /tmp')
    assert agent.gate.kinds() == ["model_call", "tool_call", "model_call"]
    assert answer.usage.total_tokens == 36
    assert len(bench.model.requests) == 2


def test_of_a_parallel_turn_the_allowed_call_is_left(bench: Bench) -> None:
    agent = bench.agent([calls(BAD, GOOD), echo()])
    answer = agent.send()
    assert agent.calls(answer) == [{"path": "/tmp/a"}]
    assert len(bench.model.requests) == 1
    if agent.wire == "chat":
        call = answer.choices[0].message
        history: list[Any] = [{"role": "user", "content": "go"}, call.to_dict()]
        history.append({"role": "tool", "tool_call_id": call.tool_calls[0].id, "content": "wrote"})
        assert agent.text(agent.send(messages=history)) == "model saw: wrote"
        return
    output = {"type": "function_call_output", "call_id": answer.output[0].call_id, "output": "wrote"}
    seen = agent.text(agent.send(previous_response_id=answer.id, input=[output]))
    assert seen.startswith('model saw: wrote | {"error":"denied_by_policy"')


def test_denied_turns_are_bounded(bench: Bench) -> None:
    agent = bench.agent([calls(BAD, say="let me")] * 3 + [echo()], max_denied_turns=2)
    answer = agent.send()
    assert agent.calls(answer) == []
    assert "denied_by_policy" in agent.text(answer)
    assert len(bench.model.requests) == 3
    if agent.wire == "responses":
        assert answer.status == "completed"
        # The chain can be continued: the last turn's call gets its output without the caller's knowing.
        again = agent.send(previous_response_id=answer.id, input="and now?")
        assert "denied_by_policy" in agent.text(again)
    else:
        assert answer.choices[0].finish_reason == "stop"


def test_no_follow_up_where_none_is_wanted(bench: Bench) -> None:
    agent = bench.agent([calls(BAD)], max_denied_turns=0)
    assert "denied_by_policy" in agent.text(agent.send())
    assert len(bench.model.requests) == 1


def test_a_forced_call_is_not_forced_again(bench: Bench) -> None:
    agent = bench.agent([calls(BAD), text("no")])
    agent.send(tool_choice="required")
    assert [request["tool_choice"] for request in bench.model.requests] == ["required", "auto"]


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "[]",
        '{"path":"/tmp/a","path":"/etc/a"}',
        '{"path":NaN}',
        '{"path":1e400}',
        '{"path":"\\ud800"}',
        '{"path":' + "[" * 64 + "]" * 64 + "}",
        '{"path":' + "[" * 20_000,
        '{"path":"' + "x" * (1 << 20) + '"}',
        '{"path":' + "9" * 5000 + "}",
    ],
    ids=["empty", "list", "duplicate", "nan", "range", "surrogate", "depth", "20000", "size", "digits"],
)
def test_malformed_arguments_are_denied(bench: Bench, arguments: str) -> None:
    agent = bench.agent([calls(("fs_write", arguments)), echo(), calls(GOOD)])
    assert '"reason_code":"invalid_args"' in agent.text(agent.send())
    assert agent.calls(agent.send()) == [{"path": "/tmp/a"}]


def test_a_denied_model_call_is_one_refused_request(bench: Bench) -> None:
    agent = bench.agent([text("never")], ScriptedGate(lambda event: "budget spent"))
    with pytest.raises(openai.PermissionDeniedError) as refused:
        agent.send()
    error = refused.value
    assert (error.code, error.type) == ("denied_by_policy", "policy")
    assert isinstance(error.body, dict)
    assert error.body["message"] == "budget spent"
    assert error.body["reason_code"] == "policy"
    assert error.body["decision_id"] == "d1"
    assert error.body["policy_version"] == "sha256:test"
    assert bench.model.requests == []
    assert len(agent.gate.events) == 1


def test_the_budget_ends_the_follow_up_too(bench: Bench) -> None:
    gate = ScriptedGate()
    gate.verdict = lambda event: "no" if event["event"] == "tool_call" or len(gate.events) > 2 else None
    agent = bench.agent([calls(BAD), text("never")], gate)
    with pytest.raises(openai.PermissionDeniedError):
        agent.send()
    assert len(bench.model.requests) == 1


def test_an_obligation_that_cannot_be_honoured_denies(bench: Bench) -> None:
    agent = bench.agent([text("never")], ScriptedGate(obligations={"sign": "it"}))
    with pytest.raises(openai.PermissionDeniedError) as refused:
        agent.send()
    assert isinstance(refused.value.body, dict)
    assert refused.value.body["reason_code"] == "cannot_enforce"
    assert bench.model.requests == []


def test_on_deny_raise_decides_every_call_first(bench: Bench) -> None:
    agent = bench.agent([calls(BAD, GOOD)], on_deny="raise")
    with pytest.raises(ActionDenied, match="write outside /tmp: /etc/a") as denied:
        agent.send()
    assert denied.value.decision.decision_id == "d2"
    assert agent.gate.kinds() == ["model_call", "tool_call", "tool_call"]


def test_each_attempt_of_the_sdk_is_decided_and_settled(bench: Bench) -> None:
    agent = bench.agent([status(500), text("ok")])
    assert agent.text(agent.send()) == "ok"
    assert agent.gate.kinds() == ["model_call", "model_call"]
    assert [report["outcome"] for report in agent.gate.reports] == ["error", "ok"]
    assert agent.gate.reports[0]["usage"] == {"total_tokens": 0}


def test_a_gate_that_fails_hands_nothing_over(bench: Bench) -> None:
    gate = ScriptedGate()

    def broken(event: dict[str, Any]) -> str | None:
        if event["event"] == "tool_call":
            raise RuntimeError("broken")
        return None

    gate.verdict = broken
    agent = bench.agent([calls(GOOD)], gate)
    # openai 2.x tries again and wraps it.
    with pytest.raises((RuntimeError, openai.APIError)):
        agent.send()


def test_an_unreachable_model_is_reported(bench: Bench) -> None:
    agent = bench.agent([])
    client = agent.client.with_options(base_url="http://127.0.0.1:9/v1", max_retries=0)
    with pytest.raises(openai.APIConnectionError):
        agent.send(client)
    assert [report["outcome"] for report in agent.gate.reports] == ["error"]


def test_copies_stay_governed_and_the_original_stays_as_it_was(bench: Bench) -> None:
    agent = bench.agent([calls(BAD)] * 4, max_denied_turns=0)
    other = type(agent.original)(api_key="none", base_url="http://127.0.0.1:9/v1")._client
    for copy in (agent.client.with_options(timeout=5), agent.client.copy(http_client=other)):
        assert isinstance(copy, type(agent.original))
        assert agent.calls(agent.send(copy)) == []
    agent.run(agent.client.close())
    assert agent.calls(agent.send(agent.original)) == [{"path": "/etc/a"}]
    agent.run(other.aclose() if agent.colour == "async" else other.close())
