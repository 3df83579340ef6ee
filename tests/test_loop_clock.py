"""octi/loop_clock.py."""

import trio
from trio.testing import MockClock

from octi.loop_clock import loop_clock


async def test_it_tells_the_time_that_trio_tells(autojump_clock: MockClock) -> None:
    """Virtual time, too."""
    clock = loop_clock()
    began = clock()
    await trio.sleep(7)
    assert (clock(), clock() - began) == (trio.current_time(), 7.0)
