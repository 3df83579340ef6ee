"""octi/store/writer.py: one task, group commit, and what becomes of whom. Real threads, so no virtual clock."""

import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import attrs
import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import wait_all_tasks_blocked

from octi.errors import StoreFailed
from octi.records import Row, SessionRecord
from octi.store.line import Handover, Outcome
from octi.store.writer import Writer, WriterLimits, WriterStatistics
from octi.store.writing import open_writer
from octi.units import SessionId

LIMITS = WriterLimits(batch_rows=4, line_rows=6, patience_s=30.0)
HASTY = attrs.evolve(LIMITS, patience_s=0.05)


@attrs.define(eq=False)
class Disk:
    """Keeps rows in a list, a batch a call. While it is `stuck`, a call waits in its thread."""

    batches: list[list[str]] = attrs.field(factory=list)
    bad: set[str] = attrs.field(factory=set)
    breaks: bool = False
    failure: StoreFailed | None = None  # why it takes nothing
    probes: int = 0
    free: threading.Event = attrs.field(factory=threading.Event)

    inside: bool = False  # a call waits

    def write(self, groups: Sequence[Sequence[Row]]) -> Sequence[Outcome]:
        if not self.free.is_set():
            self.inside = True
            self.free.wait()
            self.inside = False
        if self.breaks:
            raise ZeroDivisionError("the disk divided by zero")
        if self.failure:
            return [self.failure for _ in groups]
        good = [group for group in groups if not self.bad.intersection(names(group))]
        self.batches.append([name for group in good for name in names(group)])
        return [None if group in good else StoreFailed("a bad row", retryable=False) for group in groups]

    def probe(self) -> Outcome:
        self.probes += 1
        return self.failure

    @property
    def kept(self) -> list[str]:
        return [name for batch in self.batches for name in batch]


def names(rows: Sequence[Row]) -> list[str]:
    return [row.id for row in rows if isinstance(row, SessionRecord)]


def rows(*ids: str) -> list[Row]:
    return [SessionRecord(id=SessionId(i), door="", upstream="", model="", voice="", created_at=0.0) for i in ids]


@pytest.fixture
def disk() -> Disk:
    disk = Disk()
    disk.free.set()
    return disk


def open_on(disk: Disk, limits: WriterLimits = LIMITS) -> AbstractAsyncContextManager[Writer]:
    return open_writer(disk.write, disk.probe, limits, trio.CapacityLimiter(1))


@pytest.fixture
async def writer(disk: Disk) -> AsyncIterator[Writer]:
    async with open_on(disk) as opened:
        yield opened


@asynccontextmanager
async def stuck(disk: Disk, writer: Writer) -> AsyncIterator[trio.Nursery]:
    """A first row ("head") is with the disk, which hangs until the block is left; then all started inside must end."""
    disk.free.clear()
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(writer.save, rows("head"))
            await wait_all_tasks_blocked()
            try:
                yield nursery
            finally:
                disk.free.set()
    finally:
        disk.free.set()


async def test_a_save_returns_when_its_rows_are_written(disk: Disk, writer: Writer) -> None:
    """Not before."""
    await writer.save(rows("a", "b"))
    assert disk.kept == ["a", "b"]


async def test_those_who_come_soon_after_a_batch_make_one_together(disk: Disk) -> None:
    """A transaction for each would cost far more than their rows; the first does not wait."""
    disk.free.set()
    with trio.fail_after(5):
        async with open_on(disk, attrs.evolve(LIMITS, gather_s=0.3)) as writer, trio.open_nursery() as nursery:
            began = trio.current_time()
            await writer.save(rows("first"))
            assert trio.current_time() - began < 0.3
            for name in ("second", "third"):
                nursery.start_soon(writer.save, rows(name))
                await trio.sleep(0.01)
    assert disk.batches == [["first"], ["second", "third"]]


