"""A governed function: same face, and a body that runs only when it may."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import decimal
import enum
import functools
import inspect
import json
import pathlib
import time
import typing
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from house import House
from kitelogik import ActionDenied, ConfigError, KiteLogikError, govern_tool, tool
from kitelogik.adapters.openai import govern
from openai import OpenAI
from scripted_gate import ScriptedGate
from scripted_model import ScriptedModel, calls

RAN: list[Any] = []


@pytest.fixture(autouse=True)
def _fresh() -> None:
    RAN.clear()


@tool(name="fs.write", tags=["fs"])
def fs_write(path: str, text: Any = "", *rest: int, **more: Any) -> str:
    """Write a file."""
    RAN.append(path)
    return f"wrote {path}"


async def afs_write(path: str) -> str:
    RAN.append(path)
    return f"wrote {path}"


def test_allowed_runs_and_reports(house: House) -> None:
    safe = govern_tool(fs_write, policies=house.policies, audit_log=house.log)
    assert safe("/tmp/a", "t", 1, 2, mode="w") == "wrote /tmp/a"
    decided, outcome = house.lines()
    assert {
        key: decided[key] for key in ("event", "tool", "wire_tool", "tool_tags", "transport", "args")
    } == {
        "event": "tool_call",
        "tool": "fs.write",
        "wire_tool": "fs_write",
        "tool_tags": ["fs"],
        "transport": "function",
        "args": {"path": "/tmp/a", "text": "t", "rest": [1, 2], "mode": "w"},
    }
    assert (outcome["outcome"], outcome["decision_id"]) == ("ok", decided["decision_id"])


def test_an_outcome_tells_how_long_it_took(house: House) -> None:
    def slow(path: str) -> None:
        time.sleep(0.02)

    govern_tool(slow, policies=house.policies, audit_log=house.log, tool_names={"slow": "slow"})("/tmp/a")
    decided, outcome = house.lines()
    assert decided["duration_us"] < 20_000 <= outcome["duration_us"]


def test_denied_does_not_run(house: House) -> None:
    governor = house.governor()
    with pytest.raises(ActionDenied, match="outside") as denied:
        govern_tool(fs_write, governor=governor)("/etc/a")
    assert denied.value.decision.matched[0].file == "files.rego"
    text = govern_tool(fs_write, governor=governor, on_deny="return")("/etc/a")
    assert json.loads(text)["tool"] == "fs.write"
    with pytest.raises(ActionDenied):
        asyncio.run(govern_tool(afs_write, governor=governor)("/etc/a"))
    assert RAN == []
    assert [line["decision"]["allow"] for line in house.decisions()] == [False] * 3


def test_it_is_a_decorator_too(house: House) -> None:
    @govern_tool(policies=house.policies, audit_log=house.log)
    def write(path: str) -> str:
        return path

    assert write("/tmp/a") == "/tmp/a"
    with pytest.raises(ActionDenied):
        write("/etc/a")


def test_async_runs_and_is_seen_as_async(house: House) -> None:
    governed = govern_tool(afs_write, governor=house.governor())
    assert inspect.iscoroutinefunction(governed)
    assert asyncio.run(governed("/tmp/a")) == "wrote /tmp/a"
    assert house.outcomes() == ["ok"]


def test_the_face_stays(house: House) -> None:
    governed = govern_tool(fs_write, governor=house.governor())
    assert inspect.signature(governed) == inspect.signature(fs_write)
    assert typing.get_type_hints(governed) == typing.get_type_hints(fs_write)
    assert (governed.__name__, governed.__doc__) == ("fs_write", "Write a file.")


def test_methods_partials_and_callable_objects(house: House) -> None:
    governor = house.governor()

    class Disk:
        def fs_write(self, path: str) -> str:
            return path

        def __call__(self, path: str) -> str:
            return path

    of_class: Any = Disk
    of_class.governed = govern_tool(Disk.fs_write, governor=governor)
    assert of_class().governed("/tmp/1") == "/tmp/1"
    assert govern_tool(Disk().fs_write, governor=governor)("/tmp/2") == "/tmp/2"
    assert govern_tool(functools.partial(fs_write, text="x"), governor=governor)("/tmp/3") == "wrote /tmp/3"
    assert govern_tool(Disk(), governor=governor)("/tmp/4") == "/tmp/4"
    partial = govern_tool(functools.partial(afs_write), governor=governor)
    assert asyncio.run(partial("/tmp/5")) == "wrote /tmp/5"
    lines = house.decisions()
    assert [line["args"]["path"] for line in lines] == [f"/tmp/{n}" for n in range(1, 6)]
    assert [line["wire_tool"] for line in lines] == ["fs_write"] * 3 + ["Disk", "afs_write"]


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Order:
    number: uuid.UUID
    amount: decimal.Decimal
    colour: Colour


def test_values_are_shown_in_their_json_form(house: House) -> None:
    def refund(order: Order, at: pathlib.PurePosixPath, on: datetime.date, ctx: object = None) -> None: ...

    order = Order(uuid.UUID(int=1), decimal.Decimal("1.50"), Colour.RED)
    governed = govern_tool(refund, governor=house.governor(), hidden=["ctx"])
    governed(order, pathlib.PurePosixPath("/tmp/a"), datetime.date(2026, 11, 24), object())
    (line,) = house.decisions()
    assert line["args"] == {
        "order": {"number": "00000000-0000-0000-0000-000000000001", "amount": "1.50", "colour": "red"},
        "at": "/tmp/a",
        "on": "2026-11-24",
    }
    assert line["args_hidden"] == ["ctx"]


def test_numbers_keep_their_value(house: House) -> None:
    govern_tool(fs_write, governor=house.governor())("/tmp/a", [2**70, 0.1, -0.0, 10**15, True, None])
    assert house.decisions()[0]["args"]["text"] == [2**70, 0.1, -0.0, 10**15, True, None]


@pytest.mark.parametrize(
    "value",
    [object(), float("nan"), b"x", {1: 2}, {"a": {1, 2}}, "\ud800", "x" * (1 << 20), 10**5000],
    ids=["object", "nan", "bytes", "key", "set", "surrogate", "long", "digits"],
)
def test_what_has_no_json_form_is_denied(house: House, value: Any) -> None:
    governed = govern_tool(fs_write, governor=house.governor())
    with pytest.raises(ActionDenied) as denied:
        governed("/tmp/a", value)
    assert denied.value.decision.reason_code == "invalid_args"
    assert "`text`" in denied.value.decision.help
    assert RAN == []
    (line,) = house.decisions()
    assert (line["tool"], line["decision"]["reason_code"]) == ("fs.write", "invalid_args")
    assert governed("/tmp/a") == "wrote /tmp/a"


def test_help_names_the_line_that_hides_an_argument(house: House) -> None:
    with pytest.raises(ActionDenied) as denied:
        govern_tool(fs_write, governor=house.governor())("/tmp/a", object())
    assert denied.value.decision.help == (
        'the argument `text`: object has no JSON form; hidden=("text",) keeps it out of the event'
    )
    assert "hidden" not in denied.value.decision.reason


def test_endless_nesting_is_denied(house: House) -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ActionDenied):
        govern_tool(fs_write, governor=house.governor())("/tmp/a", endless)


def test_a_keyword_that_hides_a_parameter_is_denied(house: House) -> None:
    def f(path: str, /, **more: Any) -> None:
        RAN.append(path)

    with pytest.raises(ActionDenied) as denied:
        govern_tool(f, governor=house.governor())("/etc/a", path="/tmp/a")
    assert denied.value.decision.reason_code == "invalid_args"
    assert RAN == []


def test_arguments_that_change_after_the_decision_are_decided_again() -> None:
    gate = Restless(lambda event: None)

    def write(paths: list[str]) -> None:
        RAN.append(paths)

    with pytest.raises(KiteLogikError, match="keep changing"):
        govern_tool(write, governor=gate)(["/tmp/a"])
    assert RAN == []
    assert [report["outcome"] for report in gate.reports] == ["cancelled"] * 3


class Restless(ScriptedGate):
    """Between decision and body, another thread changes the arguments."""

    def same_args(self, decision: Any, args: Any) -> bool:
        return False


def test_changed_arguments_are_seen(house: House) -> None:
    gate = house.governor().gate("t", handling="alone", names=govern_tool_names())
    shared = {"paths": ["/tmp/a"]}
    decision = gate.decide({"event": "tool_call", "wire_tool": "t", "args": shared})
    assert gate.same_args(decision, {"paths": ["/tmp/a"]})
    shared["paths"].append("/etc/a")
    assert not gate.same_args(decision, shared)


def govern_tool_names() -> Any:
    from kitelogik.tools import ToolNames

    return ToolNames.of()


def test_how_a_body_ends_is_reported(house: House) -> None:
    def fails(with_error: str) -> None:
        raise KeyboardInterrupt if with_error == "stop" else OSError("disk")

    governed = govern_tool(fails, governor=house.governor())
    with pytest.raises(OSError, match="disk"):
        governed("disk")
    with pytest.raises(KeyboardInterrupt):
        governed("stop")
    assert house.outcomes() == ["error", "cancelled"]
    assert house.lines()[1]["error"] == {"type": "OSError", "message": "disk"}


def test_a_generator_is_decided_at_the_call_and_reported_at_its_end(house: House) -> None:
    def numbers(path: str) -> Iterator[int]:
        RAN.append(path)
        yield from range(3)

    governed = govern_tool(numbers, governor=house.governor())
    with pytest.raises(ActionDenied):
        governed("/etc/a")
    items = governed("/tmp/a")
    assert house.outcomes() == []
    assert list(items) == [0, 1, 2]
    assert house.outcomes() == ["ok"]
    closed = governed("/tmp/b")
    assert next(closed) == 0
    del closed
    assert house.outcomes() == ["ok", "ok"]
    assert RAN == ["/tmp/a", "/tmp/b"]


def test_an_async_generator_too(house: House) -> None:
    async def numbers(path: str) -> AsyncIterator[int]:
        RAN.append(path)
        yield 1
        raise OSError("disk")

    governed = govern_tool(numbers, governor=house.governor())

    async def run(path: str) -> list[int]:
        found: list[int] = []
        try:
            async for item in governed(path):
                found.append(item)
        except OSError:
            found.append(-1)
        return found

    assert asyncio.run(run("/tmp/a")) == [1, -1]
    with pytest.raises(ActionDenied):
        asyncio.run(run("/etc/a"))
    assert (house.outcomes(), RAN) == (["error"], ["/tmp/a"])


def test_what_is_not_covered_is_refused(house: House) -> None:
    def numbers() -> Any:
        yield 1

    governor = house.governor()
    with pytest.raises(ConfigError, match="generator"):
        govern_tool(numbers, governor=governor, on_deny="return")
    with pytest.raises(ConfigError, match="ctx"):
        govern_tool(fs_write, governor=governor, hidden=["ctx"])
    with pytest.raises(TypeError, match="missing a required argument"):
        govern_tool(fs_write, governor=governor)()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword"):
        asyncio.run(govern_tool(afs_write, governor=governor)("/tmp/a", wrong=1))  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match="keep one"):
        govern_tool(fs_write, governor=governor, policies=house.policies)  # type: ignore[call-overload]
    with pytest.raises(ConfigError, match="audit_log= is missing"):
        govern_tool(fs_write, policies=house.policies)  # type: ignore[call-overload]
    assert house.lines() == []


def test_one_action_is_one_decision_under_two_gates(house: House) -> None:
    @tool(name="fs.touch")
    def touch(path: str) -> str:
        return path

    governor = house.governor(tools=[touch])
    safe = govern_tool(touch, governor=governor)
    with (
        ScriptedModel([calls(("touch", {"path": "/tmp/a"}))]) as model,
        OpenAI(api_key="none", base_url=model.url) as original,
    ):
        answer = govern(original, governor=governor).responses.create(model="m", input="go")
    (call,) = [item for item in answer.output if item.type == "function_call"]
    given = json.loads(call.arguments)
    assert safe(**given) == "/tmp/a"
    called = [line for line in house.decisions() if line["event"] == "tool_call"]
    # The inner gate took the outer one's permit, and reported to its decision.
    assert [line["adapter"] for line in called] == ["openai"]
    assert house.lines()[-1]["decision_id"] == called[0]["decision_id"]
    assert safe(**given) == "/tmp/a"
    assert [line["adapter"] for line in house.decisions()][-1] == "govern_tool"
