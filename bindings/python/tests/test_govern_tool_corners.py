"""Where a function is more than a function under `govern_tool`: generators, partials, methods, errors."""

from __future__ import annotations

import asyncio
import functools
import inspect
import pathlib
import typing
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any

import kitelogik
import pytest
from house import House
from kitelogik import ActionDenied, ConfigError, govern_tool, tool
from test_govern_tool import fs_write

CHANGING = """package kitelogik.tool_call

default decision := {"allow": true}

deny contains "outside /tmp" if input.args.o.path != "/tmp/a"
"""


def test_a_generator_begins_with_the_arguments_that_were_decided(tmp_path: pathlib.Path) -> None:
    house = House(tmp_path, changing=CHANGING)

    @govern_tool(policies=house.policies, audit_log=house.log, tool_names={"opened": "fs.open"})
    def opened(o: dict[str, str]) -> Generator[str, None, None]:
        yield f"opened {o['path']}"

    given = {"path": "/tmp/a"}
    with kitelogik.session(user="ana") as session:
        items = opened(given)
        given["path"] = "/etc/shadow"
        with pytest.raises(ActionDenied, match="outside /tmp"):
            next(items)
    assert list(items) == [], "what was denied does not run when it is asked for again"
    last = house.decisions()[-1]["decision"]
    assert (last["allow"], last["reason_code"]) == (False, "policy")
    # Nothing of it keeps the session open.
    asked = house.governor().decide(
        {"event": "tool_call", "tool": "t", "args": {"o": {"path": "/tmp/a"}}}, session=session
    )
    assert asked.reason_code == "session_closed"
    given["path"] = "/tmp/a"
    with kitelogik.session(user="ana"):
        assert list(opened(given)) == ["opened /tmp/a"]
        opened(given).close()
    assert house.outcomes() == ["cancelled", "ok", "cancelled"]


