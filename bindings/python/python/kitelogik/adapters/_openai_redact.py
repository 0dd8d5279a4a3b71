"""Obligations on what is sent and shown: the model that must be asked, the texts that must be redacted.
Sans-IO; the native half matches the patterns, in linear time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Any

from kitelogik._native import redact
from kitelogik.adapters._openai_surface import Json

CAN = ("force_model", "redact_messages", "redact_response")
"""The obligations that this adapter honours."""

# Strings that are no text: the protocol reads them, or they are files.
_STRUCTURE = frozenset(
    {
        "type",
        "id",
        "role",
        "status",
        "call_id",
        "item_id",
        "object",
        "name",
        "server_label",
        "approval_request_id",
        "encrypted_content",
        "detail",
        "file_id",
        "file_data",
        "data",
        "result",
        "format",
        "phase",
    }
)


# They may hold a file in place of its address.
_ADDRESSES = frozenset({"image_url", "url", "file_url"})


def obliged(body: Json, obligations: Mapping[str, Any]) -> tuple[Json, str | None]:
    """Return the request as policy demands it, and the demand that cannot be met, if there is one."""
    unmet = _unknown(obligations, {"force_model", "redact_messages"})
    if unmet is not None or not obligations:
        return body, unmet
    model, patterns = obligations.get("force_model"), obligations.get("redact_messages")
    if model is not None:
        body = {**body, "model": model}
    if patterns is not None:
        said = {key: body[key] for key in ("input", "instructions", "messages", "prediction") if key in body}
        try:
            body = {**body, **redacted(said, patterns)}
        except ValueError as error:
            return body, str(error)
    return body, None


def redacted_answer(
    data: Json, obligations: Mapping[str, Any], calls: Set[int] = frozenset()
) -> tuple[Json, str | None]:
    """Return an answer of which no text shows what policy hides, and the demand that cannot be met.

    Calls stay as they are, the items whose `id()` is in `calls` too: what is decided as a call is what runs.
    """
    unmet = _unknown(obligations, {"redact_response"})
    patterns = obligations.get("redact_response")
    if unmet is not None or patterns is None:
        return data, unmet
    try:
        if "output" in data:
            output = [item if id(item) in calls else redacted(item, patterns) for item in data["output"]]
            return {**data, "output": output}, None
        return {**data, "choices": [_choice(choice, patterns) for choice in data["choices"]]}, None
    except ValueError as error:
        return data, str(error)


def texts(value: Any) -> list[str]:
    """Return every text in a part of an answer, however deep it stands: those that can be redacted."""
    found: list[str] = []

    def collect(text: str) -> str:
        found.append(text)
        return text

    _rewritten(value, collect)
    return found


def redacted(value: Any, patterns: list[str]) -> Any:
    """Return a copy in which every text is redacted. Tokens with their probabilities spell it: they go."""
    value = _without_logprobs(value)
    found = texts(value)
    if not found:
        return value
    written = iter(redact(patterns, found))
    return _rewritten(value, lambda _text: next(written))


def _choice(choice: Json, patterns: list[str]) -> Json:
    message = choice["message"]
    calls = {key: message[key] for key in ("tool_calls", "function_call") if key in message}
    said = {key: value for key, value in message.items() if key not in calls}
    shown = {**choice, "message": {**redacted(said, patterns), **calls}}
    return {**shown, "logprobs": None} if shown.get("logprobs") is not None else shown


def _without_logprobs(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: [] if k == "logprobs" else _without_logprobs(v) for k, v in value.items()}
    return [_without_logprobs(item) for item in value] if isinstance(value, list) else value


def _rewritten(value: Any, write: Callable[[str], str]) -> Any:
    """Copy a value, its texts written anew. Nesting is bounded by Python's JSON reader."""
    if isinstance(value, dict):
        return {k: v if _is_no_text(k, v) else _rewritten(v, write) for k, v in value.items()}
    if isinstance(value, list):
        return [_rewritten(item, write) for item in value]
    return write(value) if isinstance(value, str) else value


def _is_no_text(key: str, value: object) -> bool:
    if not isinstance(value, str):
        return key == "logprobs"
    return key in _STRUCTURE or (key in _ADDRESSES and value.startswith("data:"))


def _unknown(obligations: Mapping[str, Any], known: set[str]) -> str | None:
    unknown = sorted(obligations.keys() - known)
    return f"the obligation {unknown[0]!r} cannot be honoured here" if unknown else None
