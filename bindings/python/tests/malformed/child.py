"""Runs a case in a process of its own, so that a crash is seen, and asks for a good decision afterwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[4] / "examples"

_AFTERWARDS = """
from kitelogik import Governor as _Governor
_good = _Governor(policies={policies!r}, audit_log={log!r})
_event = {{"event": "tool_call", "tool": "fs.write", "transport": "function", "args": {{"path": "/tmp/a"}}}}
print("then", _good.decide(_event).reason_code)
"""


def answers(code: str, folder: Path) -> list[str]:
    """Return what the code printed. It ran to its end without an error, and a good event is allowed then.

    The audit log of the code is `audit.jsonl` in the working directory, which is `folder`.
    """
    policies, log = str(EXAMPLES / "policies"), str(folder / "good.jsonl")
    whole = code + _AFTERWARDS.format(policies=policies, log=log)
    done = subprocess.run(
        [sys.executable, "-c", whole],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    *lines, last = done.stdout.splitlines()
    assert last == "then allowed"
    return lines
