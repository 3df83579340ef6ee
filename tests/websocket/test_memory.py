"""What is peculiar to a leg in memory; what every leg promises stands in `test_base`."""

import attrs
import pytest
import trio
import trio.testing

from octi.websocket.base import LegClosed
from octi.websocket.link import LOW_WATER_BYTES
from octi.websocket.memory import memory_legs


async def test_closing_one_end_ends_both_ways() -> None:
    """What the other end says after that is said to nobody, and is no error."""
    near, far = memory_legs()
    await near.close(1000, "done")
    far.send(b"too late")
    far.ping()
    assert far.dropped_bytes == 0


async def test_the_first_close_counts() -> None:
    """Both ends close, as sessions do: the second changes nothing."""
    near, far = memory_legs()
    await near.close(1001, "first")
    await far.close(1000, "second")
    for leg, by_peer in ((far, True), (near, False)):
        with pytest.raises(LegClosed) as closed:
            await leg.receive()
        assert attrs.astuple(closed.value) == (1001, "first", by_peer)


async def test_a_writer_has_nothing_to_do(autojump_clock: trio.testing.MockClock) -> None:
    """It waits until it is cancelled, as a link's does."""
    near, _ = memory_legs()
    near.send(bytes(10 * LOW_WATER_BYTES))
    with trio.move_on_after(3600) as hour:
        await near.write()
    assert hour.cancelled_caught


async def test_waiting_for_room_ends_with_the_leg() -> None:
    """Nobody will ever receive what waits."""
    near, far = memory_legs()
    near.send(bytes(2 * LOW_WATER_BYTES))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(near.wait_room)
        await trio.testing.wait_all_tasks_blocked()
        await far.close(1000, "")
