"""What the gates of one governor keep between requests, tenant by tenant. Sans-IO."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from kitelogik.adapters._openai_pending import PendingDenials
from kitelogik.adapters._openai_stream import RenamedAnswers

MAX_TENANTS = 1000
"""Tenants remembered; the one that was idle longest goes first."""


@dataclass(frozen=True)
class Kept:
    """What belongs to one tenant: denials that wait for a next request, and ids of streamed answers."""

    pending: PendingDenials = field(default_factory=PendingDenials)
    renamed: RenamedAnswers = field(default_factory=RenamedAnswers)


class KeptByTenant:
    """An answer's id means something within its tenant only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tenants: OrderedDict[str, Kept] = OrderedDict()

    def of(self, tenant: str) -> Kept:
        """Return what belongs to this tenant."""
        with self._lock:
            kept = self._tenants.setdefault(tenant, Kept())
            self._tenants.move_to_end(tenant)
            if len(self._tenants) > MAX_TENANTS:
                self._tenants.popitem(last=False)
            return kept
