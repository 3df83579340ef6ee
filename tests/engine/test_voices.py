"""The table of voices."""

from itertools import pairwise

import pytest

from octi.engine.voices import DEFAULT, FASTEST, SLOWEST, VOICES, Voice, model_speed, voice_named


def test_the_protocols_ten_voices_are_there() -> None:
    """By their names in the protocol."""
    names = {"alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"}
    assert set(VOICES) == names


def test_no_two_voices_are_alike() -> None:
    """Neighbours in pitch are most of a semitone apart."""
    pitches = sorted(voice.pitch for voice in VOICES.values())
    assert all(higher / lower > 1.04 for lower, higher in pairwise(pitches))


def test_a_voice_nobody_knows_speaks_as_alloy() -> None:
    """Better than not at all."""
    assert voice_named("nobody") == voice_named("alloy") == DEFAULT == Voice(1.0)


@pytest.mark.parametrize(
    ("voice", "speed", "expected"),
    [
        (Voice(1.0), 1.0, 1.0),
        (Voice(1.25), 1.0, 0.8),
        (Voice(0.8, pace=0.5), 1.6, 1.0),
        (Voice(1.0), 0.01, SLOWEST),
        (Voice(1.0), 100.0, FASTEST),
    ],
)
def test_the_model_makes_up_for_the_pitch(voice: Voice, speed: float, expected: float) -> None:
    """A raised voice plays faster, so the model speaks slower; within what it can."""
    assert model_speed(voice, speed) == pytest.approx(expected)
