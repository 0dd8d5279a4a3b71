"""Another project is called `kitelogik` on PyPI. Where its files lie among ours, neither works as its authors
meant, and what is imported is a matter of luck: such an installation is refused."""

from __future__ import annotations

from pathlib import Path

# Of the namesake's 0.4.0, and of no release of ours.
_THEIRS = ("edition.py", "governed.py", "policy_tester.py")


def check(folder: Path) -> None:
    """Raise `ImportError` if files of the namesake lie in this package's folder."""
    found = [name for name in _THEIRS if (folder / name).exists()]
    if found:
        raise ImportError(
            f"{folder} holds files of another project called kitelogik ({', '.join(found)}): "
            "run `pip uninstall kitelogik` until nothing is left, remove that folder, and install this one "
            "again from its wheel"
        )


check(Path(__file__).parent)
