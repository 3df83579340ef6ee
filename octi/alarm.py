"""A wait whose end can be moved while it lasts."""

from math import inf

import trio


class Alarm:
    """One task waits, anybody moves. Times: `trio.current_time`; None is never."""

    def __init__(self) -> None:
        self._at = inf
        self._scope = trio.CancelScope()  # of who waits

    def move(self, at: float | None) -> None:
        """The wait ends then. A later end costs nothing: who waits finds out when the earlier one comes."""
        self._at = until = inf if at is None else at
        if until < self._scope.deadline:
            self._scope.deadline = until

    async def wait(self) -> None:
        """Wait until the end, wherever it is moved; afterwards there is none."""
        while True:
            with trio.CancelScope(deadline=self._at) as self._scope:
                await trio.sleep_forever()
            if self._at <= trio.current_time():  # else it was moved just as it came
                break
        self._at = inf
