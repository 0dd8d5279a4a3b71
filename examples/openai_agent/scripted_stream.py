"""The scripted model's answers as the API streams them: events of the Responses API, chunks of Chat."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

_RUN_BY_THE_PROVIDER = frozenset(
    f"{tool}_call" for tool in ("web_search", "file_search", "code_interpreter", "image_generation", "mcp")
)


def stream(wire: str, answer: Json, *, usage: bool, end: str = "\n") -> bytes:
    """Write a whole answer as a stream. `usage`: whether Chat's request asked for it; `end`: of a line."""
    events = responses_events(answer) if wire == "responses" else chat_chunks(answer, usage=usage)
    lines = []
    for event in events:
        name = [f"event: {event['type']}"] if "type" in event else []
        lines += [*name, f"data: {json.dumps(event, ensure_ascii=False)}", ""]
    if wire == "chat":
        lines += ["data: [DONE]", ""]
    return "".join(line + end for line in lines).encode()


def responses_events(answer: Json) -> Iterator[Json]:
    """Yield the events of one answer of the Responses API."""
    opening = {**answer, "status": "in_progress", "output": [], "usage": None}
    events: list[Json] = [
        {"type": f"response.{word}", "response": opening} for word in ("created", "in_progress")
    ]
    for index, item in enumerate(answer["output"]):
        events += _item(index, item)
    events.append({"type": f"response.{answer['status']}", "response": answer})
    for number, event in enumerate(events):
        yield {**event, "sequence_number": number}


def _item(index: int, item: Json) -> Iterator[Json]:
    at: Json = {"output_index": index, "item_id": item.get("id")}
    kind = item["type"]
    empties: dict[str, Json] = {"message": {"content": []}, "function_call": {"arguments": ""}}
    empty = empties.get(kind, {})
    begun = {"status": "in_progress"} if "status" in item else {}
    yield {"type": "response.output_item.added", "output_index": index, "item": {**item, **empty, **begun}}
    if kind == "message":
        for number, part in enumerate(item["content"]):
            here = {**at, "content_index": number}
            refuses = part["type"] == "refusal"
            key = "refusal" if refuses else "text"
            more: Json = {} if refuses else {"logprobs": []}
            name = "response.refusal" if refuses else "response.output_text"
            yield {"type": "response.content_part.added", **here, "part": {**part, key: ""}}
            for piece in _pieces(part[key]):
                yield {"type": f"{name}.delta", **here, "delta": piece, **more}
            yield {"type": f"{name}.done", **here, key: part[key], **more}
            yield {"type": "response.content_part.done", **here, "part": part}
    elif kind == "function_call":
        name = "response.function_call_arguments"
        for piece in _pieces(item["arguments"]):
            yield {"type": f"{name}.delta", **at, "delta": piece}
        yield {"type": f"{name}.done", **at, "name": item["name"], "arguments": item["arguments"]}
    elif kind in _RUN_BY_THE_PROVIDER:
        yield from ({"type": f"response.{kind}.{word}", **at} for word in ("in_progress", "completed"))
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def chat_chunks(answer: Json, *, usage: bool) -> Iterator[Json]:
    """Yield the chunks of one answer of Chat Completions."""
    head = {**answer, "object": "chat.completion.chunk", **({"usage": None} if usage else {})}
    if not usage:
        head.pop("usage")
    for choice in answer["choices"]:
        part = {"index": choice["index"], "finish_reason": None, "logprobs": None}
        for delta in _deltas(choice["message"]):
            yield {**head, "choices": [{**part, "delta": delta}]}
        yield {**head, "choices": [{**part, "delta": {}, "finish_reason": choice["finish_reason"]}]}
    if usage:
        yield {**head, "choices": [], "usage": answer["usage"]}


def _deltas(message: Json) -> Iterator[Json]:
    yield {"role": "assistant", "content": None if message["content"] is None else "", "refusal": None}
    for piece in _pieces(message["content"] or ""):
        yield {"content": piece}
    for piece in _pieces(message.get("refusal") or ""):
        yield {"refusal": piece}
    if legacy := message.get("function_call"):
        yield {"function_call": {"name": legacy["name"], "arguments": ""}}
        yield from ({"function_call": {"arguments": piece}} for piece in _pieces(legacy["arguments"]))
    for index, call in enumerate(message.get("tool_calls") or []):
        if "custom" in call:
            yield {"tool_calls": [{"index": index, **call}]}
            continue
        function = {**call["function"], "arguments": ""}
        yield {"tool_calls": [{"index": index, **call, "function": function}]}
        for piece in _pieces(call["function"]["arguments"]):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _pieces(text: str) -> Iterator[str]:
    size = max(4, len(text) // 50)
    for start in range(0, len(text), size):
        yield text[start : start + size]
