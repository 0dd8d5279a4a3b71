"""`govern_tool(f)`: the strongest gate, because it is the one that runs the body."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

from kitelogik.arguments import InvalidArguments, parse_arguments
from kitelogik.denial import denial
from kitelogik.errors import ActionDenied, ConfigError, KiteLogikError
from kitelogik.gate import Decision, Gate
from kitelogik.json_form import NoJsonForm, written
from kitelogik.tools import ToolNames, spec_of, tool

F = TypeVar("F", bound=Callable[..., Any])

_TRIES = 3
_GENERATOR = "govern_tool() does not take generators yet; write a function that returns a list"


def govern_tool(
    function: F,
    /,
    *,
    governor: Gate,
    tool_names: Mapping[str, str] | None = None,
    tool_tags: Mapping[str, Iterable[str]] | None = None,
    hidden: Iterable[str] = (),
    session: Any = None,
    on_deny: Literal["return", "raise"] = "raise",
) -> F:
    """Return a function of the same signature whose body runs only when policy has allowed its arguments.

    Arguments are bound by name, defaults included. `hidden` names what a framework injects; it is no part
    of the event, as `self` and `cls` are none. A denial raises `ActionDenied`; with `on_deny="return"` the
    caller gets the text that a model reads instead.
    """
    if on_deny not in ("return", "raise"):
        raise ConfigError("on_deny is 'return' or 'raise'")
    if not callable(function):
        raise TypeError(f"govern_tool() takes a function, not {type(function).__name__}")
    target = _target(function)
    if inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target):
        raise TypeError(_GENERATOR)
    call = _Call(function, _names(function, target, tool_names, tool_tags), frozenset(hidden))

    if inspect.iscoroutinefunction(target):

        @functools.wraps(function)
        async def arun(*args: Any, **kwargs: Any) -> Any:
            for _ in range(_TRIES):
                event, text = call.event(args, kwargs)
                decision = await governor.adecide(event, session=session)
                if not call.may_run(decision, text):
                    return _denied(call, decision, on_deny)
                if call.event(args, kwargs)[1] == text:
                    try:
                        result = await function(*args, **kwargs)
                    except BaseException as error:
                        # Not awaited: a cancelled task could be cancelled again here.
                        governor.report(decision.decision_id, outcome=_outcome(error), error=error)
                        raise
                    await governor.areport(decision.decision_id, outcome="ok")
                    return result
                governor.report(decision.decision_id, outcome="cancelled", error="the arguments changed")
            raise KiteLogikError(f"the arguments of {call.wire} keep changing while they are decided")

        return arun  # type: ignore[return-value]

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        for _ in range(_TRIES):
            event, text = call.event(args, kwargs)
            decision = governor.decide(event, session=session)
            if not call.may_run(decision, text):
                return _denied(call, decision, on_deny)
            if call.event(args, kwargs)[1] == text:
                try:
                    result = function(*args, **kwargs)
                except BaseException as error:
                    governor.report(decision.decision_id, outcome=_outcome(error), error=error)
                    raise
                governor.report(decision.decision_id, outcome="ok")
                return result
            governor.report(decision.decision_id, outcome="cancelled", error="the arguments changed")
        raise KiteLogikError(f"the arguments of {call.wire} keep changing while they are decided")

    return run  # type: ignore[return-value]


class _Call:
    """Turns the arguments of one function into events."""

    def __init__(
        self, function: Callable[..., Any], names: tuple[str, ToolNames], hidden: frozenset[str]
    ) -> None:
        self.wire, self.names = names
        self._signature = inspect.signature(function)
        first = next(iter(self._signature.parameters), None)
        self._hidden = hidden | ({first} if first in ("self", "cls") else set())
        unknown = hidden - self._signature.parameters.keys()
        if unknown:
            raise ConfigError(f"hidden= names {sorted(unknown)[0]!r}, which {self.wire} has no parameter for")

    def event(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
        """Return the event and the text of its arguments; None where they have no JSON form.

        Such arguments go as text, which is denied `invalid_args`. Arguments that do not fit the signature
        raise the `TypeError` of the function itself.
        """
        event = {"event": "tool_call", **self.names.identify(self.wire)}
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        try:
            text = written(self._shown(bound))
            return {**event, "args": parse_arguments(text).value}, text
        except (NoJsonForm, InvalidArguments) as error:
            return {**event, "args": str(error)}, None

    def may_run(self, decision: Decision, text: str | None) -> bool:
        """Say whether the body may run: allowed, nothing demanded that this gate cannot do."""
        return decision.allow and not decision.obligations and text is not None

    def _shown(self, bound: inspect.BoundArguments) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for name, value in bound.arguments.items():
            kind = self._signature.parameters[name].kind
            if name in self._hidden:
                continue
            for key, item in value.items() if kind is inspect.Parameter.VAR_KEYWORD else ((name, value),):
                if key in shown or (key != name and key in self._signature.parameters):
                    raise NoJsonForm(f"the keyword {key!r} has the name of a parameter")
                shown[key] = item
        return shown


def _denied(call: _Call, decision: Decision, on_deny: str) -> str:
    if on_deny == "raise":
        raise ActionDenied(decision)
    return denial(call.names.policy_name(call.wire), decision)


def _outcome(error: BaseException) -> Literal["error", "cancelled"]:
    return "error" if isinstance(error, Exception) else "cancelled"


def _target(function: Callable[..., Any]) -> Any:
    """Return what says whether this is a coroutine function: under partials and callable objects."""
    target: Any = function
    while isinstance(target, functools.partial):
        target = target.func
    return target if inspect.isroutine(target) or inspect.isclass(target) else type(target).__call__


def _names(
    function: Callable[..., Any],
    target: Any,
    tool_names: Mapping[str, str] | None,
    tool_tags: Mapping[str, Iterable[str]] | None,
) -> tuple[str, ToolNames]:
    inner: Any = function
    while isinstance(inner, functools.partial):
        inner = inner.func
    wire = getattr(inner, "__name__", type(inner).__name__)
    spec = spec_of(function) or spec_of(inner) or spec_of(target)
    if spec is None:
        return wire, ToolNames.of(tool_names=tool_names, tool_tags=tool_tags)

    def declared() -> None: ...

    declared.__name__ = wire
    named = tool(name=spec.name, tags=spec.tags)(declared)
    return wire, ToolNames.of(tools=[named], tool_names=tool_names, tool_tags=tool_tags)
