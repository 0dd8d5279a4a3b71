"""Ways past the gate that a provider, a gateway or a library may take: each is shut."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kitelogik
import openai
import pytest
from house import House
from in_process import InProcess, library
from kitelogik import UngovernedSurface
from kitelogik.adapters import _openai_wire
from kitelogik.adapters.openai import govern
from openai import AsyncAzureOpenAI, AsyncOpenAI, AzureOpenAI, OpenAI
from scripted_gate import ScriptedGate
from scripted_model import calls, text
from test_openai_stream_hostile import BAD, ETC, choice, chunk, message, opened, piece, response, sse

Json = dict[str, Any]
SEARCH = {"type": "web_search_call", "id": "ws", "status": "in_progress"}


def no_etc(event: Json) -> str | None:
    return "no" if ETC in json.dumps(event.get("args")).replace("\\", "") or "/etc" in str(event) else None


def test_the_type_of_an_event_begins_no_event_of_its_own(colour: str) -> None:
    call = {**BAD, "arguments": ETC}
    injected = [opened(1, call), opened(1, call, "done"), response(SEARCH, call)]
    inner = "".join(f"data: {json.dumps(event)}\n\n" for event in injected)
    stream = sse(
        opened(0, SEARCH),
        {
            "type": f"response.web_search_call.x\n{inner}data: [DONE]\n\n: ",
            "output_index": 0,
            "item_id": "ws",
        },
        {"type": "response.web_search_call.é", "output_index": 0, "item_id": "ws"},
        {"type": "response.web_search_call.searching", "output_index": 0, "item_id": "ws"},
        response({**SEARCH, "status": "completed"}),
    )
    with InProcess("responses", colour, gate=ScriptedGate(no_etc), answers=[[stream]] * 2) as agent:
        events = agent.streamed()
        assert "/etc" not in "".join(event.to_json() for event in events)
        assert "response.web_search_call.searching" in [event.type for event in events]
        assert "tool_call" not in agent.gate.kinds()


CHARSETS = [
    "application/json; charset=utf-7",
    "application/json;charset=utf-16",
    "text/plain; charset=latin-1",
]


@pytest.mark.parametrize("kind", CHARSETS)
@pytest.mark.parametrize("tools", [True, False])
def test_what_a_header_says_of_the_text_changes_nothing(wire: str, kind: str, tools: bool) -> None:
    """In UTF-7 a harmless text may be another one: no reader is to see bytes that it could read so."""
    script = [calls(("fs_write", {"path": "/tmp/a"})) if tools else text("+ACI-")]
    with InProcess(wire, "sync", script) as agent:
        agent.headers = {"content-type": kind}
        surface = agent.client.responses if wire == "responses" else agent.client.chat.completions
        raw = surface.with_raw_response.create(**agent.asked())
        assert raw.headers["content-type"] == "application/json"
        assert json.loads(raw.text)


AZURE: Any = {"api_key": "none", "azure_endpoint": "http://model", "api_version": "v1"}


def azure(colour: str, gate: ScriptedGate, **keywords: Any) -> tuple[Any, list[Any]]:
    """A governed client of Azure, and the requests that it sends."""
    sent: list[Any] = []

    def answer(request: Any) -> Any:
        sent.append(request)
        choice = {"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}
        return library.Response(200, json={"id": "c", "object": "chat.completion", "choices": [choice]})

    sync = colour == "sync"
    http = (library.Client if sync else library.AsyncClient)(transport=library.MockTransport(answer))
    made: Any = (AzureOpenAI if sync else AsyncAzureOpenAI)(**AZURE, http_client=http, **keywords)
    return govern(made, governor=gate), sent


def ask(client: Any, model: str) -> Any:
    asked = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "go"}])
    return asyncio.run(asked) if asyncio.iscoroutine(asked) else asked


def test_the_deployment_in_the_address_is_the_model_that_is_decided(colour: str) -> None:
    gate = ScriptedGate()
    client, sent = azure(colour, gate, azure_deployment="gpt-big")
    ask(client, "gpt-small")
    assert [event["model"] for event in gate.events] == ["gpt-big"]
    assert sent[0].url.path == "/openai/deployments/gpt-big/chat/completions"
    gate.verdict = lambda event: "not this one" if event["model"] == "gpt-big" else None
    with pytest.raises(openai.PermissionDeniedError, match="not this one"):
        ask(client, "gpt-small")
    assert len(sent) == 1


def test_a_forced_model_is_forced_in_the_address_too(colour: str) -> None:
    for keywords in ({}, {"azure_deployment": "gpt-big"}):
        gate = ScriptedGate(obligations={"force_model": "gpt small"})
        client, sent = azure(colour, gate, **keywords)
        ask(client, "gpt-big")
        assert sent[0].url.raw_path == b"/openai/deployments/gpt%20small/chat/completions?api-version=v1"
        assert json.loads(sent[0].content)["model"] == "gpt small"
        assert [event["model"] for event in gate.events] == ["gpt-big"]


@pytest.mark.parametrize(
    "path",
    [
        "/conversations/..%2Fresponses",
        "/conversations/..%252Fresponses",
        "/conversations/x%2f..%2f..%2fresponses",
        "/responses/..%5Cresponses/cancel",
        "/conversations/%2e%2e/responses",
        "/responses\\",
    ],
)
def test_an_address_that_may_be_read_as_another_one_is_refused(path: str) -> None:
    with InProcess("responses", "sync", [calls(("fs_write", {"path": "/etc/a"}))]) as agent:
        with pytest.raises(UngovernedSurface, match="another address"):
            agent.client.post(path, cast_to=object, body={"model": "m", "input": "go"})
        assert agent.urls == []


def test_a_websocket_past_the_client_is_refused() -> None:
    for made in (OpenAI(api_key="none"), AsyncOpenAI(api_key="none", websocket_base_url="wss://w/v1")):
        client: Any = govern(made, governor=ScriptedGate())
        for one in (client, client.with_options(timeout=1), client.copy()):
            # openai-agents reads it before it opens a websocket of its own.
            with pytest.raises(UngovernedSurface, match="websocket"):
                _ = one.websocket_base_url
        assert made.websocket_base_url == client.__dict__["websocket_base_url"]


def test_the_class_of_a_governed_client_makes_no_ungoverned_one() -> None:
    client = govern(OpenAI(api_key="none"), governor=ScriptedGate())
    for http in (None, library.Client()):
        with pytest.raises(TypeError, match="govern"):
            type(client)(api_key="none", http_client=http)


def test_what_the_sdk_does_before_each_request_is_done_in_a_copy_too() -> None:
    """Azure's client takes its key out of a request that is redirected to another host."""
    seen: list[Any] = []

    def answer(request: Any) -> Any:
        if request.url.host == "model":
            return library.Response(307, headers={"location": "http://elsewhere/x"})
        seen.append(request.headers.get("api-key"))
        return library.Response(200, json={"choices": [{"index": 0, "message": {"content": "hi"}}]})

    def http() -> Any:
        return library.Client(transport=library.MockTransport(answer), follow_redirects=True)

    bare = AzureOpenAI(**AZURE, http_client=http())
    client: Any = govern(bare, governor=ScriptedGate())
    for one in (bare, client, client.copy(http_client=http())):
        ask(one, "m")
    assert seen == [seen[0]] * 3


