"""One client per wire format and colour, behind one face, so that each case is written once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from house import House
from kitelogik import sessions
from kitelogik.adapters.openai import govern
from openai import AsyncOpenAI, OpenAI
from scripted_gate import ScriptedGate
from scripted_model import ScriptedModel, Turn

RESPONSES_TOOL = {
    "type": "function",
    "name": "fs_write",
    "description": "write",
    "parameters": {"type": "object", "properties": {"path": {"type": "string"}}},
    "strict": False,
}
CHAT_TOOL = {
    "type": "function",
    "function": {k: v for k, v in RESPONSES_TOOL.items() if k not in ("type", "strict")},
}


class Agent:
    """Sends one request at a time and shows the answer in one form."""

    def __init__(self, wire: str, colour: str, url: str, gate: Any, **keywords: Any) -> None:
        self.wire, self.colour, self.gate = wire, colour, gate
        self.original: Any = (OpenAI if colour == "sync" else AsyncOpenAI)(
            api_key="none", base_url=url, max_retries=2
        )
        self.client: Any = govern(
            self.original, governor=gate, tool_names={"fs_write": "fs.write"}, **keywords
        )
        self.loop = asyncio.new_event_loop()

    def run(self, result: Any) -> Any:
        return self.loop.run_until_complete(result) if asyncio.iscoroutine(result) else result

    def send(self, client: Any = None, **body: Any) -> Any:
        client = client or self.client
        if self.wire == "responses":
            return self.run(
                client.responses.create(**{"model": "m", "input": "go", "tools": [RESPONSES_TOOL], **body})
            )
        messages = [{"role": "user", "content": "go"}]
        return self.run(
            client.chat.completions.create(
                **{"model": "m", "messages": messages, "tools": [CHAT_TOOL], **body}
            )
        )

    def calls(self, answer: Any) -> list[Any]:
        if self.wire == "responses":
            return [json.loads(item.arguments) for item in answer.output if item.type == "function_call"]
        return [json.loads(call.function.arguments) for call in answer.choices[0].message.tool_calls or []]

    def text(self, answer: Any) -> str:
        text = answer.output_text if self.wire == "responses" else answer.choices[0].message.content
        assert isinstance(text, str)
        return text

    def close(self) -> None:
        self.run(self.client.close())
        self.run(self.original.close())
        self.loop.close()


class Bench:
    """Makes agents over a script; everything is closed when the test ends."""

    def __init__(self, wire: str, colour: str) -> None:
        self.wire, self.colour = wire, colour
        self._open: list[Any] = []

    def agent(self, turns: list[Turn], gate: Any = None, **keywords: Any) -> Agent:
        self.model = ScriptedModel(turns)
        self.model.__enter__()
        agent = Agent(self.wire, self.colour, self.model.url, gate or ScriptedGate(), **keywords)
        self._open += [(agent, self.model)]
        return agent

    def close(self) -> None:
        for agent, model in self._open:
            agent.close()
            model.__exit__()


@pytest.fixture(params=["responses", "chat"])
def wire(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["sync", "async"])
def colour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bench(wire: str, colour: str) -> Iterator[Bench]:
    made = Bench(wire, colour)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _no_session_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is a process in which nobody has opened a session."""
    monkeypatch.setattr(sessions, "_first_explicit", None)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)
