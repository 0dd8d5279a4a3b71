"""An endpoint that means harm: whatever it answers, nothing undecided comes through."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import Bench
from kitelogik import UngovernedSurface
from scripted_model import calls, echo, verbatim

BAD = {"name": "fs_write", "arguments": '{"path":"/etc/a"}'}
CALL = {"id": "c1", "type": "function", "function": BAD}
ITEM = {"type": "function_call", "id": "f1", "call_id": "c1", **BAD}


def chat(*messages: dict[str, Any]) -> str:
    choices = [
        {"index": place, "finish_reason": "tool_calls", "message": {"role": "assistant", **message}}
        for place, message in enumerate(messages)
    ]
    return json.dumps(
        {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": choices}
    )


def response(*output: Any) -> str:
    return json.dumps({"id": "x", "object": "response", "created_at": 0, "model": "m", "output": output})


def shown(answer: Any) -> str:
    return str(answer.to_json(indent=None))


def test_two_hundred_parallel_calls_are_all_decided(bench: Bench) -> None:
    wanted = [("fs_write", {"path": f"/{'tmp' if n % 2 else 'etc'}/{n}"}) for n in range(200)]
    agent = bench.agent([calls(*wanted), echo()])
    kept = agent.calls(agent.send())
    assert [call["path"] for call in kept] == [f"/tmp/{n}" for n in range(1, 200, 2)]
    assert len(agent.gate.events) == 201


@pytest.mark.parametrize("wire", ["chat"], indirect=True)
@pytest.mark.parametrize(
    "body",
    [
        chat({"content": "a"}, {"tool_calls": [CALL]}),
        chat({"content": "a", "function_call": BAD}),
        chat(
            {
                "content": "a",
                "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "x", "input": "/etc"}}],
            }
        ),
        chat({"content": "a", "tool_calls": ["/etc/a"]}),
        chat({"content": "a"}).replace('"content"', '"tool_calls": [], "content"', 1),
    ],
    ids=["second choice", "function_call", "custom", "no object", "empty"],
)
def test_chat_calls_in_odd_places_are_withheld(bench: Bench, body: str) -> None:
    answer = bench.agent([verbatim(body)], max_denied_turns=0).send()
    assert '"path' not in shown(answer)
    assert answer.choices[0].message.content.startswith("a")
    assert len(answer.choices) == 1


@pytest.mark.parametrize("wire", ["responses"], indirect=True)
def test_a_second_output_is_decided_or_not_seen(bench: Bench) -> None:
    twice = response().replace('"output": []', '"output": [], "output": ' + json.dumps([ITEM]))
    agent = bench.agent([verbatim(twice), echo()])
    assert agent.calls(agent.send()) == []
    assert agent.gate.kinds() == ["model_call", "tool_call", "model_call"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "{}",
        "data: {}\n\n",
        "[" * 100_000,
        '{"output": 1, "choices": 1}',
        '{"output": [1], "choices": [1]}',
    ],
    ids=["empty", "null", "list", "object", "sse", "deep", "number", "numbers"],
)
def test_answers_of_another_shape_are_withheld(bench: Bench, body: str) -> None:
    agent = bench.agent([verbatim(body)])
    with pytest.raises(UngovernedSurface, match="withheld"):
        agent.send()
    assert [report["outcome"] for report in agent.gate.reports] == ["ok"]


def test_calls_without_name_or_id_are_withheld(bench: Bench) -> None:
    nameless = response({**ITEM, "name": None})
    if bench.wire == "chat":
        nameless = chat({"tool_calls": [{"id": 7, "type": "function", "function": BAD}]})
    with pytest.raises(UngovernedSurface, match="without name or id"):
        bench.agent([verbatim(nameless)]).send()


@pytest.mark.parametrize("wire", ["responses"], indirect=True)
@pytest.mark.parametrize("kind", ["function_call", "custom_tool_call"])
def test_a_call_in_a_namespace_has_no_name_for_policy(bench: Bench, kind: str) -> None:
    hidden = {**ITEM, "type": kind, "input": "x", "arguments": '{"path":"/tmp/a"}', "namespace": "admin"}
    agent = bench.agent([verbatim(response(hidden))])
    with pytest.raises(UngovernedSurface, match="namespace"):
        agent.send()
    assert agent.gate.kinds() == ["model_call"]
