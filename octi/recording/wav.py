"""A stereo WAV file's header, which is true whenever the file is looked at. Pure.

It says how long the sound is: browsers show it, and seek by it. So it is written again after each piece that was
appended, and never claims more than is there. An octi that is killed leaves at most one piece that is not claimed; the
next one claims it (`mended`).
"""

import struct

from octi.units import SAMPLE_BYTES, SAMPLE_RATE_HZ

CHANNELS = 2
FRAME_BYTES = CHANNELS * SAMPLE_BYTES  # a sample of each side
HEADER_BYTES = 44
LENGTHS = ((4, 36), (40, 0))  # where the header says how much follows, and what it counts besides the sound
_SHAPE = struct.pack(
    "<HHIIHH", 1, CHANNELS, SAMPLE_RATE_HZ, SAMPLE_RATE_HZ * FRAME_BYTES, FRAME_BYTES, SAMPLE_BYTES * 8
)
_MIDDLE = b"WAVEfmt " + struct.pack("<I", len(_SHAPE)) + _SHAPE + b"data"


def header(sound_bytes: int) -> bytes:
    """A file's first 44 bytes, before so many bytes of sound."""
    return b"RIFF" + struct.pack("<I", 36 + sound_bytes) + _MIDDLE + struct.pack("<I", sound_bytes)


def claimed(head: bytes) -> int | None:
    """How many bytes of sound a header says that there are; None: it is no such header."""
    if len(head) < HEADER_BYTES or head[:4] != b"RIFF" or head[8:40] != _MIDDLE:
        return None
    length: int = struct.unpack_from("<I", head, 40)[0]
    return length


def whole(file_bytes: int) -> int:
    """How much whole sound is in a file of that size."""
    return max(0, file_bytes - HEADER_BYTES) // FRAME_BYTES * FRAME_BYTES


def mended(head: bytes, file_bytes: int) -> bytes | None:
    """The header that a file should have, if it has another; None: it is right, or no recording of octi's."""
    said, there = claimed(head), whole(file_bytes)
    return None if said is None or said == there else header(there)
