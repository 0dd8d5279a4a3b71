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
WARM, REQUESTS, STREAMS = 20, 500, 15


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


def microseconds(run: Callable[[], object]) -> float:
    """Time one run."""
    began = time.process_time_ns()
    run()
    return (time.process_time_ns() - began) / 1e3


def asked(client: OpenAI, wire: str, *, stream: bool) -> Any:
    """Send one request."""
    if wire == "responses":
        return client.responses.create(model="m", input="go", stream=stream)
    messages: Any = [{"role": "user", "content": "go"}]
    return client.chat.completions.create(model="m", messages=messages, stream=stream)


def added(times: int, run: Callable[[OpenAI], float], bare: OpenAI, ours: OpenAI) -> float:
    """What the governed client adds: both take turns, and the medians are compared."""
    pairs = [(run(bare), run(ours)) for _ in range(times)]
    return statistics.median(two for _, two in pairs) - statistics.median(one for one, _ in pairs)


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

            def request(client: OpenAI, wire: str = wire) -> float:
                return microseconds(lambda: asked(client, wire, stream=False))

            def stream(client: OpenAI, wire: str = wire) -> float:
                return microseconds(lambda: list(asked(client, wire, stream=True)))

            def after_a_stream(client: OpenAI) -> float:
                stream(client)
                return request(client)

            added(WARM, request, bare, ours)
            one = added(REQUESTS, request, bare, ours)
            event = added(STREAMS, stream, bare, ours) / EVENTS
            cold = added(STREAMS, after_a_stream, bare, ours)
            print(
                f"{wire}: {one:.0f} us a request, {cold:.0f} us the first one after a stream, "
                f"{event:.1f} us an event of a stream"
            )


main()
