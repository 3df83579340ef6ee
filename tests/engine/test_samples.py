"""Sound as numbers and as bytes."""

import pytest

pytest.importorskip("onnxruntime", reason="needs the extra engine")
import numpy as np

from octi.engine.samples import pcm_of, samples_of

pytestmark = pytest.mark.engine


def test_every_pcm_value_survives_the_round_trip() -> None:
    """All 65 536 of them."""
    pcm = np.arange(-32768, 32768).astype("<i2").tobytes()
    assert pcm_of(samples_of(pcm)) == pcm


def test_what_is_too_loud_is_cut_off() -> None:
    """And does not wrap round to the other sign."""
    assert pcm_of(np.array([2.0, -2.0, 1.0], np.float32)) == np.array([32767, -32768, 32767], "<i2").tobytes()


def test_half_a_sample_is_refused() -> None:
    """Whoever sends it has lost count."""
    with pytest.raises(ValueError, match="multiple of element size"):
        samples_of(b"\0\0\0")
