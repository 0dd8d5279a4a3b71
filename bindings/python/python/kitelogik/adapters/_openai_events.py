"""Events and denials of the OpenAI wire formats, as data. Sans-IO."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

from kitelogik.adapters._openai_hosted import without_secrets
from kitelogik.adapters._openai_surface import Json, Wire
from kitelogik.gate import Decision, Usage

MAX_TOKENS = 2**53 - 1
"""The largest count of a record; a provider that says more has spent every budget."""
DEFAULT_OUTPUT_TOKENS = 1024
"""Reserved for the answer where the request declares no limit."""
FILE_TOKENS = 1000
"""Counted for one part of file data in base64, whatever its size."""

# `compact` writes no space after a colon.
_FILE_SIGNS = (b";base64,", b'"file_data":', b'"data":')
_LIMITS = ("max_output_tokens", "max_completion_tokens", "max_tokens")
_USAGE: tuple[tuple[str, Literal["input_tokens", "output_tokens", "total_tokens"]], ...] = (
    ("input_tokens", "input_tokens"),
    ("prompt_tokens", "input_tokens"),
    ("output_tokens", "output_tokens"),
    ("completion_tokens", "output_tokens"),
    ("total_tokens", "total_tokens"),
)


def refusal(decision: Decision) -> Json:
    """Build the body of the 403 that stands for a denied model call."""
    return {
        "error": {
            "message": decision.reason,
            "type": "policy",
            "code": "denied_by_policy",
            "param": None,
            "reason_code": decision.reason_code,
            "decision_id": decision.decision_id,
            "policy_version": decision.policy_version,
        }
    }


def model_call(wire: Wire, body: Json, content: bytes) -> Json:
    """Build the event document of one request (contract, sections 2.7 and 5); `content` is its text."""
    if wire == "chat":
        messages = body.get("messages") or []
    else:
        given = body.get("input") or []
        messages = [{"role": "user", "content": given}] if isinstance(given, str) else given
        if isinstance(body.get("instructions"), str):
            messages = [{"role": "system", "content": body["instructions"]}, *messages]
    files = file_bytes = 0
    # Most requests hold no file: a look at the bytes spares the walk.
    if any(sign in content for sign in _FILE_SIGNS):
        messages, files, file_bytes = _without_files(messages)
    size = len(content) - file_bytes
    declared = next((body[key] for key in _LIMITS if _is_count(body.get(key))), DEFAULT_OUTPUT_TOKENS)
    return {
        "event": "model_call",
        "model": body["model"],
        "messages": messages,
        "tools": without_secrets(body.get("tools") or []),
        "reserve": {"tokens": declared + -(-size // 4) + FILE_TOKENS * files},
    }


def usage_of(data: Json) -> Usage | None:
    """Return the usage that an answer reports, in the names of this package, or None."""
    given = data.get("usage")
    if not isinstance(given, dict):
        return None
    found = Usage()
    for theirs, ours in _USAGE:
        count: Any = given.get(theirs)
        if _is_count(count):
            found[ours] = min(count, MAX_TOKENS)
    return found or None


def sum_usage(first: Any, second: Any) -> Any:
    """Add two usage objects of the wire, key by key."""
    if isinstance(first, dict) and isinstance(second, dict):
        keys = dict.fromkeys((*first, *second))
        return {key: sum_usage(first.get(key), second.get(key)) for key in keys}
    if _is_count(first) and _is_count(second):
        return first + second
    return first if second is None else second


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _without_files(value: Any) -> tuple[Any, int, int]:
    """Replace file data in base64 by its hash: policy sees that it is there, the event stays small.

    Returns the copy, the number of parts replaced and their bytes. Nesting comes from the caller's own
    request, which Python's JSON reader has bounded.
    """
    if isinstance(value, list):
        parts = [_without_files(item) for item in value]
        return [part for part, _, _ in parts], sum(n for _, n, _ in parts), sum(b for _, _, b in parts)
    if not isinstance(value, dict):
        return value, 0, 0
    copy: Json = {}
    files = size = 0
    for key, item in value.items():
        if isinstance(item, str) and _is_file(key, item, value):
            raw = item.encode("utf-8", "surrogatepass")
            copy[key], found, length = f"sha256:{hashlib.sha256(raw).hexdigest()}", 1, len(raw)
        else:
            copy[key], found, length = _without_files(item)
        files, size = files + found, size + length
    return copy, files, size


def _is_file(key: str, text: str, part: Json) -> bool:
    if key == "file_data" or (key == "data" and "format" in part):
        return True
    return text.startswith("data:") and ";base64," in text[:200]
