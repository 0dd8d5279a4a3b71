"""The SDK's own loop, which runs the functions itself: under a governed client it runs what was allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kitelogik
import pytest
from conftest import RESPONSES_TOOL
from house import House
from in_process import InProcess
from kitelogik import KiteLogikError
from kitelogik.adapters.openai import govern
from scripted_gate import ScriptedGate
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


@pytest.mark.parametrize("path", ["/tmp/a", "/etc/a"])
def test_a_registered_function_is_gated_in_its_place(colour: str, path: str, tmp_path: Path) -> None:
    house, ran = House(tmp_path), []

    @kitelogik.tool(name="fs.write", tags=["fs"])
    def write(arguments: dict[str, Any]) -> str:
        ran.append(arguments)
        return "wrote"

    async def awrite(arguments: dict[str, Any]) -> str:
        return write(arguments)

    # The client's own gate allows everything here: what is denied is denied by the function's.
    script = [calls(("fs_write", {"path": path})), echo()]
    with InProcess("responses", colour, script, ScriptedGate(lambda event: None)) as agent:
        keywords: dict[str, Any] = {"governor": house.governor(), "session": "implicit"}
        if colour == "sync":
            functions = [govern(runner.RegisteredFunction(RESPONSES_TOOL, write), **keywords)]
            loop: Any = runner.ResponsesToolRunner(functions=functions)
        else:
            keywords |= {"tool_names": {"fs_write": "fs.write"}}
            functions = [govern(runner.AsyncRegisteredFunction(RESPONSES_TOOL, awrite), **keywords)]
            loop = runner.AsyncResponsesToolRunner(functions=functions)
        answer = agent.run(loop.run(agent.client, {"model": "m", "input": "go", "tools": []}, max_steps=4))
    allowed = path.startswith("/tmp")
    assert ran == ([{"path": path}] if allowed else [])
    assert ("denied_by_policy" in answer.output_text) is not allowed
    [decision] = house.decisions()
    assert (decision["tool"], decision["decision"]["allow"]) == ("fs.write", allowed)
    assert house.outcomes() == (["ok"] if allowed else [])


def test_a_runner_and_a_typed_function_are_refused_with_what_to_do(tmp_path: Path) -> None:
    governor = House(tmp_path).governor()
    with pytest.raises(TypeError, match="RegisteredFunction"):
        govern(runner.ResponsesToolRunner(functions=[]), governor=governor)
    gated = govern(runner.RegisteredFunction(RESPONSES_TOOL, lambda _: "ran"), governor=governor)
    with pytest.raises(KiteLogikError, match="takes a dict"):
        gated.execute(object())
