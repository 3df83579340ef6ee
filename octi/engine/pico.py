"""Text to speech: SVOX Pico's French voice, raised or lowered to the protocol's ten.

Imports numpy, soxr and py_nanotts: only the worker does that. The voice holds the interpreter's lock while it speaks.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import soxr
from py_nanotts import NanoTTS

from octi.engine.french import french
from octi.engine.french_models import check_voice
from octi.engine.samples import Samples, pcm_of, samples_of
from octi.engine.voices import model_speed, voice_named
from octi.units import SAMPLE_RATE_HZ

RATE_HZ = 16_000
LOUDNESS = 0.2  # of what it gives, which is 14 dB louder than the English voice
SILENT = 0.01  # of full scale, before that
TAIL = RATE_HZ // 4  # samples of silence kept behind the last word; it leaves three quarters of a second

# glibc's mallopt: what new memory is filled with, as the complement of a byte; 0 leaves it as it is.
M_PERTURB, WITH_ZEROS, WITH_NOTHING = -6, 0xFF, 0


class FrenchSpeaker:
    """The voice, which reads its files anew for each sentence. Keeps no memory between calls."""

    def speak(self, text: str, *, voice: str, speed: float) -> bytes:
        """Text as PCM16 mono at 24 kHz; b"" if nothing in it can be said. About 0.01 s for a second of it."""
        words, variant = french(text), voice_named(voice)
        if not words:
            return b""
        pace = pico_speed(model_speed(variant, speed))
        with zeroed_memory():
            pcm = NanoTTS().speak(words, voice="fr-FR", speed=pace, pitch=1.0, volume=1.0)
        spoken = without_tail(samples_of(pcm)) * LOUDNESS
        return pcm_of(np.asarray(soxr.resample(spoken, RATE_HZ * variant.pitch, SAMPLE_RATE_HZ), np.float32))


@contextmanager
def zeroed_memory() -> Iterator[None]:
    """Have memory come zeroed while the block lasts, if this C library can do that.

    The voice reads memory that it has not written, so that without this the same sentence is never quite the same.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        yield
        return
    mallopt(M_PERTURB, WITH_ZEROS)
    try:
        yield
    finally:
        mallopt(M_PERTURB, WITH_NOTHING)


def pico_speed(speed: float) -> float:
    """What to ask it for, so that it speaks that much faster or slower: of a wish it does not do all."""
    return float(speed**1.1)


def without_tail(samples: Samples) -> Samples:
    """The sound up to a little behind its end."""
    loud = np.flatnonzero(np.abs(samples) > SILENT)
    return samples[: loud[-1] + TAIL] if len(loud) else samples


def open_speaker() -> FrenchSpeaker:
    """Check the voice (5 MB, 10 ms). Raises EngineMissing."""
    check_voice()
    return FrenchSpeaker()
