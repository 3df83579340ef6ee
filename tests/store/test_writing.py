"""octi/store/writing.py: the writer's task, its crashes, and an end that nothing holds up. Real threads."""

import attrs
import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import wait_all_tasks_blocked

from octi.errors import StoreFailed
from octi.store.writer import Writer
from octi.store.writing import PART, open_writer, ungrouped
from octi.vitals import Upkeep, Vitals
from tests.store.test_writer import LIMITS, Disk, rows


def disk() -> Disk:
    disk = Disk()
    disk.free.set()
    return disk


def crashing(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """The writer itself has a bug, so many times."""
    left, note = [None] * times, Writer._note

    def odd(self: Writer, outcomes: object) -> None:
        if left:
            left.pop()
            raise ZeroDivisionError("a bug")
        note(self, outcomes)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(Writer, "_note", odd)


async def kept_in_the_end(writer: Writer) -> None:
    """As a session does it: again, until it is kept."""
    while True:
        try:
            await writer.save(rows("a"))
        except StoreFailed:
            continue
        return


async def save_again_and_again(writer: Writer) -> None:
    while True:
        await writer.save(rows("a"))


async def test_a_crash_of_the_writer_is_known_and_its_rows_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs a second time, for what octi has yet to keep before it ends."""
    crashing(monkeypatch, 1)
    paper, vitals = disk(), Vitals()
    upkeep = Upkeep(guard=vitals.guard)
    with trio.fail_after(5), capture_logs() as logs:
        async with open_writer(paper.write, paper.probe, LIMITS, trio.CapacityLimiter(1), upkeep=upkeep) as writer:
            await kept_in_the_end(writer)
            assert vitals.failed.is_set()
    assert set(paper.kept) == {"a"}
    assert [line["part"] for line in logs if line["log_level"] == "error"] == [PART]


async def test_what_nobody_waits_for_is_kept_after_a_crash_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was with the database just then."""
    crashing(monkeypatch, 1)
    paper, upkeep = disk(), Upkeep(guard=Vitals().guard)
    with trio.fail_after(5):
        async with open_writer(paper.write, paper.probe, LIMITS, trio.CapacityLimiter(1), upkeep=upkeep) as writer:
            writer.leave(rows("a", "b"))
    assert set(paper.kept) == {"a", "b"}


async def test_a_writer_that_crashes_again_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes is told so at once, and what was left is named as lost."""
    crashing(monkeypatch, 2)
    paper, upkeep, limits = disk(), Upkeep(guard=Vitals().guard), attrs.evolve(LIMITS, gather_s=0.0)
    with trio.fail_after(5), capture_logs() as logs:
        async with open_writer(paper.write, paper.probe, limits, trio.CapacityLimiter(1), upkeep=upkeep) as writer:
            writer.leave(rows("left"))
            with pytest.raises(StoreFailed):
                await save_again_and_again(writer)
            await wait_all_tasks_blocked()
            with pytest.raises(StoreFailed, match="closed"):
                await writer.save(rows("b"))
    assert any(line["event"].startswith("rows were lost") for line in logs)


async def test_a_crash_that_nobody_guards_is_the_openers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bare, as all errors from there."""
    crashing(monkeypatch, 1)
    paper = disk()
    with pytest.raises(ZeroDivisionError):
        async with open_writer(paper.write, paper.probe, LIMITS, trio.CapacityLimiter(1)) as writer:
            await writer.save(rows("a"))


@pytest.mark.parametrize("waits", [True, False])
async def test_a_database_that_hangs_does_not_hold_up_the_end(waits: bool) -> None:
    """Its thread is left behind, and what it had is named as lost: it may be there or not."""
    paper = Disk()  # stuck
    soon = Upkeep(close_by=lambda: trio.current_time() + 0.1)

    async def save(writer: Writer) -> None:
        with pytest.raises(StoreFailed):
            await writer.save(rows("a"))

    def leave(writer: Writer) -> None:
        writer.leave(rows("a"))

    try:
        with trio.fail_after(5), capture_logs() as logs:
            async with (
                trio.open_nursery() as nursery,
                open_writer(paper.write, paper.probe, LIMITS, trio.CapacityLimiter(1), upkeep=soon) as writer,
            ):
                if waits:
                    nursery.start_soon(save, writer)  # noqa: ASYNC111  it outlives the writer: that is the point
                else:
                    leave(writer)
                await wait_all_tasks_blocked()
    finally:
        paper.free.set()
    assert paper.kept == []
    lost = [line["rows"] for line in logs if line["event"].startswith("rows were lost")]
    assert lost == ([] if waits else [1])


def test_a_lone_error_comes_out_of_its_group() -> None:
    """As itself."""
    with pytest.raises(ValueError, match="one"), ungrouped():
        raise ExceptionGroup("", [ValueError("one")])


def test_two_errors_stay_a_group() -> None:
    """Neither may be lost."""
    with pytest.RaisesGroup(ValueError, KeyError), ungrouped():
        raise ExceptionGroup("", [ValueError("one"), KeyError("two")])


def test_a_group_of_the_callers_own_stays_one() -> None:
    """Only the outermost is the store's."""
    with pytest.RaisesGroup(ValueError), ungrouped():
        raise ExceptionGroup("", [ExceptionGroup("inner", [ValueError("one")])])
