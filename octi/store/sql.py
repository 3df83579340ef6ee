"""The store over a database that SQLAlchemy knows: one writer task, reads in threads."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

import attrs
import sqlalchemy as sa
import structlog
import trio

from octi.accounts import Account, Amounts
from octi.errors import StoreFailed
from octi.observe.base import Meter
from octi.observe.plain import fault
from octi.records import Development, FunctionCall, Row, SecretRecord, SessionRecord, SessionState, Turn, UsageRecord
from octi.store import reads, secrets, statements
from octi.store.backlog import name_of
from octi.store.base import Change, Forgetting, Found, Place, Redact, unredacted
from octi.store.forgetting import forget
from octi.store.statements import BAD, Explain
from octi.store.storable import storable, storable_text
from octi.store.writer import Writer, WriterLimits
from octi.store.writing import open_writer
from octi.units import SessionId
from octi.vitals import Upkeep

log = structlog.get_logger("octi.store")

Answer = TypeVar("Answer")

CLOSING_S = 15.0  # for reads whose callers left, then for the database's own goodbye


@attrs.frozen(kw_only=True)
class Database:
    """What a store stands on. `writing` and `readers` bound the threads that use it at once.

    The engine's pool needs a connection for each. One limiter may serve as both, where there is only one connection.
    """

    engine: sa.Engine
    reading: sa.Engine  # the same, where only reads follow, and all see one moment
    explain: Explain
    writing: trio.CapacityLimiter = attrs.field(factory=lambda: trio.CapacityLimiter(1))
    readers: trio.CapacityLimiter
    scrub: Callable[[], None] = lambda: None  # blocks; see that what was deleted is no longer in its files


class SqlStore:
    """The port `Store` over a database. `open_sql` makes it and closes it."""

    def __init__(self, database: Database, writer: Writer, redact: Redact) -> None:
        self.writer = writer
        self.database = database
        self._redact = redact

    async def save(self, rows: Sequence[Row]) -> None:
        """See `Store.save`. Raises StoreFailed as well for what belongs to a session that was never saved."""
        await self.writer.save([storable(self._redact(row)) for row in rows])

    def leave(self, rows: Sequence[Row]) -> None:
        """See `Store.leave`."""
        fitting = []
        for row in rows:
            try:
                fitting.append(storable(self._redact(row)))
            except StoreFailed as error:  # no database would take it
                log.error("a row cannot be kept", row=name_of(row), **fault(error))
        self.writer.leave(fitting)

    async def forget(self, what: Forgetting) -> Mapping[str, int]:
        """See `Store.forget`."""
        return await self._in_thread(partial(self._forget, what), self.database.writing)

    async def session(self, session_id: SessionId) -> SessionRecord | None:
        """See `Store.session`."""
        return await self._read(partial(reads.read_session, SessionId(storable_text(session_id))))

    async def sessions(self) -> list[SessionRecord]:
        """See `Store.sessions`."""
        return await self._read(reads.read_sessions)

    async def page(
        self,
        most: int,
        *,
        before: Place | None = None,
        state: SessionState | None = None,
        tenant: str | None = None,
    ) -> list[SessionRecord]:
        """See `Store.page`."""
        asked = None if before is None else before._replace(id=SessionId(storable_text(before.id)))
        whose = None if tenant is None else storable_text(tenant)
        return await self._read(partial(reads.read_page, most, asked, state, whose))

    async def search(
        self,
        words: str,
        most: int,
        *,
        before: Place | None = None,
        state: SessionState | None = None,
        tenant: str | None = None,
    ) -> Found:
        """See `Store.search`."""
        asked = None if before is None else before._replace(id=SessionId(storable_text(before.id)))
        whose = None if tenant is None else storable_text(tenant)
        return await self._read(partial(reads.read_found, storable_text(words), most, asked, state, whose))

    async def turns(self, session_id: SessionId) -> list[Turn]:
        """See `Store.turns`."""
        return await self._read(partial(reads.read_turns, SessionId(storable_text(session_id))))

    async def changes(self, session_id: SessionId, after: int = -1) -> list[Change]:
        """See `Store.changes`."""
        return await self._read(partial(reads.read_changes, SessionId(storable_text(session_id)), after))

    async def developments(self, session_id: SessionId) -> list[Development]:
        """See `Store.developments`."""
        return await self._read(partial(reads.read_developments, SessionId(storable_text(session_id))))

    async def function_calls(self, session_id: SessionId) -> list[FunctionCall]:
        """See `Store.function_calls`."""
        return await self._read(partial(reads.read_function_calls, SessionId(storable_text(session_id))))

    async def usages(self, session_id: SessionId) -> list[UsageRecord]:
        """See `Store.usages`."""
        return await self._read(partial(reads.read_usages, SessionId(storable_text(session_id))))

    async def spendings(self, accounts: Sequence[Account]) -> Amounts:
        """See `Store.spendings`."""
        asked = {account: Account(*map(storable_text, account)) for account in accounts}
        found = await self._read(partial(reads.read_spendings, list(asked.values())))
        return {account: found[stored] for account, stored in asked.items()}

    async def secret(self, digest: str) -> SecretRecord | None:
        """See `Store.secret`."""
        return await self._read(partial(reads.read_secret, storable_text(digest)))

    async def use_secret(self, digest: str, at: float) -> bool:
        """See `Store.use_secret`."""
        return await self._change(partial(secrets.use, storable_text(digest), at))

    async def revoke_secrets(self, at: float, *, digest: str | None = None, session: SessionId | None = None) -> int:
        """See `Store.revoke_secrets`."""
        named = {"digest": digest, "session": session}
        stored = {name: storable_text(value) for name, value in named.items() if value is not None}
        return await self._change(partial(secrets.revoke, stored, at))

    async def ping(self) -> None:
        """See `Store.ping`. A store that has just failed to write is not well, though it can be read."""
        if trouble := self.writer.trouble:
            raise trouble
        await self._read(reads.read_anything)

    def statistics(self) -> Mapping[str, int]:
        """See `Store.statistics`. Connections are opened on demand, and kept."""
        pool = self.database.engine.pool
        open_now, most = (pool.size() + pool.overflow(), pool.size()) if isinstance(pool, sa.QueuePool) else (1, 1)
        return {
            **attrs.asdict(self.writer.statistics()),
            "reads_running": int(self.database.readers.borrowed_tokens),
            "connections": open_now,
            "connections_most": most,
        }

    async def _read(self, read: Callable[[sa.Connection], Answer]) -> Answer:
        """Ask in a thread. A caller that is cancelled leaves at once; the thread returns its connection by itself."""
        return await self._in_thread(partial(self._ask, read), self.database.readers)

    async def _in_thread(self, ask: Callable[[], Answer], threads: trio.CapacityLimiter) -> Answer:
        if self.writer.closed:
            raise StoreFailed("it is closed")
        return await trio.to_thread.run_sync(ask, abandon_on_cancel=True, limiter=threads)

    async def _change(self, change: Callable[[sa.Connection], Answer]) -> Answer:
        """Change something at once, in a transaction of its own; its caller waits until it is durable, cancelled too.

        What is changed cannot be left to a thread that nobody waits for: a secret would be spent for nobody.
        """
        return await trio.to_thread.run_sync(self._changed, change, limiter=self.database.writing)

    def _changed(self, change: Callable[[sa.Connection], Answer]) -> Answer:
        if self.writer.closed:
            raise StoreFailed("it is closed")
        try:
            with self.database.engine.begin() as connection:
                return change(connection)
        except BAD as error:
            raise self.database.explain(error) from error

    def _ask(self, read: Callable[[sa.Connection], Answer]) -> Answer:
        try:
            with self.database.reading.connect() as connection:
                return read(connection)
        except BAD as error:
            raise self.database.explain(error) from error

    def _forget(self, what: Forgetting) -> Mapping[str, int]:
        try:
            with self.database.engine.begin() as connection:
                gone = forget(connection, what)
            if not what.dry_run:
                self.database.scrub()
        except BAD as error:
            raise self.database.explain(error) from error
        return gone


@asynccontextmanager
async def open_sql(
    database: Database,
    *,
    limits: WriterLimits | None = None,
    redact: Redact = unredacted,
    meter: Meter | None = None,
    upkeep: Upkeep | None = None,
) -> AsyncIterator[SqlStore]:
    """A store over a database whose schema is in place. Closes its engine."""
    engine, explain, upkeep = database.engine, database.explain, upkeep or Upkeep()
    write = partial(statements.write_groups, engine, explain)
    probe = partial(statements.probe, engine, explain)
    try:
        async with open_writer(write, probe, limits or WriterLimits(), database.writing, meter, upkeep) as writer:
            yield SqlStore(database, writer, redact)
    finally:
        with trio.move_on_at(min(trio.current_time() + CLOSING_S, upkeep.close_by()), shield=True):
            await _close(engine, database.readers)


async def _close(engine: sa.Engine, readers: trio.CapacityLimiter) -> None:
    """Close the connections, after the last read came back, even where nobody waits for it any more."""
    for _ in range(int(readers.total_tokens)):
        await readers.acquire_on_behalf_of(object())
    await trio.to_thread.run_sync(engine.dispose, thread_name="octi store")
