"""The recogniser, with its model."""

import pytest

pytest.importorskip("onnxruntime", reason="needs the extra engine")
import numpy as np

from octi.engine.base import EAR_RATE_HZ
from octi.engine.models import find_models
from octi.engine.samples import Samples, samples_of
from octi.engine.stt import (
    EARLIEST_CUT,
    LONGEST_PIECE,
    MIN_SAMPLES,
    Recogniser,
    most_tokens,
    open_recogniser,
    pieces,
    quietest,
)
from tests.recordings import HUMAN, Recording, word_error_rate

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return open_recogniser(find_models())


def loud(seconds: int) -> Samples:
    """Sound without a pause."""
    return np.ones(seconds * EAR_RATE_HZ, np.float32)


@pytest.mark.parametrize("recording", HUMAN, ids=lambda recording: recording.path.stem)
def test_a_person_is_understood(recogniser: Recogniser, recording: Recording) -> None:
    """At most a quarter of the words of any recording are wrong; see test_pool.py for all of them together."""
    heard = recogniser.recognise(samples_of(recording.pcm(EAR_RATE_HZ)))
    assert word_error_rate(recording.text, heard) <= 0.25


@pytest.mark.slow
def test_a_long_speech_is_understood_to_its_end(recogniser: Recogniser) -> None:
    """Far past the half minute from which on the model repeats itself."""
    speech = b"".join(recording.pcm(EAR_RATE_HZ) for recording in HUMAN)
    heard = recogniser.recognise(samples_of(speech * 4))
    assert word_error_rate(" ".join([recording.text for recording in HUMAN] * 4), heard) < 0.1


def test_silence_and_snippets_give_next_to_nothing(recogniser: Recogniser) -> None:
    """Too little is nothing; a second of silence is a filler at most, which `without_filler` drops."""
    assert recogniser.recognise(np.zeros(0, np.float32)) == ""
    assert recogniser.recognise(np.zeros(MIN_SAMPLES - 1, np.float32)) == ""
    assert len(recogniser.recognise(np.zeros(MIN_SAMPLES, np.float32)).split()) <= 1
    assert len(recogniser.recognise(np.zeros(EAR_RATE_HZ, np.float32)).split()) <= 1


def test_short_audio_is_one_piece() -> None:
    """Nothing is cut that need not be."""
    sound = loud(25)
    (piece,) = pieces(sound)
    assert piece is sound


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


def test_tokens_are_bounded_by_time() -> None:
    """A model that repeats itself is stopped."""
    assert most_tokens(0) == 8
    assert most_tokens(10 * EAR_RATE_HZ) == 73
