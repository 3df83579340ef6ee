"""Speaking up when nobody speaks: the watch for `idle_timeout_ms`, which counts from the end of the agent's voice."""

from collections.abc import Callable

import attrs
import trio

from octi.alarm import Alarm


@attrs.define(eq=False)
class Company:
    """Waits in two steps: until the agent's voice was heard, and then as long as the user may say nothing.

    now_ms: how much audio came in so far. on_silence: told where in it the wait began.
    """

    now_ms: Callable[[], int]
    on_silence: Callable[[int], None]
    _alarm: Alarm = attrs.field(factory=Alarm)
    _timeout_s: float = 0.0
    _quiet_since_ms: int | None = None  # where the audio was when the agent fell silent; None: it is still heard

    def expect(self, heard_at: float, timeout_ms: int) -> None:
        """Speak up when nothing happens for so long after the agent's voice will have been heard."""
        self._timeout_s, self._quiet_since_ms = timeout_ms / 1000, None
        if heard_at > trio.current_time():
            self._alarm.move(heard_at)
        else:
            self._begin(trio.current_time())

    def cease(self) -> None:
        """Somebody speaks, or nobody is to be spoken to."""
        self._alarm.move(None)

    async def keep(self) -> None:
        """Watch. Returns never."""
        while True:
            await self._alarm.wait()
            if self._quiet_since_ms is None:
                self._begin(trio.current_time())
            else:
                self.on_silence(self._quiet_since_ms)

    def _begin(self, at: float) -> None:
        self._quiet_since_ms = self.now_ms()
        self._alarm.move(at + self._timeout_s)
