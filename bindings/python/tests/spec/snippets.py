"""The specification's snippets, cut when a test runs: where they stand is kept here, never their text."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from absent import absent

PAGE = "000_90a430edd1da8850.txt"
ROOT = Path(__file__).parents[4]


@dataclass(frozen=True)
class Snippet:
    """Lines of the page, the first being 1, and the SHA-256 of them, each with its newline."""

    first: int
    count: int
    sha256: str


SNIPPETS = {
    "agent.py": Snippet(14, 16, "4f296905a59f85a9636069d1e4191acbf54c4e09ee3a38022b40404feda0c9ed"),
    "policies/files.rego": Snippet(
        38, 12, "4f5a070e8166f5686d4e244a682c19b432ed7b5816fc44a14551860c9460304d"
    ),
    "policies/spawn.rego": Snippet(56, 8, "bdcb0bfa87160e32410492b3ad0f7476d1349f330880c2b3bc62716ef1dabf5a"),
    "policies/finance.rego": Snippet(
        70, 9, "2d95bce2f2869a15404e862782c82e0622e2ccfefc8910d776d423341c1d179d"
    ),
    "policies/budget.rego": Snippet(
        85, 7, "b7e5f78bb6c96552a931d2c9ef26d22b3a857f4aa4baec9892cdabad489ed50f"
    ),
    "policies/mcp.rego": Snippet(98, 15, "8dced6fdd9d094ac7bca0eca804d71dad7f2bfbe51c1852dbf367fcc58b16c45"),
    "policies/plans.rego": Snippet(
        121, 15, "9cc0c8f65644065e02a4016b3e0d1fe371cce0d61eff4d68cdc0e8c067587dea"
    ),
    "audit_query.py": Snippet(142, 17, "7ef10fd2d58d9d6be50f7a5ca38b19b667d3a50602c4aca407d2e5a3357be9c0"),
}


def cut(name: str) -> str:
    """Return a snippet as it is printed. Without the page the test is skipped loudly, in CI it fails."""
    shared = Path(os.environ.get("KITELOGIK_SHARED") or ROOT.parent / "shared")
    page = shared / "spec" / PAGE
    if not page.is_file():
        absent("the specification's snippets", f"no page {page}: set KITELOGIK_SHARED")
    snippet = SNIPPETS[name]
    lines = page.read_text(encoding="utf-8").split("\n")
    text = "".join(line + "\n" for line in lines[snippet.first - 1 :][: snippet.count])
    found = hashlib.sha256(text.encode()).hexdigest()
    assert found == snippet.sha256, f"{name} is another text than the table says: {found}"
    return text


def cut_into(folder: Path) -> None:
    """Write every snippet under its name into `folder`."""
    for name in SNIPPETS:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(cut(name), encoding="utf-8")
