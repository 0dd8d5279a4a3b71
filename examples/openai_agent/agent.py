"""A back-office agent: each of its actions is decided by the policies in `examples/policies` first.

    python agent.py        # needs OPENAI_API_KEY, or OPENAI_BASE_URL of a server that speaks the same API

`make demo` runs it against a scripted model, without a key. What was decided stands in ./audit.jsonl.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kitelogik
from kitelogik.adapters.openai import govern
from openai import OpenAI, PermissionDeniedError

POLICIES = Path(__file__).resolve().parents[1] / "policies"
MODEL = "gpt-5"


@kitelogik.tool(name="fs.write")
def fs_write(path: str, text: str) -> str:
    """Write a text file."""
    Path(path).write_text(text, encoding="utf-8")
    return f"wrote {path}"


@kitelogik.tool(name="orders.refund", tags=["finance.write"])
def refund_order(order: str, amount: float) -> str:
    """Pay an order back, in dollars."""
    return f"refunded {amount:g} for {order}"


# In a program these two forward to an MCP server; that they do is said below, in `mcp_tools`.
def stripe_refund(charge: str) -> str:
    """Refund a charge at Stripe."""
    return f"refunded charge {charge}"


def stripe_payout(account: str) -> str:
    """Pay out the balance to an account."""
    return f"paid out to {account}"


TOOLS: dict[str, Callable[..., str]] = {
    tool.__name__: tool for tool in (fs_write, refund_order, stripe_refund, stripe_payout)
}

TASKS = [
    "Write the weekly report to {folder}/report.txt",
    "Welcome everybody in /etc/motd",
    "Then try {folder}/../../etc/motd",
    "Refund order 4821, it cost 40 dollars",
    "Refund order 4822, it cost 1500 dollars",
    "Refund order 4823, it cost 50000 dollars",
    "Refund charge ch_17 through Stripe",
    "Pay our Stripe balance out to account acct_9",
]


def finance_oncall(request: kitelogik.ApprovalRequest) -> bool:
    """Stand in for the person on call, who says no to what is very large."""
    return float(request.args["amount"]) <= 10_000


def main() -> None:
    """Work through the tasks, then propose a plan, start helpers, and use up the budget."""
    governor = kitelogik.Governor(policies=POLICIES, audit_log="./audit.jsonl", approver=finance_oncall)
    client = govern(
        OpenAI(),
        governor=governor,
        tools=[fs_write, refund_order],
        mcp_tools={"stripe_refund": "stripe.refund", "stripe_payout": "stripe.payout"},
    )
    with kitelogik.session(user="ana", tenant="acme", agent_role="billing") as session:
        for task in TASKS:
            work(client, task.format(folder=Path.cwd()))
        propose(governor, steps=5)
        propose(governor, steps=21)
        start_helpers(session)
        work(client, "Read the whole archive of tickets")
        work(client, "Now write a summary of it")
    governor.close()


def work(client: OpenAI, task: str) -> None:
    """Carry out one task: the model calls tools until it has an answer."""
    print(f"\n> {task}")
    tools: Any = [schema(tool) for tool in TOOLS.values()]
    try:
        answer = client.responses.create(model=MODEL, input=task, tools=tools)
        while calls := [item for item in answer.output if item.type == "function_call"]:
            # Only calls that policy has allowed arrive here.
            outputs: Any = [
                {
                    "type": "function_call_output",
                    "call_id": call.call_id,
                    "output": TOOLS[call.name](**json.loads(call.arguments)),
                }
                for call in calls
            ]
            answer = client.responses.create(
                model=MODEL, previous_response_id=answer.id, input=outputs, tools=tools
            )
        print(f"  {answer.output_text}")
    except PermissionDeniedError as denied:
        print(f"  the model was not asked: {denied.body['message']}")  # type: ignore[index, call-overload]


def propose(governor: kitelogik.Governor, *, steps: int) -> None:
    """Ask for a plan as a whole, before any of its steps."""
    print(f"\n> Propose a plan of {steps} steps")
    plan = {"steps": [{"type": "read", "tool": "tickets.read", "args": {"page": n}} for n in range(steps)]}
    decision = governor.decide({"event": "agent_plan", "plan": plan})
    print(f"  {decision.reason or 'go ahead'}")


def start_helpers(session: kitelogik.Session, level: int = 1) -> None:
    """Let a helper start a helper, until policy says no."""
    print(f"\n> Start helper {level}")
    try:
        helper = session.child(agent_id=f"helper-{level}", agent_role="support")
    except kitelogik.ActionDenied as denied:
        print(f"  {denied.decision.reason}")
        return
    with helper:
        start_helpers(helper, level + 1)


def schema(tool: Callable[..., str]) -> dict[str, Any]:
    """Describe a function to the model."""
    types = {"str": "string", "float": "number"}
    parameters = inspect.signature(tool).parameters
    properties = {name: {"type": types[str(given.annotation)]} for name, given in parameters.items()}
    return {
        "type": "function",
        "name": tool.__name__,
        "description": tool.__doc__,
        "parameters": {"type": "object", "properties": properties, "required": list(properties)},
        "strict": False,
    }


if __name__ == "__main__":
    main()
