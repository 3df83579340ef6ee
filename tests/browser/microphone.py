"""What the browser's fake microphone hears: recordings and pauses, in one sound file that plays over and over."""

import wave
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import soxr

RATE_HZ = 48_000
SILENCE = (5.0,)

Part = float | Path  # a pause in seconds, or a recording
Samples = np.ndarray[tuple[int], np.dtype[np.int16]]


@attrs.frozen
class Sound:
    """What is heard. `ends_s`: when each recording is over in the first round, from when the microphone is opened."""

    length_s: float
    ends_s: tuple[float, ...]


@attrs.frozen
class Microphone:
    """The file that Chromium reads anew whenever a page opens its microphone."""

    path: Path

    def hears(self, parts: Sequence[Part]) -> Sound:
        """From the next time on that a page opens it."""
        samples, ends = [], []
        for part in parts or SILENCE:
            samples.append(recorded(part) if isinstance(part, Path) else silence(part))
            if isinstance(part, Path):
                ends.append(sum(map(len, samples)) / RATE_HZ)
        sound = np.concatenate(samples)
        with wave.open(str(self.path), "wb") as file:
            file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
            file.writeframes(sound.tobytes())
        return Sound(len(sound) / RATE_HZ, tuple(ends))


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE_HZ), np.int16)


def recorded(path: Path) -> Samples:
    """A mono recording at the microphone's rate."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2), path
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        resampled: Samples = soxr.resample(samples, file.getframerate(), RATE_HZ)
    return resampled
