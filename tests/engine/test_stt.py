"""The recogniser, with its model."""

import pytest

pytest.importorskip("onnxruntime", reason="needs the extra engine")
import numpy as np

from octi.engine.base import EAR_RATE_HZ
from octi.engine.cuts import MIN_SAMPLES
from octi.engine.models import find_models
from octi.engine.samples import samples_of
from octi.engine.stt import Recogniser, most_tokens, open_recogniser
from tests.recordings import HUMAN, Recording, word_error_rate

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return open_recogniser(find_models())


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


def test_tokens_are_bounded_by_time() -> None:
    """A model that repeats itself is stopped."""
    assert most_tokens(0) == 8
    assert most_tokens(10 * EAR_RATE_HZ) == 73
