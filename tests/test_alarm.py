"""An alarm that is moved while somebody waits for it, on virtual time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from octi.alarm import Alarm


@asynccontextmanager
async def waiting(alarm: Alarm) -> AsyncIterator[list[float]]:
    """One task waits for the alarm again and again; when it went off."""
    rung: list[float] = []

    async def listen() -> None:
        while True:
            await alarm.wait()
            rung.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(listen)
        await wait_all_tasks_blocked()
        yield rung
        nursery.cancel_scope.cancel()


async def test_an_alarm_goes_off_at_its_time(autojump_clock: MockClock) -> None:
    """Once."""
    alarm = Alarm()
    alarm.move(5.0)
    async with waiting(alarm) as rung:
        await trio.sleep(100)
    assert rung == [5.0]


async def test_an_alarm_never_set_never_goes_off(autojump_clock: MockClock) -> None:
    async with waiting(Alarm()) as rung:
        await trio.sleep(100)
    assert rung == []


async def test_an_alarm_can_be_moved_while_somebody_waits(autojump_clock: MockClock) -> None:
    """Later, earlier, to never, and back."""
    alarm = Alarm()
    async with waiting(alarm) as rung:
        for at in (5.0, 50.0, None, 20.0):
            alarm.move(at)
            await trio.sleep(1)
        await trio.sleep(100)
    assert rung == [20.0]


async def test_an_alarm_whose_time_has_passed_goes_off_at_once(autojump_clock: MockClock) -> None:
    alarm = Alarm()
    await trio.sleep(10)
    async with waiting(alarm) as rung:
        alarm.move(3.0)
        await trio.sleep(1)
    assert rung == [10.0]


async def test_an_alarm_can_be_set_before_anybody_waits_and_again_afterwards(autojump_clock: MockClock) -> None:
    alarm = Alarm()
    alarm.move(2.0)
    async with waiting(alarm) as rung:
        await trio.sleep(5)
        alarm.move(7.0)
        await trio.sleep(5)
    assert rung == [2.0, 7.0]


async def test_an_alarm_moved_in_the_moment_it_comes_goes_off_at_its_new_time(autojump_clock: MockClock) -> None:
    """Whichever task runs first, the new time is not forgotten; Trio draws lots, so this is tried often."""
    alarm, orders = Alarm(), set()

    async def move(at: float) -> None:
        await trio.sleep_until(at)
        alarm.move(at + 5)

    async with waiting(alarm) as rung, trio.open_nursery() as nursery:
        for number in range(40):
            due = 100.0 * (number + 1)
            nursery.start_soon(move, due)
            alarm.move(due)
            await trio.sleep_until(due + 50)
            assert rung[-1] == due + 5
            orders.add(due in rung)
    assert orders == {True, False}


async def test_waiting_can_be_cancelled(autojump_clock: MockClock) -> None:
    """Its time comes all the same for who waits next."""
    alarm = Alarm()
    alarm.move(5.0)
    with trio.move_on_after(2):
        await alarm.wait()
    assert trio.current_time() == 2.0
    await alarm.wait()
    assert trio.current_time() == 5.0
