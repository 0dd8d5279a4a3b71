"""A governed function: same face, and a body that runs only when it may."""

from __future__ import annotations

import asyncio
import dataclasses
import decimal
import functools
import inspect
import json
import pathlib
import typing
import uuid
from typing import Any

import pytest
from kitelogik import ActionDenied, ConfigError, KiteLogikError, govern_tool, tool
from scripted_gate import ScriptedGate

RAN: list[Any] = []


@pytest.fixture(autouse=True)
def _fresh() -> None:
    RAN.clear()


@tool(name="fs.write", tags=["fs"])
def fs_write(path: str, text: str = "", *rest: int, **more: Any) -> str:
    """Write a file."""
    RAN.append(path)
    return f"wrote {path}"


async def afs_write(path: str) -> str:
    RAN.append(path)
    return f"wrote {path}"


def test_allowed_runs_and_reports() -> None:
    gate = ScriptedGate()
    assert govern_tool(fs_write, governor=gate)("/tmp/a", "t", 1, 2, mode="w") == "wrote /tmp/a"
    assert gate.events == [
        {
            "event": "tool_call",
            "wire_tool": "fs_write",
            "transport": "function",
            "tool": "fs.write",
            "tool_tags": ["fs"],
            "args": {"path": "/tmp/a", "text": "t", "rest": [1, 2], "mode": "w"},
        }
    ]
    assert gate.reports == [{"decision_id": "d1", "outcome": "ok"}]


def test_denied_does_not_run() -> None:
    with pytest.raises(ActionDenied, match="outside"):
        govern_tool(fs_write, governor=ScriptedGate())("/etc/a")
    text = govern_tool(fs_write, governor=ScriptedGate(), on_deny="return")("/etc/a")
    assert json.loads(text)["tool"] == "fs.write"
    with pytest.raises(ActionDenied):
        asyncio.run(govern_tool(afs_write, governor=ScriptedGate())("/etc/a"))
    assert RAN == []


def test_async_runs_and_is_seen_as_async() -> None:
    gate = ScriptedGate()
    governed = govern_tool(afs_write, governor=gate)
    assert inspect.iscoroutinefunction(governed)
    assert asyncio.run(governed("/tmp/a")) == "wrote /tmp/a"
    assert gate.reports == [{"decision_id": "d1", "outcome": "ok"}]


def test_the_face_stays() -> None:
    governed = govern_tool(fs_write, governor=ScriptedGate())
    assert inspect.signature(governed) == inspect.signature(fs_write)
    assert typing.get_type_hints(governed) == typing.get_type_hints(fs_write)
    assert (governed.__name__, governed.__doc__) == ("fs_write", "Write a file.")


def test_methods_partials_and_callable_objects() -> None:
    gate = ScriptedGate()

    class Disk:
        def fs_write(self, path: str) -> str:
            return path

        def __call__(self, path: str) -> str:
            return path

    of_class: Any = Disk
    of_class.governed = govern_tool(Disk.fs_write, governor=gate)
    assert of_class().governed("/tmp/1") == "/tmp/1"
    assert govern_tool(Disk().fs_write, governor=gate)("/tmp/2") == "/tmp/2"
    assert govern_tool(functools.partial(fs_write, text="x"), governor=gate)("/tmp/3") == "wrote /tmp/3"
    assert govern_tool(Disk(), governor=gate)("/tmp/4") == "/tmp/4"
    assert asyncio.run(govern_tool(functools.partial(afs_write), governor=gate)("/tmp/5")) == "wrote /tmp/5"
    assert [event["args"]["path"] for event in gate.events] == [f"/tmp/{n}" for n in range(1, 6)]
    assert [event["wire_tool"] for event in gate.events] == ["fs_write"] * 3 + ["Disk", "afs_write"]


def test_values_are_shown_in_their_json_form() -> None:
    @dataclasses.dataclass
    class Order:
        number: uuid.UUID
        amount: decimal.Decimal

    def refund(order: Order, at: pathlib.PurePosixPath, ctx: object = None) -> None: ...

    gate = ScriptedGate(lambda event: None)
    order = Order(uuid.UUID(int=1), decimal.Decimal("1.50"))
    govern_tool(refund, governor=gate, hidden=["ctx"])(order, pathlib.PurePosixPath("/tmp/a"), object())
    assert gate.events[0]["args"] == {
        "order": {"number": "00000000-0000-0000-0000-000000000001", "amount": "1.50"},
        "at": "/tmp/a",
    }


@pytest.mark.parametrize("value", [object(), float("nan"), b"x", {1: 2}, {"a": {1, 2}}, "\ud800"])
def test_what_has_no_json_form_is_denied(value: Any) -> None:
    with pytest.raises(ActionDenied) as denied:
        govern_tool(fs_write, governor=ScriptedGate(lambda event: None))("/tmp/a", value)
    assert denied.value.decision.reason_code == "invalid_args"
    assert RAN == []


def test_endless_nesting_is_denied() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ActionDenied):
        govern_tool(fs_write, governor=ScriptedGate(lambda event: None))("/tmp/a", endless)  # type: ignore[arg-type]


def test_a_keyword_that_hides_a_parameter_is_denied() -> None:
    def f(path: str, /, **more: Any) -> None: ...

    gate = ScriptedGate(lambda event: None)
    with pytest.raises(ActionDenied):
        govern_tool(f, governor=gate)("/etc/a", path="/tmp/a")


def test_arguments_that_change_after_the_decision_are_decided_again() -> None:
    shared = ["/tmp/a"]
    gate = ScriptedGate(lambda event: shared.append("/etc/a"))

    def write(paths: list[str]) -> None:
        RAN.append(paths)

    with pytest.raises(KiteLogikError, match="keep changing"):
        govern_tool(write, governor=gate)(shared)
    assert RAN == []
    assert [report["outcome"] for report in gate.reports] == ["cancelled"] * 3


def test_how_a_body_ends_is_reported() -> None:
    def fails(with_error: str) -> None:
        raise KeyboardInterrupt if with_error == "stop" else OSError("disk")

    gate = ScriptedGate(lambda event: None)
    with pytest.raises(OSError, match="disk"):
        govern_tool(fails, governor=gate)("disk")
    with pytest.raises(KeyboardInterrupt):
        govern_tool(fails, governor=gate)("stop")
    assert [report["outcome"] for report in gate.reports] == ["error", "cancelled"]


def test_what_is_not_covered_is_refused() -> None:
    def numbers() -> Any:
        yield 1

    with pytest.raises(TypeError, match="generators"):
        govern_tool(numbers, governor=ScriptedGate())
    with pytest.raises(ConfigError, match="ctx"):
        govern_tool(fs_write, governor=ScriptedGate(), hidden=["ctx"])
    with pytest.raises(TypeError, match="missing a required argument"):
        govern_tool(fs_write, governor=ScriptedGate())()  # type: ignore[call-arg]
