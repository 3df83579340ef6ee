"""The user's side: placed by when it came, with silence where nothing did. Pure. All places count samples.

What arrives was spoken before: a piece ends at the latest when it is there. So of all that is sent without a pause the
piece that was least delayed says where the others belong. What came before it too late is moved back, as long as it was
not taken; later it is stretched or shortened, by so little that nobody hears it. So delays that change leave no
holes, and clocks that do not go alike stay together.
"""

from array import array

import attrs

from octi.recording.track import Track
from octi.units import SAMPLE_BYTES, SAMPLE_RATE_HZ

PAUSE = 100 * SAMPLE_RATE_HZ // 1000  # what comes later than that begins a new run
RUBBER = 200  # of so many samples one may be left out or doubled
NEAR = SAMPLE_RATE_HZ // 25  # who is no farther off than that is left as he is: nobody hears that, either
FAST = SAMPLE_RATE_HZ // 2  # who is farther ahead than that does not speak in real time, and is left as he is
WINDOW = 2 * SAMPLE_RATE_HZ  # over so much sound the least delay is looked for


@attrs.define(eq=False)
class UserTrack:
    """Give it what arrives, with when."""

    track: Track = attrs.field(factory=Track)
    _looked: int = 0  # samples since the least delay began to be looked for
    _least: int | None = None
    _owed: int = 0  # samples to be doubled

    def hear(self, pcm: bytes, now: int) -> None:
        """A piece is there."""
        if not pcm or not self.track.has_room(pcm, now):
            return
        count = len(pcm) // SAMPLE_BYTES
        late = now - count - self.track.end
        if late > PAUSE or not self.track.end:
            self._forget()
            self.track.end = max(now - count, self.track.end, self.track.taken)
        elif late < 0:
            late += self.track.move_back(-late)
            pcm = squeezed(pcm, min(-late - NEAR, count // RUBBER)) if -FAST < late < -NEAR else pcm
            self._forget()
        else:
            self._note(late, count)
            more = min(self._owed, count // RUBBER)
            self._owed -= more
            pcm = stretched(pcm, more)
        self.track.put(max(self.track.end, self.track.taken), pcm)

    def _forget(self) -> None:
        """It is not late."""
        self._least, self._looked, self._owed = None, 0, 0

    def _note(self, late: int, count: int) -> None:
        """Look for the least delay."""
        self._least = late if self._least is None else min(self._least, late)
        self._looked += count
        if self._looked >= WINDOW:
            self._owed = max(0, self._least - NEAR)
            self._least, self._looked = None, 0


def squeezed(pcm: bytes, count: int) -> bytes:
    """The same with so many samples less, here and there."""
    samples = array("h", pcm)
    for place in _spread(len(samples), count):
        del samples[place]
    return samples.tobytes()


def stretched(pcm: bytes, count: int) -> bytes:
    """The same with so many samples doubled, here and there."""
    samples = array("h", pcm)
    for place in _spread(len(samples), count):
        samples.insert(place, samples[place])
    return samples.tobytes()


def _spread(length: int, count: int) -> list[int]:
    """So many places, evenly over a length, the last first."""
    return [length * number // (count + 1) for number in range(count, 0, -1)] if count else []
