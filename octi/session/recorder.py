"""The transcript recorder: the one task of a session that waits for the store."""

from collections import deque
from collections.abc import Callable, Sequence

import attrs
import structlog
import trio

from octi.errors import StoreFailed
from octi.records import Row, SessionRecord
from octi.store.base import Store

log = structlog.get_logger("octi.session")

BACKLOG_ROWS = 4096  # an hour of talk has some two thousand; beyond it the newest rows are given up, and counted
RETRY_S = 1.0


@attrs.define(eq=False)
class Recorder:
    """What a session has to keep, in order. Rows go in without waiting; `run` stores them and ends after `close`."""

    _store: Store
    _waiting: deque[Row] = attrs.field(factory=deque)
    _closed: bool = False
    _moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)
    lost: int = 0  # rows that could not be kept
    session: str = attrs.field(default="", kw_only=True)  # for the log
    on_stored: Callable[[], None] = attrs.field(default=lambda: None, kw_only=True)  # rows became durable

    def keep(self, rows: Sequence[Row]) -> None:
        """Have rows stored. Never waits; a session's own row finds room always."""
        for row in rows:
            if len(self._waiting) < BACKLOG_ROWS or isinstance(row, SessionRecord):
                self._waiting.append(row)
            else:
                self.lost += 1
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
        """Store until closed and empty, or until `flushing` is over; what is left then is counted as lost."""
        with flushing:
            while self._waiting or not self._closed:
                if self._waiting:
                    await self._store_all()
                else:
                    await self._moved.park()
        if self.pending:
            self.lost += self.pending
            log.error("turns were lost", session=self.session, rows=self.pending)

    async def _store_all(self) -> None:
        """Store what waits, together; where one row is at fault, one by one."""
        batch = list(self._waiting)
        try:
            await self._store_batch(batch)
        except StoreFailed as error:
            if error.retryable:
                log.warning(
                    "the store does not answer, trying again", session=self.session, error=str(error), rows=len(batch)
                )
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
                log.error("a row cannot be kept", session=self.session, error=str(error))
                self._waiting.popleft()
                self.lost += 1
                self._moved.unpark_all()

    async def _store_batch(self, batch: Sequence[Row]) -> None:
        """The first of what waits: they wait until they are durable, so that nothing is forgotten on the way."""
        await self._store.save(batch)
        for _ in batch:
            self._waiting.popleft()
        self._moved.unpark_all()
        self.on_stored()
