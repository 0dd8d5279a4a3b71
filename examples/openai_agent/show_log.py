"""Prints an audit log as a table: what was decided, which tools were denied, and by which rule.

python show_log.py audit.jsonl
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Record = dict[str, Any]
_COLOURS = {"allow": "32", "deny": "31;1", "escalate": "33"}


def show(log: Path) -> None:
    """Print the three tables."""
    records = [json.loads(line) for line in log.read_text(encoding="ascii").splitlines()]
    decisions = [record for record in records if "decision" in record]
    denied = [record for record in decisions if not record["decision"]["allow"]]
    print(f"\n{len(decisions)} decisions, {len(denied)} of them denials:\n")
    columns = ["event", "what", "decided", "reason"]
    print_table(columns, (row(record) for record in decisions))

    print("\nDenials per tool:\n")
    tools = Counter(record["tool"] for record in denied if record["event"] == "tool_call")
    print_table(["tool", "denials"], ([tool, str(count)] for tool, count in tools.most_common()))

    print("\nWho denied, under which policy version:\n")
    who = Counter((rule(record), record["policy_version"][:23]) for record in denied)
    rows = ([by, str(count), version] for (by, version), count in who.most_common())
    print_table(["by", "denials", "policy version"], rows)


def row(record: Record) -> list[str]:
    """Say what one decision was about."""
    decision = record["decision"]
    reviewers = ", ".join(by["user"] for by in decision.get("approved_by", []))
    reason = decision["reason"] or (f"approved by {reviewers}" if reviewers else "")
    return [record["event"], what(record), decision["effect"], reason]


def what(record: Record) -> str:
    """Name the tool and its arguments, or what else was asked for."""
    if record["event"] == "tool_call":
        arguments = ", ".join(f"{key}={json.dumps(value)}" for key, value in record.get("args", {}).items())
        return f"{record['tool']}({arguments})"
    if record["event"] == "agent_plan":
        return f"a plan of {len(record['plan']['steps'])} steps"
    if record["event"] == "agent_spawn":
        return f"below an agent of depth {record['parent']['depth']}"
    return str(record.get("model", ""))


def rule(record: Record) -> str:
    """Say where the rules stand that denied; where no rule did, the code, and who was asked."""
    decision = record["decision"]
    if decision["reason_code"] != "policy":
        return " ".join([decision["reason_code"], *decision["reviewers"]])
    # A reason in `deny` denies whatever `decision` says.
    fired = [match for match in record["matched"] if match["rule"].endswith(".deny")]
    fired = fired or [match for match in record["matched"] if match["rule"].endswith(".decision")]
    return " ".join(f"{match['file']}:{match['line']}" for match in fired)


def print_table(titles: list[str], rows: Iterable[list[str]]) -> None:
    """Print aligned columns. Text from the log is escaped, so that it cannot drive a terminal."""
    table = [titles, *([plain(cell) for cell in cells] for cells in rows)]
    widths = [min(max(len(cells[at]) for cells in table), 64) for at in range(len(titles))]
    room = shutil.get_terminal_size((1000, 40)).columns
    for number, cells in enumerate(table):
        *first, last = zip(cells, widths, strict=True)
        line = "  ".join([*(short(cell, width).ljust(width) for cell, width in first), last[0]])
        line = short((line if number else line.upper()).rstrip(), room)
        for word, colour in _COLOURS.items():
            if number and word in cells and coloured():
                line = line.replace(f"  {word} ", f"  \x1b[{colour}m{word}\x1b[0m ", 1)
        print(line)


def plain(text: str) -> str:
    """Write what is not printable as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def short(text: str, width: int) -> str:
    """Cut text to a width."""
    return text if len(text) <= width else text[: width - 1] + "…"


def coloured() -> bool:
    """Colour only where a person reads and does not mind (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


if __name__ == "__main__":
    show(Path(sys.argv[1] if len(sys.argv) > 1 else "audit.jsonl"))
