"""Policies that cannot be loaded are refused, never half loaded, and do not take the process with them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from malformed.child import answers

HEAD = "package kitelogik.tool_call\n\n"
RULE = HEAD + 'default decision := {"allow": true}\n'


def text(content: str) -> Callable[[Path], None]:
    return raw(content.encode())


def raw(content: bytes, name: str = "p.rego") -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return make


def data(content: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        text(RULE)(folder)
        (folder / "data.json").write_text(content)

    return make


def dangling(folder: Path) -> None:
    text(RULE)(folder)
    (folder / "q.rego").symlink_to(folder / "nowhere.rego")


def pipe(folder: Path) -> None:
    text(RULE)(folder)
    os.mkfifo(folder / "q.rego")


def circle(folder: Path) -> None:
    text(RULE)(folder)
    (folder / "q.rego").symlink_to(folder / "q.rego")


CASES: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty directory": (lambda folder: None, "no_policies"),
    "no directory": (lambda folder: folder.rmdir(), "no_directory"),
    "not Rego": (text(HEAD + "decision := {"), "rego_parse_error"),
    "a reason without a rule": (text(HEAD + "x := 1\n"), "no_entry_rule"),
    "a library that nobody reads": (text("package lib\n\nx := 1\n"), "no_entry_rule"),
    "a package with a typo": (text(RULE.replace("tool_call", "toolcall")), "unknown_package"),
    "an empty file": (text("\n"), "empty_file"),
    "not UTF-8": (raw(RULE.encode() + b"# \xff\n"), "not_utf8"),
    "UTF-16": (raw(RULE.encode("utf-16")), "not_utf8"),
    "20,000 lists in a policy": (text(HEAD + "decision := " + "[" * 20_000), "rego_parse_error"),
    "20,000 closed lists": (text(f"{HEAD}decision := {'[' * 20_000}{']' * 20_000}"), "rego_parse_error"),
    "20,000 negations": (text(f"{HEAD}deny contains 1 if {'not ' * 20_000}false"), "rego_parse_error"),
    "20,000 minus signs": (text(f"{HEAD}decision := {'-(' * 20_000}1{')' * 20_000}"), "rego_parse_error"),
    "over 16 MiB": (raw(RULE.encode() + b"#" * (16 << 20)), "too_large"),
    "recursion": (text(HEAD + "deny contains x if some x in deny\n"), "rego_recursion_error"),
    "an unknown builtin": (text(HEAD + "deny contains 1 if no.such(input)\n"), "rego_type_error"),
    "data that is no JSON": (data("{"), "invalid_data"),
    "data with a key twice": (data('{"a": 1, "a": 2}'), "invalid_data"),
    "data 20,000 levels deep": (data('{"a": ' + "[" * 20_000 + "]" * 20_000 + "}"), "invalid_data"),
    "data that is no object": (data("[]"), "invalid_data"),
    "a file that is not there": (dangling, "unreadable"),
    "a link to itself": (circle, "unreadable"),
    "a pipe": (pipe, "unreadable"),
}

LOAD = """
import kitelogik
try:
    kitelogik.Governor(policies="policies", audit_log="audit.jsonl")
    print("loaded")
except kitelogik.PolicyLoadError as error:
    for found in error.diagnostics:
        print(found.code, found.message)
"""


@pytest.mark.parametrize("case", CASES)
def test_they_are_refused_by_name(case: str, tmp_path: Path) -> None:
    make, code = CASES[case]
    folder = tmp_path / "policies"
    folder.mkdir()
    make(folder)
    lines = answers(LOAD, tmp_path)
    assert [line.split()[0] for line in lines] == [code]
    assert all(len(line) < 500 for line in lines)


def test_five_megabytes_of_policy_load(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    names = ", ".join(f'"tool.{n:06}"' for n in range(350_000))
    text(f'{RULE}deny contains "listed" if input.tool in {{{names}}}\n')(tmp_path / "policies")
    assert (tmp_path / "policies/p.rego").stat().st_size > 5_000_000
    assert answers(LOAD, tmp_path) == ["loaded"]
