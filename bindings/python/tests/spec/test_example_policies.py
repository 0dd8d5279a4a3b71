"""`examples/policies` under the real OPA: they check strictly, are formatted and pass their own tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from absent import absent

POLICIES = Path(__file__).parents[4] / "examples/policies"


def opa(*arguments: str) -> subprocess.CompletedProcess[str]:
    named = os.environ.get("KITELOGIK_OPA", "")
    program = named if Path(named).is_file() else shutil.which("opa")
    if program is None:
        absent("examples/policies under OPA", "no opa: set KITELOGIK_OPA, or run make test with Go installed")
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("command", [["check", "--strict"], ["fmt", "--list", "--fail"]])
def test_opa_has_nothing_to_say(command: list[str]) -> None:
    done = opa(*command, str(POLICIES))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_each_policy_has_tests_and_opa_passes_them() -> None:
    done = opa("test", "--format=json", str(POLICIES))
    results = json.loads(done.stdout)
    assert [result for result in results if result.get("fail") or result.get("error")] == []
    assert done.returncode == 0, done.stderr
    tested = {Path(result["location"]["file"]).name.removesuffix("_test.rego") for result in results}
    policies = {path.stem for path in POLICIES.glob("*.rego") if not path.stem.endswith("_test")}
    assert tested == policies == {"budget", "files", "finance", "mcp", "plans", "spawn"}


def test_a_policy_that_is_wrong_is_found(tmp_path: Path) -> None:
    """Hold the tests above: they can fail."""
    text = (POLICIES / "files.rego").read_text().replace('"/tmp/"', '"/etc/"')
    (tmp_path / "files.rego").write_text(text)
    shutil.copy(POLICIES / "files_test.rego", tmp_path)
    assert opa("test", str(tmp_path)).returncode == 2
    (tmp_path / "files.rego").write_text(text + "import data.unused\n")
    assert opa("check", "--strict", str(tmp_path)).returncode == 1
