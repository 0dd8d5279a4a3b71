"""What policy calls a tool: `@tool`, and the names that a governed object resolves."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from kitelogik.errors import ConfigError

F = TypeVar("F", bound=Callable[..., Any])
_ATTRIBUTE = "__kitelogik_tool__"


@dataclass(frozen=True)
class ToolSpec:
    """A tool's policy name and its tags."""

    name: str
    tags: tuple[str, ...] = ()


def strings(keyword: str, given: Iterable[str]) -> tuple[str, ...]:
    """Return a list of strings that a program declares. One string alone is its letters to Python."""
    items = None if isinstance(given, (str, bytes)) or not isinstance(given, Iterable) else tuple(given)
    if items is None or not all(isinstance(item, str) for item in items):
        raise ConfigError(f"{keyword} is a list of strings, not {given!r}")
    return items


def _named(keyword: str, given: Mapping[str, str] | None) -> dict[str, str]:
    if given is not None and not isinstance(given, Mapping):
        raise ConfigError(f"{keyword} maps names to names, not {given!r}")
    for name, meant in (given or {}).items():
        if not (isinstance(name, str) and isinstance(meant, str) and meant):
            raise ConfigError(f"{keyword} maps names to names, not {name!r} to {meant!r}")
    return dict(given or {})


def tool(*, name: str, tags: Iterable[str] = ()) -> Callable[[F], F]:
    """Declare what policy calls a function. It gates nothing by itself."""
    if not isinstance(name, str) or not name:
        raise ConfigError(f"name= is what policy calls the tool, not {name!r}")
    spec = ToolSpec(name, strings("tags", tags))

    def declare(function: F) -> F:
        setattr(function, _ATTRIBUTE, spec)
        return function

    return declare


def spec_of(function: object) -> ToolSpec | None:
    """Return what `@tool` declared for this function, if anything."""
    spec = getattr(function, _ATTRIBUTE, None)
    return spec if isinstance(spec, ToolSpec) else None


def target_of(function: object) -> Any:
    """Return what says of which sort a callable is: under partials, static methods and callable objects."""
    target: Any = function
    while isinstance(target, (functools.partial, staticmethod)):
        target = target.func if isinstance(target, functools.partial) else target.__func__
    return target if inspect.isroutine(target) or inspect.isclass(target) else type(target).__call__


@dataclass(frozen=True)
class ToolNames:
    """Wire names joined to policy names. Others are left to the Governor; nothing is guessed."""

    names: Mapping[str, str]
    tags: Mapping[str, tuple[str, ...]]
    mcp: Mapping[str, str]

    @classmethod
    def of(
        cls,
        *,
        tools: Iterable[Callable[..., Any]] = (),
        tool_names: Mapping[str, str] | None = None,
        tool_tags: Mapping[str, Iterable[str]] | None = None,
        mcp_tools: Mapping[str, str] | None = None,
    ) -> ToolNames:
        """Unite the declarations of `tools` with the operator's maps; a contradiction is a `ConfigError`."""
        names, mcp = _named("tool_names", tool_names), _named("mcp_tools", mcp_tools)
        if tool_tags is not None and not isinstance(tool_tags, Mapping):
            raise ConfigError(f"tool_tags maps names to lists of tags, not {tool_tags!r}")
        tags = {name: strings(f"tool_tags[{name!r}]", given) for name, given in (tool_tags or {}).items()}
        if not isinstance(tools, Iterable):
            raise ConfigError(f"tools is a list of functions, not {tools!r}")
        for function in tools:
            wire = getattr(function, "__name__", None)
            if not isinstance(wire, str):
                raise ConfigError(f"tools= takes functions; {function!r} has no __name__")
            spec = spec_of(function) or ToolSpec(names.get(wire, wire))
            if names.setdefault(wire, spec.name) != spec.name:
                raise ConfigError(f"{wire!r} is {names[wire]!r} in tool_names and {spec.name!r} in its @tool")
            tags[spec.name] = tuple(dict.fromkeys((*tags.get(spec.name, ()), *spec.tags)))
        for wire in mcp.keys() & names.keys():
            raise ConfigError(f"{wire!r} stands in tool_names or tools, and in mcp_tools; keep one")
        for wire, name in mcp.items():
            if "." not in name:
                raise ConfigError(f"mcp_tools[{wire!r}] must be 'alias.tool', not {name!r}")
        return cls(names, tags, mcp)

    def united(self, other: ToolNames) -> ToolNames:
        """Unite two declarations; the same name with another meaning is a `ConfigError`."""
        both = (("tool_names", self.names, other.names), ("mcp_tools", self.mcp, other.mcp))
        for keyword, mine, theirs in both:
            for wire in sorted(mine.keys() & theirs.keys()):
                one, two = mine[wire], theirs[wire]
                if one != two:
                    raise ConfigError(f"{keyword} gives {wire!r} as {one!r} and as {two!r}; keep one")
        tags = dict(self.tags)
        for name, of_name in other.tags.items():
            tags[name] = tuple(dict.fromkeys((*tags.get(name, ()), *of_name)))
        return ToolNames.of(
            tool_names={**self.names, **other.names}, tool_tags=tags, mcp_tools={**self.mcp, **other.mcp}
        )

    def policy_name(self, wire: str) -> str:
        """Return what policy calls this wire name, as far as it was declared."""
        return self.mcp.get(wire) or self.names.get(wire, wire)

    def identify(self, wire: str) -> dict[str, Any]:
        """Return the keys of an event document that say which tool this is."""
        name = self.mcp.get(wire)
        if name is not None:
            found: dict[str, Any] = {
                "tool": name,
                "transport": "mcp",
                "server": {"alias": name.split(".", 1)[0]},
            }
        else:
            found = {"transport": "function"}
            if wire in self.names:
                found["tool"] = name = self.names[wire]
        tags = self.tags.get(name or wire)
        return {"wire_tool": wire, **found, **({"tool_tags": list(tags)} if tags else {})}
