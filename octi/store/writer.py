"""The one task that writes: takes what waits, makes one thread hop and one transaction of it, then answers all.

Group commit, not the engine, decides how many rows a second a store takes; and since only this task waits for the
database, no session is ever stuck in a thread, which cannot be cancelled.
"""

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import attrs
import trio

from octi.errors import StoreFailed
from octi.records import Row

Outcome = StoreFailed | None
Write = Callable[[Sequence[Sequence[Row]]], Sequence[Outcome]]
"""Keeps groups of rows, each all or none, durably, and says for each what became of it (None: kept).

Runs in a worker thread, one call at a time. It must come back on its own, for nobody can cancel it: a store says how
long that takes at most (SQLite: two waits for a lock, so twice its busy timeout, 10 s).
"""


@attrs.frozen(kw_only=True)
class WriterLimits:
    """What the writer takes at once, lets wait, and waits for.

    The line holds `line_rows` rows. A caller who finds it full waits, for at most `patience_s`, until the writer takes
    its rows; then they are withdrawn and it gets StoreFailed. Rows in the line are written, however long that takes:
    with these figures at most four batches. A cancelled caller's rows keep their place, full line or not.
    """

    batch_rows: int = 256  # in one transaction; more gains nothing measurable
    line_rows: int = 1024
    patience_s: float = 10.0
    closing_s: float = 30.0  # after so long no new batch is begun, and what still waits fails
    trouble_s: float = 30.0  # a failure is news for so long: then only new rows can tell whether it is mended


@attrs.frozen(kw_only=True)
class WriterStatistics:
    """What the writer did since it began, and what waits. `rows_failed` counts each row once, whatever the reason."""

    rows_waiting: int
    rows_kept: int
    rows_failed: int
    batches: int


@attrs.define(eq=False)
class Handover:
    """One caller's rows on their way. `taken`: they can no longer be withdrawn; `settled`: `failure` is final."""

    rows: Sequence[Row]
    taken: trio.Event = attrs.field(factory=trio.Event)
    settled: trio.Event = attrs.field(factory=trio.Event)
    failure: Outcome = None


