"""A scripted model on loopback that speaks the wire format of the OpenAI API, streamed or not.

    with ScriptedModel([calls(("fs_write", {"path": "/tmp/a"})), text("done")]) as model:
        client = OpenAI(api_key="none", base_url=model.url)

Each request takes the next turn, in either format. It refuses with a 400 what the real API refuses: names
of functions, a call without an output, messages of the wrong order. `model.requests` holds what arrived.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from scripted_stream import stream

Json = dict[str, Any]
Turn = Callable[[str, Json], Json]
"""Given the wire format (`responses` or `chat`) and the request body: the answer's parts."""

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MAX_BODY = 64 << 20
_PATHS = {"/responses": "responses", "/chat/completions": "chat"}


def text(content: str) -> Turn:
    """Answer with this text."""
    return lambda wire, body: {"text": content}


def calls(*wanted: tuple[str, object], say: str | None = None) -> Turn:
    """Answer with function calls; arguments that are a string are sent as they are."""
    return lambda wire, body: {"calls": wanted, "text": say}


def echo() -> Turn:
    """Answer with the outputs that the request carries, so that a test sees what the model saw."""
    return lambda wire, body: {"text": "model saw: " + " | ".join(_outputs(wire, body))}


def spending(turn: Turn, *, tokens: int) -> Turn:
    """Answer as `turn` does, and say that it used this many tokens."""
    return lambda wire, body: {**turn(wire, body), "tokens": tokens}


def status(code: int) -> Turn:
    """Answer with an error of the API."""
    return lambda wire, body: {"status": code}


def raw(items: list[Json]) -> Turn:
    """Answer a Responses request with exactly these output items."""
    return lambda wire, body: {"items": items}


def choices(*messages: Json) -> Turn:
    """Answer a Chat request with exactly these messages, one a choice."""
    given = [{"role": "assistant", "content": None, **message} for message in messages]
    return lambda wire, body: {"messages": given}


def verbatim(content: str) -> Turn:
    """Answer with exactly this text as the body."""
    return lambda wire, body: {"verbatim": content}


def thinking(turn: Turn) -> Turn:
    """Answer as `turn` does, after reasoning (Responses only)."""
    return lambda wire, body: {**turn(wire, body), "thinks": True}


class _Refused(Exception):
    """What the API answers with a 400."""


