"""Clients over a transport that answers in this process, in chunks that a test chooses."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

from conftest import CHAT_TOOL, RESPONSES_TOOL
from kitelogik.adapters.openai import govern
from openai import AsyncAzureOpenAI, AsyncOpenAI, AzureOpenAI, OpenAI
from scripted_gate import ScriptedGate
from scripted_model import ScriptedModel, Turn
from storing_model import StoringModel

library: Any = importlib.import_module("httpx2" if importlib.util.find_spec("httpx2") else "httpx")
"""The http library of the SDK that is installed."""

_FUNCTION: Any = CHAT_TOOL["function"]
Cut = Callable[[bytes], Iterable[bytes]]


def whole(content: bytes) -> Iterable[bytes]:
    """One chunk."""
    return [content]


class Body:
    """Bytes in chunks; it knows how far it was read and whether it was closed."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self.read = 0
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.read += len(chunk)
            yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            await asyncio.sleep(0)
            yield chunk

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


class InProcess:
    """A governed client over a script; each answer is cut into chunks by `cut`."""

    def __init__(
        self,
        wire: str,
        colour: str,
        turns: Iterable[Turn] = (),
        gate: ScriptedGate | None = None,
        *,
        cut: Cut = whole,
        end: str = "\n",
        answers: Iterable[Iterable[bytes]] | None = None,
        azure: bool = False,
        body: type[Body] = Body,
        model: ScriptedModel | None = None,
        **keywords: Any,
    ) -> None:
        self.wire, self.colour, self.cut, self.end = wire, colour, cut, end
        self.gate = gate or ScriptedGate()
        self.model = model or ScriptedModel(turns)
        self._body: Any = type("_Body", (body, library.SyncByteStream, library.AsyncByteStream), {})
        self.bodies: list[Body] = []
        self.headers: dict[str, str] = {}
        self._answers = None if answers is None else iter(answers)
        self.loop = asyncio.new_event_loop()
        kinds: Any = (AzureOpenAI, AsyncAzureOpenAI) if azure else (OpenAI, AsyncOpenAI)
        kind = kinds[0] if colour == "sync" else kinds[1]
        where = (
            {"azure_endpoint": "http://model", "api_version": "v1"}
            if azure
            else {"base_url": "http://model/v1"}
        )
        http: Any = library.Client if colour == "sync" else library.AsyncClient
        self.http = http(transport=library.MockTransport(self._answer))
        self.original: Any = kind(api_key="none", **where, http_client=self.http, max_retries=0)
        self.urls: list[str] = []
        self.client: Any = govern(
            self.original, governor=self.gate, tool_names={"fs_write": "fs.write"}, **keywords
        )

    def __enter__(self) -> InProcess:
        return self

    def __exit__(self, *_error: object) -> None:
        self.run(self.client.close())
        self.run(self.http.close() if self.colour == "sync" else self.http.aclose())
        self.loop.close()
        self.model.close()

    def _answer(self, request: Any) -> Any:
        self.urls.append(str(request.url))
        if self._answers is not None:
            body = self._body(next(self._answers))
            code, kind = 200, "text/event-stream"
        else:
            code, kind, content = self._respond(request)
            body = self._body(self.cut(content))
        self.bodies.append(body)
        return library.Response(code, headers={"content-type": kind, **self.headers}, stream=body)

    def _respond(self, request: Any) -> tuple[int, str, bytes]:
        if isinstance(self.model, StoringModel):
            return self.model.route(request.method, request.url, request.content, end=self.end)
        return self.model.respond(request.url.path, request.content, end=self.end)

    def run(self, result: Any) -> Any:
        return self.loop.run_until_complete(result) if asyncio.iscoroutine(result) else result

    def asked(self, **body: Any) -> dict[str, Any]:
        if self.wire == "responses":
            return {"model": "m", "input": "go", "tools": [RESPONSES_TOOL], **body}
        # The helper of openai 2.x takes strict tools only.
        tool = {"type": "function", "function": {**_FUNCTION, "strict": True}}
        return {"model": "m", "messages": [{"role": "user", "content": "go"}], "tools": [tool], **body}

    def create(self, **body: Any) -> Any:
        """An unstreamed answer, or a stream."""
        surface = self.client.responses if self.wire == "responses" else self.client.chat.completions
        return self.run(surface.create(**self.asked(**body)))

    def streamed(self, **body: Any) -> list[Any]:
        """All events of `create(stream=True)`."""
        return self.read(self.create(stream=True, **body))

    def read(self, stream: Any) -> list[Any]:
        """Read a stream to its end."""

        async def read() -> list[Any]:
            return [event async for event in stream]

        return list(stream) if self.colour == "sync" else self.loop.run_until_complete(read())

    def helper(self, **body: Any) -> Any:
        """The final answer of `.stream()`, as the SDK puts it together."""
        responses = self.wire == "responses"
        surface = self.client.responses if responses else self.client.chat.completions
        name = "get_final_response" if responses else "get_final_completion"
        manager = surface.stream(**self.asked(**body))
        if self.colour == "sync":
            with manager as stream:
                return getattr(stream, name)()

        async def read() -> Any:
            async with manager as stream:
                return await getattr(stream, name)()

        return self.loop.run_until_complete(read())
