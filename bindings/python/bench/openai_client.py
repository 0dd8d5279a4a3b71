"""What the governed OpenAI client costs over the bare one: a request, and an event of a stream.

    ../../.venv/bin/python bench/openai_client.py

The endpoint answers in this process, so that no network is measured. Times are of this process's CPU.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
from kitelogik.adapters.openai import govern
from openai import OpenAI

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "examples" / "openai_agent"))
from scripted_model import ScriptedModel, text  # noqa: E402
from scripted_stream import chat_chunks, responses_events  # noqa: E402

EVENTS = 2000
ROUNDS = 15


class Answers:
    """One answer and its stream, in either format."""

    def __init__(self, wire: str) -> None:
        model = ScriptedModel([text("word " * EVENTS)])
        path = "/v1/responses" if wire == "responses" else "/v1/chat/completions"
        body = {"input": "go"} if wire == "responses" else {"messages": [{"role": "user", "content": "go"}]}
        _, answer = model.handle(path, json.dumps(body).encode())
        model.close()
        assert isinstance(answer, dict)
        self.whole = json.dumps(answer).encode()
        events = list(responses_events(answer) if wire == "responses" else chat_chunks(answer, usage=True))
        place = next(n for n, event in enumerate(events) if '"word' in json.dumps(event))
        events[place : place + 1] = [events[place]] * EVENTS
        self.stream = [written(event) for event in events]

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if json.loads(request.content).get("stream"):
            headers = {"content-type": "text/event-stream"}
            return httpx2.Response(200, headers=headers, stream=Chunks(self.stream))
        return httpx2.Response(200, headers={"content-type": "application/json"}, content=self.whole)


class Chunks(httpx2.SyncByteStream):
    """One event a chunk."""

    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)


def written(event: dict[str, Any]) -> bytes:
    """Write one event."""
    name = f"event: {event['type']}\n" if "type" in event else ""
    return f"{name}data: {json.dumps(event)}\n\n".encode()


def microseconds(run: Callable[[], object], times: int) -> float:
    """Time one run, on average."""
    began = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - began) / times * 1e6


def asked(client: OpenAI, wire: str, *, stream: bool) -> Any:
    """Send one request."""
    if wire == "responses":
        return client.responses.create(model="m", input="go", stream=stream)
    messages: Any = [{"role": "user", "content": "go"}]
    return client.chat.completions.create(model="m", messages=messages, stream=stream)


def measure(client: OpenAI, wire: str) -> tuple[float, float]:
    """One request and one event, in microseconds."""
    return (
        microseconds(lambda: asked(client, wire, stream=False), 20),
        microseconds(lambda: list(asked(client, wire, stream=True)), 1) / EVENTS,
    )


def main() -> None:
    """Print what is added, a line for each format."""
    with tempfile.TemporaryDirectory() as folder:
        for wire in ("responses", "chat"):
            http = httpx2.Client(transport=httpx2.MockTransport(Answers(wire)))
            bare = OpenAI(api_key="none", base_url="http://model/v1", http_client=http)
            ours = govern(
                bare,
                policies=ROOT / "examples" / "policies",
                audit_log=Path(folder) / "audit.jsonl",
                session="implicit",
            )
            rounds = [(measure(bare, wire), measure(ours, wire)) for _ in range(ROUNDS)]
            request, event = (statistics.median(two[n] - one[n] for one, two in rounds) for n in (0, 1))
            print(f"{wire}: {request:.0f} us a request, {event:.1f} us an event of a stream")


main()
