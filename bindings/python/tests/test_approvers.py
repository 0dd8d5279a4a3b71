"""Asking a human inside the program: exactly True approves."""

from __future__ import annotations

import asyncio
import pickle
import threading
import time
from typing import Any

import kitelogik.approvals
import pytest
from house import ASKS, House
from kitelogik import ApprovalRequest, govern_tool
from kitelogik.adapters.openai import govern
from openai import AsyncOpenAI, OpenAI

SHUT = """package kitelogik.agent_resource

decision := {"allow": false, "reason": "shut"}
"""


@pytest.fixture
def house(house: House) -> House:
    house.write("files", ASKS)
    return house


def call(amount: int = 1001) -> dict[str, Any]:
    return {"event": "tool_call", "tool": "finance.refund", "args": {"amount": amount}}


def test_what_an_approver_is_asked_and_what_is_recorded(house: House) -> None:
    asked: list[ApprovalRequest] = []

    def approve(request: ApprovalRequest) -> bool:
        asked.append(request)
        return True

    governor = house.governor(approver=approve)
    assert governor.decide(call(1)).allow
    decision = governor.decide(call())
    assert (decision.allow, decision.reason_code) == (True, "approved")
    (request,) = asked
    assert pickle.loads(pickle.dumps(request)) == request
    assert (request.tool, request.args, request.reviewers) == (
        "finance.refund",
        {"amount": 1001},
        ("finance-oncall",),
    )
    assert (request.reason, request.decision_id) == ("over the limit", decision.decision_id)
    recorded = house.decisions()[-1]["decision"]
    assert [entry["auth"] for entry in recorded["approved_by"]] == ["in_process"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [(False, "approval_rejected"), (1, "approval_unavailable"), ("yes", "approval_unavailable"), (None,) * 2],
)
def test_anything_but_true_denies(house: House, answer: Any, code: str | None) -> None:
    decision = house.governor(approver=lambda request: answer).decide(call())
    assert (decision.allow, decision.reason_code) == (False, code or "approval_unavailable")
    assert house.decisions()[-1]["decision"]["allow"] is False


def test_an_approver_that_fails_denies_and_says_so_to_the_operator(house: House) -> None:
    def broken(request: ApprovalRequest) -> bool:
        raise OSError("pager is down")

    decision = house.governor(approver=broken).decide(call())
    assert (decision.allow, decision.reason_code) == (False, "approval_unavailable")
    assert "pager is down" in decision.help
    assert "pager" not in decision.reason


def test_nobody_to_ask_denies(house: House) -> None:
    decision = house.governor().decide(call())
    assert (decision.allow, decision.reason_code) == (False, "approval_unavailable")
    assert "approver=" in decision.help


def test_too_late_denies_and_a_late_answer_is_dropped(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kitelogik.approvals, "APPROVER_SECONDS", 0.05)
    answered = threading.Event()

    def slow(request: ApprovalRequest) -> bool:
        time.sleep(0.2)
        answered.set()
        return True

    governor = house.governor(approver=slow)
    assert governor.decide(call()).reason_code == "approval_expired"
    assert asyncio.run(governor.adecide(call())).reason_code == "approval_expired"
    assert answered.wait(2)
    assert [line["decision"]["allow"] for line in house.decisions()] == [False, False]


def test_async_approvers(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def approve(request: ApprovalRequest) -> bool:
        await asyncio.sleep(0)
        return True

    async def refund(amount: int) -> int:
        return amount

    safe = govern_tool(refund, policies=house.policies, audit_log=house.log, approver=approve)
    assert asyncio.run(safe(1001)) == 1001
    governor = house.governor(approver=approve)
    assert asyncio.run(governor.adecide(call())).allow
    assert "async" in governor.decide(call()).help
    with pytest.raises(TypeError, match="async approver"):
        govern_tool(lambda amount: amount, policies=house.policies, audit_log=house.log, approver=approve)
    with OpenAI(api_key="none") as client, pytest.raises(TypeError, match="AsyncOpenAI"):
        govern(client, policies=house.policies, audit_log=house.log, approver=approve)
    govern(AsyncOpenAI(api_key="none"), policies=house.policies, audit_log=house.log, approver=approve)

    async def forever(request: ApprovalRequest) -> bool:
        await asyncio.sleep(60)
        return True

    monkeypatch.setattr(kitelogik.approvals, "APPROVER_SECONDS", 0.05)
    late = asyncio.run(house.governor(approver=forever).adecide(call()))
    assert late.reason_code == "approval_expired"


def test_a_sync_call_on_a_running_loop_cannot_wait(house: House) -> None:
    governor = house.governor(approver=lambda request: True)

    async def run() -> Any:
        return governor.decide(call())

    decision = asyncio.run(run())
    assert (decision.reason_code, "async form" in decision.help) == ("approval_unavailable", True)


def test_sync_approvers_are_asked_one_at_a_time_in_the_callers_context(house: House) -> None:
    running, most = 0, 0

    def approve(request: ApprovalRequest) -> bool:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.02)
        running -= 1
        return kitelogik.Session.current() is request.session

    governor = house.governor(approver=approve)
    found: list[bool] = []

    def ask() -> None:
        with kitelogik.session(user="ana"):
            found.append(governor.decide(call()).allow)

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, most) == ([True] * 5, 1)


def test_a_cancelled_wait_is_recorded_as_a_denial(house: House) -> None:
    async def forever(request: ApprovalRequest) -> bool:
        await asyncio.sleep(60)
        return True

    governor = house.governor(approver=forever)

    async def run() -> None:
        task = asyncio.create_task(governor.adecide(call()))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert house.decisions()[-1]["decision"]["reason_code"] == "approval_cancelled"


def test_a_denied_call_asks_nobody(house: House) -> None:
    house.write("shut", SHUT)
    asked: list[Any] = []

    def approve(request: ApprovalRequest) -> bool:
        asked.append(request)
        return True

    assert house.governor(approver=approve).decide(call()).reason == "shut"
    assert asked == []


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_an_approver_that_ends_its_thread_is_no_answer(house: House, error: type[BaseException]) -> None:
    def ends(_request: ApprovalRequest) -> bool:
        raise error

    decision = house.governor(approver=ends).decide(call())
    assert (decision.reason_code, decision.help) == (
        "approval_unavailable",
        f"the approver raised {error.__name__}: ",
    )


def test_what_an_approver_does_itself_cannot_wait_for_it(house: House) -> None:
    inner: list[Any] = []

    def asks(_request: ApprovalRequest) -> bool:
        inner.append(governor.decide(call(2000)))
        return True

    async def aasks(_request: ApprovalRequest) -> bool:
        inner.append(await other.adecide(call(2000)))
        return True

    governor, other = house.governor(approver=asks), house.governor(approver=aasks)
    assert governor.decide(call()).reason_code == "approved"
    assert asyncio.run(other.adecide(call())).reason_code == "approved"
    assert asyncio.run(governor.adecide(call())).reason_code == "approved"
    assert [decision.reason_code for decision in inner] == ["approval_unavailable"] * 3
    assert "what it does itself needs approval" in inner[0].help


def test_an_async_approver_of_the_governor_is_refused_where_nothing_can_await_it(house: House) -> None:
    async def approve(_request: ApprovalRequest) -> bool:
        return True

    governor = house.governor(approver=approve)
    with pytest.raises(TypeError, match="async approver"):
        govern(OpenAI(api_key="none"), governor=governor)
    with pytest.raises(TypeError, match="async approver"):
        govern_tool(call, governor=governor)
    govern(AsyncOpenAI(api_key="none"), governor=governor)
