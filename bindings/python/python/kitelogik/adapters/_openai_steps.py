"""What the exchange of one request asks its driver for, and what it is bound by. Sans-IO."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from kitelogik.adapters._openai_kept import Kept
from kitelogik.adapters._openai_surface import Json
from kitelogik.gate import Outcome, Usage
from kitelogik.tools import ToolNames

NO_ANSWER = 300
"""From this status on a reply is no answer: the SDK raises for it, and nothing of it is run."""


class HungUp(BaseException):
    """Thrown in where the caller closed a stream. No `Exception`: nobody is to take it for a failure."""


@dataclass(frozen=True, slots=True)
class Decide:
    """Ask the gate; the driver sends the `Decision` back in."""

    event: Json


@dataclass(frozen=True, slots=True)
class Refuse:
    """Deny what was allowed: it cannot be done as policy demands. The driver sends the `Decision` back in."""

    event: Json
    why: str


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request; the driver sends a `Reply` back in, or throws what went wrong.

    `content` stands in place of the caller's body; None sends the request as it came. `deployment` stands in
    place of the one that the address names. A stream that nobody
    reads to its end is settled under `decision_id`.
    """

    content: bytes | None = None
    stream: bool = False
    decision_id: str | None = None
    turn: int = 0
    deployment: str | None = None


class Read(Enum):
    """Read on in the stream that was opened last; the driver sends the bytes back in, none at its end."""

    ON = "on"


READ = Read.ON


@dataclass(frozen=True, slots=True)
class Report:
    """Say how a decided event ended."""

    decision_id: str
    outcome: Outcome
    usage: Usage | None = None
    error: BaseException | str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: `data` is its JSON, None where it is none or a stream; `exact` if all read the same."""

    status: int
    data: Any
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller gets: `body` in place of what came back, or the last reply as it came."""

    status: int
    body: Json | None
    came: Any = None


Step = Decide | Refuse | Send | Read | bytes | Report
"""What the driver is asked for. Bytes are for the caller; the first, empty, say that there is a stream."""
Flow = Generator[Step, Any, Answer]


@dataclass(frozen=True)
class Rules:
    """How one governed client behaves."""

    names: ToolNames
    governs: Callable[[str], bool] = field(compare=False)
    kept: Callable[[], Kept] = field(compare=False)
    max_denied_turns: int = 3
    on_deny: Literal["return", "raise"] = "return"
