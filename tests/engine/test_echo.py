"""The agent's own voice in the microphone."""

import random
from array import array

import pytest

from octi.engine.base import FRAME_MS
from octi.engine.echo import Echo, correlation, loudness
from octi.units import SAMPLE_RATE_HZ

BEGAN = 1000.013
SAMPLES = SAMPLE_RATE_HZ * FRAME_MS // 1000


def words(seed: int, frames: int = 100) -> list[int]:
    """Loudness that swells and falls as speech does, frame by frame."""
    dice, level = random.Random(seed), 0.0
    found = []
    for _ in range(frames):
        level = max(0.0, min(1.0, level + dice.uniform(-0.45, 0.45)))
        found.append(int(12_000 * level))
    return found


def pcm(levels: list[int]) -> bytes:
    return array("h", [level for level in levels for _ in range(SAMPLES)]).tobytes()


def played(levels: list[int], *, piece_bytes: int = 4800) -> Echo:
    """What the engine sends: in pieces of 100 ms, ahead of time."""
    echo, sound = Echo(), pcm(levels)
    for start in range(0, len(sound), piece_bytes):
        echo.spoke(sound[start : start + piece_bytes], BEGAN + start / 48_000)
    return echo


def heard(levels: list[int], until: int) -> list[float]:
    return [loudness(pcm([level])) for level in levels[:until]]


@pytest.mark.parametrize("late", [0, 1, 4, 10])
def test_what_was_played_a_moment_ago_explains_what_is_heard(late: int) -> None:
    """Fainter, and up to 0.4 s later."""
    levels = words(1)
    echo, back = played(levels), [0] * late + [level // 10 for level in levels]
    assert all(echo.explains(heard(back, frame), BEGAN + frame * 0.032) for frame in range(20 + late, 90))


@pytest.mark.parametrize("seed", range(2, 12))
def test_somebody_else_is_not_explained(seed: int) -> None:
    """Not for long, whatever they say."""
    echo = played(words(1))
    user = [0] * 30 + words(seed, 60)
    assert not all(echo.explains(heard(user, frame), BEGAN + frame * 0.032) for frame in range(37, 60))


def test_what_was_not_played_any_more_explains_nothing() -> None:
    """The client stopped."""
    levels = words(1)
    echo = played(levels)
    assert echo.explains(heard(levels, 80), BEGAN + 80 * 0.032)
    echo = played(levels)
    echo.stopped(BEGAN + 10 * 0.032)
    assert not echo.explains(heard(levels, 80), BEGAN + 80 * 0.032)


def test_another_answer_is_another_sound() -> None:
    """It begins when it begins."""
    echo, second = played(words(1)), words(2)
    later = BEGAN + 60
    echo.spoke(pcm(second), later)
    assert echo.explains(heard(second, 60), later + 60 * 0.032)


def test_a_moment_is_too_short_to_tell() -> None:
    """Then it is a person."""
    assert not played(words(1)).explains(heard(words(1), 5), BEGAN + 5 * 0.032)


def test_a_flat_line_is_like_nothing() -> None:
    """Silence, or a tone."""
    assert correlation([1, 1, 1], [1, 2, 3]) == correlation([1, 2, 3], [0, 0, 0]) == 0
    assert correlation([1, 2, 3], [10, 20, 30]) == pytest.approx(1)
    assert correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert loudness(b"") == 0
