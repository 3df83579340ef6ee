"""The tool that cancels everywhere finds what it is for, and nothing else."""

from collections.abc import Awaitable, Callable

import attrs
import pytest
import trio

from tests.cuts import Cut, CutFailure, Report, Scenario, When, cut_everywhere
from tests.streams import window_stream_pair


@attrs.define
class Slot:
    """Something to take and to give back."""

    taken: int = 0

    async def take(self) -> None:
        await trio.lowlevel.checkpoint()
        self.taken += 1
        await trio.sleep(0.1)

    async def give(self) -> None:
        with trio.CancelScope(shield=True):
            await trio.sleep(0.01)
        self.taken -= 1


async def careful(slot: Slot) -> None:
    try:
        await slot.take()
        await trio.sleep(1)
    finally:
        if slot.taken:
            await slot.give()  # noqa: ASYNC102  # it shields itself


async def careless(slot: Slot) -> None:
    await slot.take()  # cancelled in there, nobody gives it back
    try:
        await trio.sleep(1)
    finally:
        await slot.give()  # noqa: ASYNC102  # it shields itself


def with_slot(user: Callable[[Slot], Awaitable[None]]) -> Scenario:
    async def scenario(cut: Cut) -> None:
        slot = Slot()
        async with cut:
            await user(slot)
        assert slot.taken == 0, "slot leaked"

    return scenario


def test_what_holds_everywhere_passes() -> None:
    """Five steps around four waits. Each side takes a run uncut and one that finds nothing more to cut."""
    report = cut_everywhere(with_slot(careful))
    assert report.steps == 5
    assert report.runs == (1 + 4 + 1) + (1 + 5 + 1)
    assert report.slowest == pytest.approx(0.01)


def test_a_window_of_one_step_is_found() -> None:
    """The careless user is right but for a cut between taking and `try`, and the failure says where."""
    with pytest.raises(CutFailure, match=r"test_cuts.py:\d+ take(.|\n)*slot leaked"):
        cut_everywhere(with_slot(careless))


def test_cleaning_up_without_a_shield_is_found() -> None:
    """A checkpoint in `finally` raises again."""

    async def scenario(cut: Cut) -> None:
        said: list[str] = []
        async with cut:
            try:
                said.append("hello")
                await trio.sleep(1)
            finally:
                await trio.lowlevel.checkpoint()  # noqa: ASYNC102  # the mistake
                said.append("bye")
        assert said in ([], ["hello", "bye"])

    with pytest.raises(CutFailure):
        cut_everywhere(scenario)


def test_a_slow_end_is_found_unless_it_is_allowed() -> None:
    async def scenario(cut: Cut) -> None:
        async with cut:
            try:
                await trio.sleep(1)
            finally:
                with trio.CancelScope(shield=True):
                    await trio.sleep(60)

    with pytest.raises(CutFailure, match="took 60 virtual s"):
        cut_everywhere(scenario)
    assert cut_everywhere(scenario, prompt=None).slowest == 60


def test_a_cut_that_does_not_come_out_is_reported() -> None:
    """Sometimes that is right (the block had ended but for a shield), so it is told and does not fail."""

    async def scenario(cut: Cut) -> None:
        async with cut:
            with trio.CancelScope(shield=True):
                await trio.sleep(1)

    assert cut_everywhere(scenario).swallowed


def test_children_are_cut_and_older_nurseries_are_not() -> None:
    """A peer outside the block is neither counted nor cancelled, even when it was started from inside."""

    async def scenario(cut: Cut) -> None:
        heard: list[str] = []

        async def peer() -> None:
            await trio.sleep(0.5)
            heard.append("peer")

        async def child() -> None:
            await trio.sleep(0.5)
            heard.append("child")

        async with trio.open_nursery() as outer, cut, trio.open_nursery() as inner:
            outer.start_soon(peer)
            inner.start_soon(child)
        assert "peer" in heard
        assert ("child" in heard) is not cut.caught or not cut.was_cut

    report = cut_everywhere(scenario, seeds=3)
    assert report.steps == 4  # this task enters, the child begins, the child ends, this task leaves


