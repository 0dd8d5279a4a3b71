"""Answers to withheld calls that wait for the caller's next request: so the model learns of them. Sans-IO."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from kitelogik.adapters._openai_calls import Withheld, answered_by, outputs_of
from kitelogik.adapters._openai_formats import input_items
from kitelogik.adapters._openai_surface import Json, conversation_of

NOTHING_WITHHELD = Withheld((), (), frozenset())
MAX_KEPT = 1000
"""Answers remembered; the oldest goes first."""
KEPT_SECONDS = 24 * 3600.0


class PendingAnswers:
    """Withheld calls by the id of the answer they were taken from, or of its conversation. They are looked
    up, not taken: a request may be retried, and two requests may follow one answer."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, Withheld]] = OrderedDict()
        self._by_sibling: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._kept)

    def keep(self, answer: object, withheld: Withheld) -> None:
        """Remember what was taken out of an answer, by its id or its conversation's."""
        if not isinstance(answer, str) or not (withheld.calls or answer in self._kept):
            return
        with self._lock:
            # A conversation goes on: what its last answer waited for was answered.
            self._drop(answer)
            if not withheld.calls:
                return
            self._kept[answer] = (self._clock() + KEPT_SECONDS, withheld)
            self._by_sibling.update(dict.fromkeys(withheld.siblings, answer))
            while self._kept and (len(self._kept) > MAX_KEPT or self._oldest_expired()):
                self._drop(next(iter(self._kept)))

    def inject(self, body: Json) -> Json:
        """Return a Responses request with the answers that belong beside what it carries."""
        if not self._kept:
            return body
        items = input_items(body)
        previous = body.get("previous_response_id") or conversation_of(body)
        if previous is not None:
            withheld = self._find(previous)
            return body if withheld is None else {**body, "input": _beside(items, withheld, with_calls=False)}
        outputs = [call_id for item in items if (call_id := answered_by(item)) is not None]
        answers = dict.fromkeys(self._by_sibling.get(call_id) for call_id in outputs)
        changed = False
        for answer in answers:
            withheld = self._find(answer)
            if withheld is not None:
                items, changed = _beside(items, withheld, with_calls=True), True
        return {**body, "input": items} if changed else body

    def _find(self, answer: object) -> Withheld | None:
        with self._lock:
            entry = self._kept.get(answer) if isinstance(answer, str) else None
            return entry[1] if entry is not None and entry[0] > self._clock() else None

    def _oldest_expired(self) -> bool:
        return next(iter(self._kept.values()))[0] <= self._clock()

    def _drop(self, answer: str) -> None:
        entry = self._kept.pop(answer, None)
        for sibling in entry[1].siblings if entry is not None else ():
            if self._by_sibling.get(sibling) == answer:
                del self._by_sibling[sibling]


def _beside(items: list[Json], withheld: Withheld, *, with_calls: bool) -> list[Json]:
    """Put the answers after the last output of a sibling, or first where there is none."""
    present = {answered_by(item) for item in items}
    missing = [verdict for verdict in withheld.calls if verdict.call.call_id not in present]
    if not missing:
        return items
    at = max(
        (place + 1 for place, item in enumerate(items) if answered_by(item) in withheld.siblings),
        default=0,
    )
    calls = [*withheld.reasoning, *(verdict.call.item for verdict in missing)] if with_calls else []
    return [*items[:at], *calls, *(output for v in missing for output in outputs_of(v)), *items[at:]]
