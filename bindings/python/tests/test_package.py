"""The package as a whole: its names, its types, and what importing it does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args

import kitelogik
import pytest
from kitelogik import namesake
from kitelogik._native import REASON_CODES
from kitelogik.reason_code import ReasonCode


def test_the_public_names_are_these() -> None:
    promised = (
        "Governor Decision ApprovalRequest Session Usage session tool govern_tool PolicyWarning "
        "KiteLogikError PolicyLoadError ConfigError ActionDenied UngovernedSurface SessionError "
        "AuditError StoreError"
    )
    assert set(promised.split()) <= set(kitelogik.__all__)
    assert all(hasattr(kitelogik, name) for name in kitelogik.__all__)


def test_importing_it_imports_no_framework() -> None:
    code = "import sys, kitelogik; print({'openai', 'httpx', 'httpx2', 'pydantic'} & sys.modules.keys())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_env())
    assert run.stdout.strip() == "set()"


def test_files_of_the_namesake_are_refused(tmp_path: Path) -> None:
    namesake.check(tmp_path)
    (tmp_path / "governed.py").write_text("")
    with pytest.raises(ImportError, match=r"another project .*governed.py.*pip uninstall"):
        namesake.check(tmp_path)


def test_the_type_lists_every_reason_code() -> None:
    assert list(get_args(ReasonCode)) == REASON_CODES


def test_the_stub_fits_the_module() -> None:
    command = [sys.executable, "-m", "mypy.stubtest", "kitelogik._native"]
    run = subprocess.run(command, capture_output=True, text=True, env=_env(), cwd=Path(__file__).parents[1])
    assert run.returncode == 0, run.stdout + run.stderr


def _env() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(Path(kitelogik.__file__).parents[1])}
