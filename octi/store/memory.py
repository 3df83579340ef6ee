"""The reference implementation: keeps rows while the process lives. For tests, and to try octi out."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import attrs
import trio

from octi.errors import StoreFailed
from octi.records import Row, SessionRecord, Turn
from octi.store.storable import storable, storable_text
from octi.units import ItemId, SessionId


@attrs.define(eq=False)
class MemoryStore:
    """The port `Store` over two dictionaries. `open_memory` makes it and closes it."""

    _sessions: dict[SessionId, SessionRecord] = attrs.field(factory=dict, init=False)
    _turns: dict[SessionId, dict[ItemId, Turn]] = attrs.field(factory=dict, init=False)
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
        return sorted(self._sessions.values(), key=lambda session: (session.created_at, session.id))

    async def turns(self, session_id: SessionId) -> list[Turn]:
        """See `Store.turns`."""
        await self.ping()
        kept = self._turns.get(SessionId(storable_text(session_id)), {})
        return sorted(kept.values(), key=lambda turn: (turn.position, turn.item))

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

    def _keep(self, rows: Sequence[Row]) -> None:
        sessions = {row.id: row for row in rows if isinstance(row, SessionRecord)}
        turns = [row for row in rows if isinstance(row, Turn)]
        strays = (turn for turn in turns if turn.session not in sessions and turn.session not in self._sessions)
        if orphan := next(strays, None):
            raise StoreFailed(f"turn {orphan.item} needs its session, saved before or with it", retryable=False)
        self._sessions.update(sessions)
        for turn in turns:
            self._turns.setdefault(turn.session, {})[turn.item] = turn


@asynccontextmanager
async def open_memory() -> AsyncIterator[MemoryStore]:
    """An empty store, gone when this is left."""
    store = MemoryStore()
    try:
        yield store
    finally:
        store.close()