class Writer:
    """The line of rows to be written, and the task that writes them. `open_writer` makes it and ends it."""

    def __init__(self, write: Write, limits: WriterLimits, thread: trio.CapacityLimiter) -> None:
        self._write = write
        self._limits = limits
        self._thread = thread
        self._line: deque[Handover] = deque()
        self._stirred = trio.Event()
        self._close_by: float | None = None
        self._kept = self._failed = self._batches = 0
        self._trouble: tuple[float, StoreFailed] | None = None  # when the database could not write, and why

    @property
    def closed(self) -> bool:
        """Whether `close` was called: no more rows are taken."""
        return self._close_by is not None

    def statistics(self) -> WriterStatistics:
        """What was done so far."""
        return WriterStatistics(
            rows_waiting=self._waiting(),
            rows_kept=self._kept,
            rows_failed=self._failed,
            batches=self._batches,
        )

    @property
    def trouble(self) -> StoreFailed | None:
        """Why the last rows could not be written, if that was not their fault and is less than `trouble_s` ago."""
        if self._trouble is None or trio.current_time() >= self._trouble[0] + self._limits.trouble_s:
            return None
        return self._trouble[1]

    async def save(self, rows: Sequence[Row]) -> None:
        """Hand the rows over, and return when they are durable.

        They are handed over before the first checkpoint: even a caller that is cancelled already has them kept.
        Raises StoreFailed, with none of the rows kept, if they cannot be written, if the line stays full, or if the
        writer is closed.
        """
        full = self._is_full(len(rows))
        handed = self._hand_over(rows)
        with trio.move_on_after(self._limits.patience_s if full else float("inf")):
            await handed.taken.wait()
        if not handed.taken.is_set():
            self._withdraw(handed)
        await handed.settled.wait()
        if handed.failure is not None:
            raise handed.failure

    def close(self) -> None:
        """Take no more rows; `run` returns when those handed over are written. Idempotent."""
        if self._close_by is None:
            self._close_by = trio.current_time() + self._limits.closing_s
            self._stirred.set()

    async def run(self) -> None:
        """Write until closed and done.

        Not to be cancelled, for rows of cancelled callers are kept: it ends after `close`, within `closing_s` and one
        call of the write function.
        """
        with trio.CancelScope(shield=True):
            await self._wait_stirred()
            while batch := self._next_batch():
                self._settle(batch, await self._outcomes(batch))
                await self._wait_stirred()
        late = [self._line.popleft() for _ in range(len(self._line))]
        self._settle(late, [StoreFailed("it closed before the rows could be written") for _ in late])

    def _waiting(self) -> int:
        return sum(len(handed.rows) for handed in self._line)

    def _is_full(self, more: int) -> bool:
        return bool(self._line) and self._waiting() + more > self._limits.line_rows

    def _hand_over(self, rows: Sequence[Row]) -> Handover:
        if self.closed:
            raise StoreFailed("it is closed")
        handed = Handover(tuple(rows))  # a copy: a cancelled caller may go on using its list
        self._line.append(handed)
        self._stirred.set()
        return handed

    def _withdraw(self, handed: Handover) -> None:
        self._line.remove(handed)
        self._failed += len(handed.rows)
        raise StoreFailed(
            f"{self._waiting()} rows were already waiting, and for {self._limits.patience_s:g} s no fewer"
        )

    async def _wait_stirred(self) -> None:
        """Until there is something to write, or nothing any more."""
        await trio.lowlevel.checkpoint()  # who was just answered may have more, and should not miss the next batch
        while not self._line and not self.closed:
            await self._stirred.wait()
            self._stirred = trio.Event()

    def _next_batch(self) -> list[Handover]:
        """The callers whose turn it is; none if the line is empty or closing took too long."""
        return [] if self._is_out_of_time() else list(self._take())

    def _is_out_of_time(self) -> bool:
        return self._close_by is not None and trio.current_time() >= self._close_by

    def _take(self) -> Iterator[Handover]:
        """Callers from the head of the line, until the batch is full: at least one, however many rows it brings."""
        room = self._limits.batch_rows
        while self._line and room > 0:
            handed = self._line.popleft()
            room -= len(handed.rows)
            handed.taken.set()
            yield handed

    async def _outcomes(self, batch: Sequence[Handover]) -> Sequence[Outcome]:
        self._batches += 1
        groups = [handed.rows for handed in batch]
        return await trio.to_thread.run_sync(self._try, groups, thread_name="octi store", limiter=self._thread)

    def _try(self, groups: Sequence[Sequence[Row]]) -> Sequence[Outcome]:
        try:
            return self._write(groups)
        except Exception as error:  # one odd row must not end the task that all sessions depend on
            return [_unforeseen(error) for _ in groups]

    def _settle(self, batch: Sequence[Handover], outcomes: Sequence[Outcome]) -> None:
        for handed, outcome in zip(batch, outcomes, strict=True):
            handed.failure = outcome
            self._trouble = (trio.current_time(), outcome) if outcome and outcome.retryable else None
            self._kept += 0 if outcome else len(handed.rows)
            self._failed += len(handed.rows) if outcome else 0
            handed.taken.set()
            handed.settled.set()


def _unforeseen(error: Exception) -> StoreFailed:
    failure = StoreFailed(f"{type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure


@asynccontextmanager
async def open_writer(write: Write, limits: WriterLimits, thread: trio.CapacityLimiter) -> AsyncIterator[Writer]:
    """A writer with its task. Leaving writes what was handed over, even if cancelled (see `Writer.run`)."""
    writer = Writer(write, limits, thread)
    with ungrouped():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(writer.run, name="store writer")
            try:
                yield writer
            finally:
                writer.close()


@contextmanager
def ungrouped() -> Iterator[None]:
    """Let a lone error out of its group: who opens a store need not know that there is a nursery inside."""
    lone: BaseException | None = None
    try:
        yield
    except BaseExceptionGroup as group:
        if len(group.exceptions) > 1:
            raise
        lone = group.exceptions[0]
    if lone is not None:
        raise lone
