"""Which requests of a governed client go where: an allow-list of methods and paths. Sans-IO."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl, quote, unquote

from kitelogik.adapters._openai_surface import Wire
from kitelogik.errors import UngovernedSurface

What = Literal["ask", "answer", "items", "item", "plain"]


class Route(NamedTuple):
    """What a request is about.

    `what`: `ask` sends a model something, `answer` reads an answer that was made before, `items` reads items
    of a conversation and `item` one of them, `plain` brings nothing that a model said.
    `deployment`: the model that the address names, as Azure's do; it answers, whatever the request says.
    """

    what: What
    wire: Wire
    streamed: bool = False
    deployment: str | None = None


_RESPONSES, _CHAT = Route("ask", "responses"), Route("ask", "chat")
_ID = r"[^/?#]+"
# A gateway may read these as another address: they stand in no address of the API.
_ODD = re.compile(r"%(?:25)*(?:2[ef]|5c)|\\|(^|/)\.\.?(/|$)", re.IGNORECASE)
_DEPLOYMENT = re.compile(r"(?<=/deployments/)[^/]+(?=/(?:chat/completions|responses)$)")
_ROUTES: tuple[tuple[str, str, What], ...] = (
    ("POST", "/responses", "ask"),
    ("GET", f"/responses/(?!input_tokens$|compact$){_ID}", "answer"),
    ("POST", f"/responses/{_ID}/cancel", "answer"),
    ("GET", f"/responses/{_ID}/input_items", "items"),
    ("DELETE", f"/responses/{_ID}", "plain"),
    ("POST", "/conversations", "plain"),
    ("GET", f"/conversations/{_ID}", "plain"),
    ("POST", f"/conversations/{_ID}", "plain"),
    ("DELETE", f"/conversations/{_ID}", "plain"),
    ("GET", f"/conversations/{_ID}/items", "items"),
    ("POST", f"/conversations/{_ID}/items", "items"),
    ("GET", f"/conversations/{_ID}/items/{_ID}", "item"),
    ("DELETE", f"/conversations/{_ID}/items/{_ID}", "plain"),
)
_COMPILED: tuple[tuple[str, re.Pattern[str], What], ...] = tuple(
    (method, re.compile(f".*{path}$"), what) for method, path, what in _ROUTES
)


def route_of(method: str, path: str, query: str = "") -> Route:
    """Return where a request goes, or raise `UngovernedSurface`."""
    if ("%" in path or "\\" in path or "/." in path) and _ODD.search(path):
        raise UngovernedSurface(f"{method} {path} is not governed: it may be read as another address")
    if method == "POST":
        # Most requests are one of these two.
        found = _RESPONSES if path.endswith("/responses") else None
        found = _CHAT if path.endswith("/chat/completions") else found
        if found is not None:
            named = _DEPLOYMENT.search(path) if "/deployments/" in path else None
            return found if named is None else found._replace(deployment=unquote(named[0]))
    for known, pattern, what in _COMPILED:
        if method == known and pattern.match(path):
            asked = dict(parse_qsl(query, keep_blank_values=True))
            streamed = what == "answer" and asked.get("stream") == "true"
            if streamed and "starting_after" in asked:
                raise UngovernedSurface(
                    "a stream from its middle (starting_after=) is not governed: read it from its beginning, "
                    "or wait for the answer with responses.retrieve(id)"
                )
            return Route(what, "responses", streamed)
    raise UngovernedSurface(
        f"{method} {path} is not governed; use responses.create or chat.completions.create, or keep an "
        "ungoverned client for requests that no tool call can come back from"
    )


def readdressed(path: str, deployment: str) -> str:
    """Return a path that names another deployment."""
    return _DEPLOYMENT.sub(lambda _named: quote(deployment, safe=""), path)
