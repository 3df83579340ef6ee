"""Between the telephone's 8000 samples a second and octi's 24 000, streaming, with no library: three to one, and back.

Windowed sinc filters of 25 taps at 24 kHz: half a millisecond of delay, and what is above 4 kHz is gone.
Both take PCM16 mono in any length and cost about a hundredth of the sound's own time.
"""

import math
from array import array
from collections.abc import Sequence

import attrs

FACTOR = 3  # 24 000 / 8000
REACH = 12  # samples at 24 kHz that a filter looks to each side
TAPS = 2 * REACH + 1
CUTOFF_UP = 1 / 3  # of half of 24 kHz: there is nothing above 4 kHz
CUTOFF_DOWN = 0.3  # a little less, where there is
LOUDEST = (1 << 15) - 1


def _filter(cutoff: float) -> list[float]:
    """A low-pass's taps, which add up to one."""
    taps = [
        _sinc(cutoff * offset) * (0.54 + 0.46 * math.cos(math.pi * offset / (REACH + 1)))
        for offset in range(-REACH, REACH + 1)
    ]
    return [tap / sum(taps) for tap in taps]


def _sinc(x: float) -> float:
    return math.sin(math.pi * x) / (math.pi * x) if x else 1.0


# Upwards each of the three phases sees every third tap only, of which each set adds up to one. The newest sample first.
_PHASES = [[tap * FACTOR for tap in _filter(CUTOFF_UP)[phase::FACTOR]] for phase in (1, 2)]
PHASES = [[tap / sum(taps) for tap in taps] for taps in _PHASES]
KEPT_UP = len(PHASES[0]) - 1
AT_ONCE = REACH // FACTOR  # the third phase is the sample itself, as late as the filter is
HALF = _filter(CUTOFF_DOWN)[: REACH + 1]  # the other half is the same, mirrored


@attrs.define(eq=False)
class Upsampler:
    """8 to 24 kHz: three samples for each."""

    _before: "array[int]" = attrs.field(factory=lambda: array("h", bytes(2 * KEPT_UP)))

    def __call__(self, pcm: bytes) -> bytes:
        """The next piece."""
        sound = self._before + array("h", pcm)
        self._before = sound[-KEPT_UP:]
        count = len(sound) - KEPT_UP
        out = array("h", bytes(2 * FACTOR * count))
        out[::FACTOR] = sound[KEPT_UP - AT_ONCE :][:count]
        columns = [sound[KEPT_UP - age : KEPT_UP - age + count] for age in range(KEPT_UP + 1)]
        for phase, (a, b, c, d, e, f, g, h) in enumerate(PHASES, 1):
            out[phase::FACTOR] = samples_of(
                [
                    a * x0 + b * x1 + c * x2 + d * x3 + e * x4 + f * x5 + g * x6 + h * x7
                    for x0, x1, x2, x3, x4, x5, x6, x7 in zip(*columns, strict=True)
                ]
            )
        return out.tobytes()


@attrs.define(eq=False)
class Downsampler:
    """24 to 8 kHz: one sample for three. One or two that are left over wait for the next piece."""

    _before: "array[int]" = attrs.field(factory=lambda: array("h", bytes(2 * (TAPS - FACTOR))))

    def __call__(self, pcm: bytes) -> "array[int]":
        """The next piece, as samples."""
        sound = self._before + array("h", pcm)
        count = max(0, len(sound) - TAPS + FACTOR) // FACTOR
        self._before = sound[count * FACTOR :]
        sums = [0.0] * count
        for place, tap in enumerate(HALF):
            left = sound[place::FACTOR][:count]
            if place == REACH:
                sums = [total + tap * a for total, a in zip(sums, left, strict=True)]
            else:
                right = sound[TAPS - 1 - place :: FACTOR][:count]
                sums = [total + tap * (a + b) for total, a, b in zip(sums, left, right, strict=True)]
        return samples_of(sums)


def samples_of(values: Sequence[float]) -> "array[int]":
    """Values as samples of 16 bits; what is louder is cut off."""
    whole = [int(value) for value in values]
    try:
        return array("h", whole)
    except OverflowError:
        return array("h", [min(max(value, -LOUDEST - 1), LOUDEST) for value in whole])
