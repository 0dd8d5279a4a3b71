"""Conversations: what was said before lies with the provider, and denials are sent into them."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from kitelogik import ActionDenied, UngovernedSurface
from scripted_model import calls, echo, status, text
from test_openai_again import BAD, GOOD, count, kept, read, storing
from test_openai_hosted import ask


@pytest.mark.parametrize("given", ["conv_1", {"id": "conv_1"}], ids=["id", "object"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_conversation_holds_what_was_said(colour: str, given: Any, stream: bool) -> None:
    script = (calls(BAD), echo(), calls(BAD, GOOD), echo(), text("last"))
    with storing(colour, *script) as agent:
        made = agent.run(agent.client.conversations.create())
        assert made.id == "conv_1"

        def send(**body: Any) -> Any:
            answer = agent.create(conversation=given, stream=stream, **body)
            return agent.read(answer)[-1].response if stream else answer

        assert "denied_by_policy" in send().output_text
        _, second = agent.model.requests
        assert second["conversation"] == given
        assert [item["type"] for item in second["input"]] == ["function_call_output"]
        call_id = next(item.call_id for item in send().output if item.type == "function_call")
        output = {"type": "function_call_output", "call_id": call_id, "output": "wrote"}
        told = send(input=[output])
        assert told.output_text.startswith('model saw: wrote | {"error"')
        # It was answered: once.
        assert send(input="more").output_text == "last"
        assert agent.model.requests[-1]["input"] == "more"


def test_what_is_read_again_is_not_answered_again(colour: str) -> None:
    with storing(colour, calls(BAD), echo(), text("last")) as agent:
        agent.run(agent.client.conversations.create())
        agent.create(conversation="conv_1")
        assert "denied_by_policy" in read(agent).output_text
        assert agent.create(conversation="conv_1", input="more").output_text == "last"
        assert agent.model.requests[-1]["input"] == "more"


def test_a_conversation_in_the_background_is_answered_once(colour: str) -> None:
    with storing(colour, calls(BAD, GOOD), calls(BAD), text("ok"), text("last")) as agent:
        agent.run(agent.client.conversations.create())
        answer = agent.create(conversation="conv_1")
        output = {"type": "function_call_output", "call_id": answer.output[0].call_id, "output": "wrote"}
        agent.create(conversation="conv_1", input=[output], background=True)
        kept(agent).running.clear()
        assert "denied_by_policy" in read(agent, "resp_2").output_text
        assert agent.create(conversation="conv_1", input="so?").output_text == "ok"
        sent = agent.model.requests[2]["input"]
        assert [item.get("call_id") for item in sent] == ["call_2_0", None]
        agent.create(conversation="conv_1", input="more")
        assert agent.model.requests[3]["input"] == "more"
    with storing(colour, calls(BAD, GOOD), text("ok"), text("last")) as agent:
        answer = agent.create(conversation="conv_1")
        output = {"type": "function_call_output", "call_id": answer.output[0].call_id, "output": "wrote"}
        agent.create(conversation="conv_1", input=[output], background=True)
        # Nobody has read it yet, but what waited was sent with it.
        agent.create(conversation="conv_1", input="more")
        assert agent.model.requests[2]["input"] == "more"


def test_listings_hold_no_denied_call(colour: str) -> None:
    with storing(colour, calls(BAD, GOOD, say="so"), text("ok")) as agent:
        conversations = agent.client.conversations
        user = {"type": "message", "id": "u1", "role": "user", "content": "go"}
        agent.run(conversations.create(items=[user]))
        answer = agent.create(conversation="conv_1", input=[user])
        asked = count(agent)

        def listed(page: Any) -> list[str]:
            return [getattr(item, "arguments", None) or item.type for item in agent.read(page)]

        wanted = [*["message"] * 3, '{"path":"/tmp/a"}']
        assert listed(conversations.items.list("conv_1")) == wanted
        good = next(item for item in answer.output if item.type == "function_call")
        assert agent.run(conversations.items.retrieve(good.id, conversation_id="conv_1")).id == good.id
        # It is denied as it was, and the same call is not decided again.
        with pytest.raises(UngovernedSurface):
            agent.run(conversations.items.retrieve("fc_1_0", conversation_id="conv_1"))
        assert count(agent) == asked
        kept(agent).inputs["resp_1"] = [user, *kept(agent).answers["resp_1"]["output"]]
        assert listed(agent.client.responses.input_items.list("resp_1"))[-1] == '{"path":"/tmp/a"}'


def test_what_is_put_into_a_conversation_is_looked_at(colour: str) -> None:
    call = {"type": "function_call", "id": "f1", "call_id": "c1", "name": "fs_write", "status": "completed"}
    items = [{**call, "arguments": json.dumps({"path": path})} for path in ("/tmp/a", "/etc/a")]
    with storing(colour) as agent:
        conversations = agent.client.conversations
        agent.run(conversations.create())
        made = agent.run(conversations.items.create("conv_1", items=items))
        assert [item.arguments for item in made.data] == ['{"path":"/tmp/a"}']
        sent = len(agent.urls)
        for refused in (ask(1), {"type": "program", "code": "1"}):
            with pytest.raises(UngovernedSurface):
                agent.run(conversations.items.create("conv_1", items=[refused]))
        for body in ([items[0]], "text", {"items": "text"}):
            with pytest.raises(UngovernedSurface):
                agent.run(agent.client.post("/conversations", cast_to=object, body=body))
        assert len(agent.urls) == sent
        agent.run(conversations.items.delete("f1", conversation_id="conv_1"))
        agent.run(conversations.delete("conv_1"))
        agent.run(agent.client.responses.delete("resp_1"))
        assert len(kept(agent).deleted) == 3


def test_an_item_is_one_item_whatever_it_holds(colour: str) -> None:
    with storing(colour) as agent:
        item = {"type": "function_call", "id": "f", "call_id": "c", "name": "fs_write", "arguments": "{}"}
        kept(agent).conversations["conv_1"] = [{**item, "data": []}, {"type": "program", "id": "p"}]
        items = agent.client.conversations.items
        with pytest.raises(openai.PermissionDeniedError):
            agent.run(items.retrieve("f", conversation_id="conv_1"))
        with pytest.raises(UngovernedSurface, match="program"):
            agent.run(items.retrieve("p", conversation_id="conv_1"))


@pytest.mark.parametrize("stream", [False, True])
def test_a_conversation_waits_whatever_becomes_of_a_request(colour: str, stream: bool) -> None:
    def send(agent: Any) -> None:
        answer = agent.create(conversation="conv_1", stream=stream)
        if stream:
            agent.read(answer)

    with storing(colour, calls(BAD), status(500), echo()) as agent:
        with pytest.raises(openai.APIError):
            send(agent)
        # The provider holds a call that nobody has answered.
        told = agent.create(conversation="conv_1", input="so?").output_text
        assert "denied_by_policy" in told
    with storing(colour, calls(BAD, GOOD), echo(), on_deny="raise") as agent:
        with pytest.raises(ActionDenied):
            send(agent)
        output = {"type": "function_call_output", "call_id": "call_1_1", "output": "wrote"}
        told = agent.create(conversation="conv_1", input=[output]).output_text
        assert told.startswith('model saw: wrote | {"error":"denied_by_policy"')
