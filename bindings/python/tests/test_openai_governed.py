"""A real client under real policies: what is denied did not happen, what happened was decided before."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import kitelogik
import openai
import pytest
from conftest import Bench
from house import ASKS, House
from kitelogik.adapters.openai import govern
from scripted_model import ScriptedModel, calls, echo, spending, text

BELOW = """package kitelogik.tool_call

default decision := {"allow": true}

deny contains msg if {
    not startswith(input.args.path, "FOLDER/")
    msg := sprintf("write outside: %v", [input.args.path])
}
"""
BUDGET = """package kitelogik.agent_resource

default decision := {"allow": true}

decision := {"allow": false, "reason": "budget spent"} if input.session.tokens_spent > 100000
"""
REPEATS = """package kitelogik.agent_resource

default decision := {"allow": true}

decision := {"allow": false, "reason": "twice"} if {
    input.event == "tool_call"
    count([c | c := input.session.tool_calls[_]; c.tool == "fs.write"; c.decision == "allow"]) > 0
}
"""


@pytest.fixture
def inside(house: House, tmp_path: Path) -> Path:
    folder = tmp_path / "inside"
    folder.mkdir()
    house.write("files", BELOW.replace("FOLDER", str(folder)))
    return folder


def wrote(answer_calls: list[dict[str, Any]]) -> None:
    """Be the program: do what the client hands over."""
    for given in answer_calls:
        Path(given["path"]).write_text("done")


def test_a_denied_call_writes_no_file_and_leaves_a_record(bench: Bench, house: House, inside: Path) -> None:
    outside = inside.parent / "outside.txt"
    agent = bench.agent([calls(("fs_write", {"path": str(outside)})), echo()], house.governor())
    answer = agent.send()
    wrote(agent.calls(answer))
    assert not outside.exists()
    assert "write outside" in agent.text(answer)
    (record,) = [line for line in house.decisions() if line["event"] == "tool_call"]
    assert (record["tool"], record["decision"]["allow"], record["args"]) == (
        "fs.write",
        False,
        {"path": str(outside)},
    )


def test_an_allowed_call_writes_its_file_and_was_recorded_before(
    bench: Bench, house: House, inside: Path
) -> None:
    target = inside / "a.txt"
    agent = bench.agent([calls(("fs_write", {"path": str(target)}))], house.governor())
    answer = agent.send()
    (record,) = [line for line in house.decisions() if line["event"] == "tool_call"]
    assert not target.exists(), "the line stands before the program acts"
    time.sleep(0.01)
    wrote(agent.calls(answer))
    written = datetime.fromtimestamp(target.stat().st_mtime, timezone.utc)
    assert record["decision"]["allow"]
    assert datetime.fromisoformat(record["timestamp"].replace("Z", "+00:00")) < written


def test_of_a_parallel_turn_only_the_allowed_half_happens(bench: Bench, house: House, inside: Path) -> None:
    target, outside = inside / "a.txt", inside.parent / "outside.txt"
    both = calls(("fs_write", {"path": str(outside)}), ("fs_write", {"path": str(target)}))
    agent = bench.agent([both, echo()], house.governor())
    wrote(agent.calls(agent.send()))
    assert (target.exists(), outside.exists()) == (True, False)
    decided = [line["decision"]["allow"] for line in house.decisions() if line["event"] == "tool_call"]
    assert decided == [False, True]


def test_usage_counts_and_the_budget_stops_the_next_request(bench: Bench, house: House) -> None:
    house.write("budget", BUDGET)
    agent = bench.agent([spending(text("hello"), tokens=100_001), text("never")], house.governor())
    assert agent.text(agent.send()) == "hello"
    with pytest.raises(openai.PermissionDeniedError) as refused:
        agent.send()
    assert (refused.value.code, refused.value.type) == ("denied_by_policy", "policy")
    assert refused.value.body["message"] == "budget spent"  # type: ignore[index]
    assert len(bench.model.requests) == 1, "one attempt, and nothing sent"


def test_calls_before_are_seen_by_policy(bench: Bench, house: House) -> None:
    house.write("repeats", REPEATS)
    agent = bench.agent(
        [calls(("fs_write", {"path": "/tmp/a"})), calls(("fs_write", {"path": "/tmp/b"})), echo()],
        house.governor(),
    )
    assert agent.calls(agent.send()) == [{"path": "/tmp/a"}]
    answer = agent.send()
    assert (agent.calls(answer), "twice" in agent.text(answer)) == ([], True)


@pytest.mark.parametrize("verdict", [True, False])
def test_an_approver_decides_what_policy_escalates(bench: Bench, house: House, verdict: bool) -> None:
    house.write("files", ASKS)
    agent = bench.agent(
        [calls(("fs_write", {"amount": 2000})), echo()], house.governor(approver=lambda r: verdict)
    )
    assert agent.calls(agent.send()) == ([{"amount": 2000}] if verdict else [])
    code = "approved" if verdict else "approval_rejected"
    assert [
        line["decision"]["reason_code"] for line in house.decisions() if line["event"] == "tool_call"
    ] == [code]


def test_another_client_of_the_tenant_carries_the_denial_and_one_of_another_tenant_does_not(
    house: House, inside: Path
) -> None:
    target, outside = inside / "a.txt", inside.parent / "outside.txt"
    governor = house.governor(tool_names={"fs_write": "fs.write"})
    both = calls(("fs_write", {"path": str(outside)}), ("fs_write", {"path": str(target)}))

    def client() -> openai.OpenAI:
        original = openai.OpenAI(api_key="none", base_url=model.url)
        return govern(original, governor=governor)

    with ScriptedModel([both, echo(), echo()]) as model:
        with kitelogik.session(tenant="acme"):
            first = client().responses.create(model="m", input="go")
        (call,) = [item for item in first.output if item.type == "function_call"]
        output: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "done"}
        with kitelogik.session(tenant="acme"):
            client().responses.create(model="m", input=[output], previous_response_id=first.id)
        assert "denied_by_policy" in str(model.requests[-1])
        # In another tenant the answer is unknown, and the API misses the output of the denied call.
        with kitelogik.session(tenant="other"), pytest.raises(openai.BadRequestError):
            client().responses.create(model="m", input=[output], previous_response_id=first.id)
        assert "denied_by_policy" not in str(model.requests[-1])
