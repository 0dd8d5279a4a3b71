"""Arguments bound by name, as policy sees them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kitelogik.errors import ConfigError
from kitelogik.tools import strings

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_KEYWORD = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Binder:
    """Binds the arguments of one function by name, defaults included, less what is hidden.

    `*args` is a list under its name, `**kwargs` are merged in. `self` and `cls` of a method are hidden.
    What a `functools.partial` has bound is bound by name too.
    """

    def __init__(self, function: Callable[..., Any], wire: str, hidden: Iterable[str]) -> None:
        self._before: tuple[Any, ...] = ()
        self._beside: dict[str, Any] = {}
        while isinstance(function, functools.partial):
            self._before = (*function.args, *self._before)
            self._beside = {**function.keywords, **self._beside}
            function = function.func
        self._partial = bool(self._before or self._beside)
        self._signature = inspect.signature(function)
        parameters = self._signature.parameters
        wanted = frozenset(strings("hidden", hidden))
        if unknown := sorted(wanted - parameters.keys()):
            raise ConfigError(f"hidden= names {unknown[0]!r}, which {wire} has no parameter for")
        self._hidden = wanted | _receiver(function, parameters)
        self.hidden = tuple(name for name in parameters if name in self._hidden)
        """What the record names as hidden."""
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
        if self._partial:
            args, kwargs = (*self._before, *args), {**self._beside, **kwargs}
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


def _receiver(function: Callable[..., Any], parameters: Mapping[str, object]) -> frozenset[str]:
    """Return the name of what a method is called on, where a function in a class has it as a parameter."""
    first = next(iter(parameters), None)
    place = getattr(function, "__qualname__", "").rpartition(".")[0]
    in_class = bool(place) and not place.endswith("<locals>")
    return frozenset({first} if first in ("self", "cls") and in_class else ())


class Clash(ValueError):
    """Two values for one name of the event."""
