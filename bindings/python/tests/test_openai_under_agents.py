"""The governed client under openai-agents: the framework runs what was allowed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from in_process import InProcess
from scripted_model import Turn, calls, echo
from test_openai_stream import BAD, GOOD

agents = pytest.importorskip("agents", reason="openai-agents wants openai 3.x")

SCRIPTS: dict[str, tuple[list[Turn], list[str]]] = {
    "denied": ([calls(BAD), echo()], []),
    "one of two": ([calls(BAD, GOOD), echo()], ["/tmp/a"]),
    "another way": ([calls(BAD, say="I try"), calls(GOOD, say="so"), echo()], ["/tmp/a"]),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("case", SCRIPTS)
def test_an_agent_runs_what_was_allowed(wire: str, case: str, stream: bool) -> None:
    script, expected = SCRIPTS[case]
    ran: list[str] = []

    async def invoke(_context: Any, arguments: str) -> str:
        ran.append(arguments)
        return "wrote"

    async def run(agent: Any) -> str:
        if not stream:
            return str((await agents.Runner.run(agent, "go")).final_output)
        running = agents.Runner.run_streamed(agent, "go")
        async for _ in running.stream_events():
            pass
        return str(running.final_output)

    tool = agents.FunctionTool(
        name="fs_write",
        description="write",
        params_json_schema={"type": "object", "properties": {"path": {"type": "string"}}},
        on_invoke_tool=invoke,
        strict_json_schema=False,
    )
    kind = agents.OpenAIResponsesModel if wire == "responses" else agents.OpenAIChatCompletionsModel
    agents.set_tracing_disabled(True)
    with InProcess(wire, "async", script) as governed:
        model = kind(model="m", openai_client=governed.client)
        said = governed.loop.run_until_complete(run(agents.Agent(name="a", model=model, tools=[tool])))
        assert ran == [f'{{"path":"{path}"}}' for path in expected]
        assert said.startswith("model saw: ")
        assert ("denied_by_policy" in said) is (
            not expected or (case == "one of two" and wire == "responses")
        )
    asyncio.set_event_loop(None)
