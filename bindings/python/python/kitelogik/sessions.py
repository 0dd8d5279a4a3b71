"""Sessions: whose action it is. Identity is set once, when a session opens; counters stay in the store."""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from kitelogik.current import AsOfNow, AsyncSessionItems, SessionItems, entered_sessions
from kitelogik.errors import ActionDenied, ConfigError, SessionError
from kitelogik.tools import target_of

if TYPE_CHECKING:
    from kitelogik._native import SessionKey
    from kitelogik.engine import Engine
    from kitelogik.governor import Governor, GovernorGate

F = TypeVar("F", bound=Callable[..., Any])

_first_explicit: str | None = None


def first_explicit() -> str | None:
    """Return file and line where this process opened its first explicit session, if it did."""
    return _first_explicit


class Identity(NamedTuple):
    """Whose action it is. Set once."""

    user: str | None
    tenant: str
    agent_id: str | None
    agent_role: str | None
    roles: tuple[str, ...]
    scope: tuple[str, ...] | None


class Session:
    """Whose action it is. Make one with `kitelogik.session(...)` or `Governor.session(...)`.

    `with s:` makes it current in this thread or task; leaving the block unbinds it, and it closes once
    nothing of it is open. `with s.use():` makes it current and leaves it open.
    """

    def __init__(
        self,
        *,
        user: str | None = None,
        tenant: str = "default",
        agent_id: str | None = None,
        agent_role: str | None = None,
        roles: Iterable[str] = (),
        scope: Iterable[str] | None = None,
        governor: Governor | None = None,
        _depth: int = 0,
    ) -> None:
        self._identity = Identity(
            _text("user", user),
            _text("tenant", tenant) or "default",
            _text("agent_id", agent_id),
            _text("agent_role", agent_role),
            _strings("roles", roles),
            None if scope is None else _strings("scope", scope),
        )
        self._depth = _depth
        if governor is not None and not hasattr(governor, "spawner"):
            raise ConfigError(f"governor= is a Governor, not {governor!r}")
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._key: SessionKey | None = None
        self._copied_id: str | None = None
        # It decides the spawns.
        self._spawner: GovernorGate | None = None
        self._blocks = self._kept = 0
        self._left = False
        self._closed = False
        if governor is not None:
            self.bind(governor.engine, governor.spawner)

    @property
    def user(self) -> str | None:
        """Whose action it is."""
        return self._identity.user

    @property
    def tenant(self) -> str:
        """The tenant; `"default"` where nobody said one."""
        return self._identity.tenant

    @property
    def agent_id(self) -> str | None:
        """The agent that acts."""
        return self._identity.agent_id

    @property
    def agent_role(self) -> str | None:
        """What that agent is for."""
        return self._identity.agent_role

    @property
    def roles(self) -> tuple[str, ...]:
        """The user's roles."""
        return self._identity.roles

    @property
    def scope(self) -> tuple[str, ...] | None:
        """What the session may reach; None is unbounded."""
        return self._identity.scope

    @property
    def depth(self) -> int:
        """How many spawns lie between it and its root."""
        return self._depth

    @property
    def id(self) -> str | None:
        """The id in the store; None until the session is bound to one."""
        if self._copied_id is not None or self._key is None:
            return self._copied_id
        return self._key.id

    @staticmethod
    def current() -> Session | None:
        """Return the innermost session of this thread or task."""
        entered = entered_sessions.get()
        return entered[-1] if entered else None

    def bind(
        self, engine: Engine, spawner: GovernorGate | None = None, parent: SessionKey | None = None
    ) -> SessionKey:
        """Write the session into the store of `engine`, once; its name there.

        `spawner` decides the spawns of a session that knows none yet. A session that was closed before its
        first event is written as closed: what is decided of it is denied, and recorded.
        """
        with self._lock:
            if self._engine is not None and self._engine is not engine:
                raise SessionError("the session belongs to another governor's store; open one for each store")
            if self._key is None:
                self._key = engine.native.session(
                    tenant=self.tenant,
                    user=self.user,
                    agent_id=self.agent_id,
                    agent_role=self.agent_role,
                    roles=list(self.roles),
                    scope=None if self.scope is None else list(self.scope),
                    parent=parent,
                )
                self._engine = engine
                if self._closed:
                    engine.native.close_session(self._key)
            if self._spawner is None:
                self._spawner = spawner
            return self._key

    def child(
        self,
        *,
        agent_id: str | None = None,
        agent_role: str | None = None,
        scope: Iterable[str] | None = None,
    ) -> Session:
        """Spawn an agent: an `agent_spawn` event of this session. Denied, it is an `ActionDenied`.

        The child's scope lies within its parent's, and what it spends counts for the whole tree.
        """
        gate, event = self._spawning(agent_id, agent_role, scope)
        # It is this session that spawns, whichever one is current around the call.
        with self.use():
            return self._spawned(gate, gate.decide(event), event)

    async def achild(
        self,
        *,
        agent_id: str | None = None,
        agent_role: str | None = None,
        scope: Iterable[str] | None = None,
    ) -> Session:
        """As `child`, where deciding may wait for an approver."""
        gate, event = self._spawning(agent_id, agent_role, scope)
        with self.use():
            return self._spawned(gate, await gate.adecide(event), event)

    def close(self) -> None:
        """Close it for good, whatever of it is open."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._engine is not None and self._key is not None:
                self._engine.native.close_session(self._key)

    @contextlib.contextmanager
    def use(self) -> Iterator[Session]:
        """Make it current in this thread or task, and leave it open."""
        self._enter()
        try:
            yield self
        finally:
            self._leave()

    def wrap(self, function: F) -> F:
        """Return `function` so that it runs, wherever it is called, with this session current.

        The items of a generator are made with it current, whoever reads them.
        """
        target = target_of(function)
        if inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target):

            @functools.wraps(function)
            def items(*args: Any, **kwargs: Any) -> Any:
                with self.use():
                    sessions = AsOfNow()
                    try:
                        made: Any = function(*args, **kwargs)
                    except BaseException:
                        sessions.end()
                        raise
                if inspect.isasyncgen(made):
                    return AsyncSessionItems(made, sessions)
                return SessionItems(made, sessions)

            return items  # type: ignore[return-value]
        if inspect.iscoroutinefunction(target):

            @functools.wraps(function)
            async def arun(*args: Any, **kwargs: Any) -> Any:
                with self.use():
                    return await function(*args, **kwargs)

            return arun  # type: ignore[return-value]

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            with self.use():
                return function(*args, **kwargs)

        return run  # type: ignore[return-value]

    def __enter__(self) -> Session:
        with self._lock:
            self._blocks += 1
        self._enter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()
        with self._lock:
            self._blocks -= 1
            self._left = True
            self._release()

    async def __aenter__(self) -> Session:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def __repr__(self) -> str:
        named = {"id": self.id, "user": self.user, "tenant": self.tenant, "agent_role": self.agent_role}
        shown = " ".join(f"{key}={value!r}" for key, value in named.items() if value is not None)
        return f"<Session {shown}>"

    def __reduce_ex__(self, protocol: Any) -> Any:
        # Another process may read whose session it was; its events belong to a session of its own.
        return _closed_copy, (tuple(self._identity), self.depth, self.id)

    def keep(self) -> None:
        """Keep it open past its blocks, for what began in it; `let_go` ends that."""
        with self._lock:
            self._kept += 1

    def let_go(self) -> None:
        """End one `keep`."""
        with self._lock:
            self._kept -= 1
            self._release()

    def _release(self) -> None:
        """Close it if its last block was left and nothing keeps it. Takes place under the lock."""
        if not self._left or self._blocks or self._kept or self._closed:
            return
        if self._engine is None or self._key is None:
            self._closed = True
        else:
            self._engine.native.release_session(self._key)

    def _enter(self) -> None:
        entered_sessions.set((*entered_sessions.get(), self))

    def _leave(self) -> None:
        # A block left in another context than it was entered in finds another stack, and leaves it alone.
        entered = entered_sessions.get()
        if entered and entered[-1] is self:
            entered_sessions.set(entered[:-1])

    def _spawning(
        self, agent_id: str | None, agent_role: str | None, scope: Iterable[str] | None
    ) -> tuple[GovernorGate, dict[str, Any]]:
        if self._spawner is None:
            raise SessionError("the session knows no governor yet: kitelogik.session(…, governor=…)")
        agent = {key: value for key, value in (("id", agent_id), ("role", agent_role)) if value is not None}
        event: dict[str, Any] = {"event": "agent_spawn"}
        if agent:
            event["agent"] = agent
        if scope is not None:
            event["requested_scope"] = list(_strings("scope", scope))
        return self._spawner, event

    def _spawned(self, gate: GovernorGate, decision: Any, event: dict[str, Any]) -> Session:
        if not decision.allow:
            raise ActionDenied(decision)
        agent = event.get("agent", {})
        session = Session(
            user=self.user,
            tenant=self.tenant,
            agent_id=agent.get("id"),
            agent_role=agent.get("role"),
            roles=self.roles,
            scope=event.get("requested_scope", self.scope),
            _depth=self.depth + 1,
        )
        try:
            session.bind(gate.engine, gate, self._key)
        except BaseException as error:
            gate.report(decision.decision_id, outcome="error", error=error)
            raise
        gate.report(decision.decision_id, outcome="ok")
        return session


def session(
    *,
    user: str | None = None,
    tenant: str = "default",
    agent_id: str | None = None,
    agent_role: str | None = None,
    roles: Iterable[str] = (),
    scope: Iterable[str] | None = None,
    governor: Governor | None = None,
) -> Session:
    """Open a session: who acts, from here on and for good.

    It binds to the store of `governor`, else to that of the first event that it meets. `scope` bounds what
    the session and its children may reach; None is unbounded.
    """
    return opened(
        user=user,
        tenant=tenant,
        agent_id=agent_id,
        agent_role=agent_role,
        roles=roles,
        scope=scope,
        governor=governor,
    )


def opened(**keywords: Any) -> Session:
    """Open an explicit session, and remember where this process did so first."""
    global _first_explicit
    made = Session(**keywords)
    if _first_explicit is None:
        frame = sys._getframe(2)
        _first_explicit = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    return made


def _closed_copy(identity: tuple[Any, ...], depth: int, session_id: str | None) -> Session:
    """Build what a pickled session becomes: who it was, closed."""
    user, tenant, agent_id, agent_role, roles, scope = identity
    made = Session(
        user=user,
        tenant=tenant,
        agent_id=agent_id,
        agent_role=agent_role,
        roles=roles,
        scope=scope,
        _depth=depth,
    )
    made._copied_id, made._closed = session_id, True
    return made


def _text(keyword: str, given: object) -> str | None:
    if given is not None and not isinstance(given, str):
        raise SessionError(f"{keyword} is a string, not {given!r}")
    return given


def _strings(keyword: str, given: Iterable[str]) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise SessionError(f"{keyword} is a list of strings, not {given!r}")
    items = tuple(given)
    if not all(isinstance(item, str) for item in items):
        raise SessionError(f"{keyword} is a list of strings")
    return items
