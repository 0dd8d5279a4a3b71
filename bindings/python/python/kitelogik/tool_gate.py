"""`govern_tool(f)`: the strongest gate, because it is the one that runs the body."""

from __future__ import annotations

import functools
import inspect
import logging
import os
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, Literal, ParamSpec, TypeVar, overload

from kitelogik.approvals import Approver, is_async
from kitelogik.binding import Binder, Clash
from kitelogik.denial import denial
from kitelogik.errors import ActionDenied, ConfigError, KiteLogikError
from kitelogik.gate import Decision, Gate, Governs, Outcome, SessionMode, Ungoverned
from kitelogik.governor import Paths, governor_of
from kitelogik.sessions import Session
from kitelogik.tool_items import async_generator, generator
from kitelogik.tools import ToolNames, spec_of, target_of, tool

F = TypeVar("F", bound=Callable[..., Any])
P = ParamSpec("P")
R = TypeVar("R")
Path = str | os.PathLike[str]

log = logging.getLogger("kitelogik")

_TRIES = 3
_LINE = "govern_tool(f, policies='./policies', audit_log='./audit.jsonl')"


@overload
def govern_tool(
    function: F,
    /,
    *,
    policies: Paths,
    audit_log: Path,
    tool_names: Mapping[str, str] | None = None,
    tool_tags: Mapping[str, Iterable[str]] | None = None,
    mcp_tools: Mapping[str, str] | None = None,
    hidden: Iterable[str] = (),
    session: Session | SessionMode | None = None,
    ungoverned: Ungoverned = None,
    approver: Approver | None = None,
    on_deny: Literal["raise"] = "raise",
) -> F: ...
@overload
def govern_tool(
    function: F,
    /,
    *,
    governor: Governs,
    tool_names: Mapping[str, str] | None = None,
    tool_tags: Mapping[str, Iterable[str]] | None = None,
    mcp_tools: Mapping[str, str] | None = None,
    hidden: Iterable[str] = (),
    session: Session | SessionMode | None = None,
    ungoverned: Ungoverned = None,
    approver: Approver | None = None,
    on_deny: Literal["raise"] = "raise",
) -> F: ...
@overload
def govern_tool(
    function: Callable[P, R],
    /,
    *,
    policies: Paths | None = None,
    audit_log: Path | None = None,
    governor: Governs | None = None,
    tool_names: Mapping[str, str] | None = None,
    tool_tags: Mapping[str, Iterable[str]] | None = None,
    mcp_tools: Mapping[str, str] | None = None,
    hidden: Iterable[str] = (),
    session: Session | SessionMode | None = None,
    ungoverned: Ungoverned = None,
    approver: Approver | None = None,
    on_deny: Literal["return"],
) -> Callable[P, R | str]: ...
@overload
def govern_tool(
    *,
    policies: Paths | None = None,
    audit_log: Path | None = None,
    governor: Governs | None = None,
    tool_names: Mapping[str, str] | None = None,
    tool_tags: Mapping[str, Iterable[str]] | None = None,
    mcp_tools: Mapping[str, str] | None = None,
    hidden: Iterable[str] = (),
    session: Session | SessionMode | None = None,
    ungoverned: Ungoverned = None,
    approver: Approver | None = None,
    on_deny: Literal["raise"] = "raise",
) -> Callable[[F], F]: ...
@overload
def govern_tool(
    *,
    policies: Paths | None = None,
    audit_log: Path | None = None,
    governor: Governs | None = None,
    tool_names: Mapping[str, str] | None = None,
    tool_tags: Mapping[str, Iterable[str]] | None = None,
    mcp_tools: Mapping[str, str] | None = None,
    hidden: Iterable[str] = (),
    session: Session | SessionMode | None = None,
    ungoverned: Ungoverned = None,
    approver: Approver | None = None,
    on_deny: Literal["return"],
) -> Callable[[Callable[P, R]], Callable[P, R | str]]: ...


