"""The sessions as they are stored, and who changes them: one at a time, each knowing which are over for good."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs

from octi.clock import Now
from octi.directory.locks import Locks
from octi.errors import SessionClosed, UnknownSession
from octi.records import SessionRecord, SessionState
from octi.session.ending import GONE
from octi.session.live import LiveSessions
from octi.store.base import Store
from octi.units import SessionId


@attrs.define(eq=False)
class Shelf:
    """Reads and keeps sessions. Everything that waits here raises StoreFailed."""

    store: Store
    live: LiveSessions
    now: Now
    # Being closed: a leg that still ends stores its session as one that may go on, which must not be believed. Emptied
    # as each is stored as closed; after a cancelled close it waits here for the next one.
    closing: set[SessionId] = attrs.field(factory=set, init=False)
    locks: Locks = attrs.field(factory=Locks, init=False)

    @asynccontextmanager
    async def changing(self, session: SessionId) -> AsyncIterator[None]:
        """Change a session in the block, as nobody else does meanwhile. Raises InProgress after 30 s of waiting."""
        async with self.locks.holding(session):
            yield

    async def any(self, session: str) -> SessionRecord:
        """A session, closed or not. Raises UnknownSession."""
        record = await self.store.session(SessionId(session))
        if record is None:
            raise UnknownSession
        return record.closed() if record.id in self.closing else record

    async def open(self, session: str) -> SessionRecord:
        """A session that is not over for good. Raises UnknownSession, SessionClosed."""
        record = await self.any(session)
        if self.is_closed(record):
            raise SessionClosed(record.id)
        return record

    async def known(self, session: str) -> SessionRecord:
        """The same for who forgets what is closed. Raises UnknownSession."""
        try:
            return await self.open(session)
        except SessionClosed:
            raise UnknownSession from None

    def is_closed(self, record: SessionRecord) -> bool:
        """Is a session over for good, or about to be?"""
        return record.id in self.closing or (record.state is SessionState.ENDED and not record.resumable)

    async def settled(self, record: SessionRecord) -> SessionRecord:
        """A session that nobody runs here, as it may be begun: one that was left live by a killed octi is ended first.

        Raises SessionClosed if that is its end for good.
        """
        if record.state is SessionState.LIVE:
            record = record.end(at=self.now(), by="octi", reason=GONE)
            await self.keep(record)
        if self.is_closed(record):
            raise SessionClosed(record.id)
        return record

    async def keep(self, record: SessionRecord) -> None:
        """Store a session, and wake who follows it."""
        await self.store.save([record])
        self.live.feed.announce(record.id)
