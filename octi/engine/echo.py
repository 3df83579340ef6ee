"""Whether what the microphone hears is the agent's own voice, by how its loudness goes up and down. Pure.

An echo is late and faint, but it swells and falls with what was played; a person does not. The loudness of the last
1.3 s is compared with what was played up to 0.4 s earlier. What it is worth was measured: see docs/engine.md.
"""

from collections.abc import Sequence
from math import sqrt

import attrs

from octi.engine.base import FRAME_MS
from octi.units import pcm_bytes

WINDOW = 40  # frames that are compared
LATEST = 12  # frames that an echo may be late: loudspeaker, room, microphone, and the network both ways
ALIKE = 0.65  # correlation: none of 27 echoes fell below it, none of 108 people stayed above it
FRAME_BYTES = pcm_bytes(FRAME_MS)
EVERY = 8  # samples: one in so many is looked at
FEWEST = 6  # frames, to compare anything
JITTER = 2  # frames


@attrs.define(eq=False)
class Echo:
    """What one session's agent sounds like, and when. Times in seconds of one clock."""

    _played: dict[int, float] = attrs.field(factory=dict)  # loudness, by the number of the frame since the clock began
    _rest: bytes = b""
    _next: int = 0  # the number of the frame that the rest begins

    def spoke(self, pcm: bytes, at: float) -> None:
        """This will be played then: PCM16 at 24 kHz."""
        if abs(_frame_at(at) - self._next) > JITTER:  # else it goes on where the last piece ended, without a hole
            self._rest, self._next = b"", _frame_at(at)
        sound = self._rest + pcm
        whole = len(sound) - len(sound) % FRAME_BYTES
        for start in range(0, whole, FRAME_BYTES):
            self._played[self._next] = loudness(sound[start : start + FRAME_BYTES])
            self._next += 1
        self._rest = sound[whole:]

    def stopped(self, at: float) -> None:
        """Nothing is played from then on."""
        last = _frame_at(at)
        self._rest, self._next = b"", 0
        self._played = {number: value for number, value in self._played.items() if number <= last}

    def explains(self, heard: Sequence[float], now: float) -> bool:
        """Does what was played explain what is heard: the loudness of the last frames, of which the newest ends now?"""
        heard, last = heard[-WINDOW:], _frame_at(now)
        oldest = last - WINDOW - LATEST
        self._played = {number: value for number, value in self._played.items() if number >= oldest}
        if len(heard) < FEWEST:
            return False
        numbers = range(last - len(heard) + 1, last + 1)
        played = ([self._played.get(number - late, 0.0) for number in numbers] for late in range(LATEST + 1))
        return any(correlation(heard, line) >= ALIKE for line in played)


def loudness(pcm: bytes) -> float:
    """Of some PCM16: the root of how far its samples are from zero, as the ear has it rather."""
    samples = memoryview(pcm).cast("h")[::EVERY]
    return sqrt(sum(map(abs, samples)) / len(samples)) if len(samples) else 0.0


def correlation(some: Sequence[float], others: Sequence[float]) -> float:
    """How alike two lines go, -1 to 1; 0 if one of them is flat."""
    middle, other_middle = sum(some) / len(some), sum(others) / len(others)
    here, there = [value - middle for value in some], [value - other_middle for value in others]
    size = sqrt(sum(value * value for value in here) * sum(value * value for value in there))
    return sum(a * b for a, b in zip(here, there, strict=True)) / size if size > 1e-9 else 0.0


def _frame_at(at: float) -> int:
    return int(at * 1000 // FRAME_MS)
