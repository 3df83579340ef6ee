"""The transcript recorder: the one task of a session that waits for the store."""

from collections.abc import Callable, Sequence

import attrs
import structlog
import trio

from octi.error_replies import reply_to
from octi.errors import StoreFailed
from octi.observe.base import current_span
from octi.observe.plain import fault
from octi.observe.seldom import Seldom
from octi.records import Row, SessionRecord
from octi.store.backlog import Backlog, name_of, names_of
from octi.store.base import Store

log = structlog.get_logger("octi.session")

BACKLOG_ROWS = 4096  # an hour of talk has some two thousand; beyond it the newest rows are given up, and counted
BACKLOG_CHARS = 8 << 20
AT_ONCE = 256  # rows in one save: a store that is away must not cost every session all of its backlog, each second
RETRY_S = 1.0
REMINDER_S = 30.0  # a store that is away is logged so often


@attrs.define(eq=False)
class Recorder:
    """What a session has to keep, in order. Rows go in without waiting; `run` stores them and ends after `close`.

    A row replaces one that waits under the same key, and takes its place.
    """

    _store: Store
    _waiting: Backlog = attrs.field(factory=lambda: Backlog(BACKLOG_ROWS, BACKLOG_CHARS), init=False)
    _storing: Sequence[Row] = ()  # with the store, which keeps them even if nobody waits for them any more
    _closed: bool = False
    _moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)
    lost: int = 0  # rows that could not be kept
    on_stored: Callable[[], None] = attrs.field(default=lambda: None, kw_only=True)  # rows became durable
    _away: Seldom = attrs.field(factory=lambda: Seldom(REMINDER_S), init=False)

    def keep(self, rows: Sequence[Row]) -> None:
        """Have rows stored. Never waits; a session's own row finds room always."""
        refused = [row for row in rows if not self._waiting.put(row, always=isinstance(row, SessionRecord))]
        if refused:
            self.lost += len(refused)
            log.error("rows were lost: the backlog is full", rows=names_of(refused))
        self._moved.unpark_all()

    def close(self) -> None:
        """No rows will follow."""
        self._closed = True
        self._moved.unpark_all()

    @property
    def pending(self) -> int:
        """Rows that are not durable yet."""
        return len(self._waiting)

    async def wait_stored(self) -> None:
        """Return when everything kept so far is durable."""
        while self.pending:
            await self._moved.park()

    async def run(self, flushing: trio.CancelScope) -> None:
        """Store until closed and empty, or until `flushing` is over; what is left then is left to the store."""
        with flushing:
            while self._waiting or not self._closed:
                if self._waiting:
                    await self._store_all()
                else:
                    await self._moved.park()
        if self.pending:
            log.warning("the store has the last rows yet to keep", rows=self.pending)
            self._waiting.drop(self._storing)
            self._store.leave(self._waiting.first())

    async def _store_all(self) -> None:
        """Store what has waited longest, together; where one row is at fault, one by one."""
        batch = self._waiting.first(AT_ONCE)
        try:
            await self._store_batch(batch)
        except StoreFailed as error:
            if error.retryable:
                self._complain(error)
                await trio.sleep(RETRY_S)
            else:
                await self._store_apart(batch)

    async def _store_apart(self, batch: Sequence[Row]) -> None:
        for row in batch:
            try:
                await self._store_batch([row])
            except StoreFailed as error:
                if error.retryable:
                    return  # it and the rest go on waiting
                log.error("a row cannot be kept", row=name_of(row), **fault(error))
                self._waiting.drop([row])
                self.lost += 1
                self._moved.unpark_all()

    async def _store_batch(self, batch: Sequence[Row]) -> None:
        """They wait until they are durable, so that nothing is forgotten on the way."""
        self._storing = batch
        span = current_span().begin("commit", {"octi.rows": len(batch)})
        problem: str | None = "cancelled"
        try:
            await self._store.save(batch)
            problem = None
        except StoreFailed as error:
            self._storing, problem = (), reply_to(error).code
            raise
        finally:
            span.end(error=problem)
        self._waiting.drop(batch)
        self._moved.unpark_all()
        self.on_stored()

    def _complain(self, error: StoreFailed) -> None:
        if self._away.due(trio.current_time()) is not None:
            log.warning("the store does not answer, trying again", **fault(error), rows=self.pending)
