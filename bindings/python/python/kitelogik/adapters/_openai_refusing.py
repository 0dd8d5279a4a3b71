"""The classes of governed clients: what they refuse although no http client sees it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import cache, cached_property
from typing import Any, NoReturn, TypeVar

import openai

from kitelogik.adapters._openai_http import Carried
from kitelogik.errors import UngovernedSurface

T = TypeVar("T")

_CLOSED = "is not governed: use responses.create or chat.completions.create, or an ungoverned client"


_copying: ContextVar[bool] = ContextVar("kitelogik_copying", default=False)


def copied(copy: Callable[..., T], *args: Any, **options: Any) -> T:
    """Copy a client, which reads what nobody else is to read."""
    before = _copying.set(True)
    try:
        return copy(*args, **options)
    finally:
        _copying.reset(before)


class _Refusing:
    """What a governed client refuses although its http client never sees it."""

    _client: Any

    def __init__(self, *args: Any, http_client: Any = None, **options: Any) -> None:
        if getattr(http_client, "governance", None) is None:
            raise TypeError("the class of a governed client makes no new one: call govern(OpenAI(), …)")
        super().__init__(*args, http_client=http_client, **options)  # type: ignore[call-arg]

    @property
    def websocket_base_url(self) -> Any:
        """Where a websocket would go: who reads it is about to open one past the gate."""
        if _copying.get():
            return self.__dict__["websocket_base_url"]
        raise UngovernedSurface(f"a websocket {_CLOSED}")

    @websocket_base_url.setter
    def websocket_base_url(self, url: Any) -> None:
        self.__dict__["websocket_base_url"] = url

    @cached_property
    def responses(self) -> Any:
        resource = super().responses  # type: ignore[misc]
        resource.connect = _refuse_websocket
        return resource

    @property
    def realtime(self) -> NoReturn:
        raise UngovernedSurface(f"client.realtime {_CLOSED}")

    @property
    def live(self) -> NoReturn:
        raise UngovernedSurface(f"client.live {_CLOSED}")

    @property
    def beta(self) -> NoReturn:
        raise UngovernedSurface(f"client.beta {_CLOSED}")

    def copy(self, *, http_client: Any = None, **options: Any) -> Any:
        if http_client is not None and getattr(http_client, "governance", None) is None:
            http_client = self._client.governance.over(http_client)
        return copied(super().copy, http_client=http_client, **options)  # type: ignore[misc]

    with_options = copy

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a governed client cannot be pickled; call govern(OpenAI(), …) in the worker")


class _RefusingSync(_Refusing):
    def request(self, *args: Any, **options: Any) -> Any:
        try:
            return super().request(*args, **options)  # type: ignore[misc]
        except Carried as carried:
            raise carried.error from None


class _RefusingAsync(_Refusing):
    async def request(self, *args: Any, **options: Any) -> Any:
        try:
            return await super().request(*args, **options)  # type: ignore[misc]
        except Carried as carried:
            raise carried.error from None


@cache
def refusing(kind: type[Any]) -> type[Any]:
    """Return the subclass of a client that refuses what its http client never sees."""
    mixin = _RefusingSync if issubclass(kind, openai.OpenAI) else _RefusingAsync
    return type(f"Governed{kind.__name__}", (mixin, kind), {"__doc__": kind.__doc__})


def _refuse_websocket(*_args: Any, **_kwargs: Any) -> NoReturn:
    raise UngovernedSurface(f"a websocket {_CLOSED}")
