"""What Whisper sees of a sound."""

import pytest

pytest.importorskip("numpy", reason="needs the extra engine")
import numpy as np

from octi.engine.base import EAR_RATE_HZ
from octi.engine.mel import BANDS, band_edges, hann, log_mel, mel_bank
from octi.engine.samples import Samples

# The first of 40 frequencies from 0 to 11,025 Hz, as librosa's documentation of `mel_frequencies` prints them.
LIBROSA = [0.0, 85.317, 170.635, 255.952, 341.269, 426.586, 511.904, 597.221, 682.538, 767.855, 853.173, 938.49]
LIBROSA_ABOVE_1_KHZ = [1024.856, 1119.114, 1222.042, 1334.436, 1457.167, 1591.187]


def tone(hz: float, seconds: float = 1.0, loudness: float = 1.0) -> Samples:
    time = np.arange(round(seconds * EAR_RATE_HZ)) / EAR_RATE_HZ
    return (loudness * np.sin(2 * np.pi * hz * time)).astype(np.float32)


def test_bands_lie_where_slaneys_scale_has_them() -> None:
    """Even steps up to 1 kHz, even ratios above."""
    edges = band_edges(38, 11_025)
    assert edges[: len(LIBROSA)] == pytest.approx(LIBROSA, abs=0.001)
    assert edges[len(LIBROSA) :][: len(LIBROSA_ABOVE_1_KHZ)] == pytest.approx(LIBROSA_ABOVE_1_KHZ, abs=0.001)
    assert edges[-1] == pytest.approx(11_025)


def test_every_band_counts_as_much_as_any_other() -> None:
    """A wide one is as much lower: the area under each is 1, about, as there are few frequencies in the narrow ones."""
    bank = mel_bank()
    assert bank.shape == (BANDS, 201)
    assert bank.min() == 0
    assert bank.sum(axis=1) * 40 == pytest.approx(1, abs=0.1)  # there are 40 Hz between two frequencies


def test_the_window_is_periodic() -> None:
    """It begins at nothing, is highest in its middle, and does not end at nothing."""
    assert hann()[0] == 0
    assert hann()[200] == pytest.approx(1)
    assert hann()[-1] == pytest.approx(hann()[1])


@pytest.mark.parametrize("hz", [300, 1000, 3000, 7000])
def test_a_tone_is_brightest_in_its_band(hz: int) -> None:
    """All along, but for its ends."""
    seen = log_mel(tone(hz), 1.0)
    edges = band_edges(BANDS, EAR_RATE_HZ / 2)
    for band in seen[:, 5:-5].argmax(axis=0):
        assert edges[band] <= hz <= edges[band + 2]


@pytest.mark.parametrize(("spoken_s", "wanted_s", "steps"), [(1, 8, 800), (9, 8, 900), (0.5, 0.511, 52)])
def test_there_are_a_hundred_steps_a_second(spoken_s: float, wanted_s: float, steps: int) -> None:
    """An even number of them; what is longer than wanted is not cut."""
    assert log_mel(tone(440, spoken_s), wanted_s).shape == (BANDS, steps)


def test_how_loud_it_is_hardly_matters() -> None:
    """The depth below the loudest band is what counts, and silence is as faint as can be."""
    loud = log_mel(tone(440), 2.0)
    faint = log_mel(tone(440, loudness=0.1), 2.0)
    assert loud - faint == pytest.approx(0.5, abs=0.01)  # two decades of power, by four
    assert np.ptp(loud) == pytest.approx(2.0)
    assert np.ptp(log_mel(np.zeros(EAR_RATE_HZ, np.float32), 1.0)) == 0
