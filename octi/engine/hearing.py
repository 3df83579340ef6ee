"""Hearing: 24 kHz audio in, 32 ms frames at 16 kHz out, each with how likely it is speech (Silero VAD).

Imports numpy, onnxruntime and soxr: only for code that opens the engine.
"""

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import soxr

from octi.engine.base import EAR_RATE_HZ, FRAME_MS, Frame
from octi.engine.models import DETECTOR, check_asset
from octi.engine.onnx import open_session
from octi.engine.samples import Samples, pcm_of, samples_of
from octi.units import SAMPLE_RATE_HZ, pcm_bytes

FRAME_SAMPLES = EAR_RATE_HZ * FRAME_MS // 1000  # 512: the only length the detector takes at 16 kHz
CONTEXT_SAMPLES = 64  # the end of the frame before goes in front of each; without it the detector is all but deaf
RATE_INPUT = np.array(EAR_RATE_HZ, np.int64)


@attrs.define(eq=False)
class Detector:
    """One stream's voice activity detection: the session is shared, the memory is the stream's own."""

    session: Any
    _state: Samples = attrs.field(init=False, factory=lambda: np.zeros((2, 1, 128), np.float32))
    _context: Samples = attrs.field(init=False, factory=lambda: np.zeros(CONTEXT_SAMPLES, np.float32))

    def judge(self, frame: Samples) -> float:
        """How likely the next 512 samples are speech, 0 to 1. About 0.2 ms."""
        feed = {"input": np.concatenate((self._context, frame))[None], "state": self._state, "sr": RATE_INPUT}
        speech, self._state = self.session.run(None, feed)
        self._context = frame[-CONTEXT_SAMPLES:]
        return float(speech[0, 0])


def open_resampler() -> Any:
    """24 to 16 kHz for one stream. Keeps 15 ms of sound back: medium quality, enough for both who listen."""
    return soxr.ResampleStream(SAMPLE_RATE_HZ, EAR_RATE_HZ, 1, dtype="float32", quality="MQ")


@attrs.define(eq=False)
class SileroEar:
    """An `Ear`: one session's resampler, detector, and the samples that do not fill a frame yet."""

    _detector: Detector
    _resampler: Any = attrs.field(init=False, factory=open_resampler)
    _rest: Samples = attrs.field(init=False, factory=lambda: np.zeros(0, np.float32))

    def hear(self, pcm: bytes) -> list[Frame]:
        """Take PCM16 mono at 24 kHz, give the frames that are complete by now. About 0.25 ms for each.

        Raises ValueError for half a sample.
        """
        samples = np.concatenate((self._rest, self._resampler.resample_chunk(samples_of(pcm))))
        whole = len(samples) - len(samples) % FRAME_SAMPLES
        self._rest = samples[whole:]
        return [self._frame(samples[at : at + FRAME_SAMPLES]) for at in range(0, whole, FRAME_SAMPLES)]

    def _frame(self, samples: Samples) -> Frame:
        return Frame(self._detector.judge(samples), pcm_of(samples))


@attrs.frozen(eq=False)
class Hearing:
    """What all ears share: one loaded detector, which keeps no memory between calls."""

    session: Any

    def open_ear(self) -> SileroEar:
        """A new ear, with no memory of any other. Nothing needs closing."""
        return SileroEar(Detector(self.session))


def open_hearing(model: Path) -> Hearing:
    """Check, load and try the detector (2.3 MB, some 50 ms: call it in a thread).

    Raises EngineMissing if the file is not the right one.
    """
    hearing = Hearing(open_session(check_asset(DETECTOR, model)))
    hearing.open_ear().hear(bytes(pcm_bytes(3 * FRAME_MS)))
    return hearing
