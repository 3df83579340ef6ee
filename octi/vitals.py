"""Is octi alive: the parts that it is of no use without, and what happens when one of them crashes.

A crash there is logged once, with its trace. Liveness says no from then on, and whoever waits for `failed` ends octi in
good order: better a fresh process than one that answers 200 and keeps nothing of what is said.
"""

from collections.abc import Awaitable, Callable
from math import inf

import attrs
import structlog
import trio

log = structlog.get_logger("octi.vitals")

Task = Callable[[], Awaitable[None]]
Guard = Callable[[str, Task], Awaitable[bool]]
"""Runs a part's task. False: it crashed, and that is known now. Cancellation passes."""


async def unguarded(part: str, task: Task) -> bool:
    """Run it; a crash is its caller's."""
    await task()
    return True


@attrs.define(eq=False)
class Vitals:
    """What has died so far."""

    failed: trio.Event = attrs.field(factory=trio.Event)
    _dead: dict[str, str] = attrs.field(factory=dict)

    async def guard(self, part: str, task: Task) -> bool:
        """See `Guard`."""
        try:
            await task()
        except Exception as error:  # whatever it is: nobody else may be taken down with it
            log.exception("a part of octi died, so octi ends", part=part)
            self._dead[part] = type(error).__name__
            self.failed.set()
            return False
        return True

    def problems(self) -> list[str]:
        """What has died and of what. An error's own words may tell what nobody should read: the log has them."""
        return [f"{part} died ({why}); octi ends, and needs to be started again" for part, why in self._dead.items()]


@attrs.frozen
class Upkeep:
    """How a part is looked after: who hears of its death, and by when (Trio's clock) it has to be closed."""

    guard: Guard = unguarded
    close_by: Callable[[], float] = lambda: inf
