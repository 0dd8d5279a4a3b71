"""The specification's two Python scripts run as they are printed, one on the other's log."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kitelogik._native import REASON_CODES
from scripted_model import ScriptedModel, Turn, calls, text
from spec.demo_run import run_demo
from spec.snippets import SNIPPETS, cut_into

# `agent.py` leaves the declaration of its two tools to the reader; the rest runs as it is.
RUN_AGENT = """
import json, runpy
def tool(name):
    return {"type": "function", "name": name, "parameters": {"type": "object"}, "strict": False}
names = {"refund_tool": tool("refund"), "lookup_order_tool": tool("lookup_order")}
response = runpy.run_path("agent.py", init_globals=names)["response"]
called = [(item.name, json.loads(item.arguments)) for item in response.output if item.type == "function_call"]
print(json.dumps([called, response.output_text]))
"""

# As many kinds of line and reason codes as one program can bring about by hand.
DECIDE_ALL = """
import pathlib, kitelogik
policies, tags = pathlib.Path("policies"), {"pay": ["finance.write"]}
def governor(**more):
    return kitelogik.Governor(policies=policies, audit_log="audit.jsonl", tool_tags=tags, **more)
def call(tool, **args):
    return {"event": "tool_call", "tool": tool, "transport": "function", "args": args}
plain = governor()
approving = governor(approver=lambda request: request.args["amount"] < 9000)
own = str(policies.resolve() / "files.rego")
for event in (call("a"), call("fs.write", path="/etc/a"), call("fs.write", path=7), call("fs.read", path=own),
              call("pay", amount=5000), {**call("a"), "args": [1]}, {**call(""), "unknown": 1},
              {"event": "tool_call", "wire_tool": "fs_write", "args": {}}, {"event": "tool_call"}, {},
              {"event": "model_call", "model": "m"}, {"event": "data_access"},
              {"event": "agent_plan", "plan": {"steps": []}}):
    plain.decide(event)
approving.decide(call("pay", amount=5000))
approving.decide(call("pay", amount=50000))
decision = plain.decide(call("a"))
plain.report(decision.decision_id, outcome="error", error=ValueError("no"), usage={"total_tokens": 3})
rule = 'decision := {"escalate": true}'
(policies / "more.rego").write_text("package kitelogik.model_response\\n\\n" + rule)
assert plain.reload()
plain.decide({"event": "model_response", "response": "x"})
session = plain.session(user="ana", scope=["a"])
plain.decide(call("a"))
try:
    session.child(scope=["b"])
except kitelogik.ActionDenied:
    pass
"""
CODES = {
    "allowed",
    "approved",
    "approval_rejected",
    "approval_unavailable",
    "cannot_enforce",
    "invalid_args",
    "invalid_event",
    "no_session",
    "policy",
    "policy_error",
    "scope_exceeded",
    "self_protection",
    "tool_name_unmapped",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder that holds every snippet under its name."""
    cut_into(tmp_path)
    return tmp_path


def run(project: Path, *command: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=project,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_agent(project: Path, *turns: Turn) -> Any:
    """Return the calls that the script was handed, and the text of the answer."""
    with ScriptedModel(turns) as model:
        return json.loads(
            run(project, "-c", RUN_AGENT, OPENAI_API_KEY="none", OPENAI_BASE_URL=model.url).splitlines()[-1]
        )


def version(policies: Path) -> str:
    """Compute the policy version by hand, as the contract defines it."""
    whole = hashlib.sha256()
    for path in sorted(policies.iterdir(), key=lambda path: path.name.encode()):
        for part in (path.name.encode(), path.read_bytes()):
            whole.update(len(part).to_bytes(8, "big") + part)
    return "sha256:" + whole.hexdigest()


def test_the_agent_is_handed_only_what_policy_allows(project: Path) -> None:
    order = {"order": "4821"}
    refund = {**order, "amount": 40}
    assert run_agent(project, calls(("lookup_order", order), ("refund", refund))) == [
        [["lookup_order", order], ["refund", refund]],
        "",
    ]
    both = calls(("refund", refund), ("fs.write", {"path": "/etc/passwd"}))
    assert run_agent(project, both) == [[["refund", refund]], ""]
    outside = calls(("fs.write", {"path": "/tmp/../etc/passwd"}))
    assert run_agent(project, outside, text("then not")) == [[], "then not"]
    unmapped = calls(("fs_write", {"path": "/tmp/a"}))
    assert run_agent(project, unmapped, text("neither")) == [[], "neither"]

    records = [json.loads(line) for line in (project / "audit.jsonl").read_text().splitlines()]
    decided = [
        (record["tool"], record["decision"]["effect"], record["decision"]["reason_code"])
        for record in records
        if record["event"] == "tool_call"
    ]
    assert decided == [
        ("lookup_order", "allow", "allowed"),
        ("refund", "allow", "allowed"),
        ("refund", "allow", "allowed"),
        ("fs.write", "deny", "policy"),
        ("fs.write", "deny", "policy"),
        ("", "deny", "tool_name_unmapped"),
    ]


def test_the_query_reads_the_log(project: Path) -> None:
    run_agent(project, calls(("fs.write", {"path": "/etc/passwd"})), text("no"))
    run_agent(project, calls(("fs.write", {"path": "/etc/shadow"})), text("no"))
    first, *denied = run(project, "audit_query.py").splitlines()
    assert first == "[('fs.write', 2)]"
    assert [line.split(" ", 2)[1:] for line in denied] == [
        [version(project / "policies"), f"write outside /tmp denied: /etc/{name}"]
        for name in ("passwd", "shadow")
    ]


def test_the_query_reads_the_log_of_the_demo(project: Path) -> None:
    (project / "audit.jsonl").write_bytes(run_demo().log.read_bytes())
    first, *denied = run(project, "audit_query.py").splitlines()
    assert first == "[('fs.write', 2), ('orders.refund', 1), ('stripe.payout', 1)]"
    assert len(denied) == 7


def test_the_query_reads_lines_of_every_kind(project: Path) -> None:
    run(project, "-c", DECIDE_ALL)
    records = [json.loads(line) for line in (project / "audit.jsonl").read_text().splitlines()]
    decided = [record["decision"] for record in records if "decision" in record]
    assert {decision["reason_code"] for decision in decided} == CODES
    first, *denied = run(project, "audit_query.py").splitlines()
    assert "('fs.write', 2)" in first
    assert len(denied) == len([decision for decision in decided if not decision["allow"]])


def test_the_query_reads_a_line_of_every_kind_and_every_reason_code(project: Path) -> None:
    log = (
        Path(__file__).parents[4]
        / "crates/kitelogik-audit/tests/it/snapshots/it__lines__every_line.snap.jsonl"
    )
    (project / "audit.jsonl").write_bytes(log.read_bytes())
    records = [json.loads(line) for line in log.read_text().splitlines()]
    decided = [record["decision"] for record in records if "decision" in record]
    assert {decision["reason_code"] for decision in decided} == set(REASON_CODES)
    first, *denied = run(project, "audit_query.py").splitlines()
    # Each code was rendered for this tool once; three of them allow.
    assert f"('fs.write', {len(REASON_CODES) - 3})" in first
    assert len(denied) == len([decision for decision in decided if not decision["allow"]])


def test_every_snippet_is_in_the_table(project: Path) -> None:
    found = {str(path.relative_to(project)) for path in project.rglob("*.*")}
    assert found == set(SNIPPETS)