async def test_a_full_batch_and_a_closing_writer_wait_for_nobody_else(disk: Disk) -> None:
    """Though another was written just now."""
    disk.free.set()
    with trio.fail_after(5):
        async with open_on(disk, attrs.evolve(LIMITS, gather_s=3600.0)) as writer:
            await writer.save(rows("first"))
            await writer.save(rows("a", "b", "c", "d"))
            writer.leave(rows("last"))
    assert disk.batches == [["first"], ["a", "b", "c", "d"], ["last"]]


async def test_nobody_returns_while_the_disk_hangs(disk: Disk, writer: Writer) -> None:
    """But the loop goes on."""
    returned = False
    async with stuck(disk, writer) as nursery:

        async def save() -> None:
            nonlocal returned
            await writer.save(rows("a"))
            returned = True

        nursery.start_soon(save)
        await trio.sleep(0.01)
        assert not returned
    assert returned


async def test_what_gathers_while_the_disk_works_is_one_batch(disk: Disk, writer: Writer) -> None:
    """One thread hop, one transaction, however many callers."""
    async with stuck(disk, writer) as nursery:
        for name in "abc":
            nursery.start_soon(writer.save, rows(name))
        await wait_all_tasks_blocked()
    assert [sorted(batch) for batch in disk.batches] == [["head"], ["a", "b", "c"]]


async def test_a_batch_is_bounded_and_never_splits_a_caller(disk: Disk, writer: Writer) -> None:
    """With four rows a batch, three and three go together all the same, and so do six of one caller."""
    async with stuck(disk, writer) as nursery:
        for group in (rows("a", "b", "c"), rows("d", "e", "f"), rows("g")):
            nursery.start_soon(writer.save, group)
            await wait_all_tasks_blocked()
    await writer.save(rows(*"123456"))
    assert disk.batches == [["head"], ["a", "b", "c", "d", "e", "f"], ["g"], list("123456")]


async def test_rows_are_written_in_the_order_they_came(disk: Disk, writer: Writer) -> None:
    """A later state never lands before an earlier one."""
    async with stuck(disk, writer) as nursery:
        for name in "fedcba":
            nursery.start_soon(writer.save, rows(name))
            await wait_all_tasks_blocked()
    assert disk.kept == ["head", *"fedcba"]


async def test_a_cancelled_callers_rows_are_written(disk: Disk, writer: Writer) -> None:
    """It leaves at once, the rows stay in the line."""
    async with stuck(disk, writer):
        with trio.move_on_after(0.01) as leaving:
            await writer.save(rows("a"))
        assert leaving.cancelled_caught
        assert disk.kept == []
    await writer.save(rows("b"))
    assert disk.kept == ["head", "a", "b"]


async def test_a_caller_cancelled_while_its_rows_are_written_leaves_at_once(disk: Disk, writer: Writer) -> None:
    """A thread cannot be cancelled, but only the writer waits for it."""
    disk.free.clear()
    with trio.move_on_after(0.01) as leaving:
        await writer.save(rows("a"))
    assert leaving.cancelled_caught
    disk.free.set()
    await writer.save(rows("b"))
    assert disk.kept == ["a", "b"]


async def test_only_the_caller_of_a_bad_row_is_told(disk: Disk, writer: Writer) -> None:
    """Those who were written with it return as ever."""
    disk.bad.add("b")
    told: list[str] = []

    async def save(name: str) -> None:
        try:
            await writer.save(rows(name))
        except StoreFailed as error:
            told.append(f"{name}: {error}")

    async with stuck(disk, writer) as nursery:
        for name in "abc":
            nursery.start_soon(save, name)
        await wait_all_tasks_blocked()
    assert told == ["b: the store failed: a bad row"]
    assert sorted(disk.kept) == ["a", "c", "head"]


async def test_a_write_that_breaks_fails_its_batch_and_nothing_else(disk: Disk, writer: Writer) -> None:
    """The task that all sessions depend on goes on."""
    disk.breaks = True
    with pytest.raises(StoreFailed, match=r"ZeroDivisionError$") as caught:
        await writer.save(rows("a"))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    disk.breaks = False
    await writer.save(rows("b"))
    assert disk.kept == ["b"]


