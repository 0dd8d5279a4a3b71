"""`Governor`: the policy decision point, for every adapter and for events decided by hand."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, NoReturn, cast

from kitelogik._native import Decision, Pending, SessionKey
from kitelogik._native import Pep as NativePep
from kitelogik.approvals import Approver, Verdict, ask, ask_async, is_async, request, voucher
from kitelogik.engine import Engine, engine
from kitelogik.errors import ConfigError, SessionError, advise
from kitelogik.gate import Event, Handling, Outcome, SessionMode, Ungoverned, Usage
from kitelogik.json_form import json_form
from kitelogik.sessions import Session, first_explicit, opened
from kitelogik.tools import ToolNames

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

_ON_A_LOOP = (
    "a sync call on a thread with a running event loop cannot wait for an approver; use the async form"
)
_NEEDS_ASYNC = "the approver is async, this call is not; use the async form or a sync approver"


class GovernorGate:
    """One enforcement point of a `Governor`: its names, its session, its approver."""

    def __init__(
        self,
        engine: Engine,
        adapter: str,
        *,
        handling: Handling,
        names: ToolNames,
        session: Session | SessionMode | None,
        ungoverned: Ungoverned,
        approver: Approver | None,
        hidden: Iterable[str] = (),
        can: Iterable[str] = (),
        hosted_tools: Iterable[str] = (),
        spawner: GovernorGate | None = None,
    ) -> None:
        if not (session is None or isinstance(session, Session) or session in ("implicit", "required")):
            raise ConfigError("session is a Session, 'implicit' or 'required'")
        if approver is not None and not callable(approver):
            raise ConfigError(
                "approver is a function that takes an ApprovalRequest and returns True or False"
            )
        self.engine, self.names, self.approver = engine, names, approver
        self._session = session
        # Not the governor, which holds this gate: who drops it may open the log under other policies at once.
        self._spawner = spawner
        # What makes two gates the same gate.
        hosted = tuple(hosted_tools)
        self._config = (adapter, handling, names, session, ungoverned, approver, tuple(hidden), hosted)
        self._pep: NativePep = engine.native.pep(
            adapter,
            can=[*can, *(["escalate"] if approver is not None else [])],
            handling=handling,
            tool_names=dict(names.names),
            tool_tags={name: list(tags) for name, tags in names.tags.items()},
            mcp_tools=dict(names.mcp),
            ungoverned=ungoverned,
            form=json_form,
            args_hidden=list(hidden),
            hosted_tools=list(hosted),
        )
        self._decide = engine.native.decide
        engine.tags.update(tag for tags in names.tags.values() for tag in tags)
        self._tags_compared = False

    def decide(self, event: Event, *, session: Session | None = None) -> Decision:
        """Decide one event; a denial is a value. Blocks while an approver is asked."""
        if not self._tags_compared and event.get("tools"):
            self._compare_tags()
        whose = self._whose(session)
        done = self._decide(self._pep, cast("dict[str, Any]", event), *self._key(whose))
        if isinstance(done, Pending):
            try:
                verdict = self._ask(done, whose)
            except BaseException:
                self._resolve(done, ("cancelled", ""))
                raise
            done = self._resolve(done, verdict)
        return self._told(done, event)

    async def adecide(self, event: Event, *, session: Session | None = None) -> Decision:
        """As `decide`; awaits while an approver is asked."""
        if not self._tags_compared and event.get("tools"):
            self._compare_tags()
        whose = self._whose(session)
        done = self._decide(self._pep, cast("dict[str, Any]", event), *self._key(whose))
        if isinstance(done, Pending):
            try:
                verdict = await ask_async(
                    cast(Approver, self.approver), request(done, whose), self.engine.approving
                )
            except BaseException:
                self._resolve(done, ("cancelled", ""))
                raise
            done = self._resolve(done, verdict)
        return self._told(done, event)

    def refuse(self, event: Event, why: str) -> Decision:
        """Deny, in the record too, an event that was allowed and cannot be enforced as policy demands.

        `why` is for the operator.
        """
        key, _ = self._key(self._whose(None))
        done = self.engine.native.refuse(self._pep, cast("dict[str, Any]", event), key, why)
        return self._told(done, event)

    @property
    def spawner(self) -> GovernorGate:
        """The gate that decides the spawns of sessions which meet their first event here."""
        return self._spawner or self

    def governs(self, kind: str) -> bool:
        """Say whether a loaded unit can decide events of this kind."""
        return self.engine.native.governs(kind)

    @property
    def memory(self) -> dict[str, Any]:
        """What adapters keep between calls, by their own names; shared by all gates of a governor."""
        return self.engine.memory

    def tenant(self) -> str:
        """Return the tenant whose action the next event would be."""
        whose = self._whose(None)
        return "default" if whose is None else whose.tenant

    def standing(self) -> str:
        """Return what an earlier decision must share to stand: the session, and the policies."""
        whose = self._whose(None)
        session = "" if whose is None else whose.bind(self.engine, self.spawner).id
        return f"{session}\0{self.engine.native.policy_version}"

    def same_args(self, decision: Decision, args: Mapping[str, Any]) -> bool:
        """Say whether these are still the arguments that were decided."""
        return decision.same_args(self._pep, args)

    def report(
        self,
        decision_id: str,
        *,
        outcome: Outcome,
        usage: Usage | None = None,
        error: BaseException | str | None = None,
    ) -> None:
        """Say how an allowed action ended. Twice is once; an unknown id is a `KeyError`."""
        if error is None:
            named = None
        elif isinstance(error, BaseException):
            named = (type(error).__name__, _said(error))
        else:
            named = ("", _said(error))
        self.engine.native.report(decision_id, outcome, cast("dict[str, Any] | None", usage), named)

    async def areport(
        self,
        decision_id: str,
        *,
        outcome: Outcome,
        usage: Usage | None = None,
        error: BaseException | str | None = None,
    ) -> None:
        """As `report`."""
        self.report(decision_id, outcome=outcome, usage=usage, error=error)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GovernorGate):
            return NotImplemented
        return self.engine is other.engine and self._config == other._config

    __hash__ = None  # type: ignore[assignment]

    def _told(self, done: Decision, event: Event) -> Decision:
        """Tell the operator what there is to do about a decision."""
        if done.help:
            self.engine.tell(done, str(event.get("tool") or event.get("wire_tool") or event.get("event")))
        return done

    def _compare_tags(self) -> None:
        """Warn once where a policy tests a tag that no known tool carries: such a rule never fires."""
        self._tags_compared = True
        for tag, file, line in self.engine.native.tag_tests:
            if tag not in self.engine.tags:
                advise(
                    f"{file}:{line} tests the tag {tag!r}; no tool has it: tool_tags={{…}} or @tool(tags=[…])"
                )

    def _whose(self, given: Session | None) -> Session | None:
        """Return the explicit session of this call, if there is one (contract, section 2.2)."""
        if given is not None and not isinstance(given, Session):
            raise ConfigError(f"session= is a Session here, not {given!r}")
        own = given if given is not None else self._session
        current = Session.current()
        if not isinstance(own, Session):
            return current
        if current is not None and current is not own:
            raise SessionError(f"session= says {own!r}, the with block around it {current!r}; keep one")
        return own

    def _key(self, whose: Session | None) -> tuple[SessionKey | None, str]:
        if self.engine.closed:
            raise ConfigError("this governor was closed; make a new one")
        if whose is not None:
            return whose.bind(self.engine, self.spawner), ""
        if self._session == "implicit":
            return self.engine.implicit(), ""
        if self._session == "required":
            return None, "this object takes part in sessions only: with kitelogik.session(user=…):"
        first = first_explicit()
        if first is None:
            return self.engine.implicit(), ""
        return None, (
            f"this process opened a session at {first}, and this call is in none: call it inside of `with "
            "kitelogik.session(…):`, pass session=, or say session='implicit' where it belongs to nobody"
        )

    def _ask(self, pending: Pending, whose: Session | None) -> Verdict:
        approver = cast(Approver, self.approver)
        if is_async(approver):
            return ("unavailable", _NEEDS_ASYNC)
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return ask(approver, request(pending, whose), self.engine.approving)
        return ("unavailable", _ON_A_LOOP)

    def _resolve(self, pending: Pending, verdict: Verdict) -> Decision:
        word, help_ = verdict
        by = voucher() if word in ("approved", "rejected") else ""
        return self.engine.native.resolve(pending, word, by=by, help=help_)


class Governor:
    """The policy decision point: policies, a session store and an audit log.

    Governors on the same policies and log share one engine. Give it to `govern` and `govern_tool` as
    `governor=`, or decide events by hand: `Governor(...).decide({"event": "agent_plan", "plan": {...}})`.
    """

    def __init__(
        self,
        *,
        policies: Paths,
        audit_log: str | os.PathLike[str],
        tools: Iterable[Callable[..., Any]] = (),
        tool_names: Mapping[str, str] | None = None,
        tool_tags: Mapping[str, Iterable[str]] | None = None,
        mcp_tools: Mapping[str, str] | None = None,
        session: Session | SessionMode | None = None,
        ungoverned: Ungoverned = None,
        approver: Approver | None = None,
    ) -> None:
        names = ToolNames.of(tools=tools, tool_names=tool_names, tool_tags=tool_tags, mcp_tools=mcp_tools)
        self.engine: Engine = engine(policies, audit_log)
        self._names, self._defaults = names, (session, ungoverned, approver)
        self.spawner: GovernorGate | None = None
        self._gate = self.spawner = self.gate("governor", handling="alone", names=ToolNames.of())
        if not any(kind in ("tool_call", "agent_resource") for _, kind in self.engine.native.units):
            then = "allowed, as ungoverned='allow' says" if ungoverned == "allow" else "denied"
            advise(
                f"no policy in {', '.join(map(str, self.engine.policies))} can decide a tool_call, so that "
                f"every one is {then}: write one in package kitelogik.tool_call"
            )

    def gate(
        self,
        adapter: str,
        *,
        handling: Handling,
        names: ToolNames,
        session: Session | SessionMode | None = None,
        ungoverned: Ungoverned = None,
        approver: Approver | None = None,
        hidden: Iterable[str] = (),
        can: Iterable[str] = (),
        hosted_tools: Iterable[str] = (),
    ) -> GovernorGate:
        """Make an enforcement point: what it says, united with what this governor says."""
        own_session, own_ungoverned, own_approver = self._defaults
        return GovernorGate(
            self.engine,
            adapter,
            handling=handling,
            names=self._names.united(names),
            session=_one("session", own_session, session),
            ungoverned=_one("ungoverned", own_ungoverned, ungoverned),
            approver=_one("approver", own_approver, approver),
            hidden=hidden,
            can=can,
            hosted_tools=hosted_tools,
            spawner=self.spawner,
        )

    def decide(self, event: Event, *, session: Session | None = None) -> Decision:
        """Decide one event document: `event`, and what its kind needs. A denial is a value."""
        return self._gate.decide(_document(event), session=session)

    async def adecide(self, event: Event, *, session: Session | None = None) -> Decision:
        """As `decide`; awaits while an approver is asked."""
        return await self._gate.adecide(_document(event), session=session)

    def report(
        self,
        decision_id: str,
        *,
        outcome: Outcome,
        usage: Usage | None = None,
        error: BaseException | str | None = None,
    ) -> None:
        """Say how an allowed action ended. Twice is once; an unknown id is a `KeyError`."""
        self._gate.report(decision_id, outcome=outcome, usage=usage, error=error)

    async def areport(
        self,
        decision_id: str,
        *,
        outcome: Outcome,
        usage: Usage | None = None,
        error: BaseException | str | None = None,
    ) -> None:
        """As `report`."""
        self.report(decision_id, outcome=outcome, usage=usage, error=error)

    def session(
        self,
        *,
        user: str | None = None,
        tenant: str = "default",
        agent_id: str | None = None,
        agent_role: str | None = None,
        roles: Iterable[str] = (),
        scope: Iterable[str] | None = None,
    ) -> Session:
        """Open a session in this governor's store."""
        return opened(
            user=user,
            tenant=tenant,
            agent_id=agent_id,
            agent_role=agent_role,
            roles=roles,
            scope=scope,
            governor=self,
        )

    def reload(self) -> bool:
        """Load the policies again; True if they changed.

        What does not load raises `PolicyLoadError`, and the policies that decided so far go on deciding.
        """
        return self.engine.reload()

    async def areload(self) -> bool:
        """As `reload`, in a thread."""
        return await asyncio.to_thread(self.reload)

    @property
    def policy_version(self) -> str:
        """`sha256:` and hex over the loaded files."""
        return self.engine.native.policy_version

    @property
    def units(self) -> tuple[str, ...]:
        """Names of the loaded units."""
        return tuple(dict.fromkeys(name for name, _ in self.engine.native.units))

    def close(self) -> None:
        """Decide nothing any more, here and through every object on the same log."""
        self.engine.closed = True

    async def aclose(self) -> None:
        """As `close`."""
        self.close()

    def __enter__(self) -> Governor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Governor:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Governor {self.policy_version[:19]}… of {', '.join(map(str, self.engine.policies))}>"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(
            "a governor cannot be pickled; in the worker write Governor(policies=…, audit_log=…) again"
        )


