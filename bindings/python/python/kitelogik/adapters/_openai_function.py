"""`govern(RegisteredFunction(…))`: functions that the SDK's own loop runs (openai 3.x), gated in place."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any

from kitelogik.errors import KiteLogikError
from kitelogik.tool_gate import govern_tool
from kitelogik.tools import spec_of, tool


def is_registered(given: object) -> bool:
    """Say whether this is a function of the SDK's tool runner. Who made one has imported its module."""
    runner = sys.modules.get("openai.lib.responses_tool_runner")
    kinds = (getattr(runner, "RegisteredFunction", ()), getattr(runner, "AsyncRegisteredFunction", ()))
    return isinstance(given, kinds)


def governed_function(registered: Any, **keywords: Any) -> Any:
    """Return a copy that runs its body only with arguments that policy allows."""
    name, execute = registered.tool["name"], registered.execute
    if inspect.iscoroutinefunction(execute):

        async def run_async(**kitelogik_given: Any) -> Any:
            return await execute(kitelogik_given)

        gated: Callable[..., Any] = _gated(run_async, name, execute, keywords)
    else:

        def run(**kitelogik_given: Any) -> Any:
            return execute(kitelogik_given)

        gated = _gated(run, name, execute, keywords)

    def called(arguments: object) -> Any:
        if not isinstance(arguments, Mapping):
            raise KiteLogikError(
                f"the function {name!r} takes a model, of which not all is decided; register it as "
                "RegisteredFunction(tool, execute), where execute takes a dict"
            )
        return gated(**arguments)

    return dataclasses.replace(registered, execute=called)


def _gated(
    function: Callable[..., Any], name: str, execute: object, keywords: dict[str, Any]
) -> Callable[..., Any]:
    function.__name__ = name
    spec = spec_of(execute)
    declared = function if spec is None else tool(name=spec.name, tags=spec.tags)(function)
    gated: Callable[..., Any] = govern_tool(declared, **keywords)
    return gated