async def test_a_caller_that_finds_the_line_full_waits_for_its_turn(disk: Disk, writer: Writer) -> None:
    """Given enough patience, it is served like any other."""
    async with stuck(disk, writer) as nursery:
        nursery.start_soon(writer.save, rows(*"123456"))
        await wait_all_tasks_blocked()
        nursery.start_soon(writer.save, rows("7"))
        await wait_all_tasks_blocked()
    assert disk.batches == [["head"], list("123456"), ["7"]]


async def test_a_caller_whose_patience_ends_has_none_of_its_rows_kept(disk: Disk) -> None:
    """It is told how many were waiting, and those are not affected."""
    async with open_on(disk, HASTY) as writer, stuck(disk, writer) as nursery:
        nursery.start_soon(writer.save, rows(*"123456"))
        await wait_all_tasks_blocked()
        with pytest.raises(StoreFailed, match=r"6 rows were already waiting, and for 0\.05 s no fewer"):
            await writer.save(rows("7"))
    assert disk.kept == ["head", *"123456"]


async def test_a_caller_that_found_room_is_not_hurried(disk: Disk) -> None:
    """Patience is for a full line; rows in the line are written, however long the disk takes."""
    async with open_on(disk, HASTY) as writer, stuck(disk, writer) as nursery:
        nursery.start_soon(writer.save, rows("a"))
        await trio.sleep(0.1)
    assert disk.kept == ["head", "a"]


async def test_a_caller_cancelled_before_a_full_line_has_its_rows_kept(disk: Disk, writer: Writer) -> None:
    """The one way past the bound: words of somebody who left are not lost for want of room."""
    async with stuck(disk, writer) as nursery:
        nursery.start_soon(writer.save, rows(*"123456"))
        await wait_all_tasks_blocked()
        with trio.move_on_after(0.01):
            await writer.save(rows("7"))
    await writer.save(rows("8"))
    assert disk.kept == ["head", *"12345678"]


async def test_more_rows_than_the_line_holds_go_through_an_empty_one(disk: Disk, writer: Writer) -> None:
    """A bound is for what waits, not for what one caller may bring."""
    many = [str(number) for number in range(50)]
    await writer.save(rows(*many))
    assert disk.kept == many


async def test_closing_writes_what_was_handed_over(disk: Disk) -> None:
    """Batch by batch until the line is empty."""
    async with open_on(disk) as writer, stuck(disk, writer) as nursery:
        for name in "abcdefghi":
            nursery.start_soon(writer.save, rows(name))
            await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel(reason="octi is stopping")
    assert disk.kept == ["head", *"abcdefghi"]


async def test_closing_under_a_cancel_writes_as_well(disk: Disk) -> None:
    """The task is shielded: it ends when it is done."""
    with trio.CancelScope() as outside:
        async with open_on(disk) as writer:
            outside.cancel(reason="ctrl-c")
            await writer.save(rows("a"))
    assert disk.kept == ["a"]


async def test_closing_takes_no_longer_than_it_may(disk: Disk) -> None:
    """When the time is up, the batch with the disk is finished, and who is still in the line is told."""
    told: list[str] = []
    limits = attrs.evolve(LIMITS, closing_s=0.0)

    async def save(writer: Writer) -> None:
        try:
            await writer.save(rows("late"))
        except StoreFailed as error:
            told.append(str(error))

    async with open_on(disk, limits) as writer, stuck(disk, writer) as nursery:
        nursery.start_soon(save, writer)
        await wait_all_tasks_blocked()
        writer.close()
    assert told == ["the store failed: it closed before the rows could be written"]
    assert disk.kept == ["head"]


async def test_a_closed_writer_takes_nothing(disk: Disk) -> None:
    """It says so at once."""
    async with open_on(disk) as writer:
        pass
    assert writer.closed
    with pytest.raises(StoreFailed, match="closed"):
        await writer.save(rows("a"))


