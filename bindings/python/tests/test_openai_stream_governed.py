"""Streams under a real governor: the session, the log, the approver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kitelogik
from house import ASKS, House
from in_process import InProcess
from scripted_model import calls, echo, text
from test_openai_stream import BAD, GOOD, call_paths, said


def test_a_stream_keeps_the_session_in_which_it_began(wire: str, colour: str, house: House) -> None:
    gate: Any = house.governor()
    with InProcess(wire, colour, [calls(BAD, GOOD)], gate) as agent:
        with kitelogik.session(user="ana") as ana:
            stream = agent.create(stream=True)
        with kitelogik.session(user="bob"):
            assert call_paths(agent, agent.read(stream)) == ["/tmp/a"]
        lines = house.decisions()
        assert [line["session"]["id"] for line in lines] == [ana.id] * 3
        assert [line["session"]["user"] for line in lines] == ["ana"] * 3
        assert [line["decision"]["allow"] for line in lines] == [True, False, True]
        late = gate.decide({"event": "tool_call", "tool": "t", "args": {"path": "/tmp/"}}, session=ana)
        assert late.reason_code == "session_closed"


def test_a_stream_of_a_used_session_leaves_it_open(wire: str, house: House) -> None:
    gate: Any = house.governor()
    ana = kitelogik.session(user="ana")
    with InProcess(wire, "sync", [text("a"), text("b")], gate) as agent:
        for _ in range(2):
            with ana.use():
                stream = agent.create(stream=True)
            assert said(agent, agent.read(stream)) in ("a", "b")
    ana.close()


def test_an_escalated_call_waits_for_its_approver(wire: str, colour: str, tmp_path: Path) -> None:
    house = House(tmp_path, asks=ASKS)
    asked: list[Any] = []

    def approver(request: Any) -> bool:
        asked.append(request.args)
        return bool(request.args["amount"] < 5000)

    wanted = [("refund", {"amount": amount, "path": ""}) for amount in (1, 2000, 9000)]
    gate: Any = house.governor(approver=approver)
    with InProcess(wire, colour, [calls(*wanted), echo()], gate, session="implicit") as agent:
        events = agent.streamed()
        assert [call["amount"] for call in asked] == [2000, 9000]
        shown = "".join(event.to_json() for event in events)
        assert "2000" in shown
        assert "9000" not in shown
    codes = [line["decision"]["reason_code"] for line in house.decisions()]
    assert codes[1:] == ["allowed", "approved", "approval_rejected"]
