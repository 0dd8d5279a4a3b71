"""The JSON form of Python values that tools take beside JSON's own."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import os
import uuid
from typing import Any


def json_form(value: Any) -> Any:
    """Return a form one step nearer to JSON, or raise `ValueError`."""
    if isinstance(value, enum.Enum):
        return value.value
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
    raise ValueError(f"{type(value).__name__} has no JSON form")
