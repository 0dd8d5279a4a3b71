"""What the native half takes and gives that no adapter passes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from house import House
from kitelogik._native import Decision, Governor


def no_form(value: object) -> object:
    raise ValueError(f"{value!r} is no JSON")


@pytest.mark.parametrize(("hosted_tools", "code"), [([], "hosted_tool"), (["web_search"], "allowed")])
def test_a_hosted_tool_is_declared_by_the_operators_word(
    tmp_path: Path, hosted_tools: list[str], code: str
) -> None:
    house = House(tmp_path)
    governor = Governor([str(house.policies)], str(house.log))
    pep = Governor.pep(
        "test",
        can=[],
        handling="alone",
        tool_names={},
        tool_tags={},
        mcp_tools={},
        ungoverned="allow",
        form=no_form,
        args_hidden=[],
        hosted_tools=hosted_tools,
    )
    session = governor.session(
        tenant="default", user=None, agent_id=None, agent_role=None, roles=[], scope=None, parent=None
    )
    event = {"event": "tool_call", "tool": "web_search", "phase": "declare", "transport": "hosted"}
    decision = governor.decide(pep, event, session)
    assert isinstance(decision, Decision)
    assert decision.reason_code == code
    assert decision.allow == ("hosted_tools" not in decision.help)
    record = house.decisions()[0]
    assert (record["phase"], record["decision"]["reason_code"]) == ("declare", code)


def test_a_unit_is_named_once_for_each_kind_that_it_decides(tmp_path: Path) -> None:
    house = House(tmp_path, tako="package tako.policy\n\ndefault allow := true\n")
    governor = Governor([str(house.policies)], str(house.log))
    kinds = ["tool_call", "model_call", "model_response"]
    assert governor.units == [("tako.policy", kind) for kind in kinds]