async def test_statistics_tell_what_was_done_and_what_waits(disk: Disk, writer: Writer) -> None:
    """Rows by their fate, and how many batches it took."""
    disk.bad.add("b")
    async with stuck(disk, writer):
        with trio.move_on_after(0.01):
            await writer.save(rows("a", "b", "c"))
        figures = writer.statistics()
        assert (figures.rows_waiting, figures.rows_left) == (3, 3)
    await until(lambda: writer.statistics().rows_kept == 3)
    await writer.save(rows("d"))
    figures = writer.statistics()
    assert (figures.rows_waiting, figures.rows_kept, figures.rows_failed) == (0, 4, 1)
    assert figures.batches == 3  # the head, the three, the last


@pytest.mark.parametrize("steps", range(8))
async def test_whenever_a_caller_is_cancelled_its_rows_are_written_once(disk: Disk, writer: Writer, steps: int) -> None:
    """The moment of the cancel, counted in turns of the loop, makes no difference."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(writer.save, rows("a"))
        for _ in range(steps):
            await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()
    await writer.save(rows("b"))
    assert disk.kept == ["a", "b"]


async def until(condition: Callable[[], object]) -> None:
    """Threads are at work, so there is no virtual time."""
    with trio.fail_after(10):
        while not condition():  # noqa: ASYNC110  (what a thread does fires no event)
            await trio.sleep(0.002)


AWAY = StoreFailed("away")
QUICK = attrs.evolve(LIMITS, retry_s=0.01)


async def test_a_disk_that_failed_is_trouble_until_it_writes_again(disk: Disk, writer: Writer) -> None:
    """What cannot be written is a reason to send new sessions elsewhere; a bad row is not."""
    troubles = []
    for disk.failure in (None, AWAY, None):
        with capture_logs() as logs, suppress(StoreFailed):
            await writer.save(rows("a"))
        troubles.append((writer.trouble and writer.trouble.why, [line["event"] for line in logs]))
    assert troubles == [
        (None, []),
        ("away", ["the store cannot be written, trying again"]),
        (None, ["the store can be written again"]),
    ]
    disk.bad.add("b")
    with pytest.raises(StoreFailed):
        await writer.save(rows("b"))
    assert writer.trouble is None


async def test_that_a_disk_is_mended_is_found_out_where_nobody_writes(disk: Disk) -> None:
    """It is tried by itself, again and again, and no longer once it works."""
    disk.failure = AWAY
    async with open_on(disk, QUICK) as writer:
        with pytest.raises(StoreFailed):
            await writer.save(rows("a"))
        await until(lambda: disk.probes >= 3)
        assert writer.trouble
        assert writer.trouble.why == "away"
        disk.failure = None
        await until(lambda: writer.trouble is None)
        probes = disk.probes
        await trio.sleep(0.05)
        assert disk.probes == probes
    assert disk.kept == []


async def test_a_disk_that_takes_long_is_trouble_though_nothing_failed_yet(disk: Disk) -> None:
    """Who asks whether all is well must not wait for the answer."""
    async with open_on(disk, attrs.evolve(LIMITS, slow_s=0.01)) as writer:
        async with stuck(disk, writer):
            await trio.sleep(0.02)
            assert writer.trouble
            assert writer.trouble.why == "it has been writing for 0 s"
        await writer.save(rows("a"))
        assert writer.trouble is None


async def test_what_is_left_is_kept_without_anybody_waiting(disk: Disk, writer: Writer) -> None:
    """In the order in which it was left, before what comes later."""
    writer.leave(rows("a", "b"))
    await writer.save(rows("c"))
    assert disk.kept == ["a", "b", "c"]


async def test_what_is_left_while_the_disk_is_away_is_kept_when_it_is_back(disk: Disk) -> None:
    """In its order, though callers are refused meanwhile, and of a bad row only itself is lost: the log names it."""
    disk.failure, disk.bad = AWAY, {"c"}
    async with open_on(disk, QUICK) as writer:
        writer.leave(rows(*"abcdef"))
        with pytest.raises(StoreFailed, match="away"):
            await writer.save(rows("z"))
        assert writer.trouble
        assert writer.trouble.why == "away; 6 rows of sessions that are over wait"
        assert writer.statistics().rows_left == 6
        with capture_logs() as logs:
            disk.failure = None
            await until(lambda: not writer.statistics().rows_left)
    assert disk.kept == list("abdef")
    assert {"event": "a row cannot be kept", "row": "session c"}.items() <= logs[-1].items()
    assert writer.statistics() == WriterStatistics(
        rows_waiting=0, rows_left=0, rows_kept=5, rows_failed=2, batches=writer.statistics().batches
    )


async def test_callers_behind_what_is_left_are_refused_while_the_disk_is_away(disk: Disk) -> None:
    """They would be written before it, or wait for as long; they try again themselves."""
    disk.failure = AWAY
    async with open_on(disk, attrs.evolve(LIMITS, left_closing_s=0.0)) as writer:
        writer.leave(rows(*"abcdefghij"))  # more than a batch
        for _ in range(2):
            with pytest.raises(StoreFailed, match="away"):
                await writer.save(rows("z"))
        disk.failure = None
        await writer.save(rows("y"))
    assert disk.kept == list("abcdefghijy")


async def test_a_cancelled_callers_rows_are_tried_until_they_are_kept(disk: Disk) -> None:
    """Those that were in the line, and those that the disk had just refused; nothing behind them goes before."""
    async with open_on(disk, QUICK) as writer:
        async with stuck(disk, writer) as nursery:
            nursery.start_soon(writer.save, rows("a", "b"))
            await wait_all_tasks_blocked()
            disk.failure = AWAY
            nursery.cancel_scope.cancel()
        await until(lambda: writer.trouble and writer.statistics().rows_left == 3)
        disk.failure = None
        await until(lambda: writer.trouble is None)  # a try that has failed already refuses who stands behind it
        await writer.save(rows("c"))
    assert disk.kept == ["head", "a", "b", "c"]


async def test_of_a_cancelled_callers_rows_only_the_bad_one_is_lost(disk: Disk, writer: Writer) -> None:
    """Nobody is there to try them one by one."""
    disk.bad.add("b")
    async with stuck(disk, writer):
        with trio.move_on_after(0.01):
            await writer.save(rows("a", "b", "c"))
    await until(lambda: not writer.statistics().rows_waiting)
    await writer.save(rows("d"))
    assert sorted(disk.kept) == ["a", "c", "d", "head"]


async def test_the_backlog_is_bounded_and_keeps_the_oldest(disk: Disk) -> None:
    """What is lost is named; what finds room again is kept."""
    disk.failure = AWAY
    async with open_on(disk, attrs.evolve(QUICK, left_rows=2)) as writer:
        with capture_logs() as logs:
            writer.leave(rows(*"abcd"))
        assert logs == [
            {
                "event": "rows were lost: the backlog is full",
                "log_level": "error",
                "rows": 2,
                "names": ["session c", "session d"],
            }
        ]
        disk.failure = None
        await until(lambda: not writer.statistics().rows_left)
        writer.leave(rows("e"))
    assert disk.kept == ["a", "b", "e"]


async def test_rows_of_cancelled_callers_fill_the_backlog_as_well(disk: Disk) -> None:
    """Where a try takes longer than callers wait, all that is left comes so; what is just being tried counts, too."""
    disk.failure = AWAY
    limits = attrs.evolve(QUICK, batch_rows=2, left_rows=5, left_closing_s=0.0)
    with capture_logs() as logs:
        async with open_on(disk, limits) as writer:
            for name in "abcdefgh":
                async with stuck_trying(disk, writer):
                    with trio.move_on_after(0.001):
                        await writer.save(rows(name + "1", name + "2"))
                    writer.leave(rows(name + "3"))
                    assert writer.statistics().rows_left <= limits.left_rows + limits.batch_rows
    lost = [name for line in logs if line["event"].endswith("is full") for name in line["names"]]
    assert len(lost) >= 3 * 8 - limits.left_rows - limits.batch_rows
    assert "session a1" not in lost


@asynccontextmanager
async def stuck_trying(disk: Disk, writer: Writer) -> AsyncIterator[None]:
    """The disk hangs with whatever is left, or with a first row, and takes none of it in the end."""
    disk.free.clear()
    try:
        if writer.trouble is None:
            writer.leave(rows("first"))
        await until(lambda: disk.inside)  # that a batch was begun is not enough: its thread may be slow to start
        yield
    finally:
        disk.free.set()
        await until(lambda: not disk.inside)  # noqa: ASYNC102  (a test: nobody cancels it)


async def test_what_was_left_later_is_never_written_before_what_it_replaces(disk: Disk, writer: Writer) -> None:
    """A cancelled caller's rows do not come back behind it, though one of them is bad."""
    disk.bad.add("bad")
    async with stuck(disk, writer):
        with trio.move_on_after(0.01):
            await writer.save(rows("old", "bad", "other"))
        writer.leave(rows("new"))
    await writer.save(rows("last"))
    assert disk.kept == ["head", "old", "other", "new", "last"]


