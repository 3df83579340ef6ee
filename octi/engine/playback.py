"""What the client's loudspeaker does, as far as anybody here can know: it plays what was sent, in order. Pure.

Audio is sent faster than it is heard. Times are in seconds of one clock; whoever tells of them says what time it is.
"""

from collections.abc import Sequence

import attrs

from octi.engine.echo import Echo
from octi.units import PCM_BYTES_PER_MS


@attrs.define(eq=False)
class Playback:
    """One client's loudspeaker. `until`: when all that was sent will have been heard."""

    until: float = 0.0
    _echo: Echo = attrs.field(factory=Echo)
    _ends: dict[str, float] = attrs.field(factory=dict)  # when each item will have been heard; the latest, and newer

    def add(self, item: str, pcm: bytes, now: float) -> None:
        """More of an item's voice was sent: PCM16 at 24 kHz."""
        if item not in self._ends:
            self._ends = {other: end for other, end in self._ends.items() if end > now}
        begins = max(self.until, now)
        self._echo.spoke(pcm, begins)
        self.until = self._ends[item] = begins + len(pcm) / PCM_BYTES_PER_MS / 1000

    def stop(self, now: float) -> None:
        """The client drops what it has not played."""
        self.until = min(self.until, now)
        self._echo.stopped(now)

    def truncate(self, item: str, now: float) -> None:
        """An item was heard so far and no further: whoever says so has stopped playing it, and what comes behind it.

        Unless it is over and another one is being heard: that goes on, and this is late news.
        """
        end = self._ends.get(item)
        if end is not None and (end > now or end == self.until):
            self.until = now
            self._echo.stopped(now)

    def heard(self, now: float) -> bool:
        """Is the agent being heard?"""
        return now < self.until

    def explains(self, loudness: Sequence[float], now: float) -> bool:
        """Is what the microphone hears the agent's own voice? `loudness`: of the last frames, the newest ends now."""
        return self._echo.explains(loudness, now)
