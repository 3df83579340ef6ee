"""The one task that writes: takes what waits, makes one thread hop and one transaction of it, then answers all.

Group commit, not the engine, decides how many rows a second a store takes; and since only this task waits for the
database, no session is ever stuck in a thread, which cannot be cancelled. A batch costs far more than a row in it, so a
second one so soon after the first waits a moment for others: who comes alone does not wait.

While the database cannot be written, callers are told so, and try again themselves. Rows that nobody waits for any more
keep their place and are tried until they are kept; and where there are none, this task tries by itself whether the
database is mended.
"""

from collections.abc import Callable, Sequence
from functools import partial
from math import inf

import attrs
import structlog
import trio

from octi.errors import StoreFailed
from octi.observe.base import Meter
from octi.observe.plain import fault
from octi.records import Row
from octi.store.backlog import chars_of, names_of
from octi.store.line import Handover, Line, Outcome

log = structlog.get_logger("octi.store")

Write = Callable[[Sequence[Sequence[Row]]], Sequence[Outcome]]
"""Keeps groups of rows, each all or none, durably, and says for each what became of it (None: kept).

Runs in a worker thread, one call at a time. It must come back on its own, for nobody can cancel it: a store says how
long that takes at most (SQLite: two waits for a lock, so twice its busy timeout, 10 s).
"""
Probe = Callable[[], Outcome]
"""Tries to write, and leaves nothing behind. As `Write`, it runs in a thread and comes back on its own."""


@attrs.frozen(kw_only=True)
class WriterLimits:
    """What the writer takes at once, lets wait, and waits for.

    The line holds `line_rows` rows. A caller who finds it full waits, for at most `patience_s`, until the writer takes
    its rows; then they are withdrawn and it gets StoreFailed. Rows in the line are written, however long that takes:
    with these figures at most four batches. A cancelled caller's rows keep their place, full line or not.

    Rows that are left, theirs too, have a bound of their own: beyond it the oldest are kept and newer ones are lost.
    """

    batch_rows: int = 256  # in one transaction; more gains nothing measurable
    gather_s: float = 0.05  # from one batch to the next at the least, unless it is full or the writer is closing
    line_rows: int = 1024
    patience_s: float = 10.0
    closing_s: float = 30.0  # after so long no new batch is begun, and what still waits fails
    left_rows: int = 16_384
    left_chars: int = 32 << 20
    retry_s: float = 1.0  # between two tries to write what is left, or, where nothing is, to write at all
    left_closing_s: float = 5.0  # for how long after closing a database that cannot be written is tried again
    slow_s: float = 10.0  # a batch that takes longer is trouble, though it may end well


@attrs.frozen(kw_only=True)
class WriterStatistics:
    """What the writer did since it began, and what waits. `rows_failed` counts each row once, whatever the reason."""

    rows_waiting: int
    rows_left: int
    rows_kept: int
    rows_failed: int
    batches: int


