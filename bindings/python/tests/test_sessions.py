"""Whose action it is."""

from __future__ import annotations

import asyncio
import contextvars
import pickle
import threading
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Any, cast

import kitelogik
import pytest
from house import House
from kitelogik import ActionDenied, Session, SessionError, govern_tool

SPAWN = """package kitelogik.agent_spawn

default decision := {"allow": true}

decision := {"allow": false, "reason": "too deep"} if input.parent.depth > 0
"""


def call(path: str = "/tmp/a") -> dict[str, Any]:
    return {"event": "tool_call", "tool": "fs.write", "args": {"path": path}}


def test_identity_stands_in_every_record(house: House) -> None:
    governor = house.governor()
    with kitelogik.session(user="ana", tenant="acme", agent_role="billing", roles=["a"], scope=["s"]) as s:
        assert governor.decide(call()).allow
    line = house.decisions()[0]["session"]
    assert {key: line[key] for key in ("user", "tenant", "agent_role", "roles", "scope", "depth", "id")} == {
        "user": "ana",
        "tenant": "acme",
        "agent_role": "billing",
        "roles": ["a"],
        "scope": ["s"],
        "depth": 0,
        "id": s.id,
    }


def test_the_innermost_block_counts_and_a_contradiction_is_refused(house: House) -> None:
    governor = house.governor()
    with kitelogik.session(user="ana"), kitelogik.session(user="bob") as bob:
        assert Session.current() is bob
        governor.decide(call())
        governor.decide(call(), session=bob)
        with pytest.raises(SessionError, match="keep one"):
            governor.decide(call(), session=kitelogik.session(user="eve"))
    assert Session.current() is None
    assert [line["session"]["user"] for line in house.decisions()] == ["bob", "bob"]


def test_once_a_session_was_opened_an_event_needs_one(house: House) -> None:
    governor = house.governor()
    assert governor.decide(call()).allow
    with kitelogik.session(user="ana"):
        pass
    denied = governor.decide(call())
    assert denied.reason_code == "no_session"
    assert f"{__file__}:" in denied.help
    assert house.decisions()[-1]["decision"]["reason_code"] == "no_session"

    def read(path: str) -> str:
        return path

    assert govern_tool(read, governor=governor, session="implicit")("/tmp/a") == "/tmp/a"


def test_an_object_can_require_a_session(house: House) -> None:
    governor = house.governor(session="required")
    assert governor.decide(call()).reason_code == "no_session"
    with governor.session(user="ana"):
        assert governor.decide(call()).allow


def test_leaving_the_block_closes_it_once_nothing_of_it_is_open(house: House) -> None:
    governor = house.governor()
    with kitelogik.session(user="ana") as s:
        open_call = governor.decide(call())
    assert governor.decide(call(), session=s).allow, "a report is still to come"
    governor.report(open_call.decision_id, outcome="ok")
    for line in house.decisions():
        if line["decision"]["allow"]:
            governor.report(line["decision_id"], outcome="ok")
    assert governor.decide(call(), session=s).reason_code == "session_closed"


def test_a_closed_session_never_reopens(house: House) -> None:
    governor = house.governor()
    s = governor.session(user="ana")
    with s.use():
        assert governor.decide(call()).allow
    with s.use():
        assert governor.decide(call()).allow, "use() leaves it open"
    s.close()
    s.close()
    with s.use():
        assert governor.decide(call()).reason_code == "session_closed"
    never_used = kitelogik.session(user="eve")
    with never_used:
        pass
    assert governor.decide(call(), session=never_used).reason_code == "session_closed"
    assert [line["decision"]["reason_code"] for line in house.decisions()[2:]] == ["session_closed"] * 2


def test_children_count_for_the_tree_and_go_as_deep_as_policy_allows(house: House) -> None:
    house.write("spawn", SPAWN)
    governor = house.governor()
    root = governor.session(user="ana", scope=["read", "write"])
    child = root.child(agent_id="c1", agent_role="reader", scope=["read"])
    assert (child.depth, child.user, child.scope, child.agent_role) == (1, "ana", ("read",), "reader")
    with pytest.raises(ActionDenied, match="too deep"):
        child.child()
    with pytest.raises(ActionDenied) as exceeded:
        root.child(scope=["admin"])
    assert exceeded.value.decision.reason_code == "scope_exceeded"
    asked = governor.decide({"event": "model_call", "model": "m"}, session=child)
    governor.report(asked.decision_id, outcome="ok", usage={"total_tokens": 7})
    governor.decide(call(), session=root)
    last = house.decisions()[-1]["session"]
    assert (last["tokens_spent"], last["depth"]) == (7, 0)
    spawned = [line for line in house.decisions() if line["event"] == "agent_spawn"]
    assert [line["parent"]["depth"] for line in spawned] == [0, 1, 0]
    assert asyncio.run(root.achild()).depth == 1
    with root:
        assert root.child().depth == 1
        with pytest.raises(ActionDenied, match="too deep"):
            child.child()


