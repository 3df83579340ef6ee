"""Where long speech is cut."""

import pytest

pytest.importorskip("numpy", reason="needs the extra engine")
import numpy as np

from octi.engine.base import EAR_RATE_HZ
from octi.engine.cuts import EARLIEST_CUT, LONGEST_PIECE, MIN_SAMPLES, pieces, quietest
from octi.engine.samples import Samples


def loud(seconds: int) -> Samples:
    """Sound without a pause."""
    return np.ones(seconds * EAR_RATE_HZ, np.float32)


def test_short_audio_is_one_piece() -> None:
    """Nothing is cut that need not be."""
    sound = loud(25)
    (piece,) = pieces(sound)
    assert piece is sound


def test_next_to_nothing_is_no_piece() -> None:
    """A snippet holds no word."""
    assert list(pieces(np.ones(MIN_SAMPLES - 1, np.float32))) == []


def test_long_audio_is_cut_in_a_pause() -> None:
    """Where it is quietest, no sample is lost, and no piece is too long."""
    sound = loud(60)
    sound[20 * EAR_RATE_HZ : 20 * EAR_RATE_HZ + EAR_RATE_HZ // 2] = 0
    found = list(pieces(sound))
    assert 20.0 <= len(found[0]) / EAR_RATE_HZ <= 20.5
    assert np.array_equal(np.concatenate(found), sound)
    assert all(EARLIEST_CUT <= len(piece) <= LONGEST_PIECE for piece in found[:-1])


def test_the_quietest_place_is_found() -> None:
    """Its middle, to a tenth of a second."""
    sound = loud(2)
    sound[EAR_RATE_HZ : EAR_RATE_HZ + EAR_RATE_HZ // 10] = 0.1
    assert quietest(sound) == EAR_RATE_HZ + EAR_RATE_HZ // 20