async def test_nor_where_its_rows_were_with_the_disk_when_their_caller_left(disk: Disk) -> None:
    """They come back together, for the disk was away, and one of them is bad."""
    disk.failure, disk.bad = AWAY, {"bad"}
    disk.free.clear()
    async with open_on(disk, QUICK) as writer:
        with trio.move_on_after(0.01):
            await writer.save(rows("old", "bad"))
        writer.leave(rows("new"))
        disk.free.set()
        await until(lambda: writer.trouble)
        disk.failure = None
        await until(lambda: not writer.statistics().rows_left)
    assert disk.kept == ["old", "new"]


async def test_a_caller_cancelled_as_it_was_told_of_a_bad_row_loses_that_alone(disk: Disk, writer: Writer) -> None:
    """The cancel came first, so nobody heard; both in one turn of the loop, which no clock can bring about."""
    disk.bad.add("bad")
    told = Handover(tuple(rows("good", "bad")))
    told.settle(StoreFailed("a bad row", retryable=False))
    writer._abandon(told)
    await writer.save(rows("last"))
    assert disk.kept == ["good", "last"]


async def test_the_backlog_is_bounded_in_what_its_rows_say_as_well(disk: Disk) -> None:
    """A few long speeches fill it, too."""
    disk.failure = AWAY
    async with open_on(disk, attrs.evolve(QUICK, left_chars=1000, left_closing_s=0.0)) as writer:
        writer.leave(rows("a" * 600, "b" * 600, "c"))
        assert writer.statistics().rows_left == 2


async def test_closing_tries_a_while_to_write_what_is_left_and_names_what_is_lost(disk: Disk) -> None:
    """A disk that is away must not hold up the end for as long as one that works."""
    disk.failure = AWAY
    with capture_logs() as logs:
        async with open_on(disk, attrs.evolve(QUICK, left_closing_s=0.1)) as writer:
            writer.leave(rows("a", "b"))
    assert disk.kept == []
    lost = "rows were lost: octi ended before the store could be written"
    assert {"event": lost, "rows": 2, "names": ["session a", "session b"]}.items() <= logs[-1].items()
    assert writer.statistics().batches >= 2


async def test_a_closed_writer_loses_what_is_left_to_it_and_says_so(disk: Disk) -> None:
    """Rather than hold it for ever."""
    async with open_on(disk) as writer:
        pass
    with capture_logs() as logs:
        writer.leave(rows("a"))
    assert [line["event"] for line in logs] == ["rows were lost: the backlog is closed"]
