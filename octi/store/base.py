"""What a store is: rows go in and are durable, sessions and turns come out in order."""

from collections.abc import Sequence
from typing import Protocol

from octi.records import Row, SessionRecord, Turn
from octi.units import SessionId


class Store(Protocol):
    """Keeps sessions and turns. A row saved again under its key (session; session and item) replaces the older one.

    A turn needs its session, saved before or with it. What no database holds in a text (NUL, half a surrogate pair)
    becomes U+FFFD.
    """

    async def save(self, rows: Sequence[Row]) -> None:
        """Keep the rows, all or none; they are durable when this returns.

        A cancelled caller's rows are kept all the same. Raises StoreFailed: none of the rows is kept, and unless it
        is `retryable`, one of them is why.
        """

    async def session(self, session_id: SessionId) -> SessionRecord | None:
        """One session, or None if there was none. Raises StoreFailed."""

    async def sessions(self) -> list[SessionRecord]:
        """All sessions, oldest first. Raises StoreFailed."""

    async def turns(self, session_id: SessionId) -> list[Turn]:
        """A session's turns by position. Raises StoreFailed."""

    async def ping(self) -> None:
        """Return if the store answers. Raises StoreFailed."""
