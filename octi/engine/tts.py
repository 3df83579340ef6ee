"""Text to speech: hibari's English voice "heart", raised or lowered to the protocol's ten.

Imports numpy, onnxruntime, soxr and hibari: only the worker does that.
"""

from typing import Any

import attrs
import numpy as np
import soxr
from hibari import Hibari

from octi.engine.models import VOICE, Models, check_asset
from octi.engine.samples import Samples, pcm_of
from octi.engine.voices import Voice, model_speed, voice_named
from octi.engine.words import speakable
from octi.units import SAMPLE_RATE_HZ

SEED = 0  # of the breath in the voice: the same sentence is the same bytes each time


@attrs.frozen(eq=False)
class Speaker:
    """The loaded voice. Keeps no memory between calls."""

    model: Any

    def speak(self, text: str, *, voice: str, speed: float) -> bytes:
        """Text as PCM16 mono at 24 kHz; b"" if nothing in it can be said. About 0.01 s for a second of it."""
        variant = voice_named(voice)
        return pcm_of(shifted(self.model(speakable(text), speed=model_speed(variant, speed), seed=SEED), variant))


def shifted(samples: Samples, voice: Voice) -> Samples:
    """The sound at the voice's pitch, and shorter or longer by as much."""
    if voice.pitch == 1.0 or not len(samples):
        return samples
    return np.asarray(soxr.resample(samples, SAMPLE_RATE_HZ * voice.pitch, SAMPLE_RATE_HZ), np.float32)


def open_speaker(models: Models) -> Speaker:
    """Check and load the voice (14 MB, about a second with its dictionaries).

    The file is named outright: a voice asked for by its name may be fetched over the network. Raises EngineMissing.
    """
    return Speaker(Hibari(model=str(check_asset(VOICE, models.voice)), threads=1))