def long_number(digits: int) -> bytes:
    return b'{"model":"m","input":"go","temperature":' + b"1" * digits + b"}"


@pytest.mark.parametrize("digits", [4301, 5000, 9000])
def test_a_number_that_python_does_not_read_is_refused_before_anything_is_sent(digits: int) -> None:
    with InProcess("responses", "sync", [text("hi")]) as agent:
        headers = {"content-type": "application/json"}
        with pytest.raises(UngovernedSurface, match="no JSON"):
            agent.client.post(
                "/responses", cast_to=object, content=long_number(digits), options={"headers": headers}
            )
        assert (agent.urls, agent.gate.events) == ([], [])


def test_a_session_that_closes_during_a_request_settles_it(tmp_path: Path, colour: str) -> None:
    house = House(tmp_path)
    gate: Any = house.governor()
    for script, outcome in (
        ([calls(("fs_write", {"path": "/tmp/a"}))], "ok"),
        ([text("hi")], "ok"),
        ([], "error"),
    ):
        with InProcess("responses", colour, script, gate) as agent, gate.session(user="ana").use():
            current = kitelogik.Session.current()
            assert current is not None
            handler = agent.http._transport.handler

            def closing(
                request: Any, session: Any = current, handler: Any = handler, fails: bool = not script
            ) -> Any:
                session.close()
                if fails:
                    raise library.ConnectError("no")
                return handler(request)

            agent.http._transport.handler = closing
            with contextlib.suppress(openai.PermissionDeniedError, openai.APIConnectionError):
                agent.create()
        assert house.outcomes()[-1] == outcome
        allowed = [line["decision_id"] for line in house.decisions() if line["decision"]["allow"]]
        settled = [line["decision_id"] for line in house.lines() if line["event"] == "outcome"]
        assert allowed == settled