def _said(error: BaseException | str) -> str:
    """Return what an error says, as a record can hold it."""
    try:
        said = str(error)
    except Exception:
        said = "(its text cannot be had)"
    return said.encode("utf-8", "replace").decode("utf-8")


def governor_of(
    policies: Paths | None, audit_log: str | os.PathLike[str] | None, governor: Any, line: str
) -> Any:
    """Return the governor of one governed object: the given one, or that of `policies` and `audit_log`."""
    if governor is not None:
        if not callable(getattr(governor, "gate", None)):
            raise ConfigError(f"governor= is a Governor, not {governor!r}")
        if policies is not None or audit_log is not None:
            raise ConfigError("governor= stands instead of policies= and audit_log=; keep one of the two")
        return governor
    if policies is None or audit_log is None:
        missing = "policies=" if policies is None else "audit_log="
        raise ConfigError(f"{missing} is missing; write {line}")
    return Governor(policies=policies, audit_log=audit_log)


def _one(keyword: str, own: Any, given: Any) -> Any:
    if own is not None and given is not None and own != given:
        raise ConfigError(f"the governor says {keyword}={own!r}, this object {given!r}; keep one")
    return given if given is not None else own


def _document(event: Any) -> dict[str, Any]:
    # What is no mapping is denied as an event that has no kind.
    return dict(event) if isinstance(event, Mapping) else {}
