"""The command line, as `kitelogik` and as `python -m kitelogik`: the same as the cargo binary."""

from __future__ import annotations

import signal
import sys

from kitelogik._native import run_command


def main() -> None:
    """Run it and exit with its code."""
    # Python would wait for the command to return before it looks at Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(run_command(["kitelogik", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
