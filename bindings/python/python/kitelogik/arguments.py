"""Arguments that a model wrote, read strictly: what is decided is what runs, or nothing runs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

MAX_BYTES = 1 << 20
"""Bound on the text, in bytes of UTF-8."""
MAX_DEPTH = 64
"""Bound on nesting, counting the outermost object."""

_SHOWN = 256
"""Characters of a key that a message shows."""
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)


class InvalidArguments(ValueError):
    """The text is no JSON object within the bounds; the message says why."""


@dataclass(frozen=True)
class Arguments:
    """A decided value, and the text that is handed over in place of the original one."""

    value: dict[str, Any]
    text: str


def parse_arguments(text: object) -> Arguments:
    """Read one JSON object (RFC 8259). Raise `InvalidArguments` where two readers could differ.

    Refused: duplicate keys, NaN and infinities, numbers beyond a double's range, lone surrogates, nesting
    over `MAX_DEPTH`, text over `MAX_BYTES`, anything that is no object.
    """
    if not isinstance(text, str):
        raise InvalidArguments("arguments are no text")
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise InvalidArguments(f"arguments are over {MAX_BYTES} bytes")
    _check_depth(text)
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
        if not isinstance(value, dict):
            raise InvalidArguments("arguments are no object")
        written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        written.encode("utf-8")
    except InvalidArguments:
        raise
    except UnicodeEncodeError:
        raise InvalidArguments("a lone surrogate in a string") from None
    except ValueError as error:
        raise InvalidArguments(f"arguments are not JSON: {error}") from None
    return Arguments(value, written)


def _check_depth(text: str) -> None:
    """Bound nesting before the reader recurses on it."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for token in _TOKENS.finditer(text):
        first = text[token.start()]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise InvalidArguments(f"arguments are nested over {MAX_DEPTH} levels")
        elif first in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen = set[str]()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise InvalidArguments(f"duplicate key {twice[:_SHOWN]!r}")
    return found


def _constant(word: str) -> NoReturn:
    raise InvalidArguments(f"{word} is no JSON number")


def _float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise InvalidArguments("a number beyond the range of a double")
    return number
