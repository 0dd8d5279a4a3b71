"""pandas, which is too large to be installed wherever the package is tested: an environment apart.

It is made once for a lock, in the cache, by whichever Python came first: who reads a log need not be who
wrote it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from absent import absent

LOCK = Path(__file__).parents[1] / "locks" / "audit.txt"


def run_with_pandas(code: str, folder: Path) -> str:
    """Run Python code in a folder, and return what it printed."""
    done = subprocess.run(
        [_interpreter(), "-W", "error", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _interpreter() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kitelogik"
    home = cache / f"pandas-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]}"
    if not _has_pandas(home):
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as draft:
            made = Path(draft) / "made"
            try:
                _make(made)
            except subprocess.CalledProcessError as error:
                absent("logs read by pandas", f"cannot install {LOCK.name}: {error.stderr[-400:]}")
            shutil.rmtree(home, ignore_errors=True)
            made.rename(home)
    return _python(home)


def _make(home: Path) -> None:
    locked = ["--only-binary", ":all:", "--require-hashes", "-r", str(LOCK)]
    for command in (
        [sys.executable, "-m", "venv", str(home)],
        [str(_python(home)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *locked],
    ):
        subprocess.run(command, check=True, capture_output=True, text=True)


def _python(home: Path) -> Path:
    return home / "bin" / "python"


def _has_pandas(home: Path) -> bool:
    """Tell whether the environment is there, whole, and made by a Python that is still there."""
    if not _python(home).exists():
        return False
    return (
        subprocess.run([_python(home), "-c", "import pandas"], capture_output=True, check=False).returncode
        == 0
    )
