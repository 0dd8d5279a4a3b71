"""The JSON form of Python values that tools take."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
import math
import os
import uuid
from collections.abc import Mapping
from typing import Any

from kitelogik.arguments import MAX_DEPTH


class NoJsonForm(ValueError):
    """A value that policy could not be shown; the message names the argument and the remedy."""


def written(arguments: Mapping[str, Any]) -> str:
    """Write arguments as compact JSON, or raise `NoJsonForm`."""
    shown = {}
    for name, value in arguments.items():
        try:
            shown[name] = _plain(value, MAX_DEPTH)
        except NoJsonForm as error:
            raise NoJsonForm(f"the argument {name!r}: {error}; hidden=({name!r},) keeps it out") from None
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any, depth: int) -> Any:
    if depth == 0:
        raise NoJsonForm(f"nested over {MAX_DEPTH} levels")
    if isinstance(value, enum.Enum):
        return _plain(value.value, depth - 1)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NoJsonForm(f"{value} is no JSON number")
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(item, depth - 1) for item in value]
    if isinstance(value, dict):
        if not all(type(key) is str for key in value):
            raise NoJsonForm("an object whose keys are not all strings")
        return {key: _plain(item, depth - 1) for key, item in value.items()}
    return _plain(_form(value), depth - 1)


def _form(value: Any) -> Any:
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (uuid.UUID, decimal.Decimal)):
        return str(value)
    if isinstance(value, os.PathLike):
        path = os.fspath(value)
        if isinstance(path, str):
            return path
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    elif callable(dump := getattr(value, "model_dump", None)) and not isinstance(value, type):
        return dump(mode="json")
    raise NoJsonForm(f"{type(value).__name__} has no JSON form")
