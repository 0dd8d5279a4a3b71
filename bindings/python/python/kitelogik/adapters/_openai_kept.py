"""What the gates of one governor keep between requests, tenant by tenant. Sans-IO."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Generic, NamedTuple, TypeVar

from kitelogik.adapters._openai_calls import Call, Verdict, kind_of
from kitelogik.adapters._openai_pending import PendingAnswers
from kitelogik.adapters._openai_surface import Json
from kitelogik.denial import compact

MAX_TENANTS = 1000
"""Tenants remembered; the one that was idle longest goes first."""
MAX_REMEMBERED = 10_000
"""Ids remembered of each sort; the oldest goes first."""

V = TypeVar("V")


class Bounded(Generic[V]):
    """What is known by an id, for threads; the oldest goes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, V] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._known)

    def put(self, key: object, value: V) -> None:
        """Remember a value. What is no id is not remembered."""
        if isinstance(key, str):
            with self._lock:
                self._known[key] = value
                if len(self._known) > MAX_REMEMBERED:
                    self._known.popitem(last=False)

    def get(self, key: object) -> V | None:
        """Return what is known by this id."""
        return self._known.get(key) if isinstance(key, str) else None

    def pop(self, key: object) -> V | None:
        """Forget what is known by this id, and return it."""
        with self._lock:
            return self._known.pop(key, None) if isinstance(key, str) else None


class _Decided(NamedTuple):
    digest: bytes
    allowed: bool
    denial: str
    decision_id: str


@dataclass(slots=True)
class Kept:
    """What belongs to one tenant, as one of its sessions has it under one version of the policies."""

    pending: PendingAnswers = field(default_factory=PendingAnswers)
    renamed: Bounded[str] = field(default_factory=Bounded)
    """Ids under which streams of several turns were shown, and of their last answers, where chains go on."""
    asks: Bounded[Call] = field(default_factory=Bounded)
    """Asks of hosted MCP servers that were allowed."""
    permits: Bounded[bytes] = field(default_factory=Bounded)
    """Of these, the ones to which no yes was sent yet: one decision is for one yes."""
    unreported: Bounded[str] = field(default_factory=Bounded)
    """Of these, the ones whose end is not known yet, with their decisions."""
    running: Bounded[str] = field(default_factory=Bounded)
    """Answers that are made in the background, and the decisions under which they spend."""
    shells: Bounded[bool] = field(default_factory=Bounded)
    """Answers to requests that declared a shell of the provider."""
    _decided: Bounded[_Decided] = field(default_factory=Bounded)
    standing: str = ""
    """Whose action the request is, under which policies: a decision on a call stands for no other."""

    def of(self, standing: str) -> Kept:
        """Return the same as one session has it under one version of the policies."""
        return Kept(
            self.pending,
            self.renamed,
            self.asks,
            self.permits,
            self.unreported,
            self.running,
            self.shells,
            self._decided,
            standing,
        )

    def continued(self, body: Json) -> Json:
        """Return a Responses request that continues the answer which the caller means."""
        previous = body.get("previous_response_id")
        real = self.renamed.get(previous) if previous is not None else None
        return body if real is None else {**body, "previous_response_id": real}

    def waits(self) -> bool:
        """Say whether a request that follows on an answer could have to be changed."""
        return bool(self.pending) or bool(self.renamed)

    def remember(self, verdict: Verdict) -> None:
        """Remember what was decided on a call, for whoever reads it again."""
        allowed = verdict.arguments is not None
        decided = _Decided(digest(verdict.call), allowed, verdict.denial, verdict.decision_id)
        self._decided.put(self._key(verdict.call), decided)

    def decided(self, call: Call) -> tuple[bool, str, str] | None:
        """Return what was decided on this very call: whether it is allowed, its denial, the decision's id."""
        known = self._decided.get(self._key(call))
        return known[1:] if known is not None and known.digest == digest(call) else None

    def allow(self, ask: Call, decision_id: str) -> None:
        """Remember that an ask is allowed: one yes to it may be sent."""
        self.asks.put(ask.call_id, ask)
        self.permits.put(ask.call_id, digest(ask))
        self.unreported.put(ask.call_id, decision_id)

    def _key(self, call: Call) -> str:
        return f"{self.standing}\0{call.call_id}"


class KeptByTenant:
    """An answer's id means something within its tenant only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tenants: OrderedDict[str, Kept] = OrderedDict()

    def of(self, tenant: str) -> Kept:
        """Return what belongs to this tenant."""
        with self._lock:
            kept = self._tenants.get(tenant)
            if kept is None:
                kept = self._tenants[tenant] = Kept()
            self._tenants.move_to_end(tenant)
            if len(self._tenants) > MAX_TENANTS:
                self._tenants.popitem(last=False)
            return kept


def digest(call: Call) -> bytes:
    """Return what makes two calls the same: their kind, their server, their name and their arguments."""
    said = compact([kind_of(call.item), call.server, call.name, call.arguments])
    return sha256(said.encode("utf-8", "surrogatepass")).digest()
