"""What `govern_tool(f)` costs over `f`: 300 bytes of arguments, the six example policies, a decision line and
an outcome line for each call. Alone, and beside one busy Python thread. Run by `make bench`."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from kitelogik import govern_tool, tool

POLICIES = Path(__file__).parents[3] / "examples" / "policies"
CALLS = 20_000
BUSY_CALLS = 5_000
TEXT = "lorem ipsum " * 23


@tool(name="fs.write", tags=["fs"])
def fs_write(path: str, text: str) -> int:
    """Stand for a tool that costs nothing."""
    return len(text)


def timed(function: Callable[[str, str], int], calls: int) -> list[float]:
    """Return the time of each call in microseconds, sorted."""
    times = []
    clock = time.perf_counter_ns
    for _ in range(calls):
        start = clock()
        function("/tmp/a", TEXT)
        times.append((clock() - start) / 1000)
    times.sort()
    return times


def shown(name: str, governed: list[float], bare: list[float]) -> None:
    """Print medians and tails of the difference."""
    p50 = statistics.median(governed) - statistics.median(bare)
    p99 = governed[len(governed) * 99 // 100] - statistics.median(bare)
    print(f"{name:<58} p50 {p50:7.1f} us   p99 {p99:7.1f} us")


def main() -> None:
    """Measure both."""
    with tempfile.TemporaryDirectory() as folder:
        safe = govern_tool(fs_write, policies=POLICIES, audit_log=Path(folder) / "audit.jsonl")
        timed(safe, 2_000)
        shown("govern_tool(f) minus f", timed(safe, CALLS), timed(fs_write, CALLS))
        done = threading.Event()

        def busy() -> None:
            while not done.is_set():
                sum(range(1000))

        thread = threading.Thread(target=busy, daemon=True)
        thread.start()
        try:
            shown(
                "the same beside one busy Python thread", timed(safe, BUSY_CALLS), timed(fs_write, BUSY_CALLS)
            )
        finally:
            done.set()
            thread.join()


if __name__ == "__main__":
    main()