def test_a_call_of_chat_without_an_id_stays_a_tool_call(colour: str) -> None:
    stream = [
        sse(
            chunk(choice(tool_calls=[piece(0, '{"path": "/tmp/a"}', id="")])),
            chunk(choice("tool_calls")),
            "[DONE]",
        )
    ]
    with InProcess("chat", colour, answers=[stream]) as agent:
        shown = "".join(event.to_json() for event in agent.streamed())
    assert "function_call" not in shown
    assert "tool_calls" in shown


UNTYPED: dict[str, list[Any]] = {
    "responses": [
        [opened(0, {**message("a"), "id": ["m"]}), response({**message("a"), "id": ["m"]})],
        [response(message("a"), kind="created"), response({**message("a"), "id": {}})],
        [response(message("a"), kind="completed", id=[], usage=[])],
        [opened([0], message("a")), response(message("a"))],  # type: ignore[arg-type]
    ],
    "chat": [
        [chunk(choice(tool_calls=2.5)), "[DONE]"],
        [chunk(choice(tool_calls={"index": 0})), "[DONE]"],
        [chunk(choice(tool_calls=[piece(0, "{}", id=["c"])])), "[DONE]"],
        [chunk(choice(tool_calls=[{"index": 0, "id": "c", "type": ["function"]}])), "[DONE]"],
    ],
}


def test_what_is_of_no_known_shape_is_an_answer_or_refused(wire: str, colour: str) -> None:
    for events in UNTYPED[wire]:
        with InProcess(wire, colour, answers=[[sse(*events)]]) as agent:
            with contextlib.suppress(UngovernedSurface, openai.OpenAIError):
                agent.streamed()
            assert [report["outcome"] for report in agent.gate.reports] in (["ok"], ["error"])


def many(events: Callable[[int], list[Any]], bound: int) -> list[bytes]:
    return [sse(*events(n)) for n in range(bound)]


FILLING: dict[str, dict[str, Callable[[int], list[Any]]]] = {
    "responses": {
        "texts": lambda n: [
            *([opened(0, message("a"))] if n == 0 else []),
            {
                "type": "response.output_text.delta",
                "item_id": "m1",
                "output_index": 0,
                "content_index": n,
                "delta": "",
                "logprobs": [],
            },
        ],
        "items": lambda n: [opened(n, {**message("a"), "id": f"m{n}"})],
    },
    "chat": {
        "calls": lambda n: [chunk(choice(tool_calls=[piece(n, "", id=f"c{n}")], content="a"))],
        "keys": lambda n: [chunk(choice(content="a", tool_calls=[{"index": 0, "function": {f"k{n}": ""}}]))],
        "pieces": lambda n: [chunk(choice(content="a"))],
    },
}


@pytest.mark.parametrize("what", ["texts", "items", "calls", "keys", "pieces"])
def test_what_is_kept_of_a_stream_is_bounded(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = "responses" if what in FILLING["responses"] else "chat"
    for module in ("_openai_stream_responses", "_openai_stream_chat"):
        monkeypatch.setattr(f"kitelogik.adapters.{module}.MAX_HELD_BYTES", 20_000)
    with (
        InProcess(wire, "sync", answers=[many(FILLING[wire][what], 400)]) as agent,
        pytest.raises(UngovernedSurface, match="over 20000 bytes"),
    ):
        agent.streamed()


def test_an_event_of_many_lines_costs_what_it_holds(wire: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kitelogik.adapters._openai_sse.MAX_EVENT_BYTES", 1000)
    with (
        InProcess(wire, "sync", answers=[[b"data:\n"] * 200]) as agent,
        pytest.raises(UngovernedSurface, match="over 1000 bytes"),
    ):
        agent.streamed()


def test_who_goes_on_after_the_end_is_left(wire: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_openai_wire, "END_SECONDS", -1.0)
    end = [response(message("a"))] if wire == "responses" else [chunk(choice("stop", content="a")), "[DONE]"]
    with InProcess(wire, "sync", answers=[[sse(*end), *[b": on and on\n"] * 100]]) as agent:
        assert agent.streamed()
        assert agent.bodies[0].closed
        assert agent.bodies[0].read < 1500


def test_a_redirect_that_nobody_follows_is_no_answer(wire: str, colour: str) -> None:
    with InProcess(wire, colour) as agent:
        agent.http._transport.handler = lambda request: library.Response(302, headers={"location": "/x"})
        with pytest.raises(openai.APIStatusError):
            agent.create()
        assert [report["outcome"] for report in agent.gate.reports] == ["error"]
