"""The store over a database that SQLAlchemy knows: one writer task, reads in threads."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

import sqlalchemy as sa
import trio

from octi.errors import StoreFailed
from octi.records import Development, Row, SecretRecord, SessionRecord, SessionState, Turn
from octi.store import reads, statements
from octi.store.base import Change, Place
from octi.store.statements import BAD, Explain
from octi.store.storable import storable, storable_text
from octi.store.writer import Writer, WriterLimits, open_writer
from octi.units import SessionId

Answer = TypeVar("Answer")

READING = "octi_reading"  # an engine's begin hook finds this execution option where only reads follow
CLOSING_S = 15.0  # for reads whose callers left, then for the database's own goodbye


class SqlStore:
    """The port `Store` over an engine. `open_sql` makes it and closes it."""

    def __init__(self, engine: sa.Engine, writer: Writer, explain: Explain, readers: trio.CapacityLimiter) -> None:
        self.writer = writer
        self._engine = engine.execution_options(**{READING: True})
        self._explain = explain
        self._readers = readers

    async def save(self, rows: Sequence[Row]) -> None:
        """See `Store.save`. Raises StoreFailed as well for what belongs to a session that was never saved."""
        await self.writer.save([storable(row) for row in rows])

    async def session(self, session_id: SessionId) -> SessionRecord | None:
        """See `Store.session`."""
        return await self._read(partial(reads.read_session, SessionId(storable_text(session_id))))

    async def sessions(self) -> list[SessionRecord]:
        """See `Store.sessions`."""
        return await self._read(reads.read_sessions)

    async def page(
        self, most: int, *, before: Place | None = None, state: SessionState | None = None
    ) -> list[SessionRecord]:
        """See `Store.page`."""
        asked = None if before is None else before._replace(id=SessionId(storable_text(before.id)))
        return await self._read(partial(reads.read_page, most, asked, state))

    async def turns(self, session_id: SessionId) -> list[Turn]:
        """See `Store.turns`."""
        return await self._read(partial(reads.read_turns, SessionId(storable_text(session_id))))

    async def changes(self, session_id: SessionId, after: int = -1) -> list[Change]:
        """See `Store.changes`."""
        return await self._read(partial(reads.read_changes, SessionId(storable_text(session_id)), after))

    async def developments(self, session_id: SessionId) -> list[Development]:
        """See `Store.developments`."""
        return await self._read(partial(reads.read_developments, SessionId(storable_text(session_id))))

    async def secret(self, digest: str) -> SecretRecord | None:
        """See `Store.secret`."""
        return await self._read(partial(reads.read_secret, storable_text(digest)))

    async def ping(self) -> None:
        """See `Store.ping`. A store that has just failed to write is not well, though it can be read."""
        if trouble := self.writer.trouble:
            raise trouble
        await self._read(reads.read_anything)

    async def _read(self, read: Callable[[sa.Connection], Answer]) -> Answer:
        """Ask in a thread. A caller that is cancelled leaves at once; the thread returns its connection by itself."""
        if self.writer.closed:
            raise StoreFailed("it is closed")
        ask = partial(self._ask, read)
        return await trio.to_thread.run_sync(ask, abandon_on_cancel=True, limiter=self._readers)

    def _ask(self, read: Callable[[sa.Connection], Answer]) -> Answer:
        try:
            with self._engine.connect() as connection:
                return read(connection)
        except BAD as error:
            raise self._explain(error) from error


@asynccontextmanager
async def open_sql(
    engine: sa.Engine,
    explain: Explain,
    *,
    limits: WriterLimits,
    writing: trio.CapacityLimiter,
    readers: trio.CapacityLimiter,
) -> AsyncIterator[SqlStore]:
    """A store over an engine whose schema is in place. Closes the engine.

    `writing` and `readers` bound the threads that use it at once: the engine's pool needs a connection for each. One
    limiter may serve as both, where there is only one connection.
    """
    try:
        async with open_writer(partial(statements.write_groups, engine, explain), limits, writing) as writer:
            yield SqlStore(engine, writer, explain, readers)
    finally:
        with trio.move_on_after(CLOSING_S, shield=True):
            await _close(engine, readers)


async def _close(engine: sa.Engine, readers: trio.CapacityLimiter) -> None:
    """Close the connections, after the last read came back, even where nobody waits for it any more."""
    for _ in range(int(readers.total_tokens)):
        await readers.acquire_on_behalf_of(object())
    await trio.to_thread.run_sync(engine.dispose, thread_name="octi store")
