"""What an adapter needs of a `Governor`: it asks, and says how it ended. It never decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict

if TYPE_CHECKING:
    from kitelogik.approvals import Approver
    from kitelogik.sessions import Session
    from kitelogik.tools import ToolNames

Outcome = Literal["ok", "error", "cancelled"]
Event = Mapping[str, Any]
Handling = Literal["alone", "hands_over", "executes"]
Ungoverned = Literal["deny", "allow"] | None
SessionMode = Literal["implicit", "required"]


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
    """An enforcement point of a governor. `decide` has waited for an approver where one is set."""

    @property
    def names(self) -> ToolNames:
        """Its names and tags of tools, the governor's among them."""
        ...

    def governs(self, kind: str) -> bool:
        """Say whether a loaded unit can decide events of this kind."""
        ...

    def decide(self, event: Event, *, session: Session | None = None) -> Decision: ...

    async def adecide(self, event: Event, *, session: Session | None = None) -> Decision: ...

    def refuse(self, event: Event, why: str) -> Decision:
        """Deny, in the record too, an event that was allowed and cannot be enforced as policy demands.

        `why` is for the operator.
        """
        ...

    @property
    def memory(self) -> dict[str, Any]:
        """What adapters keep between calls, by their own names; shared by all gates of a governor."""
        ...

    def tenant(self) -> str:
        """Return the tenant whose action the next event would be."""
        ...

    def standing(self) -> str:
        """Return what an earlier decision must share to stand: the session, and the policies."""
        ...

    def same_args(self, decision: Any, args: Mapping[str, Any]) -> bool:
        """Say whether these are still the arguments that were decided."""
        ...

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


class Governs(Protocol):
    """What has gates: a `Governor`."""

    def gate(
        self,
        adapter: str,
        *,
        handling: Handling,
        names: ToolNames,
        session: Session | SessionMode | None = None,
        ungoverned: Ungoverned = None,
        approver: Approver | None = None,
        hidden: Iterable[str] = (),
        can: Iterable[str] = (),
        hosted_tools: Iterable[str] = (),
    ) -> Gate: ...
