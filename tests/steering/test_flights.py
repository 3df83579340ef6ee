"""Work that outlives its caller, and that several callers share."""

import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from octi.errors import Stopping, StoreFailed
from octi.steering.flights import Flights, carried_on
from octi.units import SessionId

ME, YOU = SessionId("me"), SessionId("you")


async def fails() -> None:
    await trio.sleep(1)
    raise StoreFailed("full")


async def breaks() -> None:
    await trio.sleep(1)
    raise ZeroDivisionError


class Counted:
    """Work of a second, that counts how often it was begun and done."""

    def __init__(self) -> None:
        self.begun = self.done = 0

    async def __call__(self) -> int:
        self.begun += 1
        await trio.sleep(1)
        self.done += 1
        return self.done


async def test_a_second_caller_joins_the_work_under_way(autojump_clock: MockClock) -> None:
    """Of the same session; another session's is its own."""
    work = Counted()
    async with trio.open_nursery() as nursery:
        flights: Flights[int] = Flights(nursery)
        first = flights.joined(ME, work)
        await trio.sleep(0.5)
        assert flights.joined(ME, work) is first
        assert flights.joined(YOU, work) is not first
        assert (ME in flights, len(flights)) == (True, 2)
        assert await first.landed() == 1
        assert ME not in flights
        assert flights.joined(ME, work) is not first
    assert work.begun == 3
    assert len(flights) == 0


async def test_work_goes_on_when_its_caller_is_cancelled(autojump_clock: MockClock) -> None:
    """And whoever joined gets what came of it."""
    work = Counted()
    async with trio.open_nursery() as nursery:
        flights: Flights[int] = Flights(nursery)
        with trio.move_on_after(0.5) as left:
            await flights.joined(ME, work).landed()
        assert left.cancelled_caught
        assert await flights.joined(ME, work).landed() == 1
    assert work.begun == 1


async def test_a_failure_reaches_every_caller_and_nobody_else(autojump_clock: MockClock) -> None:
    """The nursery, in which others work, does not hear of it, not even of a bug."""
    async with trio.open_nursery() as nursery:
        flights: Flights[None] = Flights(nursery)
        flight = flights.joined(ME, fails)
        for _ in range(2):
            with pytest.raises(StoreFailed):
                await flight.landed()
        with pytest.raises(ZeroDivisionError):
            await carried_on(nursery, breaks, "bug")
    assert ME not in flights


async def test_a_failure_that_nobody_waits_for_is_logged(autojump_clock: MockClock) -> None:
    """With its trace where it is a bug."""
    with capture_logs() as logs:
        async with trio.open_nursery() as nursery:
            for work in (fails, breaks):
                with trio.move_on_after(0.5):
                    await carried_on(nursery, work, "work")
    assert [(line["why"], bool(line["exc_info"])) for line in logs] == [
        ("the store failed: full", False),
        ("ZeroDivisionError", True),
    ]


async def test_work_that_octi_stops_tells_its_callers(autojump_clock: MockClock) -> None:
    """They may live longer than the nursery that it ran in."""

    async def waits() -> None:
        with pytest.raises(Stopping):
            await flights.joined(ME, Counted()).landed()

    async with trio.open_nursery() as outside:
        async with trio.open_nursery() as nursery:
            flights: Flights[int] = Flights(nursery)
            outside.start_soon(waits)
            await trio.sleep(0.5)
            nursery.cancel_scope.cancel()
        assert ME not in flights
