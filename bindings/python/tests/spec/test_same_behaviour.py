"""`examples/policies` decides as the specification's six policies do: the same codes, not the same words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kitelogik
import pytest
from spec.snippets import ROOT, cut_into

Event = dict[str, Any]


def call(tool: str, transport: str = "function", tags: list[str] | None = None, **args: Any) -> Event:
    return {"event": "tool_call", "tool": tool, "transport": transport, "tool_tags": tags or [], "args": args}


def plan(reads: int, writes: int) -> Event:
    steps = [{"type": "read"}] * reads + [{"type": "write"}] * writes
    return {"event": "agent_plan", "plan": {"steps": steps}}


def refund(amount: float) -> Event:
    return call("orders.refund", tags=["finance.write"], amount=amount)


# Nobody can approve here: what is escalated is denied, and its code says that approval was asked for.
CASES: list[tuple[str, Event, str]] = [
    ("write below /tmp", call("fs.write", path="/tmp/a"), "allowed"),
    ("write elsewhere", call("fs.write", path="/etc/a"), "policy"),
    ("write around", call("fs.write", path="/tmp/../etc/a"), "policy"),
    ("write around, encoded", call("fs.write", path="/tmp/%2e%2e/etc/a"), "policy"),
    ("a local tool", call("web.search", query="/etc/a"), "allowed"),
    ("a tool nobody knows how to reach", {"event": "tool_call", "tool": "x.y", "args": {}}, "policy"),
    ("a listed MCP tool", call("stripe.refund", "mcp", charge="c"), "allowed"),
    ("an unlisted MCP tool", call("stripe.payout", "mcp"), "policy"),
    ("the MCP tool of another role", call("zendesk.search", "mcp"), "policy"),
    ("a small refund", refund(1000), "allowed"),
    ("a large refund", refund(1000.01), "approval_unavailable"),
    ("20 steps, 3 writes", plan(17, 3), "allowed"),
    ("21 steps", plan(21, 0), "policy"),
    ("4 writes", plan(0, 4), "approval_unavailable"),
    (
        "a wire name that is not mapped",
        {**call("", path="/tmp/a"), "wire_tool": "fs_write"},
        "tool_name_unmapped",
    ),
]
BROKE: list[tuple[str, Event]] = [
    ("tool call", call("web.search")),
    ("model call", {"event": "model_call", "model": "m"}),
    ("plan", plan(1, 0)),
]


@pytest.fixture(params=["the specification's", "ours"])
def governor(request: pytest.FixtureRequest, tmp_path: Path) -> kitelogik.Governor:
    if request.param == "ours":
        policies = ROOT / "examples/policies"
    else:
        cut_into(tmp_path)
        policies = tmp_path / "policies"
    return kitelogik.Governor(policies=policies, audit_log=tmp_path / "audit.jsonl")


def open_session(governor: kitelogik.Governor) -> kitelogik.Session:
    return governor.session(user="ana", tenant="acme", agent_role="billing")


@pytest.mark.parametrize(("event", "code"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_events(governor: kitelogik.Governor, event: Event, code: str) -> None:
    event = {key: value for key, value in event.items() if value != ""}
    assert governor.decide(event, session=open_session(governor)).reason_code == code


def test_both_rules_of_the_plan(governor: kitelogik.Governor) -> None:
    """Theirs contradict each other, which is an error; ours deny. Neither lets it pass."""
    decision = governor.decide(plan(0, 21), session=open_session(governor))
    assert (decision.effect, decision.reason_code in ("policy", "policy_error")) == ("deny", True)


def test_a_third_level_is_not_started(governor: kitelogik.Governor) -> None:
    grandchild = open_session(governor).child(agent_id="a").child(agent_id="b")
    with pytest.raises(kitelogik.ActionDenied) as denied:
        grandchild.child(agent_id="c")
    assert denied.value.decision.reason_code == "policy"


@pytest.mark.parametrize(("spent", "code"), [(100_000, "allowed"), (100_001, "policy")])
def test_the_budget(governor: kitelogik.Governor, spent: int, code: str) -> None:
    session = open_session(governor)
    first = governor.decide({"event": "model_call", "model": "m"}, session=session)
    governor.report(first.decision_id, outcome="ok", usage={"total_tokens": spent})
    found = {name: governor.decide(event, session=session).reason_code for name, event in BROKE}
    assert found == {name: code for name, _ in BROKE}
    if code == "policy":
        with pytest.raises(kitelogik.ActionDenied, match=r"budget|limit"):
            session.child(agent_id="a")
