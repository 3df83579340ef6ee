"""The loop's clock, for who asks it with every frame."""

from collections.abc import Callable

import trio


def loop_clock() -> Callable[[], float]:
    """`trio.current_time` of the loop that runs now, without the way to it: a third of the time, twice a frame."""
    return trio.lowlevel.current_clock().current_time
