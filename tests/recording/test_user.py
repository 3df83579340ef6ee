"""The user's side: where it was spoken, whatever the network and the clocks did to it."""

import math
import random
from array import array
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octi.recording.timeline import HOLD_S
from octi.recording.user import UserTrack, squeezed, stretched
from octi.units import SAMPLE_RATE_HZ
from tests.recording.test_track import sound

CHUNK = SAMPLE_RATE_HZ // 50  # 20 ms
HOLD = round(HOLD_S * SAMPLE_RATE_HZ)


def numbered(number: int) -> bytes:
    """A chunk whose samples say which it is."""
    return sound(CHUNK, number % 30_000 + 1)


def heard(arrivals: list[tuple[int, bytes]]) -> "array[int]":
    """What is on the recording of pieces that came then, taken as a recording takes it."""
    user, out = UserTrack(), bytearray()
    for now, pcm in arrivals:
        out += user.track.take(now - HOLD)
        user.hear(pcm, now)
    out += user.track.take(user.track.end)
    return array("h", bytes(out))


def holes(samples: "array[int]") -> int:
    """How many silent samples are between the first sound and the last."""
    sounding = [place for place, sample in enumerate(samples) if sample]
    return sounding[-1] + 1 - sounding[0] - len(sounding)


def place(samples: "array[int]", number: int) -> float:
    """Where a chunk begins, in milliseconds."""
    return samples.index(number % 30_000 + 1) / SAMPLE_RATE_HZ * 1000


def test_speech_stands_where_it_was_spoken() -> None:
    """A piece is there when its last sample was said."""
    samples = heard([(CHUNK * 11, numbered(0)), (CHUNK * 12, numbered(1))])
    assert (place(samples, 0), place(samples, 1), len(samples)) == (200, 220, 12 * CHUNK)


def test_pauses_are_silence() -> None:
    """A client that sends nothing while it is muted."""
    samples = heard([(CHUNK, numbered(0)), (CHUNK * 101, numbered(1))])
    assert (place(samples, 0), place(samples, 1)) == (0, 2000)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0, 0.2), min_size=50, max_size=100))
def test_jitter_tears_no_holes(delays: list[float]) -> None:
    """Delays up to a fifth of a second, in order as TCP has it: a piece is late as long as none came sooner."""
    arrivals, last = list[tuple[int, bytes]](), 0
    for number, delay in enumerate(delays):
        last = max(last, (number + 1) * CHUNK + round(delay * SAMPLE_RATE_HZ))
        arrivals.append((last, numbered(number)))
    samples = heard(arrivals)
    assert holes(samples) <= 0.21 * SAMPLE_RATE_HZ
    for number in range(len(delays)):
        assert -1 <= place(samples, number) - number * 20 <= 200 + 1


def test_a_stall_of_the_network_closes_again() -> None:
    """Half a second in which nothing came, and then all of it: not a word is late, and none is missing."""
    arrivals = [
        (max((number + 1) * CHUNK, 60 * CHUNK if number >= 35 else 0), numbered(number)) for number in range(90)
    ]
    samples = heard(arrivals)
    assert holes(samples) == 0
    assert [place(samples, number) for number in (0, 34, 35, 59, 89)] == [0, 680, 700, 1180, 1780]


@pytest.mark.parametrize("drift", [1.003, 0.997, 1.0001])
def test_clocks_that_differ_do_not_drift_apart(drift: float) -> None:
    """A microphone whose clock is fast, or slow, by more than any real one: an hour's drift in minutes."""
    rng, arrivals, last = random.Random(1), list[tuple[int, bytes]](), 0
    count = 5000
    for number in range(count):
        last = max(last, round((number + 1) * CHUNK * drift + rng.random() * 0.02 * SAMPLE_RATE_HZ))
        arrivals.append((last, numbered(number)))
    samples = heard(arrivals)
    assert holes(samples) == 0
    for number in (2000, 4000, count - 1):
        assert abs(place(samples, number) - number * 20 * drift) < 80


def test_who_speaks_faster_than_time_is_heard_in_time() -> None:
    """A client that sends a recording at once: no sample of it is lost, and what it says next begins behind."""
    spoken = b"".join(numbered(number) for number in range(100))
    samples = heard([(CHUNK, spoken), (CHUNK * 2, numbered(100))])
    assert samples.tobytes().startswith(spoken)
    assert place(samples, 100) == 2000


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60_000), st.integers(1, 5000)), max_size=40))
def test_no_sound_is_over_another_and_none_is_lost(plan: list[tuple[int, int]]) -> None:
    """However it comes: but for one sample in two hundred, that clocks may cost."""
    user, out, now, spoken = UserTrack(), bytearray(), 0, 0
    for later, count in plan:
        now += later
        out += user.track.take(now - HOLD)
        user.hear(sound(count), now)
        spoken += count
        assert all(piece.end <= after.start for piece, after in pairwise(user.track.pieces))
    out += user.track.take(user.track.end)
    there = sum(map(bool, array("h", bytes(out))))
    assert abs(there - spoken) <= spoken / 200


@given(st.integers(1, 2000), st.integers(0, 10))
def test_rubber_is_spread_evenly(length: int, count: int) -> None:
    """So many samples less, or more."""
    wave = array("h", (round(1000 * math.sin(place)) for place in range(length))).tobytes()
    count = min(count, length - 1)
    assert len(squeezed(wave, count)) == len(wave) - 2 * count
    assert len(stretched(wave, count)) == len(wave) + 2 * count
