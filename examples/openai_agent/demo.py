"""`make demo`: agent.py against a scripted model on loopback, and what was decided. It needs no key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from scripted_model import Json, ScriptedModel, Turn, calls, spending, text
from show_log import show

HERE = Path(__file__).resolve().parent


def script(folder: Path) -> list[Turn]:
    """What the model wants, request by request: mostly what it should not get."""

    def wants(tool: str, **arguments: object) -> list[Turn]:
        return [calls((tool, arguments)), report]

    return [
        *wants("fs_write", path=f"{folder}/report.txt", text="all is well\n"),
        *wants("fs_write", path="/etc/motd", text="welcome\n"),
        *wants("fs_write", path=f"{folder}/../../etc/motd", text="welcome\n"),
        *wants("refund_order", order="4821", amount=40),
        *wants("refund_order", order="4822", amount=1500),
        *wants("refund_order", order="4823", amount=50_000),
        *wants("stripe_refund", charge="ch_17"),
        *wants("stripe_payout", account="acct_9"),
        spending(text("I have read 3,000 tickets."), tokens=100_001),
    ]


def report(_wire: str, body: Json) -> Json:
    """Answer as a model does that has read the outputs of its calls."""
    output = [item["output"] for item in body["input"] if item.get("type") == "function_call_output"][-1]
    try:
        return {"text": f"I may not: {json.loads(output)['reason']}"}
    except ValueError:
        return {"text": f"Done: {output}"}


def main() -> int:
    """Run the agent in a folder of its own and show its log."""
    folder = Path(tempfile.mkdtemp(prefix="demo-", dir="/tmp"))
    with ScriptedModel(script(folder)) as model:
        environment = {**os.environ, "OPENAI_API_KEY": "none", "OPENAI_BASE_URL": model.url}
        agent = [sys.executable, str(HERE / "agent.py")]
        done = subprocess.run(agent, cwd=folder, env=environment, check=False)  # noqa: S603
    if done.returncode != 0:
        print(f"the agent failed with exit code {done.returncode}", file=sys.stderr)
        return 1
    show(folder / "audit.jsonl")
    print(f"\nThe log: {folder / 'audit.jsonl'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