def govern_tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    policies: Paths | None = None,
    audit_log: Path | None = None,
    governor: Governs | None = None,
    tool_names: Mapping[str, str] | None = None,
    tool_tags: Mapping[str, Iterable[str]] | None = None,
    mcp_tools: Mapping[str, str] | None = None,
    hidden: Iterable[str] = (),
    session: Session | SessionMode | None = None,
    ungoverned: Ungoverned = None,
    approver: Approver | None = None,
    on_deny: Literal["return", "raise"] = "raise",
) -> Any:
    """Return a function of the same signature whose body runs only when policy has allowed its arguments.

    Arguments are bound by name, defaults included. `hidden` names what a framework injects; it is no part
    of the event, as `self` and `cls` are none. A denial raises `ActionDenied`; with `on_deny="return"` the
    caller gets the text that a model reads instead. Generators are decided when they are called, and
    reported when they are exhausted or closed. Without a function it is a decorator.
    """
    if on_deny not in ("return", "raise"):
        raise ConfigError("on_deny is 'return' or 'raise'")
    decides: Governs = governor_of(policies, audit_log, governor, _LINE)

    def decorate(function: Any) -> Any:
        if isinstance(function, (staticmethod, classmethod)):
            return type(function)(decorate(function.__func__))
        if not callable(function):
            raise TypeError(f"govern_tool() takes a function, not {type(function).__name__}; write {_LINE}")
        target = target_of(function)
        generates = inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target)
        if generates and on_deny == "return":
            raise ConfigError("on_deny='return' has no meaning for a generator; use 'raise'")
        waits = inspect.iscoroutinefunction(target)
        wire, names = _names(function, target, tool_names, tool_tags, mcp_tools)
        binder = Binder(function, wire, hidden)
        gate = decides.gate(
            "govern_tool",
            handling="executes",
            names=names,
            session=session,
            ungoverned=ungoverned,
            approver=approver,
            hidden=binder.hidden,
        )
        asked = getattr(gate, "approver", approver)
        if asked is not None and is_async(asked) and not (waits or inspect.isasyncgenfunction(target)):
            raise TypeError("an async approver cannot be asked by a sync function; give a sync one")
        call = Call(function, gate, wire, binder, on_deny)
        if waits:
            wrapped: Callable[..., Any] = _coroutine(call)
        elif inspect.isgeneratorfunction(target):
            wrapped = generator(call)
        elif inspect.isasyncgenfunction(target):
            wrapped = async_generator(call)
        else:
            wrapped = _plain(call)
        return _dressed(function, target, wire, wrapped)

    return decorate if function is None else decorate(function)


