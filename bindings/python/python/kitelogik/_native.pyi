"""The native half: policies, decisions, the store and the log. Its users are the modules beside it."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias, final

__version__: str
REASON_CODES: list[str]

ReasonCode: TypeAlias = Literal[
    "allowed",
    "approved",
    "ungoverned",
    "approval_required",
    "policy",
    "policy_error",
    "policy_undefined",
    "policy_stale",
    "no_policy",
    "no_session",
    "session_killed",
    "session_closed",
    "scope_exceeded",
    "invalid_event",
    "invalid_args",
    "tool_name_unmapped",
    "hosted_tool",
    "self_protection",
    "cannot_enforce",
    "unavailable",
    "audit_unavailable",
    "permit_used",
    "approval_unavailable",
    "approval_rejected",
    "approval_expired",
    "approval_consumed",
    "approval_revoked",
    "approval_cancelled",
    "approval_mismatch",
]

@final
class Match:
    """A rule that fired: file relative to the policy root, rule, line from 1."""

    def __new__(cls, file: str, rule: str, line: int) -> Match: ...
    @property
    def file(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def line(self) -> int: ...
    def __hash__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __getnewargs__(self) -> tuple[str, str, int]: ...

@final
class Decision:
    """The answer to one event. True where it allows."""

    @property
    def decision_id(self) -> str: ...
    @property
    def allow(self) -> bool: ...
    @property
    def effect(self) -> Literal["allow", "escalate", "deny"]: ...
    @property
    def reason(self) -> str: ...
    @property
    def reasons(self) -> tuple[str, ...]: ...
    @property
    def reason_code(self) -> ReasonCode: ...
    @property
    def escalate(self) -> bool: ...
    @property
    def reviewers(self) -> tuple[str, ...]: ...
    @property
    def obligations(self) -> dict[str, Any]: ...
    @property
    def policy_version(self) -> str: ...
    @property
    def matched(self) -> tuple[Match, ...]: ...
    @property
    def help(self) -> str: ...
    @property
    def approval_id(self) -> str | None: ...
    def to_dict(self) -> dict[str, Any]: ...
    def same_args(self, pep: Pep, given: Mapping[str, Any]) -> bool: ...
    def __bool__(self) -> bool: ...
    def __hash__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    @staticmethod
    def _restore(text: str) -> Decision: ...

@final
class Pending:
    """An escalation that waits."""

    @property
    def decision(self) -> Decision: ...
    @property
    def tool(self) -> str: ...
    @property
    def wire_tool(self) -> str | None: ...
    @property
    def args(self) -> dict[str, Any]: ...

@final
class SessionKey:
    """The name of a session in the store."""

    @property
    def tenant(self) -> str: ...
    @property
    def id(self) -> str: ...
    def __hash__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Pep:
    """An enforcement point, built once for each governed object."""

    @property
    def adapter(self) -> str: ...
    @property
    def config_hash(self) -> str: ...

@final
class Governor:
    """Policies, store and log."""

    def __new__(cls, policies: list[str], audit_log: str) -> Governor: ...
    @staticmethod
    def pep(
        adapter: str,
        *,
        can: list[str],
        handling: str,
        tool_names: dict[str, str],
        tool_tags: dict[str, list[str]],
        mcp_tools: dict[str, str],
        ungoverned: str | None,
        form: Callable[[Any], Any],
        args_hidden: list[str],
    ) -> Pep: ...
    def decide(
        self, pep: Pep, event: dict[str, Any], session: SessionKey | None, no_session: str = ""
    ) -> Decision | Pending: ...
    def resolve(self, pending: Pending, verdict: str, *, by: str = "", help: str = "") -> Decision: ...
    def report(
        self,
        decision_id: str,
        outcome: str,
        usage: dict[str, Any] | None,
        error: tuple[str, str] | None,
    ) -> None: ...
    def session(
        self,
        *,
        tenant: str,
        user: str | None,
        agent_id: str | None,
        agent_role: str | None,
        roles: list[str],
        scope: list[str] | None,
        parent: SessionKey | None,
    ) -> SessionKey: ...
    def close_session(self, session: SessionKey) -> None: ...
    def release_session(self, session: SessionKey) -> None: ...
    def forked(self) -> None: ...
    def reload(self) -> bool: ...
    @property
    def policy_version(self) -> str: ...
    @property
    def units(self) -> list[tuple[str, str]]: ...
    @property
    def warnings(self) -> list[str]: ...
