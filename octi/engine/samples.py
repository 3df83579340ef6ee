"""Sound as numbers and as bytes. Imports numpy: only for code that opens the engine."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]  # mono, one dimension, -1 to 1

FULL_SCALE = np.float32(32768)


def samples_of(pcm: bytes) -> Samples:
    """PCM16 as samples. Raises ValueError for half a sample."""
    return np.frombuffer(pcm, "<i2").astype(np.float32) / FULL_SCALE


def pcm_of(samples: Samples) -> bytes:
    """Samples as PCM16; what is louder than full scale is cut off."""
    scaled = np.rint(samples * FULL_SCALE)
    pcm: bytes = np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes()
    return pcm
