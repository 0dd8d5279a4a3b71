"""Events by hand, the shared engine, and what is certain to be wrong when a governor is made."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
import warnings
from pathlib import Path
from typing import Any

import kitelogik
import pytest
from conftest import CHAT_TOOL
from house import OUTSIDE_TMP, House
from kitelogik import AuditError, ConfigError, Governor, PolicyLoadError, PolicyWarning, govern_tool
from kitelogik._native import REASON_CODES
from kitelogik.adapters.openai import govern
from openai import OpenAI
from scripted_model import ScriptedModel, text

PLAN = """package kitelogik.agent_plan

default decision := {"allow": true}

decision := {"allow": false, "reason": "too long"} if count(input.plan.steps) > 2
"""
BUDGET = """package kitelogik.agent_resource

default decision := {"allow": true}

decision := {"allow": false, "reason": "budget spent"} if input.session.tokens_spent > 100
"""


def call(path: str = "/tmp/a", **more: Any) -> dict[str, Any]:
    return {"event": "tool_call", "tool": "fs.write", "args": {"path": path}, **more}


def test_events_by_hand(house: House) -> None:
    house.write("plan", PLAN)
    governor = house.governor()
    steps = [{"type": "tool", "tool": "t", "args": {}}] * 3
    assert governor.decide({"event": "agent_plan", "plan": {"steps": steps[:2]}}).allow
    denied = governor.decide({"event": "agent_plan", "plan": {"steps": steps}})
    assert (bool(denied), denied.reason, denied.reason_code) == (False, "too long", "policy")
    assert denied.matched[0].line == 5
    assert not asyncio.run(governor.adecide(call("/etc/a"))).allow
    assert governor.decide({"event": "data_access"}).reason_code == "ungoverned"
    assert [line["decision_id"] for line in house.decisions()][1] == denied.decision_id


def test_a_decision_is_a_value(house: House) -> None:
    decision = house.governor().decide(call("/etc/a"))
    assert decision.to_dict() == {
        "decision_id": decision.decision_id,
        "allow": False,
        "effect": "deny",
        "reason": "write outside /tmp: /etc/a",
        "reasons": ["write outside /tmp: /etc/a"],
        "reason_code": "policy",
        "escalate": False,
        "reviewers": [],
        "obligations": {},
        "policy_version": decision.policy_version,
        "matched": [{"file": m.file, "rule": m.rule, "line": m.line} for m in decision.matched],
        "help": "",
    }
    assert decision.approval_id is None
    assert decision.reason_code in REASON_CODES
    assert pickle.loads(pickle.dumps(decision)) == copy.deepcopy(decision) == decision
    assert len({decision, copy.copy(decision)}) == 1
    with pytest.raises(AttributeError):
        decision.allow = True  # type: ignore[misc]


@pytest.mark.parametrize(
    ("event", "code", "says"),
    [
        ({}, "invalid_event", "`event`"),
        ([], "invalid_event", "`event`"),
        ({"event": "no_such"}, "invalid_event", "`event`"),
        (call(more=1), "invalid_event", "`more`"),
        (call(session={"tokens_spent": 0}), "invalid_event", "`session`"),
        (call(id="x"), "invalid_event", "`id`"),
        ({"event": "tool_call"}, "invalid_event", "`tool`"),
        ({"event": "tool_call", "tool": "t"}, "invalid_args", "`args`"),
        ({"event": "tool_call", "tool": "t", "args": [1]}, "invalid_args", "`args`"),
        ({"event": "tool_call", "tool": "t", "args": {"a": float("inf")}}, "invalid_args", "`a`"),
        ({"event": "agent_plan"}, "invalid_event", "`plan`"),
        ({"event": "model_call", "model": "m", "messages": ["\ud800"]}, "invalid_event", "surrogate"),
    ],
)
def test_what_is_no_event_is_denied_and_recorded(house: House, event: Any, code: str, says: str) -> None:
    governor = house.governor()
    decision = governor.decide(event)
    assert (decision.allow, decision.reason_code) == (False, code)
    assert says in decision.help
    (line,) = house.decisions()
    assert line["decision_id"] == decision.decision_id
    kind = event.get("event") if isinstance(event, dict) else None
    known = kind in ("tool_call", "model_call", "agent_plan") and "surrogate" not in says
    assert line["event"] == (kind if known else "invalid")
    assert line.get("tool") == (event.get("tool", "") if kind == "tool_call" else None)
    assert governor.decide(call()).allow


def test_usage_counts_and_stops_the_next_event(house: House) -> None:
    house.write("budget", BUDGET)
    governor = house.governor()
    request = {"event": "model_call", "model": "m", "messages": [], "reserve": {"tokens": 10}}
    asked = governor.decide(request)
    assert asked.allow
    governor.report(asked.decision_id, outcome="ok", usage={"total_tokens": 101, "cost": 0.25})
    governor.report(asked.decision_id, outcome="ok", usage={"total_tokens": 101})
    for event in (call(), request, {"event": "agent_spawn"}, {"event": "agent_plan", "plan": {"steps": []}}):
        assert governor.decide(event).reason == "budget spent"
    assert house.decisions()[-1]["session"]["tokens_spent"] == 101
    assert house.outcomes() == ["ok"]


def test_reports_are_checked(house: House) -> None:
    governor = house.governor()
    unknown = "0193e7a0-0000-7000-8000-000000000000"
    with pytest.raises(KeyError, match=unknown):
        governor.report(unknown, outcome="ok")
    with pytest.raises(KeyError):
        governor.report("no id", outcome="ok")
    allowed = governor.decide(call())
    with pytest.raises(ValueError, match="outcome"):
        governor.report(allowed.decision_id, outcome="fine")  # type: ignore[arg-type]
    wrong: Any
    for wrong in (-1, 2**53, 2**70, "1"):
        with pytest.raises(ValueError, match="total_tokens"):
            governor.report(allowed.decision_id, outcome="ok", usage={"total_tokens": wrong})
    with pytest.raises(ValueError, match="cost"):
        governor.report(allowed.decision_id, outcome="ok", usage={"cost": -1})
    asyncio.run(governor.areport(allowed.decision_id, outcome="error", error=OSError("disk")))
    assert house.lines()[-1]["error"] == {"type": "OSError", "message": "disk"}


def test_calls_with_equal_policies_and_log_share_one_engine(house: House, tmp_path: Path) -> None:
    one, two = house.governor(), house.governor(tool_names={"w": "fs.write"})
    assert one.engine is two.engine
    one.decide(call())
    two.decide({"event": "tool_call", "wire_tool": "w", "args": {"path": "/tmp/b"}})
    assert len({line["session"]["id"] for line in house.decisions()}) == 1
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.rego").write_text(OUTSIDE_TMP)
    with pytest.raises(ConfigError, match="audit log of other policies"):
        Governor(policies=tmp_path / "other", audit_log=house.log)
    two.close()
    with pytest.raises(ConfigError, match="closed"):
        one.decide(call())
    assert house.governor().decide(call()).allow


def test_a_governors_names_are_inherited_and_contradictions_refused(house: House) -> None:
    governor = house.governor(tool_names={"w": "fs.write"}, tool_tags={"fs.write": ["a"]})

    def w(path: str) -> None: ...

    govern_tool(w, governor=governor, tool_tags={"fs.write": ["b"]})("/tmp/a")
    (line,) = house.decisions()
    assert (line["tool"], line["tool_tags"]) == ("fs.write", ["a", "b"])
    with pytest.raises(ConfigError, match=r"'w' as 'fs\.write' and as 'other'"):
        govern_tool(w, governor=governor, tool_names={"w": "other"})
    with pytest.raises(ConfigError, match="ungoverned"):
        house.governor(ungoverned="never")


def test_what_is_certain_to_be_wrong_fails_at_once(tmp_path: Path, house: House) -> None:
    log = tmp_path / "log.jsonl"
    with pytest.raises(PolicyLoadError, match=str(tmp_path / "absent")) as missing:
        Governor(policies=tmp_path / "absent", audit_log=log)
    assert missing.value.diagnostics
    (tmp_path / "empty").mkdir()
    with pytest.raises(PolicyLoadError, match=str(tmp_path / "empty")):
        Governor(policies=tmp_path / "empty", audit_log=log)
    house.write("bad", "package kitelogik.tool_call\n\ndefault decision := {\n")
    with pytest.raises(PolicyLoadError) as bad:
        Governor(policies=house.policies, audit_log=log)
    assert bad.value.diagnostics[0].file == "bad.rego"
    assert bad.value.diagnostics[0].line >= 3
    assert pickle.loads(pickle.dumps(bad.value)).diagnostics == bad.value.diagnostics
    assert str(copy.copy(bad.value)) == str(bad.value)


def test_a_log_that_cannot_be_used_fails_at_once(tmp_path: Path, house: House) -> None:
    with pytest.raises(AuditError, match="no_such_folder"):
        Governor(policies=house.policies, audit_log=tmp_path / "no_such_folder" / "a.jsonl")
    other = tmp_path / "other.jsonl"
    other.write_text('{"ts":"2026-11-22","stage":"pre_tool"}\n')
    with pytest.raises(AuditError, match="profile"):
        Governor(policies=house.policies, audit_log=other)
    assert other.read_text().startswith('{"ts"')


def test_policies_that_decide_no_tool_call_are_worth_a_warning(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "plan.rego").write_text(PLAN)
    with pytest.warns(PolicyWarning, match="tool_call"):
        governor = Governor(policies=tmp_path / "p", audit_log=tmp_path / "a.jsonl")
    decision = governor.decide(call())
    assert decision.reason_code == "no_policy"
    with pytest.warns(PolicyWarning):
        lenient = Governor(policies=tmp_path / "p", audit_log=tmp_path / "a.jsonl", ungoverned="allow")
    assert lenient.decide(call()).reason_code == "ungoverned"


def test_a_tag_that_no_tool_carries_is_worth_a_warning(house: House) -> None:
    house.write(
        "tags", 'package kitelogik.tool_call\n\ndeny contains "x" if "fs.secret" in input.tool_tags\n'
    )
    request = {"event": "model_call", "model": "m", "tools": [{"name": "t"}]}
    governor = house.governor()
    with pytest.warns(PolicyWarning, match=r"tags\.rego:3 tests the tag 'fs\.secret'"):
        governor.decide(request)
    assert governor.decide(request).allow, "said once"
    assert house.governor(tool_tags={"t": ["fs.secret"]}).decide(request).allow


def test_a_tag_that_another_governed_object_carries_is_known(house: House) -> None:
    house.write(
        "tags", 'package kitelogik.tool_call\n\ndeny contains "x" if "fs.secret" in input.tool_tags\n'
    )
    governor = house.governor()
    govern_tool(call, governor=governor, tool_tags={"call": ["fs.secret"]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert governor.decide({"event": "model_call", "model": "m", "tools": [{"name": "t"}]}).allow


def test_reload_takes_good_policies_and_keeps_the_last_good_ones(house: House) -> None:
    governor = house.governor()
    first = governor.policy_version
    assert not governor.reload()
    house.write("files", OUTSIDE_TMP.replace("/tmp/", "/srv/"))
    assert asyncio.run(governor.areload())
    assert governor.policy_version != first
    (line,) = [line for line in house.lines() if line["event"] == "reload"]
    assert (line["previous"], line["policy_version"]) == (first, governor.policy_version)
    assert not governor.decide(call("/tmp/a")).allow
    house.write("files", "package kitelogik.tool_call\n}")
    with pytest.raises(PolicyLoadError):
        governor.reload()
    assert governor.decide(call("/srv/a")).allow
    assert governor.units == ("kitelogik.tool_call",)


def test_a_log_that_goes_away_denies(house: House) -> None:
    governor = house.governor()
    assert governor.decide(call()).allow
    house.log.unlink()
    decision = governor.decide(call())
    assert (decision.allow, decision.reason_code) == (False, "audit_unavailable")


def test_help_is_logged_once_and_never_shown_to_the_model(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    governor = house.governor(ungoverned="deny")
    with caplog.at_level(logging.WARNING, logger="kitelogik"):
        for _ in range(3):
            decision = governor.decide({"event": "tool_call", "tool": "t", "args": {"a": {1}}})
    assert [record.getMessage() for record in caplog.records] == [f"t denied (invalid_args): {decision.help}"]
    assert decision.help not in decision.reason


def test_the_governor_stays_in_its_process(house: House) -> None:
    governor = house.governor()
    with pytest.raises(TypeError, match="in the worker write Governor"):
        pickle.dumps(governor)
    with governor:
        assert governor.decide(call()).allow
    with pytest.raises(ConfigError):
        governor.decide(call())


def test_paths_of_policies_and_log_are_out_of_reach(house: House) -> None:
    house.write("files", 'package kitelogik.tool_call\n\ndefault decision := {"allow": true}\n')
    governor = house.governor()
    for path in (house.policies / "files.rego", house.log, f"{house.policies}/../policies/x.rego"):
        assert governor.decide(call(str(path))).reason_code == "self_protection"


@pytest.mark.parametrize(
    "keywords",
    [
        {"policies": 5},
        {"policies": [5]},
        {"audit_log": None},
        {"audit_log": 5},
        {"tools": 5},
        {"tool_names": ["a"]},
        {"tool_names": {"a": 1}},
        {"tool_tags": {"a": "fs.write"}},
        {"mcp_tools": 5},
        {"session": "ana"},
    ],
)
def test_what_is_of_the_wrong_type_is_said_at_once(house: House, keywords: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Governor(**{"policies": house.policies, "audit_log": house.log, **keywords})


@pytest.mark.parametrize("session", ["required", "implicit", "ana", 5])
def test_the_session_of_one_decision_is_a_session(house: House, session: Any) -> None:
    with pytest.raises(ConfigError, match="session= is a Session"):
        house.governor().decide(call(), session=session)
    with pytest.raises(ConfigError, match="governor= is a Governor"):
        kitelogik.session(user="ana", governor="x")  # type: ignore[arg-type]


def test_the_same_policies_by_another_path_are_the_same(house: House, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(house.policies)
    first = house.governor()
    second = Governor(policies=tmp_path / "link", audit_log=house.log)
    assert first.engine is second.engine


def test_a_warning_names_the_line_of_the_program(house: House) -> None:
    house.write(
        "tags", 'package kitelogik.tool_call\n\ndeny contains "x" if "fs.secret" in input.tool_tags\n'
    )
    with ScriptedModel([text("hi")]) as model:
        bare = OpenAI(api_key="none", base_url=model.url)
        client: Any = govern(bare, policies=house.policies, audit_log=house.log)
        asked = {"model": "m", "messages": [{"role": "user", "content": "go"}], "tools": [CHAT_TOOL]}
        with pytest.warns(PolicyWarning) as told:
            client.chat.completions.create(**asked)
    assert [warning.filename for warning in told] == [__file__]