def test_what_a_partial_has_bound_is_decided_by_name(house: House) -> None:
    keywords: Any = {"policies": house.policies, "audit_log": house.log}
    with pytest.raises(ActionDenied, match="write outside /tmp: /etc/passwd"):
        govern_tool(functools.partial(fs_write, "/etc/passwd"), **keywords)("t")
    inner = functools.partial(fs_write, "/tmp/a", mode="w")
    assert govern_tool(functools.partial(inner, "text"), **keywords)() == "wrote /tmp/a"
    assert house.decisions()[-1]["args"] == {"path": "/tmp/a", "text": "text", "rest": [], "mode": "w"}
    # A keyword of the call stands before the partial's, as it does when the partial is called.
    late = govern_tool(functools.partial(fs_write, "/tmp/a", "t", mode="w"), **keywords)
    assert late(mode="x") == "wrote /tmp/a"
    assert house.decisions()[-1]["args"]["mode"] == "x"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: tool(name="refund", tags="finance.write"),
        lambda: tool(name=""),
        lambda: tool(name=1),  # type: ignore[arg-type]
        lambda: govern_tool(fs_write, policies=".", audit_log="a", tool_tags={"fs_write": "fs"}),
        lambda: govern_tool(fs_write, policies=".", audit_log="a", hidden="path"),
        lambda: govern_tool(fs_write, policies=".", audit_log="a", tool_names=["fs_write"]),  # type: ignore[call-overload]
        lambda: govern_tool(fs_write, governor="x"),  # type: ignore[call-overload]
    ],
)
def test_a_string_in_place_of_a_list_is_refused(
    wrong: Any, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(house.policies)
    with pytest.raises(ConfigError):
        wrong()


def test_the_items_of_a_generator_are_made_in_the_session_of_the_call(house: House) -> None:
    keywords: Any = {"policies": house.policies, "audit_log": house.log}
    inner = govern_tool(fs_write, **keywords)

    @govern_tool(**keywords, tool_names={"lines": "fs.lines"})
    def lines(path: str) -> Iterator[str]:
        yield inner(path, "t")

    @govern_tool(**keywords, tool_names={"alines": "fs.lines"})
    async def alines(path: str) -> AsyncIterator[str]:
        yield inner(path, "t")

    async def read(items: AsyncIterator[str]) -> list[str]:
        return [item async for item in items]

    with kitelogik.session(user="ana"):
        items, later = lines("/tmp/a"), alines("/tmp/a")
    with kitelogik.session(user="eve"):
        assert list(items) == asyncio.run(read(later)) == ["wrote /tmp/a"]
    assert {line["session"]["user"] for line in house.decisions()} == {"ana"}
    assert house.outcomes() == ["ok"] * 4


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize("error", [ValueError("cannot read \udcff"), Unprintable()])
def test_an_error_survives_its_report(house: House, error: Exception) -> None:
    def fails() -> None:
        raise error

    safe = govern_tool(fails, policies=house.policies, audit_log=house.log, tool_names={"fails": "f"})
    with pytest.raises(type(error)):
        safe()
    assert house.outcomes() == ["error"]


@pytest.mark.parametrize("fail", [False, True])
def test_what_has_happened_is_the_callers_even_if_it_cannot_be_recorded(
    house: House, caplog: pytest.LogCaptureFixture, fail: bool
) -> None:
    def pays() -> str:
        house.log.unlink()
        if fail:
            raise ValueError("the bank said no")
        return "paid"

    safe = govern_tool(pays, policies=house.policies, audit_log=house.log, tool_names={"pays": "pay"})
    if fail:
        with pytest.raises(ValueError, match="the bank said no"):
            safe()
    else:
        assert safe() == "paid"
    assert "is not recorded" in caplog.text
    with pytest.raises(ActionDenied) as denied:
        safe()
    assert denied.value.decision.reason_code == "audit_unavailable"


def test_methods_of_every_sort_are_governed(house: House) -> None:
    keywords: Any = {"policies": house.policies, "audit_log": house.log, "tool_names": {"m": "m"}}

    class Tools:
        @govern_tool(**keywords)
        def m(self, path: str) -> str:
            return f"method {path}"

    class Static:
        @govern_tool(**keywords)
        @staticmethod
        async def m(path: str) -> str:
            return f"static {path}"

    class OfClass:
        @govern_tool(**keywords)
        @classmethod
        def m(cls, path: str) -> str:
            return f"{cls.__name__} {path}"

    assert (Tools().m("/tmp/a"), OfClass.m("/tmp/a")) == ("method /tmp/a", "OfClass /tmp/a")
    assert asyncio.run(Static().m("/tmp/a")) == "static /tmp/a"
    assert [line["args"] for line in house.decisions()] == [{"path": "/tmp/a"}] * 3
    assert [line.get("args_hidden") for line in house.decisions()] == [["self"], ["cls"], None]


def test_a_plain_functions_first_parameter_is_decided_whatever_it_is_called(house: House) -> None:
    def classify(cls: str, n: int = 1) -> str:
        return cls

    safe = govern_tool(classify, policies=house.policies, audit_log=house.log, tool_names={"classify": "c"})
    assert safe("a") == "a"
    assert house.decisions()[0]["args"] == {"cls": "a", "n": 1}


class Writer:
    """A callable object."""

    def __call__(self, path: pathlib.Path, text: str) -> str:
        """Write it."""
        return f"{path}: {text}"


def test_a_partial_and_a_callable_object_show_their_face(house: House) -> None:
    keywords: Any = {
        "policies": house.policies,
        "audit_log": house.log,
        "tool_names": {"w": "w", "Writer": "w"},
    }

    def w(path: pathlib.Path, text: str) -> str:
        """Write it."""
        return f"{path}: {text}"

    partial = govern_tool(functools.partial(w, text="q"), **keywords)
    assert (partial.__name__, partial.__doc__) == ("w", "Write it.")
    assert typing.get_type_hints(partial) == {"path": pathlib.Path, "text": str, "return": str}
    assert [*inspect.signature(partial).parameters] == ["path", "text"]
    called = govern_tool(Writer(), **keywords)
    assert (called.__name__, called.__doc__) == ("Writer", "Write it.")
    assert typing.get_type_hints(called) == {"path": pathlib.Path, "text": str, "return": str}
    assert called(pathlib.Path("/tmp/a"), "t") == "/tmp/a: t"


def test_a_coroutine_is_reported_once_it_has_run(house: House) -> None:
    async def boom() -> None:
        raise ValueError("late")

    def gives() -> Any:
        return boom()

    safe = govern_tool(gives, policies=house.policies, audit_log=house.log, tool_names={"gives": "g"})
    running = safe()
    assert house.outcomes() == []
    with pytest.raises(ValueError, match="late"):
        asyncio.run(running)
    assert house.outcomes() == ["error"]
