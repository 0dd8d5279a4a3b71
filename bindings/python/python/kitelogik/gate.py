"""What an adapter needs of a `Governor`: it asks, and says how it ended. It never decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol, TypedDict

Outcome = Literal["ok", "error", "cancelled"]
Event = Mapping[str, Any]


class Usage(TypedDict, total=False):
    """What a model call used: tokens as whole numbers, `cost` in the operator's unit."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    cost: float


class Decision(Protocol):
    """The fields of a decision that adapters read."""

    @property
    def decision_id(self) -> str: ...
    @property
    def allow(self) -> bool: ...
    @property
    def reason(self) -> str: ...
    @property
    def reason_code(self) -> str: ...
    @property
    def policy_version(self) -> str: ...
    @property
    def obligations(self) -> Mapping[str, Any]: ...


class Gate(Protocol):
    """The part of `Governor` under every adapter. `decide` has waited for an approver where one is set."""

    def decide(self, event: Event, *, session: Any = None) -> Decision: ...

    async def adecide(self, event: Event, *, session: Any = None) -> Decision: ...

    def report(
        self,
        decision_id: str,
        *,
        outcome: Outcome,
        usage: Usage | None = None,
        error: BaseException | str | None = None,
    ) -> None: ...

    async def areport(
        self,
        decision_id: str,
        *,
        outcome: Outcome,
        usage: Usage | None = None,
        error: BaseException | str | None = None,
    ) -> None: ...
