"""Arguments bound by name, as policy sees them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kitelogik.errors import ConfigError

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_KEYWORD = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Binder:
    """Binds the arguments of one function by name, defaults included, less what is hidden.

    `*args` is a list under its name, `**kwargs` are merged in. `self` and `cls` are hidden.
    """

    def __init__(self, function: Callable[..., Any], wire: str, hidden: Iterable[str]) -> None:
        self._signature = inspect.signature(function)
        parameters = self._signature.parameters
        wanted = frozenset(hidden)
        if unknown := sorted(wanted - parameters.keys()):
            raise ConfigError(f"hidden= names {unknown[0]!r}, which {wire} has no parameter for")
        first = next(iter(parameters), None)
        receiver = {first} if first in ("self", "cls") else set()
        self._hidden = frozenset(wanted | receiver)
        self.hidden = tuple(name for name in parameters if name in wanted)
        """What the record names as hidden; `self` and `cls` go without saying."""
        kinds = [parameter.kind for parameter in parameters.values()]
        # Most functions have plain parameters, which need no general binding on every call.
        self._plain = all(kind in _KEYWORD for kind in kinds)
        self._names = [name for name, each in parameters.items() if each.kind in _POSITIONAL]
        self._required = len(parameters)
        self._defaults = {
            name: each.default
            for name, each in parameters.items()
            if each.default is not inspect.Parameter.empty
        }

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments by name. What does not fit the signature raises the `TypeError` of the call;
        a keyword with the name of a parameter is a `Clash`."""
        if self._plain and len(args) <= len(self._names):
            given = dict(zip(self._names, args, strict=False))
            shown = {**self._defaults, **given, **kwargs}
            # As many names as parameters, none given twice: so they are the parameters.
            if len(shown) == self._required and len(given) + len(kwargs) == len({**given, **kwargs}):
                if self._hidden:
                    for name in self._hidden:
                        shown.pop(name, None)
                if shown.keys() | self._hidden == self._signature.parameters.keys():
                    return shown
        return self._general(args, kwargs)

    def _general(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        shown: dict[str, Any] = {}
        for name, value in bound.arguments.items():
            if name in self._hidden:
                continue
            if self._signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
                for key, item in value.items():
                    if key in shown or key in self._signature.parameters:
                        raise Clash(f"the keyword {key!r} has the name of a parameter")
                    shown[key] = item
            else:
                shown[name] = value
        return shown


class Clash(ValueError):
    """Two values for one name of the event."""
