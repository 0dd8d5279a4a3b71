"""Streamed answers: what passes at once, what is held, and the events that show the rest. Sans-IO.

Calls are held to the end of the turn, where the whole answer and what it used are known. They are decided
on the very answer that an unstreamed request gets, and what is left of it is shown as events. So what the
caller sees is what was decided, whatever the provider said on the way.
"""

from __future__ import annotations

MAX_HELD_BYTES = 64 << 20
"""Bound on what one turn may say without anything of it being shown, and on what is kept of it."""
HELD_SECONDS = 600.0
"""Bound on the time that a provider may talk without anything being shown."""