class Writer:
    """The line of rows to be written, and the task that writes them. `open_writer` makes it and ends it."""

    def __init__(
        self, write: Write, probe: Probe, limits: WriterLimits, thread: trio.CapacityLimiter, meter: Meter | None = None
    ) -> None:
        self._meter = meter or Meter()
        self._write = write
        self._probe = probe
        self._limits = limits
        self._thread = thread
        self._line = Line()
        self._batch: list[Handover] = []  # with the database
        self._stirred = trio.Event()
        self._closed_at: float | None = None
        self._began: float | None = None  # when the batch that is with the database was handed to it
        self._try_at = inf  # when a database in trouble is tried again, even if nobody comes
        self._gathers_until = -inf
        self._kept = self._failed = self._batches = 0
        self._trouble: Outcome = None
        self._running = trio.CancelScope(shield=True)

    @property
    def closed(self) -> bool:
        """Whether `close` was called: no more rows are taken."""
        return self._closed_at is not None

    def statistics(self) -> WriterStatistics:
        """What was done so far."""
        return WriterStatistics(
            rows_waiting=self._line.rows,
            rows_left=self._rows_left(),
            rows_kept=self._kept,
            rows_failed=self._failed,
            batches=self._batches,
        )

    @property
    def trouble(self) -> StoreFailed | None:
        """Why the database could not be written when it was last tried, or that it takes long over it."""
        if self._trouble is not None:
            left = self._rows_left()
            return StoreFailed(self._trouble.why + (f"; {left} rows of sessions that are over wait" if left else ""))
        took = 0.0 if self._began is None else trio.current_time() - self._began
        return StoreFailed(f"it has been writing for {took:.0f} s") if took > self._limits.slow_s else None

    async def save(self, rows: Sequence[Row]) -> None:
        """Hand the rows over, and return when they are durable.

        They are handed over before the first checkpoint: even a caller that is cancelled already has them kept.
        Raises StoreFailed, with none of the rows kept, if they cannot be written, if the line stays full, or if the
        writer is closed.
        """
        full = self._is_full(len(rows))
        handed = self._hand_over(rows)
        try:
            await self._wait_settled(handed, self._limits.patience_s if full else inf)
        except trio.Cancelled:
            self._abandon(handed)
            raise
        if handed.failure is not None:
            raise handed.failure

    def leave(self, rows: Sequence[Row]) -> None:
        """Have rows written though nobody waits for them. What finds no room is lost, and logged."""
        lost, fits = [], self._room_left()
        for row in rows:
            if not self.closed and fits(row):
                self._line.add(Handover((row,), left=True))
            else:
                lost.append(row)
        self._stirred.set()
        self._lose(lost, f"rows were lost: the backlog is {'closed' if self.closed else 'full'}")

    def close(self, by: float = inf) -> None:
        """Take no more rows; `run` returns when those handed over are written, or when it is so late. Idempotent."""
        if self._closed_at is None:
            self._closed_at = trio.current_time()
            self._running.deadline = by
            self._stirred.set()

    async def run(self) -> None:
        """Write until closed and done.

        Not to be cancelled, for rows of cancelled callers are kept: it ends after `close`, within `closing_s` and one
        call of the write function. A run that crashed may be followed by another.
        """
        deadline = self._running.deadline
        with trio.CancelScope(shield=True, deadline=deadline) as self._running:
            self._take_back()
            await self._wait_work()
            while self._has_work() and not self._is_out_of_time():
                await self._work()
                await self._wait_work()
        self.give_up()

    def give_up(self) -> None:
        """Nobody writes any more: what still waits fails, or is lost."""
        self.close()
        self._take_back()
        self._refuse(StoreFailed("it closed before the rows could be written"), awaited=True)
        lost = [row for handed in self._line.take_all() for row in handed.rows]
        self._lose(lost, "rows were lost: octi ended before the store could be written")

    def _take_back(self) -> None:
        """What was with the database when that came to nothing: its callers are told, and try again themselves."""
        batch, self._batch, self._began = self._batch, [], None
        self._line.put_back([each for handed in batch if handed.left for each in handed.apart()])
        for handed in batch:
            if not handed.left:
                self._failed += len(handed.rows)
                handed.settle(StoreFailed("it was not written to its end"))

    def _rows_left(self) -> int:
        return self._line.left_rows + sum(len(handed.rows) for handed in self._batch if handed.left)

    def _is_full(self, more: int) -> bool:
        return bool(self._line) and self._line.rows + more > self._limits.line_rows

    def _room_left(self) -> Callable[[Row], bool]:
        """Whether there is room for a row among those that are left. What is with the database may come back."""
        line, out = self._line, [handed for handed in self._batch if handed.left]
        rows = self._limits.left_rows - sum(len(handed.rows) for handed in out)
        chars = self._limits.left_chars - sum(handed.chars for handed in out)
        return lambda row: line.left_rows < rows and line.left_chars + chars_of(row) <= chars

    def _hand_over(self, rows: Sequence[Row]) -> Handover:
        if self.closed:
            raise StoreFailed("it is closed")
        handed = Handover(tuple(rows))  # a copy: a cancelled caller may go on using its list
        self._line.add(handed)
        self._stirred.set()
        return handed

    async def _wait_settled(self, handed: Handover, patience_s: float) -> None:
        with trio.move_on_after(patience_s):
            await handed.taken.wait()
        if not handed.taken.is_set():
            self._withdraw(handed)
        await handed.settled.wait()

    def _abandon(self, handed: Handover) -> None:
        """Nobody waits for it any more. It may have failed just now, before its caller could hear of it."""
        if handed.failure is None:
            self._lose(self._line.leave(handed, self._room_left()), "rows were lost: the backlog is full")
        elif self.closed:
            log.error("rows were lost: the backlog is closed", rows=len(handed.rows), names=names_of(handed.rows))
        else:
            self._failed -= len(handed.rows)
            self._line.put_back(handed.apart())
            self._stirred.set()

    def _withdraw(self, handed: Handover) -> None:
        self._line.withdraw(handed)
        self._failed += len(handed.rows)
        waiting = f"{self._line.rows} rows were already waiting"
        raise StoreFailed(f"{waiting}, and for {self._limits.patience_s:g} s no fewer")

    async def _wait_work(self) -> None:
        """Until there is something to write or to try, or nothing any more."""
        await trio.lowlevel.checkpoint()  # who was just answered may have more, and should not miss the next batch
        with trio.CancelScope(deadline=self._try_at):
            while not self._is_due():
                await self._stir()
        with trio.CancelScope(deadline=self._gathers_until):
            while not self.closed and self._line.rows < self._limits.batch_rows:
                await self._stir()

    async def _stir(self) -> None:
        await self._stirred.wait()
        self._stirred = trio.Event()

    def _is_due(self) -> bool:
        """A caller is always served at once, if only to be told; what is left waits for the next try."""
        if self._trouble:
            return self._line.awaited_rows > 0 or (self.closed and not self._line)
        return bool(self._line) or self.closed

    def _has_work(self) -> bool:
        return bool(self._line) or not self.closed

    def _is_out_of_time(self) -> bool:
        """After closing. A database in trouble is not waited for as long as one that only has much to write."""
        if self._closed_at is None:
            return False
        only_left = self._trouble and not self._line.awaited_rows
        patience_s = self._limits.left_closing_s if only_left else self._limits.closing_s
        return trio.current_time() >= self._closed_at + patience_s

    async def _work(self) -> None:
        """One batch; without anything to write, one try whether that could be done."""
        self._batch = batch = list(self._line.take(self._limits.batch_rows))
        self._began = trio.current_time()
        self._gathers_until = self._began + self._limits.gather_s
        outcomes = await self._outcomes([handed.rows for handed in batch])
        self._tell(batch, outcomes)
        self._began = None
        self._note(outcomes)
        settled = zip(batch, outcomes, strict=False)  # a try's outcome belongs to nobody
        again = [each for handed, outcome in settled for each in self._settle(handed, outcome)]
        self._line.put_back(again)
        self._batch = []
        if again and self._trouble:  # who stands behind them must not be written before them, and need not wait
            self._refuse(self._trouble, awaited=True)

    def _tell(self, batch: Sequence[Handover], outcomes: Sequence[Outcome]) -> None:
        if batch and self._began is not None:
            failed = sum(len(each.rows) for each, outcome in zip(batch, outcomes, strict=True) if outcome)
            rows = sum(len(handed.rows) for handed in batch)
            self._meter.committed(trio.current_time() - self._began, rows, failed)

    async def _outcomes(self, groups: Sequence[Sequence[Row]]) -> Sequence[Outcome]:
        self._batches += 1 if groups else 0
        trying = partial(self._try, groups)
        # Given up only when octi has to end: a thread that hangs must not hold that up.
        return await trio.to_thread.run_sync(
            trying, thread_name="octi store", limiter=self._thread, abandon_on_cancel=True
        )

    def _try(self, groups: Sequence[Sequence[Row]]) -> Sequence[Outcome]:
        try:
            return self._write(groups) if groups else [self._probe()]
        except Exception as error:  # one odd row must not end the task that all sessions depend on
            return [_unforeseen(error) for _ in groups or [()]]

    def _note(self, outcomes: Sequence[Outcome]) -> None:
        before, left = self._trouble, self._rows_left()
        self._trouble = next((outcome for outcome in outcomes if outcome and outcome.retryable), None)
        self._try_at = trio.current_time() + self._limits.retry_s if self._trouble else inf
        if self._trouble and not before:
            log.warning("the store cannot be written, trying again", **fault(self._trouble), rows_left=left)
        if before and not self._trouble:
            log.info("the store can be written again", rows_left=left)

    def _settle(self, handed: Handover, outcome: Outcome) -> list[Handover]:
        """Tell the caller; or, where nobody waits, what is to be tried again."""
        if outcome and handed.left:
            if outcome.retryable or len(handed.rows) != 1:
                return handed.apart()
            log.error("a row cannot be kept", row=names_of(handed.rows)[0], **fault(outcome))
        self._kept += 0 if outcome else len(handed.rows)
        self._failed += len(handed.rows) if outcome else 0
        handed.settle(outcome)
        return []

    def _refuse(self, failure: StoreFailed, *, awaited: bool) -> None:
        for handed in self._line.take_all(awaited=awaited):
            self._failed += len(handed.rows)
            handed.settle(failure)

    def _lose(self, rows: Sequence[Row], why: str) -> None:
        self._failed += len(rows)
        if rows:
            self._meter.rows_lost(len(rows))
            log.error(why, rows=len(rows), names=names_of(rows))


def _unforeseen(error: Exception) -> StoreFailed:
    """Without its words, which may be a row's: they are told to whoever has a row in the same batch, and logged."""
    failure = StoreFailed(type(error).__name__)
    failure.__cause__ = error
    return failure
