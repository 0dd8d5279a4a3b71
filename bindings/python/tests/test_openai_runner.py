"""The SDK's own loop, which runs the functions itself: under a governed client it runs what was allowed."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import RESPONSES_TOOL
from in_process import InProcess
from scripted_model import calls, echo
from test_openai_stream import BAD, GOOD

runner = pytest.importorskip("openai.lib.responses_tool_runner", reason="openai 3.x has the tool runner")


@pytest.mark.parametrize(("stream", "eager"), [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("say", [None, "let me see"])
def test_the_tool_runner_runs_what_was_allowed(
    colour: str, stream: bool, eager: bool, say: str | None
) -> None:
    ran: list[Any] = []

    def write(arguments: dict[str, Any]) -> str:
        ran.append(arguments)
        return "wrote"

    async def awrite(arguments: dict[str, Any]) -> str:
        return write(arguments)

    script = [calls(BAD, say=say), calls(BAD, GOOD, say=say), echo()]
    params = {"model": "m", "input": "go", "tools": []}
    with InProcess("responses", colour, script) as agent:
        if colour == "sync":
            loop: Any = runner.ResponsesToolRunner(
                functions=[runner.RegisteredFunction(RESPONSES_TOOL, write)]
            )
        else:
            function = runner.AsyncRegisteredFunction(RESPONSES_TOOL, awrite)
            loop = runner.AsyncResponsesToolRunner(functions=[function])
        answer = agent.run(loop.run(agent.client, params, stream=stream, eager=eager, max_steps=4))
        assert ran == [{"path": "/tmp/a"}]
        assert answer.output_text.startswith('model saw: wrote | {"error":"denied_by_policy"')
