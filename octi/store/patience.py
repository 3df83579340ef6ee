"""A bound on waiting for a store: its own calls come back some day, but a session's client may not wait so long."""

from collections.abc import Awaitable
from typing import TypeVar

import trio

from octi.errors import StoreFailed

ANSWER_S = 10.0  # longer than a store that is only busy takes

Answer = TypeVar("Answer")


async def answered(asking: Awaitable[Answer], within_s: float = ANSWER_S) -> Answer:
    """What a store answers. Raises StoreFailed if it takes too long."""
    with trio.move_on_after(within_s):
        return await asking
    raise StoreFailed(f"no answer within {within_s:g} s")
