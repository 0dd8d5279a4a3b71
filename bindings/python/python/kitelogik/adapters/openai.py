"""`govern(OpenAI(), …)`: no call that policy has not allowed reaches the caller's code."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import cache, cached_property
from typing import Any, Literal, NoReturn, TypeVar, overload

import openai

from kitelogik.adapters._openai_http import Carried, Governance
from kitelogik.adapters._openai_kept import KeptByTenant
from kitelogik.adapters._openai_redact import CAN
from kitelogik.adapters._openai_steps import Rules
from kitelogik.adapters._openai_surface import POLICY_NAMES
from kitelogik.approvals import Approver, is_async
from kitelogik.errors import ConfigError, UngovernedSurface
from kitelogik.gate import Governs, SessionMode, Ungoverned
from kitelogik.governor import Paths, governor_of
from kitelogik.sessions import Session
from kitelogik.tools import ToolNames

T = TypeVar("T", bound=openai.OpenAI | openai.AsyncOpenAI)

_LINE = "client = govern(OpenAI(), policies='./policies', audit_log='./audit.jsonl')"
_CLOSED = "is not governed: use responses.create or chat.completions.create, or an ungoverned client"


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

    The argument stays as it was, and closing the result does not close it. Copies (`with_options`) stay
    governed, also with another `http_client`. What is not governed raises `UngovernedSurface` and sends
    nothing. The same governor and keywords again return a governed client itself.
    """
    if max_denied_turns < 0 or on_deny not in ("return", "raise"):
        raise ConfigError("max_denied_turns is a whole number from 0, on_deny 'return' or 'raise'")
    if not isinstance(client, (openai.OpenAI, openai.AsyncOpenAI)):
        raise TypeError(
            f"govern() takes OpenAI() or AsyncOpenAI(), not {type(client).__name__}; write {_LINE}"
        )
    if approver is not None and is_async(approver) and isinstance(client, openai.OpenAI):
        raise TypeError("an async approver cannot be asked by OpenAI(); use AsyncOpenAI() or a sync approver")
    hosted = tuple(hosted_tools)
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
    tenants: KeptByTenant = gate.memory.setdefault("openai", KeptByTenant())
    rules = Rules(gate.names, gate.governs, lambda: tenants.of(gate.tenant()), max_denied_turns, on_deny)
    governance = Governance(gate, rules)
    before = getattr(client._client, "governance", None)
    if before is not None:
        if before != governance:
            raise ConfigError("this client is governed already with other keywords; govern the original one")
        return client
    kind: Any = type(client)
    # `copy` builds the class of what it is given: so it is given the same state under the refusing class.
    same = object.__new__(_refusing(kind))
    same.__dict__.update(client.__dict__)
    governed: T = kind.copy(same, http_client=governance.over(client._client))
    return governed


class _Refusing:
    """What a governed client refuses although its http client never sees it."""

    _client: Any

    @cached_property
    def responses(self) -> Any:
        resource = super().responses  # type: ignore[misc]
        resource.connect = _refuse_websocket
        return resource

    @property
    def realtime(self) -> NoReturn:
        raise UngovernedSurface(f"client.realtime {_CLOSED}")

    @property
    def live(self) -> NoReturn:
        raise UngovernedSurface(f"client.live {_CLOSED}")

    @property
    def beta(self) -> NoReturn:
        raise UngovernedSurface(f"client.beta {_CLOSED}")

    def copy(self, *, http_client: Any = None, **options: Any) -> Any:
        if http_client is not None and getattr(http_client, "governance", None) is None:
            http_client = self._client.governance.over(http_client)
        return super().copy(http_client=http_client, **options)  # type: ignore[misc]

    with_options = copy

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a governed client cannot be pickled; call govern(OpenAI(), …) in the worker")


class _RefusingSync(_Refusing):
    def request(self, *args: Any, **options: Any) -> Any:
        try:
            return super().request(*args, **options)  # type: ignore[misc]
        except Carried as carried:
            raise carried.error from None


class _RefusingAsync(_Refusing):
    async def request(self, *args: Any, **options: Any) -> Any:
        try:
            return await super().request(*args, **options)  # type: ignore[misc]
        except Carried as carried:
            raise carried.error from None


@cache
def _refusing(kind: type[Any]) -> type[Any]:
    mixin = _RefusingSync if issubclass(kind, openai.OpenAI) else _RefusingAsync
    return type(f"Governed{kind.__name__}", (mixin, kind), {"__doc__": kind.__doc__})


def _refuse_websocket(*_args: Any, **_kwargs: Any) -> NoReturn:
    raise UngovernedSurface(f"a websocket {_CLOSED}")


__all__ = ["govern"]