class ScriptedModel:
    """The server; `url` is the base URL for a client. Use it as a context manager."""

    def __init__(self, turns: Iterable[Turn]) -> None:
        self._turns = iter(list(turns))
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._open_calls: dict[str, set[str]] = {}
        self.requests: list[Json] = []
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_args: object) -> None:
                """Keep quiet."""

            def do_POST(self) -> None:
                size = int(self.headers.get("content-length", "0"))
                if size > _MAX_BODY:
                    self.send_error(413)
                    return
                code, kind, content = model.respond(self.path, self.rfile.read(size))
                self.send_response(code)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> ScriptedModel:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self.close()

    def close(self) -> None:
        """Give the port back; for a model that was asked without its server."""
        self._server.server_close()

    def respond(self, path: str, content: bytes, *, end: str = "\n") -> tuple[int, str, bytes]:
        """Answer one request: status, content type and bytes. `end` ends a line of a stream."""
        code, answer = self.handle(path, content)
        if isinstance(answer, str):
            return code, "application/json", answer.encode()
        body = json.loads(content)
        if code == 200 and body.get("stream"):
            usage = bool((body.get("stream_options") or {}).get("include_usage"))
            wire = "chat" if "messages" in body else "responses"
            return code, "text/event-stream", stream(wire, answer, usage=usage, end=end)
        return code, "application/json", json.dumps(answer).encode()

    def handle(self, path: str, content: bytes) -> tuple[int, Json | str]:
        """Answer one request: status and body."""
        wire = next((wire for end, wire in _PATHS.items() if path.endswith(end)), None)
        if wire is None:
            return 404, _error(f"unknown path {path}")
        body = json.loads(content)
        with self._lock:
            self.requests.append(body)
            try:
                self._check(wire, body)
                turn = next(self._turns, None)
            except _Refused as refused:
                return 400, _error(str(refused))
            if turn is None:
                return 500, _error("the script has no further turn")
            parts = turn(wire, body)
            if "status" in parts:
                return parts["status"], _error("scripted")
            if "verbatim" in parts:
                return 200, parts["verbatim"]
            return 200, self._responses(parts) if wire == "responses" else self._chat(parts)

    def _check(self, wire: str, body: Json) -> None:
        for tool in body.get("tools") or []:
            function = tool if wire == "responses" else tool.get("function", {})
            if tool.get("type") == "function" and not _NAME.fullmatch(function.get("name", "")):
                raise _Refused("Invalid 'tools[0].function.name': string does not match pattern")
        if wire == "chat":
            _check_messages(body["messages"])
        else:
            self._check_input(body)

    def _check_input(self, body: Json) -> None:
        given = body.get("input", [])
        items = [] if isinstance(given, str) else given
        previous = body.get("previous_response_id")
        if previous is not None and previous not in self._open_calls:
            raise _Refused(f"Previous response with id '{previous}' not found.")
        waiting = set(self._open_calls.get(previous, ())) if previous else set()
        for place, item in enumerate(items):
            if item.get("type") == "function_call":
                json.dumps(item["arguments"])
            call_id = _answered(item)
            if (called := _called(item)) is not None:
                waiting.add(called)
            elif call_id is not None:
                if call_id not in waiting:
                    raise _Refused(f"No tool call found for function call output with call_id {call_id}.")
                waiting.discard(call_id)
            elif item.get("type") == "reasoning" and place + 1 == len(items):
                raise _Refused("Item of type 'reasoning' was provided without its required following item.")
        if waiting:
            raise _Refused(f"No tool output found for function call {sorted(waiting)[0]}.")

    def _responses(self, parts: Json) -> Json:
        number = next(self._ids)
        output = list(parts.get("items", []))
        if parts.get("thinks"):
            output.append({"type": "reasoning", "id": f"rs_{number}", "summary": [], "status": "completed"})
        if parts.get("text") is not None:
            content = [{"type": "output_text", "text": parts["text"], "annotations": []}]
            message = {"type": "message", "id": f"msg_{number}", "role": "assistant", "status": "completed"}
            output.append({**message, "content": content})
        for place, (name, arguments) in enumerate(parts.get("calls", ())):
            ids = {"id": f"fc_{number}_{place}", "call_id": f"call_{number}_{place}"}
            call = {"type": "function_call", **ids, "name": name, "arguments": _written(arguments)}
            output.append({**call, "status": "completed"})
        called = {call_id for item in output if (call_id := _called(item)) is not None}
        self._open_calls[f"resp_{number}"] = called - {_answered(item) for item in output}
        details = {
            "input_tokens_details": {"cached_tokens": 1},
            "output_tokens_details": {"reasoning_tokens": 2},
        }
        return {
            "id": f"resp_{number}",
            "object": "response",
            "created_at": 0,
            "model": "scripted",
            "status": "completed",
            "error": None,
            "incomplete_details": None,
            "output": output,
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "usage": {**_usage(parts, "input_tokens", "output_tokens"), **details},
        }

    def _chat(self, parts: Json) -> Json:
        number = next(self._ids)
        message: Json = {"role": "assistant", "content": parts.get("text"), "refusal": None}
        wanted = [
            {
                "id": f"call_{number}_{place}",
                "type": "function",
                "function": {"name": name, "arguments": _written(arguments)},
            }
            for place, (name, arguments) in enumerate(parts.get("calls", ()))
        ]
        if wanted:
            message["tool_calls"] = wanted
        if "messages" in parts:
            return self._choices(number, parts["messages"], parts)
        return self._choices(number, [message], parts)

    def _choices(self, number: int, messages: list[Json], parts: Json) -> Json:
        choices = []
        for place, message in enumerate(messages):
            reason = next((key for key in ("tool_calls", "function_call") if message.get(key)), "stop")
            choices.append({"index": place, "message": message, "finish_reason": reason, "logprobs": None})
        return {
            "id": f"chatcmpl_{number}",
            "object": "chat.completion",
            "created": 0,
            "model": "scripted",
            "choices": choices,
            "usage": _usage(parts, "prompt_tokens", "completion_tokens"),
        }


def _called(item: Json) -> str | None:
    """Return the id under which a call, or the ask of a hosted MCP server, waits for its answer."""
    kind = str(item.get("type"))
    if kind == "mcp_approval_request":
        return str(item["id"])
    return item.get("call_id") if kind.endswith("_call") else None


def _answered(item: Json) -> str | None:
    """Return the id of what an item answers."""
    kind = str(item.get("type"))
    if kind == "mcp_approval_response":
        return str(item["approval_request_id"])
    if not kind.endswith("_call_output"):
        return None
    return str(item["id" if kind == "local_shell_call_output" else "call_id"])


def _usage(parts: Json, read: str, written: str) -> Json:
    total = parts.get("tokens", 18)
    return {read: total - 7, written: 7, "total_tokens": total}


def _check_messages(messages: list[Json]) -> None:
    waiting: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                raise _Refused("messages with role 'tool' must be a response to a preceding message")
            waiting.discard(message["tool_call_id"])
            continue
        if waiting:
            raise _Refused("An assistant message with 'tool_calls' must be followed by tool messages")
        waiting = {call["id"] for call in message.get("tool_calls") or []}
    if waiting:
        raise _Refused("An assistant message with 'tool_calls' must be followed by tool messages")


def _outputs(wire: str, body: Json) -> list[str]:
    if wire == "chat":
        return [message["content"] for message in body["messages"] if message["role"] in ("tool", "function")]
    items = [] if isinstance(body["input"], str) else body["input"]
    outputs = [item["output"] for item in items if str(item.get("type")).endswith("_call_output")]
    return [output if isinstance(output, str) else json.dumps(output) for output in outputs]


def _written(arguments: object) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def _error(message: str) -> Json:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}
