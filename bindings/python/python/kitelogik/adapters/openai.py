"""`govern(OpenAI(), …)`: no call that policy has not allowed reaches the caller's code."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

import openai

from kitelogik.adapters._openai_function import governed_function, is_registered
from kitelogik.adapters._openai_http import Governance
from kitelogik.adapters._openai_kept import Kept, KeptByTenant
from kitelogik.adapters._openai_redact import CAN
from kitelogik.adapters._openai_refusing import copied, refusing
from kitelogik.adapters._openai_steps import Rules
from kitelogik.adapters._openai_surface import POLICY_NAMES
from kitelogik.approvals import Approver, is_async
from kitelogik.errors import ConfigError
from kitelogik.gate import Governs, SessionMode, Ungoverned
from kitelogik.governor import Paths, governor_of
from kitelogik.sessions import Session
from kitelogik.tools import ToolNames, strings

if TYPE_CHECKING:
    from openai.lib.responses_tool_runner import AsyncRegisteredFunction, RegisteredFunction

T = TypeVar("T", bound="openai.OpenAI | openai.AsyncOpenAI | RegisteredFunction | AsyncRegisteredFunction")

_LINE = "client = govern(OpenAI(), policies='./policies', audit_log='./audit.jsonl')"


@overload
def govern(
    client: T,
    /,
    *,
    policies: Paths,
    audit_log: str | os.PathLike[str],
    tools: Iterable[Callable[..., Any]] = (),
    tool_names: Mapping[str, str] | None = None,
    tool_tags: Mapping[str, Iterable[str]] | None = None,
    mcp_tools: Mapping[str, str] | None = None,
    hosted_tools: Iterable[str] = (),
    session: Session | SessionMode | None = None,
    ungoverned: Ungoverned = None,
    approver: Approver | None = None,
    max_denied_turns: int = 3,
    on_deny: Literal["return", "raise"] = "return",
) -> T: ...
@overload
def govern(
    client: T,
    /,
    *,
    governor: Governs,
    tools: Iterable[Callable[..., Any]] = (),
    tool_names: Mapping[str, str] | None = None,
    tool_tags: Mapping[str, Iterable[str]] | None = None,
    mcp_tools: Mapping[str, str] | None = None,
    hosted_tools: Iterable[str] = (),
    session: Session | SessionMode | None = None,
    ungoverned: Ungoverned = None,
    approver: Approver | None = None,
    max_denied_turns: int = 3,
    on_deny: Literal["return", "raise"] = "return",
) -> T: ...
def govern(
    client: T,
    /,
    *,
    policies: Paths | None = None,
    audit_log: str | os.PathLike[str] | None = None,
    governor: Governs | None = None,
    tools: Iterable[Callable[..., Any]] = (),
    tool_names: Mapping[str, str] | None = None,
    tool_tags: Mapping[str, Iterable[str]] | None = None,
    mcp_tools: Mapping[str, str] | None = None,
    hosted_tools: Iterable[str] = (),
    session: Session | SessionMode | None = None,
    ungoverned: Ungoverned = None,
    approver: Approver | None = None,
    max_denied_turns: int = 3,
    on_deny: Literal["return", "raise"] = "return",
) -> T:
    """Return a client of the same type through which every call of a model is decided first.

    Of a function of the SDK's tool runner (`RegisteredFunction`, openai 3.x) it returns a copy whose body
    runs only with arguments that policy allows.

    The argument stays as it was, and closing the result does not close it. Copies (`with_options`) stay
    governed, also with another `http_client`. What is not governed raises `UngovernedSurface` and sends
    nothing. The same governor and keywords again return a governed client itself.
    """
    if type(max_denied_turns) is not int or max_denied_turns < 0 or on_deny not in ("return", "raise"):
        raise ConfigError("max_denied_turns is a whole number from 0, on_deny 'return' or 'raise'")
    if is_registered(client):
        return governed_function(  # type: ignore[no-any-return]
            client,
            policies=policies,
            audit_log=audit_log,
            governor=governor,
            tool_names=tool_names,
            tool_tags=tool_tags,
            session=session,
            ungoverned=ungoverned,
            approver=approver,
            on_deny=on_deny,
        )
    if not isinstance(client, (openai.OpenAI, openai.AsyncOpenAI)):
        raise TypeError(
            "govern() takes OpenAI(), AsyncOpenAI() or a RegisteredFunction of the SDK's tool runner, not "
            f"{type(client).__name__}; write {_LINE}"
        )
    hosted = strings("hosted_tools", hosted_tools)
    if unknown := sorted({*hosted} - POLICY_NAMES):
        raise ConfigError(
            f"hosted_tools names {unknown[0]!r}; the tools of the provider are {sorted(POLICY_NAMES)}"
        )
    names = ToolNames.of(tools=tools, tool_names=tool_names, tool_tags=tool_tags, mcp_tools=mcp_tools)
    gate = governor_of(policies, audit_log, governor, _LINE).gate(
        "openai",
        handling="hands_over",
        names=names,
        session=session,
        ungoverned=ungoverned,
        approver=approver,
        can=CAN,
        hosted_tools=hosted,
    )
    asked = getattr(gate, "approver", approver)
    if asked is not None and is_async(asked) and isinstance(client, openai.OpenAI):
        raise TypeError("an async approver cannot be asked by OpenAI(); use AsyncOpenAI() or a sync approver")
    tenants: KeptByTenant = gate.memory.setdefault("openai", KeptByTenant())

    def kept() -> Kept:
        return tenants.of(gate.tenant()).of(gate.standing())

    rules = Rules(gate.names, gate.governs, kept, max_denied_turns, on_deny)
    governance = Governance(gate, rules)
    before = getattr(client._client, "governance", None)
    if before is not None:
        if before != governance:
            raise ConfigError("this client is governed already with other keywords; govern the original one")
        return client
    kind: Any = type(client)
    # `copy` builds the class of what it is given: so it is given the same state under the refusing class.
    same = object.__new__(refusing(kind))
    same.__dict__.update(client.__dict__)
    governed: T = copied(kind.copy, same, http_client=governance.over(client._client))
    return governed


__all__ = ["govern"]
