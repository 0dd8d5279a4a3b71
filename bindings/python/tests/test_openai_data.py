"""The parts that need no client: names, arguments, reservations, denials that wait."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from kitelogik import ConfigError, tool
from kitelogik.adapters._openai_calls import Call, Verdict, Withheld
from kitelogik.adapters._openai_events import model_call, sum_usage
from kitelogik.adapters._openai_pending import KEPT_SECONDS, MAX_KEPT, PendingAnswers
from kitelogik.arguments import MAX_DEPTH, InvalidArguments, parse_arguments
from kitelogik.denial import compact
from kitelogik.tools import ToolNames


@tool(name="fs.write", tags=["fs"])
def fs_write(path: str) -> str:
    return path


def test_names_are_joined_and_never_guessed() -> None:
    names = ToolNames.of(
        tools=[fs_write], tool_tags={"fs.write": ["disk"]}, mcp_tools={"search": "web.search"}
    )
    assert names.identify("fs_write") == {
        "wire_tool": "fs_write",
        "transport": "function",
        "tool": "fs.write",
        "tool_tags": ["disk", "fs"],
    }
    assert names.identify("search") == {
        "wire_tool": "search",
        "tool": "web.search",
        "transport": "mcp",
        "server": {"alias": "web"},
    }
    assert names.identify("fs_read") == {"wire_tool": "fs_read", "transport": "function"}


def test_contradicting_names_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"fs\.write"):
        ToolNames.of(tools=[fs_write], tool_names={"fs_write": "disk.write"})
    with pytest.raises(ConfigError, match="mcp_tools"):
        ToolNames.of(tool_names={"a": "b"}, mcp_tools={"a": "c.d"})
    with pytest.raises(ConfigError, match=r"alias\.tool"):
        ToolNames.of(mcp_tools={"a": "b"})


@pytest.mark.parametrize(
    ("text", "written"), [('{"n":1180591620717411303424}',) * 2, ('{ "é":0.10 }', '{"é":0.1}')]
)
def test_what_is_decided_is_what_is_handed_over(text: str, written: str) -> None:
    assert parse_arguments(text).text == written


def test_a_key_that_stands_twice_is_named_however_many_others_there_are() -> None:
    many = ",".join(f'"k{n}":1' for n in range(60_000))
    with pytest.raises(InvalidArguments, match="duplicate key 'k59999'"):
        parse_arguments(f'{{{many},"k59999":2}}')
    with pytest.raises(InvalidArguments) as refused:
        parse_arguments('{"%s":1,"%s":2}' % (("a" * 100_000,) * 2))
    assert len(str(refused.value)) < 300


def test_brackets_in_strings_do_not_nest() -> None:
    text = '{"a":"' + "[" * 100 + '\\"{"}'
    assert parse_arguments(text).text == text
    deepest = '{"a":' * MAX_DEPTH + "1" + "}" * MAX_DEPTH
    assert parse_arguments(deepest).text == deepest
    with pytest.raises(InvalidArguments, match="64 levels"):
        parse_arguments('{"a":' + deepest + "}")


def made(body: dict[str, Any]) -> dict[str, Any]:
    return model_call("responses", body, compact(body).encode())


def test_what_a_model_call_reserves() -> None:
    plain = {"model": "m", "input": "x" * 400, "max_output_tokens": 50}
    size = len('{"model":"m","input":"","max_output_tokens":50}') + 400
    assert made(plain)["reserve"] == {"tokens": 50 + -(-size // 4)}
    url = "data:image/png;base64," + "A" * 1_000_000
    part = {"type": "input_image", "image_url": url}
    event = made({"model": "m", "input": [{"role": "user", "content": [part]}]})
    assert 1024 + 1000 < event["reserve"]["tokens"] < 1024 + 1000 + 50
    assert event["messages"][0]["content"][0]["image_url"].startswith("sha256:")


def test_usage_is_summed_key_by_key() -> None:
    first = {"total_tokens": 1, "details": {"cached": 2}}
    assert sum_usage(first, {"total_tokens": 3, "details": {"new": 1}}) == {
        "total_tokens": 4,
        "details": {"cached": 2, "new": 1},
    }
    assert sum_usage(None, first) == first
    assert sum_usage(first, None) == first


def test_waiting_denials_are_bounded_in_number_and_time() -> None:
    now = 0.0
    pending = PendingAnswers(lambda: now)
    for number in range(MAX_KEPT + 1):
        call = Call("f", "{}", f"denied{number}", {"type": "function_call", "call_id": f"denied{number}"})
        denied = Withheld((Verdict(call, None, "no"),), (), frozenset({f"sibling{number}"}))
        pending.keep(f"resp{number}", denied)

    def injected(number: int) -> bool:
        body = {"model": "m", "previous_response_id": f"resp{number}", "input": "x"}
        output = {"type": "function_call_output", "call_id": f"sibling{number}", "output": "y"}
        resent = {"model": "m", "input": [output]}
        both = {pending.inject(body) is not body, pending.inject(resent) is not resent}
        assert len(both) == 1
        return both.pop()

    assert not injected(0)
    assert injected(1)
    assert injected(MAX_KEPT)
    now = KEPT_SECONDS + 1
    assert not injected(MAX_KEPT)


def test_importing_the_package_imports_no_framework() -> None:
    code = "import kitelogik, sys; sys.exit(bool({'openai', 'httpx2', 'pydantic'} & sys.modules.keys()))"
    path = {"PYTHONPATH": ":".join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], env=path, check=False).returncode == 0
