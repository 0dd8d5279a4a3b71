"""Two processes, one spawned and one forked, write one log; a forked child starts afresh."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from house import House
from kitelogik import Governor

THREADS, DECISIONS = 8, 5000
NEVER = "package kitelogik.agent_plan\n\ndecision := {} if false\n"


def _decide(policies: Path, log: Path, returned: Path) -> None:
    governor = Governor(policies=policies, audit_log=log)
    ids: list[list[str]] = [[] for _ in range(THREADS)]

    def run(mine: list[str]) -> None:
        event = {"event": "tool_call", "tool": "fs.write", "args": {"path": "/tmp/a", "text": "x" * 200}}
        for _ in range(DECISIONS):
            mine.append(governor.decide(event).decision_id)

    threads = [threading.Thread(target=run, args=(mine,)) for mine in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    returned.write_text(json.dumps([one for mine in ids for one in mine]))


def test_every_decision_of_two_processes_is_one_line(house: House, tmp_path: Path) -> None:
    # The forked one shares the open log of its parent.
    house.governor().decide({"event": "data_access"})
    before = len(house.lines())
    workers = []
    for method in ("spawn", "fork"):
        returned = tmp_path / f"{method}.json"
        context: Any = multiprocessing.get_context(method)
        given = (house.policies, house.log, returned)
        workers.append((context.Process(target=_decide, args=given), returned))
    for worker, _ in workers:
        worker.start()
    for worker, _ in workers:
        worker.join(300)
        assert worker.exitcode == 0
    lines = house.lines()[before:]
    assert len(lines) == 2 * THREADS * DECISIONS
    written = {line["decision_id"] for line in lines}
    returned_ids = {one for _, path in workers for one in json.loads(path.read_text())}
    assert len(written) == len(lines)
    assert written == returned_ids


def test_a_forked_child_finds_the_parents_sessions_closed_and_decides_in_its_own(house: House) -> None:
    governor = house.governor(session="implicit")
    explicit = governor.session(user="ana")
    assert governor.decide({"event": "data_access"}).allow
    child = os.fork()
    if child == 0:
        code = 1
        try:
            mine = governor.decide({"event": "data_access"})
            theirs = governor.decide({"event": "data_access"}, session=explicit)
            code = 0 if mine.allow and theirs.reason_code == "session_closed" else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    sessions = [line["session"] for line in house.decisions() if "session" in line]
    implicit = [session["id"] for session in sessions if "user" not in session]
    assert len(set(implicit)) == 2, "the implicit session of a child is new"
    assert governor.decide({"event": "data_access"}, session=explicit).allow


def test_a_fork_beside_busy_threads_leaves_no_lock_held(house: House) -> None:
    governor = house.governor()
    done = threading.Event()

    def busy() -> None:
        while not done.is_set():
            governor.decide({"event": "tool_call", "tool": "t", "args": {"path": "/tmp/" + "x" * 1000}})

    def reloads() -> None:
        while not done.is_set():
            house.write("more", NEVER + f"# {time.time()}\n")
            governor.reload()

    threads = [threading.Thread(target=busy), threading.Thread(target=busy), threading.Thread(target=reloads)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            child = os.fork()
            if child == 0:
                allowed = governor.decide({"event": "data_access"}).allow
                os._exit(0 if allowed else 1)
            assert _exited(child) == 0
    finally:
        done.set()
        for thread in threads:
            thread.join()


def _exited(child: int) -> int:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    pytest.fail("the forked child hangs")
