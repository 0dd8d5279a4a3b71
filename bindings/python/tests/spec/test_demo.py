"""`make demo`: each decision is shown, and what was denied has not happened."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest
from spec.demo_run import run_demo
from spec.snippets import ROOT

# What, and what was decided with which code; in this order, between the calls of the model.
DECIDED = [
    ("fs.write", "allow", "allowed"),
    ("fs.write", "deny", "policy"),
    ("fs.write", "deny", "policy"),
    ("orders.refund", "allow", "allowed"),
    ("orders.refund", "allow", "approved"),
    ("orders.refund", "deny", "approval_rejected"),
    ("stripe.refund", "allow", "allowed"),
    ("stripe.payout", "deny", "policy"),
    ("agent_plan", "allow", "allowed"),
    ("agent_plan", "deny", "policy"),
    ("agent_spawn", "allow", "allowed"),
    ("agent_spawn", "allow", "allowed"),
    ("agent_spawn", "deny", "policy"),
    ("model_call", "deny", "policy"),
]


def test_everything_is_decided_as_the_policies_say() -> None:
    decided = [record for record in run_demo().records() if "decision" in record]
    asked = [record for record in decided if record["event"] == "model_call" and record["decision"]["allow"]]
    rest = [
        (record.get("tool", record["event"]), record["decision"]["effect"], record["decision"]["reason_code"])
        for record in decided
        if record not in asked
    ]
    assert rest == DECIDED
    assert len(asked) == 17


def test_nothing_denied_has_happened() -> None:
    run = run_demo()
    assert sorted(path.name for path in run.folder.iterdir()) == ["audit.jsonl", "report.txt"]
    output = "\n".join(run.lines)
    assert "refunded 1500 for 4822" in output
    assert "refunded 50000" not in output
    assert "paid out" not in output


@pytest.mark.parametrize(
    "shown",
    [
        "tool_call {folder}/report.txt allow",
        "tool_call /etc/motd deny limited to /tmp",
        "tool_call {folder}/../../etc/motd deny limited to /tmp",
        'tool_call orders.refund(amount=1500 order="4822") allow approved',
        "agent_plan a plan of 21 steps deny",
        "agent_spawn depth 2 deny",
        "model_call gpt-5 deny spent 100",
        "stripe.payout 1",
        "fs.write 2",
        "files.rego:7 2 sha256:",
        "budget.rego:9 1 sha256:",
    ],
)
def test_each_decision_is_a_row(shown: str) -> None:
    run = run_demo()
    words = shown.format(folder=run.folder).split()
    assert [line for line in run.lines if all(word in line for word in words)]


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colour_is_for_terminals_that_want_it(environment: dict[str, str], coloured: bool) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, str(ROOT / "examples/openai_agent/show_log.py"), str(run_demo().log)]
    plain = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    with subprocess.Popen(command, stdout=theirs, env={**plain, **environment}) as process:
        os.close(theirs)
        shown = b""
        while chunk := read(ours):
            shown += chunk
    os.close(ours)
    assert process.returncode == 0
    assert b"deny" in shown
    assert (b"\x1b[" in shown) is coloured
    assert "\x1b" not in "".join(run_demo().lines)


def read(terminal: int) -> bytes:
    """Read from a terminal; nothing once the other side is closed, which Linux reports as an error."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""
