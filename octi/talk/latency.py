"""When somebody stopped to speak, by the energy of the sound."""

import array
import math

from octi.units import SAMPLE_BYTES, Milliseconds, pcm_bytes

FRAME_MS = 10
SILENCE_RMS = 100.0  # of 32 768: 50 dB below the loudest there can be
BELOW_LOUDEST = 0.05  # 26 dB below the loudest of the recording: breath and room


def speech_end(pcm: bytes) -> Milliseconds:
    """Where the last voiced 10 ms of a recording end. 0 for silence."""
    loudness = [rms(pcm[at : at + pcm_bytes(FRAME_MS)]) for at in range(0, len(pcm), pcm_bytes(FRAME_MS))]
    floor = max(SILENCE_RMS, BELOW_LOUDEST * max(loudness, default=0.0))
    voiced = (frame for frame in range(len(loudness), 0, -1) if loudness[frame - 1] >= floor)
    return Milliseconds(next(voiced, 0) * FRAME_MS)


def rms(pcm: bytes) -> float:
    """How loud PCM16 is: the root of the mean of its squares, at most 32 768."""
    samples = array.array("h", pcm[: len(pcm) // SAMPLE_BYTES * SAMPLE_BYTES])
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples)) if samples else 0.0