class Call:
    """One governed function: turns arguments into events and decisions into what the caller gets."""

    def __init__(
        self,
        function: Callable[..., Any],
        gate: Gate,
        wire: str,
        binder: Binder,
        on_deny: str,
    ) -> None:
        self.function, self.gate, self.wire, self.on_deny = function, gate, wire, on_deny
        self.tool = gate.names.policy_name(wire)
        self._identity = {"event": "tool_call", **gate.names.identify(wire)}
        self._binder = binder

    def event(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Build the event. Two values for one name go as text, which is denied `invalid_args`."""
        try:
            return {**self._identity, "args": self._binder.bind(args, kwargs)}
        except Clash as error:
            return {**self._identity, "args": str(error)}

    def begun(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Decision, dict[str, Any]]:
        """Decide a call and return what was decided; raise `ActionDenied` for a denial."""
        for _ in range(_TRIES):
            event = self.event(args, kwargs)
            decision = self.gate.decide(event)
            if not decision.allow:
                raise ActionDenied(decision)  # type: ignore[arg-type]
            if self.unchanged(decision, event):
                return decision, event
        raise self.restless()

    async def abegun(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Decision:
        """As `begun`."""
        for _ in range(_TRIES):
            event = self.event(args, kwargs)
            decision = await self.gate.adecide(event)
            if not decision.allow:
                raise ActionDenied(decision)  # type: ignore[arg-type]
            if self.unchanged(decision, event):
                return decision
        raise self.restless()

    def unchanged(self, decision: Decision, event: dict[str, Any]) -> bool:
        """Say whether the arguments are still what was decided; if not, the permit is given back."""
        if self.gate.same_args(decision, event["args"]):
            return True
        self.report(decision, "cancelled", "the arguments changed")
        return False

    def denied(self, decision: Decision) -> str:
        """Give the caller what stands for a denied call."""
        if self.on_deny == "raise":
            raise ActionDenied(decision)  # type: ignore[arg-type]
        return denial(self.tool, decision)

    def failed(self, decision: Decision, error: BaseException) -> None:
        """Report a body that did not end well. Never awaited: a cancelled task may be cancelled again."""
        self.report(decision, "error" if isinstance(error, Exception) else "cancelled", error)

    def report(self, decision: Decision, outcome: Outcome, error: BaseException | str | None = None) -> None:
        """Report how it ended. It has happened: what cannot be recorded is the caller's all the same."""
        try:
            self.gate.report(decision.decision_id, outcome=outcome, error=error)
        except (KiteLogikError, KeyError) as failed:
            log.error(
                "the outcome %s of %s (%s) is not recorded: %s",
                outcome,
                self.tool,
                decision.decision_id,
                failed,
            )

    def restless(self) -> KiteLogikError:
        """Build the error for arguments that change as fast as they are decided."""
        return KiteLogikError(f"the arguments of {self.wire} keep changing while they are decided")


def _plain(call: Call) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        for _ in range(_TRIES):
            event = call.event(args, kwargs)
            decision = call.gate.decide(event)
            if not decision.allow:
                return call.denied(decision)
            if call.unchanged(decision, event):
                try:
                    result = call.function(*args, **kwargs)
                except BaseException as error:
                    call.failed(decision, error)
                    raise
                if inspect.iscoroutine(result):
                    return _awaited(call, decision, result)
                call.report(decision, "ok")
                return result
        raise call.restless()

    return run


async def _awaited(call: Call, decision: Decision, running: Coroutine[Any, Any, Any]) -> Any:
    """Await what a function gave that is no coroutine function: its body runs now."""
    try:
        result = await running
    except BaseException as error:
        call.failed(decision, error)
        raise
    call.report(decision, "ok")
    return result


def _coroutine(call: Call) -> Callable[..., Any]:
    async def run(*args: Any, **kwargs: Any) -> Any:
        for _ in range(_TRIES):
            event = call.event(args, kwargs)
            decision = await call.gate.adecide(event)
            if not decision.allow:
                return call.denied(decision)
            if call.unchanged(decision, event):
                try:
                    result = await call.function(*args, **kwargs)
                except BaseException as error:
                    call.failed(decision, error)
                    raise
                call.report(decision, "ok")
                return result
        raise call.restless()

    return run


def _dressed(
    function: Callable[..., Any], target: Any, wire: str, wrapped: Callable[..., Any]
) -> Callable[..., Any]:
    """Give a governed function the face of the one under it."""
    if inspect.isroutine(function) or inspect.isclass(function):
        return functools.wraps(function)(wrapped)
    # A partial and a callable object have no name and no annotations of their own.
    signature = inspect.signature(function)
    functools.update_wrapper(wrapped, target)
    dressed: Any = wrapped
    dressed.__name__, dressed.__signature__ = wire, signature
    dressed.__annotations__ = {
        key: hint
        for key, hint in getattr(target, "__annotations__", {}).items()
        if key == "return" or key in signature.parameters
    }
    return wrapped


def _names(
    function: Callable[..., Any],
    target: Any,
    tool_names: Mapping[str, str] | None,
    tool_tags: Mapping[str, Iterable[str]] | None,
    mcp_tools: Mapping[str, str] | None,
) -> tuple[str, ToolNames]:
    inner: Any = function
    while isinstance(inner, functools.partial):
        inner = inner.func
    wire = getattr(inner, "__name__", type(inner).__name__)
    spec = spec_of(function) or spec_of(inner) or spec_of(target)
    if spec is None:
        return wire, ToolNames.of(tool_names=tool_names, tool_tags=tool_tags, mcp_tools=mcp_tools)

    def declared() -> None: ...

    declared.__name__ = wire
    named = tool(name=spec.name, tags=spec.tags)(declared)
    return wire, ToolNames.of(tools=[named], tool_names=tool_names, tool_tags=tool_tags, mcp_tools=mcp_tools)
