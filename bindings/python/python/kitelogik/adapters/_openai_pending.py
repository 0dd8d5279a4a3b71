"""Denials that wait for the caller's next request, so that the model learns of them. Sans-IO."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from kitelogik.adapters._openai_calls import Denied, answered_by, output_of
from kitelogik.adapters._openai_formats import input_items
from kitelogik.adapters._openai_surface import Json

MAX_KEPT = 1000
"""Answers remembered; the oldest goes first."""
KEPT_SECONDS = 24 * 3600.0


class PendingDenials:
    """Denied calls by the id of the answer they were taken from. They are looked up, not taken: a request
    may be retried, and two requests may follow one answer."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, Denied]] = OrderedDict()
        self._by_sibling: dict[str, str] = {}

    def keep(self, response_id: object, denied: Denied) -> None:
        """Remember what was taken out of an answer."""
        if not isinstance(response_id, str) or not denied.calls:
            return
        with self._lock:
            self._drop(response_id)
            self._kept[response_id] = (self._clock() + KEPT_SECONDS, denied)
            self._by_sibling.update(dict.fromkeys(denied.siblings, response_id))
            while self._kept and (len(self._kept) > MAX_KEPT or self._oldest_expired()):
                self._drop(next(iter(self._kept)))

    def inject(self, body: Json) -> Json:
        """Return a Responses request with the denials that belong beside what it carries."""
        items = input_items(body)
        previous = body.get("previous_response_id")
        if previous is not None:
            denied = self._find(previous)
            return body if denied is None else {**body, "input": _beside(items, denied, with_calls=False)}
        outputs = [call_id for item in items if (call_id := answered_by(item)) is not None]
        answers = dict.fromkeys(self._by_sibling.get(call_id) for call_id in outputs)
        changed = False
        for answer in answers:
            denied = self._find(answer)
            if denied is not None:
                items, changed = _beside(items, denied, with_calls=True), True
        return {**body, "input": items} if changed else body

    def _find(self, response_id: object) -> Denied | None:
        with self._lock:
            entry = self._kept.get(response_id) if isinstance(response_id, str) else None
            return entry[1] if entry is not None and entry[0] > self._clock() else None

    def _oldest_expired(self) -> bool:
        return next(iter(self._kept.values()))[0] <= self._clock()

    def _drop(self, response_id: str) -> None:
        entry = self._kept.pop(response_id, None)
        for sibling in entry[1].siblings if entry is not None else ():
            if self._by_sibling.get(sibling) == response_id:
                del self._by_sibling[sibling]


def _beside(items: list[Json], denied: Denied, *, with_calls: bool) -> list[Json]:
    """Put the denials after the last output of a sibling, or first where there is none."""
    present = {answered_by(item) for item in items}
    missing = [verdict for verdict in denied.calls if verdict.call.call_id not in present]
    if not missing:
        return items
    at = max(
        (place + 1 for place, item in enumerate(items) if answered_by(item) in denied.siblings),
        default=0,
    )
    calls = [*denied.reasoning, *(verdict.call.item for verdict in missing)] if with_calls else []
    return [*items[:at], *calls, *(output_of(verdict) for verdict in missing), *items[at:]]
