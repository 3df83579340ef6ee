"""The reference implementation: keeps rows while the process lives. For tests, and to try octi out."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

import attrs
import trio

from octi.errors import StoreFailed
from octi.records import Row, SessionRecord, SessionState, Turn
from octi.store.base import Change, Place
from octi.store.storable import storable, storable_text
from octi.units import ItemId, SessionId


@attrs.define(eq=False)
class MemoryStore:
    """The port `Store` over two dictionaries. `open_memory` makes it and closes it."""

    _sessions: dict[SessionId, SessionRecord] = attrs.field(factory=dict, init=False)
    _turns: dict[SessionId, dict[ItemId, Change]] = attrs.field(factory=dict, init=False)
    _revisions: dict[SessionId, int] = attrs.field(factory=dict, init=False)
    _closed: bool = attrs.field(default=False, init=False)

    async def save(self, rows: Sequence[Row]) -> None:
        """See `Store.save`. Raises StoreFailed as well for a turn whose session was never saved."""
        self._check_open()
        self._keep([storable(row) for row in rows])
        await trio.lowlevel.checkpoint()  # after keeping: a cancelled caller's rows are kept

    async def session(self, session_id: SessionId) -> SessionRecord | None:
        """See `Store.session`."""
        await self.ping()
        return self._sessions.get(SessionId(storable_text(session_id)))

    async def sessions(self) -> list[SessionRecord]:
        """See `Store.sessions`."""
        await self.ping()
        return sorted(self._sessions.values(), key=_place)

    async def page(
        self, most: int, *, before: Place | None = None, state: SessionState | None = None
    ) -> list[SessionRecord]:
        """See `Store.page`."""
        found = [session for session in reversed(await self.sessions()) if state in {None, session.state}]
        return [session for session in found if before is None or _place(session) < before][:most]

    async def turns(self, session_id: SessionId) -> list[Turn]:
        """See `Store.turns`."""
        await self.ping()
        return sorted(
            (change.turn for change in self._changes(session_id)), key=lambda turn: (turn.position, turn.item)
        )

    async def changes(self, session_id: SessionId, after: int = -1) -> list[Change]:
        """See `Store.changes`."""
        await self.ping()
        newer = (change for change in self._changes(session_id) if change.revision > after)
        return sorted(newer, key=lambda change: change.revision)

    async def ping(self) -> None:
        """See `Store.ping`."""
        self._check_open()
        await trio.lowlevel.checkpoint()

    def close(self) -> None:
        """Refuse everything from now on."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise StoreFailed("it is closed")

    def _changes(self, session_id: SessionId) -> Iterable[Change]:
        return self._turns.get(SessionId(storable_text(session_id)), {}).values()

    def _keep(self, rows: Sequence[Row]) -> None:
        sessions = {row.id: row for row in rows if isinstance(row, SessionRecord)}
        turns = [row for row in rows if isinstance(row, Turn)]
        strays = (turn for turn in turns if turn.session not in sessions and turn.session not in self._sessions)
        if orphan := next(strays, None):
            raise StoreFailed(f"turn {orphan.item} needs its session, saved before or with it", retryable=False)
        self._sessions.update(sessions)
        for turn in turns:
            revision = self._revisions[turn.session] = self._revisions.get(turn.session, 0) + 1
            self._turns.setdefault(turn.session, {})[turn.item] = Change(revision, turn)


def _place(session: SessionRecord) -> Place:
    return Place(session.created_at, session.id)


@asynccontextmanager
async def open_memory() -> AsyncIterator[MemoryStore]:
    """An empty store, gone when this is left."""
    store = MemoryStore()
    try:
        yield store
    finally:
        store.close()
