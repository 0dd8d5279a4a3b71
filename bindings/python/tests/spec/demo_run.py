"""One run of the demo, shared by the tests that look at it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from spec.snippets import ROOT


@dataclass(frozen=True)
class Run:
    """What the demo printed, and its log."""

    lines: list[str]
    log: Path

    @property
    def folder(self) -> Path:
        """Where the agent worked."""
        return self.log.parent

    def records(self) -> list[dict[str, Any]]:
        """Return the log's records."""
        return [json.loads(line) for line in self.log.read_text(encoding="ascii").splitlines()]


@cache
def run_demo() -> Run:
    """Run the demo as `make demo` does, without a terminal."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples/openai_agent/demo.py")],
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    return Run(lines, Path(lines[-1].removeprefix("The log: ")))
