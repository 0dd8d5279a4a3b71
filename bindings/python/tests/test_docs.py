"""Each Python block of the README and of docs/ runs as it stands, those of a page one after another."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from pandas_apart import run_with_pandas
from scripted_model import ScriptedModel, text

ROOT = Path(__file__).parents[3]
PAGES = ["README.md", *(str(page.relative_to(ROOT)) for page in sorted((ROOT / "docs").rglob("*.md")))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WITH_BLOCKS = [page for page in PAGES if BLOCK.search((ROOT / page).read_text())]


@pytest.mark.parametrize("page", WITH_BLOCKS)
def test_the_blocks_of_a_page_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = (ROOT / page).read_text()
    shutil.copytree(ROOT / "examples" / "policies", tmp_path / "policies")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__docs__"}
    with ScriptedModel([text("done")] * 20) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        for block in BLOCK.finditer(content):
            if "import pandas" in block[1]:
                run_with_pandas(block[1], tmp_path)
                continue
            line = content.count("\n", 0, block.start(1))
            # The blank lines in front make a traceback name the line of the page.
            exec(compile("\n" * line + block[1], str(ROOT / page), "exec"), names)
    assert (tmp_path / "audit.jsonl").exists()


def test_pages_link_to_what_is_there() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text()):
            assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}"
