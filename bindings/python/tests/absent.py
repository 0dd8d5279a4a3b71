"""What a test needs and this machine lacks: said loudly, and a failure where `CI` is `true`."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

MARK = "SKIPPED, NOT TESTED: "


def absent(what: str, remedy: str) -> NoReturn:
    """End the test: skipped, or failed in continuous integration."""
    message = f"{MARK}{what} ({remedy})"
    if os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
