"""The audit log, read by those who query it: no error, and no value changed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import jsonschema  # type: ignore[import-untyped]
import kitelogik
import pytest
from pandas_apart import run_with_pandas

ROOT = Path(__file__).parents[3]
EVERY_LINE = ROOT / "crates/kitelogik-audit/tests/it/snapshots/it__lines__every_line.snap.jsonl"
"""A line of every kind and every reason code, as the renderer writes them."""
ARGS = {
    "Path": 1,
    "path": 2,
    "big": 2**70,
    "fraction": 0.1,
    "text": "ä\0\n😀",
    "none": None,
    "deep": [{"A": {}}],
}
LINES = 100_000


def schema(form: str) -> str:
    command = [sys.executable, "-m", "kitelogik", "audit", "schema", "--format", form]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def load(log: Path) -> duckdb.DuckDBPyRelation:
    columns = schema("duckdb")
    found = duckdb.sql(f"FROM read_json('{log}', format = 'newline_delimited', columns = {columns})")
    assert found is not None
    return found


def pandas_block() -> str:
    """Return the block of the page that loads the log, less what it prints."""
    page = (ROOT / "docs" / "audit.md").read_text()
    block = next(b for b in re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S) if "import pandas" in b)
    assert isinstance(block, str)
    return block


@pytest.fixture(scope="module")
def long_log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make a long log whose last two lines have nearly all the keys, one of them written by this process."""
    folder = tmp_path_factory.mktemp("long")
    log = folder / "audit.jsonl"
    lines = EVERY_LINE.read_bytes().splitlines(keepends=True)
    few = [line for line in lines if b'"event":"outcome"' in line and b'"error":{' not in line]
    with log.open("wb") as file:
        file.writelines(few[n % len(few)] for n in range(LINES - 2))
        # Only JSON text can say 1e400, so that this line is the Rust renderer's own.
        assert b"1e400" in lines[-1]
        file.write(lines[-1])
    (folder / "policies").mkdir()
    (folder / "policies" / "any.rego").write_text(
        'package kitelogik.tool_call\n\ndecision := {"allow": true}\n'
    )
    with kitelogik.Governor(policies=folder / "policies", audit_log=log) as governor:
        event = {"event": "tool_call", "tool": "t", "wire_tool": "w", "transport": "function", "args": ARGS}
        assert governor.decide(event).allow
    assert log.read_bytes().count(b"\n") == LINES
    yield log
    log.unlink()


def test_duckdb_loads_a_long_log_with_no_value_changed(long_log: Path) -> None:
    log = load(long_log)
    assert log.aggregate("count(*), count(decision), count(args), count(outcome)").fetchall() == [
        (LINES, 2, 2, LINES - 2)
    ]
    rows = [dict(zip(log.columns, row, strict=True)) for row in log.filter("args IS NOT NULL").fetchall()]
    texts = long_log.read_text().splitlines()[-2:]
    for row, text in zip(rows, texts, strict=True):
        same(row, exact(text))
    taken = log.filter("args IS NOT NULL").project(
        "args->>'Path', args->>'path', args->>'big', args->>'huge'"
    )
    assert taken.fetchall() == [
        ("1", "2", str(2**70), "1e400"),
        ("1", "2", str(2**70), None),
    ]


def test_duckdb_loads_lines_of_every_kind() -> None:
    log = load(EVERY_LINE)
    texts = EVERY_LINE.read_text().splitlines()
    for row, text in zip(log.fetchall(), texts, strict=True):
        same(dict(zip(log.columns, row, strict=True)), exact(text))


def exact(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def same(row: dict[str, Any], record: dict[str, Any]) -> None:
    """Compare what a reader has with what was written; what was not written is None there."""
    assert row.keys() >= record.keys()
    for key, found in row.items():
        given = record.get(key)
        if key == "timestamp":
            assert found.isoformat(timespec="microseconds") + "Z" == given
        elif isinstance(given, dict) and isinstance(found, str):
            assert exact(found) == given, key
        elif isinstance(given, dict):
            same(found, given)
        elif isinstance(given, list) and given and isinstance(given[0], dict):
            for one, other in zip(found, given, strict=True):
                same(one, other)
        elif isinstance(given, Decimal):
            assert found == float(given), key
        else:
            assert found == given, key


def test_pandas_loads_a_long_log_with_no_value_changed(long_log: Path) -> None:
    check = f"""
assert len(log) == {LINES} and len(decided) == 2
texts = open("audit.jsonl").read().splitlines()
written = [json.loads(text, parse_float=Decimal) for text in texts[-2:]]
for row, record in zip(decided.to_dict("records"), written, strict=True):
    for key, given in record.items():
        found = row[key]
        if key == "timestamp":
            assert found.isoformat(timespec="microseconds") == given.replace("Z", "+00:00"), key
        else:
            assert found == given, (key, found, given)
    assert row["allow"] == record["decision"]["allow"] and row["matched"] == record["matched"]
first, second = decided["args"]
assert first["Path"] == second["Path"] == 1 and first["path"] == second["path"] == 2
assert first["big"] == second["big"] == 2**70 and first["huge"] == Decimal("1e400")
"""
    run_with_pandas(pandas_block() + check, long_log.parent)


def test_each_line_keeps_to_the_json_schema() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(schema("jsonschema")))
    validator.check_schema(validator.schema)
    records = [json.loads(line) for line in EVERY_LINE.read_text().splitlines()]
    for record in records:
        validator.validate(record)
        without_event = {**record, "event": "another"}
        assert not validator.is_valid(without_event)
        assert not validator.is_valid({**record, "schema": 2})
    call = records[-1]
    assert call["event"] == "tool_call"
    for key in ("tool", "decision", "policy_version", "timestamp"):
        assert not validator.is_valid({**call, key: None})
        assert not validator.is_valid({name: value for name, value in call.items() if name != key})
    assert validator.is_valid({**call, "of_a_later_version": 1})
