"""Who kept the loop from running is named. The clock is the test's, so that no busy machine has a say."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs
import pytest
import structlog
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from octi.observe import watchdog as module
from octi.observe.base import Meter
from octi.observe.watchdog import LAG_S, MOST_PLACES, REMINDER_S, SETTLED_S, Watchdog, looking, places, watch_loop


@attrs.define(eq=False)
class Counts(Meter):
    """Remembers."""

    blocks: list[float] = attrs.field(factory=list)
    lags: list[float] = attrs.field(factory=list)

    def blocked(self, seconds: float) -> None:
        self.blocks.append(round(seconds, 6))

    def lagged(self, seconds: float) -> None:
        self.lags.append(seconds)


@attrs.define(eq=False)
class Hands:
    """A clock that stands still, but where a test moves it."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    structlog.reset_defaults()
    clock = Hands()
    monkeypatch.setattr(module, "perf_counter", clock)
    return clock


@contextmanager
def watched(watchdog: Watchdog) -> Iterator[None]:
    trio.lowlevel.add_instrument(watchdog)
    try:
        yield
    finally:
        trio.lowlevel.remove_instrument(watchdog)


async def rest() -> None:
    """A task's place, to be found in what is logged."""
    await trio.sleep(1)


async def test_a_step_that_takes_long_is_named(autojump_clock: MockClock, hands: Hands) -> None:
    """With how long it took, and where its task waits now."""
    counts = Counts()

    async def hog() -> None:
        await trio.lowlevel.checkpoint()
        hands.now += 0.08
        await rest()

    with watched(Watchdog(counts)), capture_logs() as lines:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hog, name="s-7f3a hog")
            nursery.start_soon(rest, name="another")
    (line,) = lines
    assert counts.blocks == [0.08]
    assert (line["event"], line["log_level"]) == ("loop blocked", "warning")
    assert (line["task"], line["seconds"]) == ("s-7f3a hog", 0.08)
    assert (line["others"], line["at"]) == (0, None)
    assert [place.split(" ")[1] for place in line["waits"]][-2:] == ["rest", hog.__qualname__]
    assert line["waits"][-1].startswith("tests/observe/test_watchdog.py:")


async def test_a_step_that_ends_its_task_is_named_as_well(autojump_clock: MockClock, hands: Hands) -> None:
    """It waits nowhere."""

    async def hog() -> None:
        hands.now += 0.08

    with watched(Watchdog()), capture_logs() as lines:
        async with trio.open_nursery() as nursery:  # noqa: ASYNC112  the task has a name
            nursery.start_soon(hog, name="hog")
    assert [(line["task"], line["waits"]) for line in lines] == [("hog", None)]


async def test_many_short_steps_and_a_long_wait_are_no_block(autojump_clock: MockClock, hands: Hands) -> None:
    """Only what keeps others from running is."""
    counts = Counts()

    async def busy() -> None:
        for _ in range(10):
            hands.now += 0.04
            await trio.lowlevel.checkpoint()

    def wait(timeout: float) -> None:
        hands.now += 100

    watchdog = Watchdog(counts)
    with watched(watchdog):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(busy)
            nursery.start_soon(busy)
        await trio.lowlevel.checkpoint()
        watchdog.before_io_wait(0)
        wait(0)
        await trio.lowlevel.checkpoint()
    assert counts.blocks == []


async def test_it_is_told_once_a_minute_with_the_worst(autojump_clock: MockClock, hands: Hands) -> None:
    """All are counted; those that were held back are told with the next, or when the minute is over."""
    counts, watchdog = Counts(), Watchdog()
    watchdog.meter = counts

    async def hog(seconds: float) -> None:
        hands.now += seconds

    async def hogs(*times: float) -> None:
        for seconds in times:
            async with trio.open_nursery() as nursery:  # noqa: ASYNC112  the task has a name
                nursery.start_soon(hog, seconds, name=f"hog {seconds}")

    with watched(watchdog), capture_logs() as lines:
        await hogs(0.06, 0.07, 0.3, 0.08)
        watchdog.tell()
        assert [(line["task"], line["others"]) for line in lines] == [("hog 0.06", 0)]
        await trio.sleep(REMINDER_S)
        watchdog.tell()
        watchdog.tell()
        await hogs(0.09)
        await trio.sleep(REMINDER_S)
        await hogs(0.06)
    assert [(line["task"], line["others"]) for line in lines] == [("hog 0.06", 0), ("hog 0.3", 2), ("hog 0.09", 1)]
    assert counts.blocks == [0.06, 0.07, 0.3, 0.08, 0.09, 0.06]


async def test_the_lateness_of_the_loop_is_told(autojump_clock: MockClock) -> None:
    """Twice a second; what watched is gone when it is cancelled."""
    counts, before = Counts(), threading.active_count()
    with trio.move_on_after(SETTLED_S + LAG_S * 4.5):
        await watch_loop(counts)
    assert counts.lags == [0.0] * 4
    assert threading.active_count() == before


async def test_a_long_step_is_caught_at_what_it_does(hands: Hands) -> None:
    """By a thread that looks; in real time, so the step waits until it was seen."""
    watchdog = Watchdog(limit_s=0.02)

    async def hog() -> None:
        await trio.lowlevel.checkpoint()
        hands.now += 0.08
        linger(lambda: bool(watchdog._seen[1]))

    with watched(watchdog), looking(watchdog), capture_logs() as lines:
        async with trio.open_nursery() as nursery:  # noqa: ASYNC112  the task has a name
            nursery.start_soon(hog, name="hog")
    (line,) = lines
    assert line["task"] == "hog"
    assert [place.split(" ")[1] for place in line["at"]][:2] == ["linger", hog.__qualname__]


def linger(until: Callable[[], bool]) -> None:
    """Be busy, for ten seconds at most."""
    end = time.monotonic() + 10
    while not until() and time.monotonic() < end:
        time.sleep(0)


def test_what_was_seen_of_another_step_is_not_told(hands: Hands) -> None:
    """A thread that is late has seen something else."""
    watchdog = Watchdog(began=999.0)
    watchdog.see(threading.get_ident())
    assert watchdog._seen[0] == 999.0
    watchdog.began = 0.0
    watchdog.see(threading.get_ident())
    assert watchdog._seen[0] == 999.0  # nothing takes long now


def test_a_stack_is_told_shortly() -> None:
    """Its innermost places, by the end of their paths."""
    code = linger.__code__
    assert list(places([(code, 7)] * 50)) == ["tests/observe/test_watchdog.py:7 linger"] * MOST_PLACES
