"""Sound as Whisper sees it: how loud each of 80 bands is, a hundred times a second. Imports numpy."""

from functools import cache

import numpy as np

from octi.engine.base import EAR_RATE_HZ
from octi.engine.samples import Samples

BANDS = 80
WINDOW = 400  # samples, 25 ms
HOP = 160  # samples, 10 ms
CONVOLUTION = 2 * HOP  # the model takes two steps at a time
FAINTEST = 1e-10  # so that silence has a logarithm
DEPTH = 8.0  # decades below the loudest band; what is fainter is as faint as that

# Slaney's scale, which Whisper was trained on: even steps up to 1 kHz, even ratios from there on.
HZ_A_STEP = 200 / 3
BEND_HZ = 1000.0
BEND = BEND_HZ / HZ_A_STEP
RATIO_A_STEP = np.log(6.4) / 27


def log_mel(samples: Samples, seconds: float) -> Samples:
    """Mono audio at 16 kHz, padded with silence to `seconds`, as an array of 80 bands by 10 ms steps."""
    wanted = max(round(seconds * EAR_RATE_HZ), len(samples))
    wanted += -wanted % CONVOLUTION
    sound = np.pad(np.pad(samples, (0, wanted - len(samples))), WINDOW // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP][: wanted // HOP]
    power = np.square(np.abs(np.fft.rfft(windows * hann(), axis=1))).astype(np.float32)
    loudness = np.log10(np.maximum(mel_bank() @ power.T, FAINTEST))
    scaled = (np.maximum(loudness, loudness.max() - DEPTH) + 4) / 4
    return np.ascontiguousarray(scaled, np.float32)


@cache
def hann() -> Samples:
    """The window's weights; periodic, so one longer and its end cut off."""
    return np.hanning(WINDOW + 1)[:-1].astype(np.float32)


@cache
def mel_bank() -> Samples:
    """How much each frequency of a window's spectrum counts in each band: triangles over it, all of the same area."""
    edges = band_edges(BANDS, EAR_RATE_HZ / 2)
    frequencies = np.fft.rfftfreq(WINDOW, 1 / EAR_RATE_HZ)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (frequencies - low) / (middle - low), (high - frequencies) / (high - middle)
    triangles = np.maximum(0, np.minimum(rising, falling))
    return np.asarray(triangles * (2 / (high - low)), np.float32)


def band_edges(bands: int, highest_hz: float) -> Samples:
    """Where bands begin, peak and end, in Hz: each peaks where the one below it ends."""
    steps = np.linspace(0, steps_up_to(highest_hz), bands + 2)
    return np.where(steps < BEND, steps * HZ_A_STEP, BEND_HZ * np.exp((steps - BEND) * RATIO_A_STEP))


def steps_up_to(hz: float) -> float:
    """How far up Slaney's scale a frequency of at least 1 kHz is."""
    return float(BEND + np.log(hz / BEND_HZ) / RATIO_A_STEP)