def test_a_session_belongs_to_one_store(house: House, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    other = House(tmp_path / "b")
    s = kitelogik.session(user="ana", governor=house.governor())
    with pytest.raises(SessionError, match="another governor"):
        other.governor().decide(call(), session=s)
    with pytest.raises(SessionError, match="knows no governor"):
        kitelogik.session(user="ana").child()


def test_threads_and_tasks(house: House) -> None:
    governor = house.governor()
    with kitelogik.session(user="ana") as s:
        found: list[str] = []
        threads = [
            threading.Thread(target=lambda: found.append(governor.decide(call()).reason_code)),
            threading.Thread(target=s.wrap(lambda: found.append(governor.decide(call()).reason_code))),
        ]
        for thread in threads:
            thread.start()
            thread.join()
        assert found == ["no_session", "allowed"], "a new thread is in no session unless it is told"

        async def task() -> str:
            return (await governor.adecide(call())).reason_code

        assert asyncio.run(task()) == "allowed"
        assert asyncio.run(s.wrap(task)()) == "allowed"


def test_a_block_left_in_another_context_neither_raises_nor_restores() -> None:
    s = kitelogik.session(user="ana")
    there = contextvars.copy_context()
    there.run(s.__enter__)
    with kitelogik.session(user="bob") as bob:
        s.__exit__(None, None, None)
        assert Session.current() is bob
    assert there.run(Session.current) is s


def test_a_pickled_session_tells_whose_it_was_and_is_closed(house: House) -> None:
    governor = house.governor()
    s = governor.session(user="ana", roles=["a"], scope=["read"])
    copied = pickle.loads(pickle.dumps(s))
    assert (copied.id, copied.user, copied.roles, copied.scope) == (s.id, "ana", ("a",), ("read",))
    assert governor.decide(call(), session=copied).reason_code == "session_closed"
    assert copied.id == s.id


def test_wrong_identities_are_refused() -> None:
    with pytest.raises(SessionError, match="roles"):
        kitelogik.session(roles="admin")
    with pytest.raises(SessionError, match="scope"):
        kitelogik.session(scope=[1])  # type: ignore[list-item]


def test_a_long_implicit_session_is_worth_a_warning(house: House, caplog: pytest.LogCaptureFixture) -> None:
    governor = house.governor()
    for _ in range(1001):
        governor.decide({"event": "data_access"})
    told = [record.getMessage() for record in caplog.records if "share one budget" in record.getMessage()]
    assert len(told) == 1


ONCE = """package kitelogik.tool_call

default decision := {"allow": true}

deny contains "only once" if input.session.tool_call_count["fs.write"] > 0
"""


def test_a_denial_by_the_implicit_session_says_that_it_is_shared(tmp_path: Path) -> None:
    house = House(tmp_path, once=ONCE)
    governor = house.governor(session="implicit")
    assert governor.decide(call()).allow
    denied = governor.decide(call())
    assert (denied.reason, denied.reason_code) == ("only once", "policy")
    assert "kitelogik.session(user=" in denied.help
    assert house.decisions()[-1]["decision"]["help"] == denied.help
    with governor.session(user="ana"):
        assert governor.decide(call()).help == ""
        assert governor.decide(call()).help == ""


def test_who_acts_cannot_be_changed(house: House) -> None:
    s = house.governor().session(user="ana", scope=["read"])
    for name in ("user", "tenant", "agent_id", "agent_role", "roles", "scope", "depth", "id"):
        with pytest.raises(AttributeError):
            setattr(s, name, "root")
    for wrong in ({"user": 1}, {"tenant": 1}, {"agent_id": b"a"}, {"agent_role": 1}, {"roles": 5}):
        with pytest.raises(SessionError):
            kitelogik.session(**wrong)


def test_wrap_keeps_the_session_for_all_that_a_generator_makes() -> None:
    def items() -> Generator[Any, None, None]:
        yield Session.current()
        yield Session.current()

    async def aitems() -> AsyncIterator[Any]:
        yield Session.current()
        yield Session.current()

    class Callable_:
        async def __call__(self) -> Any:
            return Session.current()

    async def read(made: AsyncIterator[Any]) -> list[Any]:
        return [(item, Session.current()) async for item in made]

    s = kitelogik.session(user="ana")
    assert [(item, Session.current()) for item in s.wrap(items)()] == [(s, None)] * 2
    assert asyncio.run(read(s.wrap(aitems)())) == [(s, None)] * 2
    assert asyncio.run(s.wrap(Callable_())()) is s
    # It stays open for what was begun, and closes with it.
    with s:
        begun = s.wrap(items)()
    assert next(begun) is s
    begun.close()


def test_a_session_spawns_by_the_policies_of_its_first_event(house: House) -> None:
    house.write("spawn", SPAWN)

    def read(path: str) -> str:
        return path

    safe = govern_tool(read, policies=house.policies, audit_log=house.log, tool_names={"read": "read"})
    s = kitelogik.session(user="ana")
    with s:
        safe("/tmp/a")
        assert s.child().depth == 1
    governor = house.governor(approver=lambda request: True)
    with kitelogik.session(user="ana") as root:
        governor.decide(call())
        house.governor()
        house.write("spawn", SPAWN.replace('{"allow": true}', '{"escalate": true}'))
        governor.reload()
        assert root.child().depth == 1, "it is asked for by the governor that the session knows"


def test_a_session_that_the_governor_knows_holds_in_every_cell_of_a_notebook(house: House) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell: Any = cast("Any", InteractiveShell)()
    shell.user_ns.update(house=house, call=call)
    cells = [
        "import kitelogik\nnotebook = kitelogik.session(user='ana')",
        "governed = house.governor(session=notebook)",
        "assert governed.decide(call()).allow",
        "with notebook.use():\n    assert kitelogik.Session.current() is notebook",
    ]
    for cell in cells:
        shell.run_cell(cell, silent=True).raise_error()
    assert [line["session"]["user"] for line in house.decisions()] == ["ana"]
