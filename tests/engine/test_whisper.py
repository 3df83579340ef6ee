"""The French recogniser: its arithmetic, and with its model."""

from typing import Any

import pytest

pytest.importorskip("ctranslate2", reason="needs the extra engine-fr")
import numpy as np
from numpy.typing import NDArray

from octi.engine.base import EAR_RATE_HZ
from octi.engine.cuts import MIN_SAMPLES
from octi.engine.french_models import cache_folder, find_whisper, whole_whisper
from octi.engine.samples import Samples, samples_of
from octi.engine.whisper import BYTES, Guess, Whisper, most_tokens, open_whisper, spelled
from tests.recordings import HUMAN_FR, Recording, word_error_rate

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def recogniser() -> Whisper:
    return open_whisper(whole_whisper(find_whisper(), cache_folder()))


@pytest.mark.parametrize("recording", HUMAN_FR, ids=lambda recording: recording.path.stem)
def test_a_person_is_understood(recogniser: Whisper, recording: Recording) -> None:
    """At most a quarter of the words of any recording are wrong; see test_pool.py for all of them together."""
    heard = recogniser.recognise(samples_of(recording.pcm(EAR_RATE_HZ)))
    assert word_error_rate(recording.text, heard) <= 0.25


@pytest.mark.slow
def test_a_long_speech_is_understood_to_its_end(recogniser: Whisper) -> None:
    """Cut where it is quiet, as no more than half a minute fits in."""
    speech = b"".join(recording.pcm(EAR_RATE_HZ) for recording in HUMAN_FR) * 3
    assert len(speech) > 2 * 30 * EAR_RATE_HZ
    heard = recogniser.recognise(samples_of(speech))
    assert word_error_rate(" ".join([recording.text for recording in HUMAN_FR] * 3), heard) < 0.15


def noises() -> list[Samples]:
    """Hiss, rumble, a cough, a hum, silence; loud and faint, short and long."""
    random = np.random.default_rng(3)
    found: list[NDArray[np.floating[Any]]] = [np.zeros(EAR_RATE_HZ, np.float32)]
    for seconds in (0.3, 2.0):
        hiss = random.standard_normal(round(seconds * EAR_RATE_HZ)).astype(np.float32)
        rumble = np.convolve(hiss, np.ones(40, np.float32) / 40, "same")
        cough = hiss * np.exp(-np.arange(len(hiss)) / EAR_RATE_HZ / 0.08)
        hum = np.sin(np.arange(len(hiss)) * 2 * np.pi * 50 / EAR_RATE_HZ)
        found += [0.005 * hiss, 0.1 * hiss, 0.5 * rumble, 0.3 * cough, 0.3 * hum]
    return [np.asarray(sound, np.float32) for sound in found]


@pytest.mark.slow
def test_noise_and_silence_have_no_words(recogniser: Whisper) -> None:
    """Whisper writes dots or makes something up; neither is passed on."""
    assert [recogniser.recognise(noise) for noise in noises()] == [""] * len(noises())


def test_too_little_is_nothing(recogniser: Whisper) -> None:
    """The model is not even asked."""
    assert recogniser.recognise(np.zeros(0, np.float32)) == ""
    assert recogniser.recognise(np.ones(MIN_SAMPLES - 1, np.float32)) == ""


@pytest.mark.parametrize(
    ("belief", "nobody", "stands"),
    [(-0.1, 0.0, True), (-0.9, 0.4, True), (-0.7, 0.65, True), (-1.5, 0.35, True), (-1.5, 0.8, False), (-2, 0, False)],
)
def test_what_is_hardly_believed_does_not_stand(belief: float, nobody: float, stands: bool) -> None:
    """Little belief is enough to drop it where nobody seems to speak."""
    assert Guess([], belief, nobody).stands is stands


def test_every_byte_has_a_letter_of_its_own() -> None:
    """So that tokens which end inside a character can be joined."""
    assert sorted(BYTES.values()) == list(range(256))
    assert (BYTES["A"], BYTES["Ġ"], BYTES["Ċ"], BYTES["Ã"]) == (0x41, 0x20, 0x0A, 0xC3)


def test_tokens_are_spelled_without_control_tokens() -> None:
    """Half a character at the end is left out."""
    assert spelled(["<|fr|>", "ĠÃ", "ī", "t", "Ã©", ".", "<|endoftext|>", "Ã"]) == "Été."


def test_tokens_are_bounded_by_time() -> None:
    """A model that repeats itself is stopped."""
    assert most_tokens(0) == 14
    assert most_tokens(10 * EAR_RATE_HZ) == 94
