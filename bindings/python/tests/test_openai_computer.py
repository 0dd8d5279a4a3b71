"""What a model does at a computer is a call like any other."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import Any

import pytest
from in_process import InProcess
from scripted_gate import ScriptedGate
from scripted_model import raw, text

Json = dict[str, Any]
COMPUTER: Json = {"type": "computer"}
PREVIEW: Json = {
    "type": "computer_use_preview",
    "display_width": 800,
    "display_height": 600,
    "environment": "browser",
}
CLICK: Json = {"type": "click", "button": "left", "x": 1, "y": 2}
TYPE: Json = {"type": "type", "text": "rm -rf /"}
CHECK: Json = {"id": "cu_sc_1", "code": "malicious_instructions", "message": "look"}


def item(number: int, **asked: Any) -> Json:
    """A call of a computer; the wire leaves out neither empty checks nor a null action."""
    at = {"id": f"cu_{number}", "call_id": f"call_{number}", "status": "completed"}
    return {"type": "computer_call", **at, "pending_safety_checks": [], **asked}


def no_typing(event: Json) -> str | None:
    if event["event"] != "tool_call":
        return None
    args = event["args"]
    done = [args.get("action"), *(args.get("actions") or [])]
    return "no typing" if any(action and action["type"] == "type" for action in done) else None


def over(colour: str, *items: Json, **keywords: Any) -> InProcess:
    return InProcess("responses", colour, [raw(list(items)), text("ok")], ScriptedGate(no_typing), **keywords)


def shown(agent: InProcess, stream: bool, **body: Any) -> Any:
    if not stream:
        return agent.create(**body)
    return agent.streamed(**body)[-1].response


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("tool", [COMPUTER, PREVIEW], ids=["computer", "preview"])
@pytest.mark.parametrize(
    "asked",
    [
        {"action": CLICK},
        {"actions": [CLICK, CLICK]},
        {"action": None, "actions": [CLICK], "pending_safety_checks": [CHECK]},
    ],
    ids=["action", "actions", "checks"],
)
def test_an_allowed_action_is_handed_over_as_decided(
    colour: str, tool: Json, asked: Json, stream: bool
) -> None:
    given = item(1, **asked)
    with over(colour, given, item(2, action=TYPE)) as agent:
        answer = shown(agent, stream, tools=[tool])
        assert [one.to_dict() for one in answer.output] == [given]
        first, second = agent.gate.events[1:]
        assert first["wire_tool"] == second["wire_tool"] == "computer"
        checks = given["pending_safety_checks"]
        expected = {key: value for key, value in asked.items() if value is not None}
        assert first["args"] == {**expected, "pending_safety_checks": checks}
        # Declared tools of the caller's own are no hosted ones.
        assert agent.gate.kinds() == ["model_call", "tool_call", "tool_call"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_denied_action_is_answered_by_a_screenshot_and_the_reason(colour: str, stream: bool) -> None:
    with over(colour, item(1, actions=[CLICK, TYPE], pending_safety_checks=[CHECK])) as agent:
        assert shown(agent, stream, tools=[COMPUTER]).output_text == "ok"
        *_, output, said = agent.model.requests[1]["input"]
        assert (output["type"], output["call_id"]) == ("computer_call_output", "call_1")
        # Nobody has looked at what the provider warns of.
        assert output.keys() == {"type", "call_id", "output"}
        assert output["output"]["type"] == "computer_screenshot"
        assert pixels(output["output"]["image_url"]) == (1, 1, b"\0\0")
        assert said["role"] == "developer"
        denial = json.loads(said["content"])
        assert (denial["error"], denial["tool"], denial["reason"]) == (
            "denied_by_policy",
            "computer",
            "no typing",
        )


def pixels(url: str) -> tuple[int, int, bytes]:
    """Read a PNG of one chunk of pixels (RFC 2083), its checksums too: width, height, rows."""
    kind, _, encoded = url.partition(",")
    assert kind == "data:image/png;base64"
    content = base64.b64decode(encoded, validate=True)
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, place = {}, 8
    while place < len(content):
        (size,) = struct.unpack_from(">I", content, place)
        name, data = content[place + 4 : place + 8], content[place + 8 : place + 8 + size]
        assert struct.unpack_from(">I", content, place + 8 + size) == (zlib.crc32(name + data),)
        chunks[name], place = data, place + 12 + size
    width, height = struct.unpack_from(">II", chunks[b"IHDR"])
    return width, height, zlib.decompress(chunks[b"IDAT"])


@pytest.mark.parametrize("stream", [False, True])
def test_a_denied_action_beside_an_allowed_one_waits(colour: str, stream: bool) -> None:
    with over(colour, item(1, action=TYPE), item(2, action=CLICK)) as agent:
        shown(agent, stream, tools=[COMPUTER])
        screenshot = {"type": "computer_screenshot", "image_url": "data:image/png;base64,AAAA"}
        output = {"type": "computer_call_output", "call_id": "call_2", "output": screenshot}
        agent.create(input=[output], previous_response_id="resp_1", tools=[COMPUTER])
        first, second, third = agent.model.requests[1]["input"]
        assert (first, second["call_id"]) == (output, "call_1")
        assert "no typing" in third["content"]


MALFORMED: dict[str, Json] = {
    "nothing": {},
    "null": {"action": None, "actions": None},
    "no action": {"action": {}},
    "no actions": {"actions": []},
    "text": {"action": "click"},
    "list for one": {"action": [CLICK]},
    "one for a list": {"actions": CLICK},
    "text in a list": {"actions": [CLICK, "type"]},
    "checks of another shape": {"action": CLICK, "pending_safety_checks": "none"},
    "a check of another shape": {"action": CLICK, "pending_safety_checks": ["cu_sc_1"]},
    "a good one beside a bad one": {"action": CLICK, "actions": [7]},
    "no number": {"action": {**CLICK, "x": float("nan")}},
    "too deep": {"action": {**CLICK, "keys": json.loads("[" * 64 + "]" * 64)}},
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("case", MALFORMED)
def test_an_action_of_another_shape_is_denied(colour: str, case: str, stream: bool) -> None:
    with over(colour, item(1, **MALFORMED[case]), max_denied_turns=0) as agent:
        answer = shown(agent, stream, tools=[COMPUTER])
        assert [one.type for one in answer.output] == ["message"]
        assert '"reason_code":"invalid_args"' in answer.output_text
        assert isinstance(agent.gate.events[-1]["args"], str)


def test_both_forms_are_decided_together(colour: str) -> None:
    for asked in ({"action": CLICK, "actions": [TYPE]}, {"action": TYPE, "actions": [CLICK]}):
        with over(colour, item(1, **asked)) as agent:
            assert agent.create(tools=[COMPUTER]).output_text == "ok"
            assert agent.gate.events[1]["args"] == {**asked, "pending_safety_checks": []}
