"""G.711, the telephone's two codes: eight bits a sample, 8000 samples a second, louder steps where it is louder. Pure.

By lookup tables. Any byte means some sample: what is no G.711 is heard as noise, and nothing is refused.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from functools import cache

import attrs

ALL_SAMPLES = range(-(1 << 15), 1 << 15)

# mu-law
BIAS = 132
LOUDEST_ULAW = 32_635

# A-law: every other bit is turned over on the wire
EVEN_BITS = 0x55


@attrs.frozen(eq=False)
class Law:
    """One of the two codes, as tables. `codes`: a sample's code; index it with the sample itself, be it negative."""

    low: bytes
    high: bytes
    codes: bytes

    def decode(self, sound: bytes) -> bytes:
        """PCM16 little endian, as many samples as there are bytes."""
        pcm = bytearray(2 * len(sound))
        pcm[::2], pcm[1::2] = sound.translate(self.low), sound.translate(self.high)
        return bytes(pcm)

    def encode(self, samples: Sequence[int]) -> bytes:
        """Samples of 16 bits as bytes of the code."""
        return bytes(map(self.codes.__getitem__, samples))


@cache
def ulaw() -> Law:
    """What North America and Japan speak: `audio/pcmu`."""
    return _law(ulaw_sample, ulaw_code)


@cache
def alaw() -> Law:
    """What everybody else speaks: `audio/pcma`."""
    return _law(alaw_sample, alaw_code)


LAWS: Mapping[str, Callable[[], Law]] = {"audio/pcmu": ulaw, "audio/pcma": alaw}


def ulaw_sample(code: int) -> int:
    """The sample that a code of mu-law means."""
    code = ~code & 0xFF
    size = (((code & 0x0F) << 3) + BIAS) << ((code & 0x70) >> 4)
    return BIAS - size if code & 0x80 else size - BIAS


def ulaw_code(sample: int) -> int:
    """The code of mu-law for a sample."""
    sign, size = (0x80 if sample < 0 else 0), min(abs(sample), LOUDEST_ULAW) + BIAS
    segment = size.bit_length() - 8
    return ~(sign | segment << 4 | (size >> (segment + 3)) & 0x0F) & 0xFF


def alaw_sample(code: int) -> int:
    """The sample that a code of A-law means."""
    code ^= EVEN_BITS
    size, segment = ((code & 0x0F) << 4) + 8, (code & 0x70) >> 4
    if segment:
        size = (size + 0x100) << (segment - 1)
    return size if code & 0x80 else -size


def alaw_code(sample: int) -> int:
    """The code of A-law for a sample."""
    sign, size = (0x80, sample >> 4) if sample >= 0 else (0, ~sample >> 4)
    segment = max(0, size.bit_length() - 4)
    return (sign | segment << 4 | (size >> max(0, segment - 1)) & 0x0F) ^ EVEN_BITS


def _law(sample_of: Callable[[int], int], code_of: Callable[[int], int]) -> Law:
    """Tables for a code. A code's samples lie side by side, so only where each run begins has to be looked for."""
    samples = array("h", map(sample_of, range(256)))
    ordered = sorted(range(256), key=lambda code: (samples[code], code))
    rank = {code: place for place, code in enumerate(ordered)}
    begins = [bisect_left(ALL_SAMPLES, place, key=lambda sample: rank[code_of(sample)]) for place in range(257)]
    codes = b"".join(bytes([code]) * (begins[place + 1] - begins[place]) for place, code in enumerate(ordered))
    middle = len(codes) // 2
    return Law(
        low=bytes(sample & 0xFF for sample in samples),
        high=bytes(sample >> 8 & 0xFF for sample in samples),
        codes=codes[middle:] + codes[:middle],
    )
