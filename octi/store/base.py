"""What a store is: rows go in and are durable, sessions and turns come out in order."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from octi.records import Row, SessionRecord, SessionState, Turn
from octi.units import SessionId


class Place(NamedTuple):
    """Where a session stands among all: by when it was made, then by its id."""

    created_at: float
    id: SessionId


class Change(NamedTuple):
    """A turn as it stands, with its revision: the number that the store gave it when it was saved last.

    Revisions grow within a session, and no two of its turns share one: who has seen all turns up to a revision asks
    for those after it, and misses none.
    """

    revision: int
    turn: Turn


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

    async def page(
        self, most: int, *, before: Place | None = None, state: SessionState | None = None
    ) -> list[SessionRecord]:
        """At most so many sessions, newest first: only those older than a place, only those in a state.

        Raises StoreFailed.
        """

    async def turns(self, session_id: SessionId) -> list[Turn]:
        """A session's turns by position. Raises StoreFailed."""

    async def changes(self, session_id: SessionId, after: int = -1) -> list[Change]:
        """A session's turns that were saved since a revision, each as it stands now, by revision. Raises StoreFailed.

        Without a revision: all of them.
        """

    async def ping(self) -> None:
        """Return if the store answers. Raises StoreFailed."""