def test_a_coroutine_that_is_never_awaited_is_found() -> None:
    async def scenario(cut: Cut) -> None:
        async with cut:
            await trio.lowlevel.checkpoint()
            trio.sleep(1)  # type: ignore[unused-coroutine]  # noqa: ASYNC105  # the mistake

    with pytest.raises(CutFailure, match="never awaited"):
        cut_everywhere(scenario)


def test_a_scenario_that_is_wrong_without_a_cut_says_so() -> None:
    async def scenario(cut: Cut) -> None:
        async with cut:
            raise ValueError("wrong anyway")

    with pytest.raises(CutFailure, match=r"uncut\n.*wrong anyway"):
        cut_everywhere(scenario)


def test_a_scenario_without_a_block_is_an_error() -> None:
    async def scenario(cut: Cut) -> None:
        await trio.sleep(1)

    with pytest.raises(CutFailure, match="never entered"):
        cut_everywhere(scenario)


def test_a_block_too_long_is_an_error() -> None:
    async def scenario(cut: Cut) -> None:
        async with cut:
            for _ in range(100):
                await trio.lowlevel.checkpoint()

    with pytest.raises(CutFailure, match="more than 50 steps"):
        cut_everywhere(scenario, limit=50)


def test_runs_repeat_each_other() -> None:
    """The same seeds give the same report; the schedule is not left to chance."""

    def report() -> Report:
        async def scenario(cut: Cut) -> None:
            async with cut, trio.open_nursery() as nursery:
                for _ in range(4):
                    nursery.start_soon(trio.lowlevel.checkpoint)

        return cut_everywhere(scenario, seeds=2, whens=[When.PARKED])

    assert report() == report()


# The window streams


def test_the_step_that_enters_is_cut_too() -> None:
    """Cancelled before the first wait, nothing has happened; cancelled in it, its start has."""
    seen: list[tuple[When, bool]] = []

    async def scenario(cut: Cut) -> None:
        async with cut:
            await trio.sleep(1)
        if cut.n == 1:
            seen.append((cut.when, cut.caught))

    cut_everywhere(scenario)
    assert seen == [(When.PARKED, True), (When.RESUMED, True)]


async def test_a_sender_waits_for_the_reader() -> None:
    """A window of 4 bytes takes 4; the rest goes when they are read."""
    near, far = window_stream_pair(4)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(near.send_all, b"123456")
        await trio.testing.wait_all_tasks_blocked()
        assert near.unread_bytes == 4
        assert await far.receive_some() == b"1234"
        assert await far.receive_some() == b"56"


async def test_a_cancelled_send_has_sent_some(autojump_clock: trio.testing.MockClock) -> None:
    near, far = window_stream_pair(4)
    with trio.move_on_after(1):
        await near.send_all(b"123456")
    assert near.sent_bytes == 4
    await near.aclose()
    assert await far.receive_some() == b"1234"
    assert await far.receive_some() == b""


async def test_a_closed_end_is_noticed_by_the_other() -> None:
    """A waiting sender is told that the reader is gone; using a closed end is an error."""
    near, far = window_stream_pair(4)
    async with trio.open_nursery() as nursery:

        async def send() -> None:
            with pytest.raises(trio.BrokenResourceError):
                await near.send_all(b"123456")

        nursery.start_soon(send)
        await trio.testing.wait_all_tasks_blocked()
        await far.aclose()
    with pytest.raises(trio.ClosedResourceError):
        await far.receive_some()
    with pytest.raises(trio.ClosedResourceError):
        await far.send_all(b"x")


async def test_trio_accepts_the_streams_as_its_own() -> None:
    """Trio's own checks for half-closeable streams, with windows open and full."""

    async def fresh() -> tuple[trio.abc.HalfCloseableStream, trio.abc.HalfCloseableStream]:
        return window_stream_pair(1 << 14)

    async def clogged() -> tuple[trio.abc.HalfCloseableStream, trio.abc.HalfCloseableStream]:
        near, far = window_stream_pair(1)
        await near.send_all(b"x")
        await far.send_all(b"x")
        return near, far

    await trio.testing.check_half_closeable_stream(fresh, clogged)
